"""Ways to reach one person: a line in a file, a POST, what apprise knows, MQTT.

Each raises ChannelError, or has sent. A channel may get a message twice where the pager died
between sending and noting it; both times with the same key.
"""

import os
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path

import msgspec

from alerts import ChannelError
from alerts.channels.webhook import TRY_LATER
from alerts.paging.displays import Displays
from alerts.paging.letter import address, letter
from alerts.paging.messenger import Messenger
from alerts.people.directory import ChannelOf, People, kinds
from forewarn import __version__
from forewarn.domain.hazard import Level
from forewarn.domain.paging import Claimed
from forewarn.storage import Connection
from forewarn.storage.paging import is_warned, newest_messages

TIMEOUT_S = 3.0
LISTED = 50
"""Incidents that a message on MQTT names by their id; a broker may refuse more than 20 kB."""


class Ways:
    """All channels of a site's people; for any thread.

    Parameters
    ----------
    people : People
        Only what some channel of theirs needs is started.
    folder : Path
        Where files of `file` channels are.
    displays : Displays, optional
        The MQTT broker, where anybody has a channel of that kind.
    console_url : str
        The console as people reach it; empty: messages name no address.
    """

    def __init__(
        self,
        people: People,
        folder: Path,
        *,
        displays: Displays | None = None,
        console_url: str = "",
    ) -> None:
        self._folder, self._displays, self._console_url = folder, displays, console_url
        self._messenger = Messenger() if "apprise" in kinds(people) else None

    def start(self) -> None:
        """Start what takes long to start."""
        if self._messenger:
            self._messenger.start()
        if self._displays:
            self._displays.start()

    def stop(self) -> None:
        """End what was started."""
        if self._messenger:
            self._messenger.stop()
        if self._displays:
            self._displays.stop()

    def send(self, channel: ChannelOf, claimed: Claimed, connection: Connection) -> None:
        """Send `claimed` by `channel`; `connection` finds its full text. Raises ChannelError."""
        if channel.kind == "apprise" and self._messenger:
            newest = newest_messages(connection, [name for name, _ in claimed.incidents])
            text = letter(claimed, newest, self._console_url)
            self._messenger.send(channel.to, key=claimed.key, page=claimed.text, letter=text)
        elif channel.kind == "mqtt" and self._displays:
            # The end must not hide what still stands from a display that is switched on later.
            retain = claimed.level > Level.NONE or not is_warned(connection, claimed.person)
            self._displays.publish(claimed.person, self._line(claimed, LISTED), retain=retain)
        elif channel.kind == "file":
            _append(self._folder / channel.to, self._line(claimed))
        else:
            _post(channel.to, self._line(claimed), claimed.key)

    def _line(self, claimed: Claimed, listed: int | None = None) -> bytes:
        incidents = []
        for name, state in claimed.incidents[:listed]:
            where = address(self._console_url, name)
            incidents.append({"incident": name, "state": state} | ({"url": where} if where else {}))
        return msgspec.json.encode(
            {
                "key": claimed.key,
                "person": claimed.person,
                "text": claimed.text,
                "level": claimed.level.name.lower(),
                "at": claimed.due_at,
                "incidents": incidents,
            }
        )


def _append(path: Path, line: bytes) -> None:
    """Write one whole line and wait until the disk has it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        out = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if os.write(out, line + b"\n") != len(line) + 1:
                raise ChannelError(f"{path}: the disk took only a part of the line")
            os.fsync(out)
        finally:
            os.close(out)
    except OSError as error:
        raise ChannelError(f"{path}: {error.strerror}") from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET without the message."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _post(url: str, body: bytes, key: str) -> None:
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        "User-Agent": f"forewarn/{__version__}",
    }
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with _OPENER.open(request, timeout=TIMEOUT_S):
            return
    except urllib.error.HTTPError as error:
        with error:
            later = "; tried again" if error.code in TRY_LATER or error.code >= 500 else ""
            raise ChannelError(f"webhook answered {error.code}{later}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise ChannelError(f"webhook: {error}") from error
