"""One source: what is new there, and what became of each of its messages."""

import ssl
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from alerts import AlertError
from alerts.cap_file import read_file
from alerts.foreign.feed import links
from alerts.foreign.reach import Unreachable, get
from forewarn.domain.foreign import Foreign

LOOK_S = 120.0
"""Real seconds of one look; the links that are left wait for the next one."""
MOST_FILES = 1_000
"""Of one folder, the newest."""


class Found(Struct, frozen=True):
    """One message that was not known, or has changed."""

    name: str
    """Its URL, or the path of its file."""
    version: str
    body: bytes


class Source:
    """Looks at one `[[foreign]]` again and again, and fetches nothing twice.

    Parameters
    ----------
    source : Foreign
    folder : Path
        Of the site: paths are relative to it.
    tls : ssl.SSLContext, optional
        Whom HTTPS trusts; by default the authorities of the system.
    """

    def __init__(self, source: Foreign, folder: Path, tls: ssl.SSLContext | None = None) -> None:
        self.source, self._folder, self._tls = source, folder, tls
        self._tag = ""
        self._known: dict[str, tuple[str, str]] = {}
        """Name → (version, why it was refused; empty: taken)."""
        self._missing: list[str] = []

    @property
    def refused(self) -> list[str]:
        """Return what is there now and was not taken, each with the reason."""
        return [f"{name}: {why}" for name, (_, why) in self._known.items() if why]

    @property
    def trouble(self) -> str:
        """Return what of the last look did not come; empty: everything did."""
        if not self._missing:
            return ""
        return f"{len(self._missing)} messages did not come: {self._missing[0]}"

    def settle(self, found: Found, refused: str = "") -> None:
        """Remember what became of `found`: it is not looked at again unless it changes."""
        self._known[found.name] = (found.version, refused)

    def look(self) -> Iterator[Found]:
        """Yield what is new; AlertError where the source itself cannot be read."""
        self._missing = []
        yield from self._files() if self.source.is_folder else self._net()

    def _files(self) -> Iterator[Found]:
        folder = self._folder / self.source.url
        try:
            stats = [(path.stat(), path) for path in folder.iterdir() if path.suffix == ".xml"]
        except OSError as error:
            raise AlertError(f"{folder}: {error.strerror}") from error
        newest = sorted(stats, key=lambda s: (s[0].st_mtime_ns, s[1].name))[-MOST_FILES:]
        self._forget({str(path) for _, path in newest})
        for stat, path in newest:
            version = f"{stat.st_mtime_ns}/{stat.st_size}"
            if self._is_known(str(path), version) or not path.is_file():
                continue
            try:
                yield Found(str(path), version, read_file(str(path)))
            except AlertError as error:
                self._missing.append(str(error))

    def _net(self) -> Iterator[Found]:
        end, source = time.monotonic() + LOOK_S, self.source
        answer = get(source.url, source.hosts, tag=self._tag, tls=self._tls)
        if answer.body is None:
            return
        found = links(answer.body, answer.url)
        if isinstance(found, str):
            raise Unreachable(f"{source.url}: {found}")
        if found is None:
            self._forget({source.url})
            version = str(hash(answer.body))
            if not self._is_known(source.url, version):
                yield Found(source.url, version, answer.body)
            self._tag = answer.tag
            return
        self._forget({link.url for link in found})
        for link in found:
            if self._is_known(link.url, link.version):
                continue
            if time.monotonic() >= end:
                self._missing.append(f"{link.url}: the look took more than {LOOK_S:.0f} s")
                continue
            try:
                body = get(link.url, source.hosts, tls=self._tls).body
                yield Found(link.url, link.version, body or b"")
            except Unreachable as error:
                self._missing.append(str(error))
        # Only a feed all of whose messages came may answer "not changed" next time.
        self._tag = "" if self._missing else answer.tag

    def _is_known(self, name: str, version: str) -> bool:
        return name in self._known and self._known[name][0] == version

    def _forget(self, there: set[str]) -> None:
        self._known = {name: kept for name, kept in self._known.items() if name in there}
