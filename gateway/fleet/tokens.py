"""One-time tokens with which a gateway enrols: given out once, used once, forgotten after a day."""

import base64
import fcntl
import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from forewarn.domain.fleet import Offer
from forewarn.domain.observation import AwareTime
from gateway.fleet import FleetError

FILE = "tokens.json"
VALID = timedelta(hours=24)


class _Given(Struct, frozen=True, kw_only=True):
    gateway: str
    expires: AwareTime
    used: AwareTime | None = None


class Tokens:
    """The tokens of one fleet; of their secrets only digests are kept."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def give(self, url: str, gateway: str, ca: str, now: datetime, valid: timedelta) -> str:
        """Return a new token for `gateway`, as text to be typed or pasted."""
        secret = secrets.token_urlsafe(24)
        with self._changed() as given:
            given[_digest(secret)] = _Given(gateway=gateway, expires=now + valid)
        offer = Offer(url=url, gateway=gateway, secret=secret, ca=ca)
        return base64.urlsafe_b64encode(msgspec.json.encode(offer)).decode().rstrip("=")

    def check(self, gateway: str, secret: str, now: datetime) -> None:
        """Raise FleetError where the token of `gateway` is not valid, or not any more."""
        with self._changed() as given:
            _valid(given.get(_digest(secret)), gateway, now)

    def spend(self, gateway: str, secret: str, now: datetime) -> None:
        """Use up the token of `gateway`; FleetError as `check`."""
        with self._changed() as given:
            found = _valid(given.get(_digest(secret)), gateway, now)
            given[_digest(secret)] = msgspec.structs.replace(found, used=now)

    @contextmanager
    def _changed(self) -> Iterator[dict[str, _Given]]:
        """Yield the tokens and write them back, whole, unless the caller fails."""
        lock = self._path.with_suffix(".lock")
        with lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            given: dict[str, _Given] = {}
            if self._path.is_file():
                given = msgspec.json.decode(self._path.read_bytes(), type=dict[str, _Given])
            yield given
            draft = self._path.with_suffix(".part")
            draft.write_text(json.dumps(msgspec.to_builtins(given), indent=1), encoding="utf-8")
            draft.replace(self._path)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _valid(found: _Given | None, gateway: str, now: datetime) -> _Given:
    if found is None or found.gateway != gateway:
        raise FleetError("no such token; `forewarn fleet token` gives one")
    if found.used is not None:
        raise FleetError(
            f"the token was used at {found.used.isoformat()}; if that was not you, revoke the "
            f"certificate of `{gateway}`; `forewarn fleet token` gives a new one"
        )
    if now >= found.expires:
        raise FleetError(f"the token expired at {found.expires.isoformat()}")
    return found
