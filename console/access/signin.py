"""Signing in and out, and who has a token: the questions of access to the database.

It has a connection of its own, so that who is signed in is known while a chart is computed, and
one thread for argon2, which is slow on purpose.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from console.access import sessions
from console.access.accounts import (
    FORGET_AFTER,
    NAME,
    hash_password,
    locked_until,
    totp_step,
    verify_password,
)
from console.access.sessions import IDLE, LONGEST, Account
from console.errors import DatabaseUnavailable
from console.readings import Readings
from forewarn.storage import Connection
from forewarn.storage import accounts as stored
from forewarn.storage.accounts import AccountRow, SessionRow
from forewarn.storage.audit import append_audit

T = TypeVar("T")

REMEMBERED = 1000
"""Sessions that are still known when the database is not there."""

WAITING = 20
"""Sign-ins at once; more are sent away, so that nobody fills the memory."""


class Refused(Exception):
    """Not signed in; the message is for who tried and tells nothing about the account."""

    def __init__(self, reason: str, status: int = 401, retry_s: int = 0) -> None:
        super().__init__(reason)
        self.status, self.retry_s = status, retry_s


class Credentials(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody types to sign in."""

    account: str
    password: str
    code: str = ""


class Access:
    """Who is signed in at one site.

    Parameters
    ----------
    site_id : str
    database_url : str
    guests : bool
        Whether those who are not signed in may read.
    now : callable
        Real time, aware.
    """

    def __init__(
        self,
        site_id: str,
        database_url: str,
        *,
        guests: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.site_id, self.guests, self.now = site_id, guests, now
        self.cookie = sessions.cookie_name(site_id)
        self._readings = Readings(database_url)
        self._hasher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="console-argon2")
        self._waiting = 0
        self._known: OrderedDict[bytes, SessionRow] = OrderedDict()

    def close(self) -> None:
        """Close the connection and let the thread end."""
        self._readings.close()
        self._hasher.shutdown(wait=True)

    async def ask(self, question: Callable[[Connection], T]) -> T:
        """Return `question(connection)`; DatabaseUnavailable says why there is no answer."""
        return await self._readings.ask(question)

    async def by_session(self, token: str) -> Account | None:
        """Return who has the cookie; while the database is down, who had it when last asked."""
        digest = sessions.digest(token)
        try:
            row = await self.ask(lambda c: stored.find_session(c, digest))
        except DatabaseUnavailable:
            if digest not in self._known:
                raise
            row = self._known[digest]
        else:
            self._remember(digest, row)
        return sessions.signed_in(row, token, self.site_id, self.now()) if row else None

    async def by_token(self, token: str) -> Account | None:
        """Return the machine that has the token."""
        row = await self.ask(lambda c: stored.find_token(c, sessions.digest(token)))
        return sessions.machine(row, self.site_id, self.now()) if row else None

    async def active(self, token: str) -> None:
        """Note that the person at a session did something."""
        digest, now = sessions.digest(token), self.now()
        if row := self._known.get(digest):
            self._known[digest] = replace(row, seen=now)
        await self.ask(lambda c: stored.touch_session(c, digest, now))

    async def sign_in(self, said: Credentials) -> str:
        """Return the token of a new session; Refused or DatabaseUnavailable says why not."""
        if self._waiting >= WAITING:
            raise Refused("too many sign in at once; try again soon", 503, 5)
        self._waiting += 1
        try:
            return await self._sign_in(said)
        finally:
            self._waiting -= 1

    async def _sign_in(self, said: Credentials) -> str:
        name, now = said.account.strip().lower(), self.now()
        row: AccountRow | None = None
        if NAME.fullmatch(name):
            until, row = await self.ask(lambda c: _begin(c, name, now))
            if until is not None:
                minutes = -(-int((until - now).total_seconds()) // 60)
                reason = f"too many wrong attempts: this name is locked for {minutes} min"
                raise Refused(reason, 429, int((until - now).total_seconds()) + 1)
        hashed = row.password if row else None
        loop = asyncio.get_running_loop()
        right = await loop.run_in_executor(self._hasher, verify_password, hashed, said.password)
        step = 0
        if row is not None and row.totp_secret:
            found = totp_step(row.totp_secret, said.code, now)
            right, step = right and found is not None, found or 0
        token = sessions.new_token()
        if row is None or not right or not await self.ask(self._opening(row, step, token, now)):
            who = row.id if row else "unknown"  # what was typed might be a password
            await self.ask(lambda c: _note(c, who, "sign-in.refused", now, self.site_id))
            raise Refused("name, password or code is wrong")
        return token

    async def hashed(self, password: str, name: str) -> str:
        """Return the hash of a new password; ConsoleError says what is wrong with it."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._hasher, hash_password, password, name)

    async def confirm(self, account: str, password: str, code: str | None = None) -> AccountRow:
        """Return the account of somebody who says again who they are; else Refused.

        With `code` that of their second factor as well. Wrong ones count as those at the sign-in
        page do, and lock the name.
        """
        now = self.now()
        until, row = await self.ask(lambda c: _begin(c, account, now))
        if until is not None:
            wait = int((until - now).total_seconds()) + 1
            raise Refused(f"too many wrong attempts: wait {-(-wait // 60)} min", 429, wait)
        loop = asyncio.get_running_loop()
        hashed = row.password if row else None
        right = await loop.run_in_executor(self._hasher, verify_password, hashed, password)
        if code is not None and row is not None and row.totp_secret:
            step = totp_step(row.totp_secret, code, now)
            right = right and step is not None and await self.ask(_using(account, step))
        if row is None or not right:
            await self.ask(lambda c: _note(c, account, "password.refused", now, self.site_id))
            raise Refused(
                "the password is wrong" + (" or the code" if code is not None else ""), 403
            )
        await self.ask(lambda c: stored.clear_attempts(c, account))
        return row

    async def sign_out(self, token: str, account: Account) -> None:
        """End a session, here at once, also where the database cannot be told."""
        digest, now = sessions.digest(token), self.now()
        self._known.pop(digest, None)

        def end(connection: Connection) -> None:
            with connection.transaction():
                stored.end_session(connection, digest)
                _note(connection, account.id, "sign-out", now, self.site_id)

        await self.ask(end)

    def _opening(
        self, row: AccountRow, step: int, token: str, now: datetime
    ) -> Callable[[Connection], bool]:
        """Return what opens a session, False where the account may not have one."""
        digest = sessions.digest(token)

        def open_it(connection: Connection) -> bool:
            with connection.transaction():
                if row.disabled is not None or not sessions.sees(row.sites, self.site_id):
                    return False
                if row.totp_secret and not stored.use_totp_step(connection, row.id, step):
                    return False
                stored.clear_attempts(connection, row.id)
                stored.drop_sessions(connection, seen_before=now - IDLE, begun_before=now - LONGEST)
                stored.open_session(connection, digest, row.id, now)
                _note(connection, row.id, "sign-in", now, self.site_id)
            return True

        return open_it

    def _remember(self, digest: bytes, row: SessionRow | None) -> None:
        self._known.pop(digest, None)
        if row is not None:
            self._known[digest] = row
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _begin(
    connection: Connection, name: str, now: datetime
) -> tuple[datetime | None, AccountRow | None]:
    until = stored.count_attempt(connection, name, now, locked_until, FORGET_AFTER)
    return until, stored.find_account(connection, name)


def _using(account: str, step: int) -> Callable[[Connection], bool]:
    return lambda connection: stored.use_totp_step(connection, account, step)


def _note(connection: Connection, name: str, action: str, now: datetime, site_id: str) -> None:
    append_audit(
        connection, at=now, actor=name, action=action, subject=name, detail={"site": site_id}
    )
