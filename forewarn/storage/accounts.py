"""Accounts, sessions, tokens of machines, and failed attempts to sign in.

Passwords come here hashed and tokens as SHA-256: what would let somebody in is not stored.
(A TOTP secret is: who reads it still needs the password.)
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg
from msgspec import Struct

from forewarn.storage.connection import Connection
from forewarn.storage.errors import StorageError


class AccountRow(Struct, frozen=True, kw_only=True):
    """One person who may sign in."""

    id: str
    name: str
    role: str
    sites: list[str]
    """Ids of the sites that may be seen; empty: every one."""
    password: str
    """An argon2 hash."""
    totp_secret: str | None
    """Base32; None: no second factor."""
    totp_step: int
    created: datetime
    disabled: datetime | None


class SessionRow(Struct, frozen=True, kw_only=True):
    """One signed-in browser and whose it is."""

    account: str
    name: str
    role: str
    sites: list[str]
    created: datetime
    seen: datetime


class TokenRow(Struct, frozen=True, kw_only=True):
    """One machine that may ask."""

    name: str
    role: str
    sites: list[str]
    created: datetime
    expires: datetime
    revoked: datetime | None


class Attempts(Struct, frozen=True):
    """Failed attempts to sign in under one name, one after the other."""

    failures: int
    last: datetime


class Presence(Struct, frozen=True):
    """How an account was used."""

    sessions: int
    """Browsers that are signed in."""
    seen: datetime | None
    """When somebody last did something; None: not within the span that was asked for."""


ACCOUNT = ", ".join(f"account.{name}" for name in AccountRow.__struct_fields__)
TOKEN = ", ".join(TokenRow.__struct_fields__)


def add_account(connection: Connection, row: AccountRow) -> None:
    """Add an account; StorageError where its id is taken."""
    try:
        connection.execute(
            "INSERT INTO account (id, name, role, sites, password, totp_secret, created)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (row.id, row.name, row.role, row.sites, row.password, row.totp_secret, row.created),
        )
    except psycopg.errors.UniqueViolation as error:
        raise StorageError(f"there is an account `{row.id}` already") from error


def accounts(connection: Connection) -> list[AccountRow]:
    """Return every account by id, the disabled ones too."""
    rows = connection.execute(f"SELECT {ACCOUNT} FROM account ORDER BY id")
    return [_read(AccountRow, row) for row in rows]


def find_account(connection: Connection, account: str) -> AccountRow | None:
    """Return the account, also a disabled one; None where there is none."""
    row = connection.execute(f"SELECT {ACCOUNT} FROM account WHERE id = %s", (account,)).fetchone()
    return _read(AccountRow, row) if row else None


def change_account(connection: Connection, account: str, **columns: Any) -> None:
    """Set columns of an account, named as in `AccountRow`; StorageError where there is none."""
    unknown = columns.keys() - set(AccountRow.__struct_fields__) | ({"id"} & columns.keys())
    if unknown:
        raise ValueError(f"not a column that can be set: {sorted(unknown)}")
    names = ", ".join(f"{name} = %s" for name in columns)
    done = connection.execute(
        f"UPDATE account SET {names} WHERE id = %s".encode(), (*columns.values(), account)
    )
    if done.rowcount == 0:
        raise StorageError(f"no account `{account}`; `forewarn users list` shows them")


def use_totp_step(connection: Connection, account: str, step: int) -> bool:
    """Note that the code of `step` was used; False where it, or a later one, was before."""
    done = connection.execute(
        "UPDATE account SET totp_step = %s WHERE id = %s AND totp_step < %s", (step, account, step)
    )
    return done.rowcount == 1


def count_attempt(
    connection: Connection,
    account: str,
    at: datetime,
    locked_until: Callable[[Attempts], datetime | None],
    forget_after: timedelta,
) -> datetime | None:
    """Count an attempt as failed before it is judged; return until when the name is locked.

    A locked name is not counted again. Because counting comes first, many attempts at the same
    time cannot get past the lock; `clear_attempts` takes back the count of one that succeeded.
    Names that nobody tried for `forget_after` are forgotten.
    """
    with connection.transaction():
        connection.execute("DELETE FROM sign_in_attempt WHERE last < %s", (at - forget_after,))
        connection.execute(
            "INSERT INTO sign_in_attempt (account, failures, last) VALUES (%s, 0, %s)"
            " ON CONFLICT (account) DO NOTHING",
            (account, at),
        )
        row = connection.execute(
            "SELECT failures, last FROM sign_in_attempt WHERE account = %s FOR UPDATE", (account,)
        ).fetchone()
        until = locked_until(Attempts(*row)) if row else None
        if until is not None and until > at:
            return until
        connection.execute(
            "UPDATE sign_in_attempt SET failures = failures + 1, last = %s WHERE account = %s",
            (at, account),
        )
    return None


def clear_attempts(connection: Connection, account: str) -> None:
    """Forget the failed attempts under a name: it is not locked any more."""
    connection.execute("DELETE FROM sign_in_attempt WHERE account = %s", (account,))


def open_session(connection: Connection, digest: bytes, account: str, at: datetime) -> None:
    """Keep a session that begins `at`."""
    connection.execute(
        "INSERT INTO session (digest, account, created, seen) VALUES (%s, %s, %s, %s)",
        (digest, account, at, at),
    )


def find_session(connection: Connection, digest: bytes) -> SessionRow | None:
    """Return the session of an account that is not disabled, however old; None without one."""
    row = connection.execute(
        "SELECT account, name, role, sites, session.created, seen"
        " FROM session JOIN account ON account.id = session.account"
        " WHERE digest = %s AND disabled IS NULL",
        (digest,),
    ).fetchone()
    return _read(SessionRow, row) if row else None


def touch_session(connection: Connection, digest: bytes, at: datetime) -> None:
    """Note that the person at a session did something."""
    connection.execute(
        "UPDATE session SET seen = greatest(seen, %s) WHERE digest = %s", (at, digest)
    )


def end_session(connection: Connection, digest: bytes) -> None:
    """Sign one browser out; nothing happens where it is not signed in."""
    connection.execute("DELETE FROM session WHERE digest = %s", (digest,))


def end_sessions(connection: Connection, account: str, *, but: bytes = b"") -> int:
    """Sign an account out everywhere but at the session `but`; return of how many browsers."""
    return connection.execute(
        "DELETE FROM session WHERE account = %s AND digest <> %s", (account, but)
    ).rowcount


def presences(
    connection: Connection, *, seen_after: datetime, begun_after: datetime, audited_after: datetime
) -> dict[str, Presence]:
    """Return how each account was used: sessions that live, sign-ins since `audited_after`.

    A session lives where it was seen and begun after the times given.
    """
    rows = connection.execute(
        "SELECT account, sum(live)::int, max(seen) FROM ("
        " SELECT account, (seen > %(seen)s AND created > %(begun)s)::int AS live, seen FROM session"
        " UNION ALL SELECT actor, 0, at FROM audit WHERE at > %(audited)s"
        "  AND action IN ('sign-in', 'sign-out')) AS sign GROUP BY account",
        {"seen": seen_after, "begun": begun_after, "audited": audited_after},
    )
    return {account: Presence(*row) for account, *row in rows}


def attempts(connection: Connection) -> dict[str, Attempts]:
    """Return the failed attempts under each name that has any."""
    rows = connection.execute("SELECT account, failures, last FROM sign_in_attempt")
    return {account: Attempts(*row) for account, *row in rows}


def hold_role(connection: Connection, role: str) -> list[str]:
    """Return the accounts with `role` that are not disabled, and keep them so.

    Until the caller's transaction ends nobody else changes these rows.
    """
    rows = connection.execute(
        "SELECT id FROM account WHERE role = %s AND disabled IS NULL ORDER BY id FOR UPDATE",
        (role,),
    )
    return [account for (account,) in rows]


def drop_sessions(connection: Connection, *, seen_before: datetime, begun_before: datetime) -> None:
    """Remove sessions that ended because nobody was there, or of age."""
    connection.execute(
        "DELETE FROM session WHERE seen < %s OR created < %s", (seen_before, begun_before)
    )


def add_token(connection: Connection, row: TokenRow, digest: bytes) -> None:
    """Add a token of a machine; StorageError where its name is taken."""
    try:
        connection.execute(
            "INSERT INTO api_token (name, digest, role, sites, created, expires)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (row.name, digest, row.role, row.sites, row.created, row.expires),
        )
    except psycopg.errors.UniqueViolation as error:
        raise StorageError(f"there is or was a token `{row.name}`; take another name") from error


def find_token(connection: Connection, digest: bytes) -> TokenRow | None:
    """Return the token that was not revoked, also an expired one; None without one."""
    row = connection.execute(
        f"SELECT {TOKEN} FROM api_token WHERE digest = %s AND revoked IS NULL", (digest,)
    ).fetchone()
    return _read(TokenRow, row) if row else None


def tokens(connection: Connection) -> list[TokenRow]:
    """Return every token by name, without what would let somebody in."""
    rows = connection.execute(f"SELECT {TOKEN} FROM api_token ORDER BY name")
    return [_read(TokenRow, row) for row in rows]


def revoke_token(connection: Connection, name: str, at: datetime) -> None:
    """End a token; StorageError where there is none, or it has ended."""
    done = connection.execute(
        "UPDATE api_token SET revoked = %s WHERE name = %s AND revoked IS NULL", (at, name)
    )
    if done.rowcount == 0:
        raise StorageError(f"no token `{name}` that could be revoked; `forewarn users list`")


def _read(kind: Any, row: Sequence[Any]) -> Any:
    return kind(**dict(zip(kind.__struct_fields__, row, strict=True)))
