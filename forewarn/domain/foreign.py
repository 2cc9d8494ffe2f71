"""Warnings of other authorities: where they come from, and what is kept of each.

A *foreign* message is a CAP alert that somebody else answers for: a national weather service,
a neighbouring city. It is evidence for officers, or relayed to the public as it came.
"""

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from forewarn.domain.hazard import Level
from forewarn.domain.observation import AwareTime

LEAST_EVERY = timedelta(seconds=10)


class Foreign(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source of foreign messages: `[[foreign]]` in site.toml."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    url: str
    """`https://…` of an Atom or RSS feed or of one CAP file; anything else is a folder into which
    files are dropped, relative to that of the site."""
    senders: tuple[str, ...]
    """CAP senders whose messages are taken; all others are refused."""
    use: Literal["evidence", "relay"] = "evidence"
    """`relay`: also published, unchanged, on our feeds."""
    every: timedelta = timedelta(minutes=1)
    """Real time between two looks."""
    pinned: str = ""
    """Folder of certificates, relative to that of the site: then every message must be signed
    with one of them. Empty: HTTPS alone says who speaks."""
    hosts: tuple[str, ...] = ()
    """Hosts that may have an address which is not public (a service of the own network)."""

    def __post_init__(self) -> None:
        if not self.senders or not all(self.senders):
            raise ValueError(f"foreign `{self.id}`: `senders` names nobody whose word counts")
        if self.every < LEAST_EVERY:
            raise ValueError(f"foreign `{self.id}`: `every` is less than 10 s")
        if not self.is_folder and (wrong := wrong_url(self.url, self.hosts)):
            raise ValueError(f"foreign `{self.id}`: `url` {wrong}")

    @property
    def is_folder(self) -> bool:
        """Whether files are dropped there."""
        return "://" not in self.url


def wrong_url(url: str, hosts: tuple[str, ...] = ()) -> str:
    """Return why `url` may not be asked, whatever its address; empty where nothing is wrong.

    `http` is for hosts that are named, and then for addresses of this machine alone.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return f"`{url}`: {error}"
    if parts.username is not None or parts.password is not None:
        return f"`{parts.scheme}://…@{host}`: no user or password belongs in it"
    if not host or port == 0 or any(c <= " " or c == "\x7f" for c in url):
        return f"`{url}` names no host"
    if parts.scheme == "https" or (parts.scheme == "http" and host in hosts):
        return ""
    return f"`{url}` is not an https URL; give e.g. `https://example.org/cap.atom`"


class ForeignInfo(Struct, frozen=True, kw_only=True):
    """One info block: mostly one language, or one part of the area."""

    language: str
    event: str
    severity: str
    urgency: str
    certainty: str
    level: Level | None
    """On our scale of colours; None: the message tells none, and no severity either."""
    level_from: str
    """`parameter` or `headline`: the sender named the colour; `severity`: we made it of CAP's
    severity (Extreme is red, …), which is not the sender's word; empty: no level."""
    effective: AwareTime
    expires: AwareTime
    """Where the message gives none: `UNLIMITED` after it was sent."""
    expires_given: bool
    onset: AwareTime | None
    headline: str
    description: str
    instruction: str
    sender_name: str
    where: str
    """Names of the areas, as the sender wrote them."""
    areas: tuple[str, ...]
    """Ids of the site's areas that it meets."""
    located: bool
    """False: the area is given in words alone, or by codes that the site does not know, so
    that nobody can say which of our areas it meets."""


UNLIMITED = timedelta(hours=24)
"""A message without expiry stands for so long."""


class ForeignAlert(Struct, frozen=True, kw_only=True):
    """One foreign CAP message, as it was received from one source."""

    source: str
    """Id of the `[[foreign]]`."""
    sender: str
    identifier: str
    sent: AwareTime
    msg_type: str
    status: str
    scope: str
    note: str
    references: tuple[tuple[str, str, AwareTime], ...]
    """(sender, identifier, sent) of what it replaces or ends."""
    infos: tuple[ForeignInfo, ...]
    signed_by: str
    """Subject of the pinned certificate; empty: nobody asked for a signature."""
    cap: bytes
    """The message as it came, byte for byte."""

    @property
    def areas(self) -> tuple[str, ...]:
        """Return the ids of the site's areas that any part of it meets."""
        return tuple(sorted({area for info in self.infos for area in info.areas}))

    @property
    def located(self) -> bool:
        """Whether it is known of every part where it is."""
        return all(info.located for info in self.infos)

    @property
    def expires(self) -> AwareTime:
        """Return when its last part expires; `sent` where it has no info."""
        return max((info.expires for info in self.infos), default=self.sent)
