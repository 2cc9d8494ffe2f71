"""Ways to reach one person: a line in a file, a POST. Each raises ChannelError, or has sent.

A channel may get a message twice where the pager died between sending and noting it; both
times with the same key.
"""

import os
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path

import msgspec

from alerts import ChannelError
from alerts.channels.webhook import TRY_LATER
from alerts.people.directory import ChannelOf
from forewarn import __version__
from forewarn.domain.paging import Claimed

TIMEOUT_S = 3.0


def send(channel: ChannelOf, claimed: Claimed, folder: Path) -> None:
    """Send `claimed` by `channel`; files are in `folder`. Raises ChannelError."""
    line = msgspec.json.encode(
        {
            "key": claimed.key,
            "person": claimed.person,
            "text": claimed.text,
            "incidents": [{"incident": name, "state": state} for name, state in claimed.incidents],
        }
    )
    if channel.kind == "file":
        _append(folder / channel.to, line)
    else:
        _post(channel.to, line, claimed.key)


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
