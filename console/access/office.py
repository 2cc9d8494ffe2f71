"""What an administrator changes of accounts and tokens: the rules, and the audit trail's rows.

Nobody takes the role or the entry of their own account, so that an administrator is always left;
who is limited to some sites gives nobody more than these. Every function runs in a transaction
of the caller, which its Refused or StorageError undoes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from console.access.accounts import check_name, new_totp_secret
from console.access.roles import Role
from console.access.sessions import digest, new_token
from console.access.signin import Refused
from forewarn.storage import Connection
from forewarn.storage import accounts as stored
from forewarn.storage.accounts import AccountRow, TokenRow
from forewarn.storage.audit import append_audit


class By(Struct, frozen=True, kw_only=True):
    """Who changes something, where and when."""

    account: str
    session: bytes
    """Digest of the session, which stays signed in."""
    site_id: str
    at: datetime
    """Real time."""


def add(
    connection: Connection,
    by: By,
    *,
    account: str,
    name: str,
    role: str,
    sites: Sequence[str],
    password: str,
) -> None:
    """Add an account; `password` is hashed."""
    _may(connection, by, sites)
    row = AccountRow(
        id=check_name(account),
        name=name or account,
        role=role,
        sites=list(sites),
        password=password,
        totp_secret=None,
        totp_step=0,
        created=by.at,
        disabled=None,
    )
    stored.add_account(connection, row)
    _note(connection, by, "account.add", account, role=role, sites=list(sites))


def change(
    connection: Connection, by: By, account: str, *, name: str, role: str, sites: Sequence[str]
) -> None:
    """Give an account another name, role or sites; they count with its next request."""
    row = _target(connection, by, account)
    _may(connection, by, sites)
    if account == by.account and (role != row.role or set(sites) != set(row.sites)):
        raise Refused("nobody changes their own role or sites: ask another administrator", 409)
    stored.change_account(connection, account, name=name or account, role=role, sites=list(sites))
    before = {"role": row.role, "sites": row.sites}
    told = {"name": name, "role": role, "sites": list(sites), "before": before}
    _note(connection, by, "account.change", account, **told)


def give_password(connection: Connection, by: By, account: str, hashed: str) -> None:
    """Give somebody else a new password; ends a lock, and signs out."""
    _somebody_else(connection, by, account)
    stored.change_account(connection, account, password=hashed)
    stored.clear_attempts(connection, account)
    ended = stored.end_sessions(connection, account)
    _note(connection, by, "account.password", account, sessions_ended=ended)


def give_totp(connection: Connection, by: By, account: str, *, off: bool) -> str:
    """Give somebody else a new second factor, or none; return its secret, empty for none."""
    _somebody_else(connection, by, account)
    secret = "" if off else new_totp_secret()
    stored.change_account(connection, account, totp_secret=secret or None)
    ended = stored.end_sessions(connection, account)
    action = "account.totp-off" if off else "account.totp"
    _note(connection, by, action, account, sessions_ended=ended)
    return secret


def disable(connection: Connection, by: By, account: str, *, again: bool) -> None:
    """Sign somebody else out and let nobody in, or let them in `again`."""
    _somebody_else(connection, by, account)
    stored.change_account(connection, account, disabled=None if again else by.at)
    ended = stored.end_sessions(connection, account)
    action = "account.enable" if again else "account.disable"
    _note(connection, by, action, account, sessions_ended=ended)


def sign_out(connection: Connection, by: By, account: str) -> int:
    """End the sessions of an account, but the one that asks; return how many."""
    _target(connection, by, account)
    ended = stored.end_sessions(connection, account, but=by.session)
    _note(connection, by, "account.sign-out", account, sessions_ended=ended)
    return ended


def add_token(
    connection: Connection, by: By, *, name: str, role: str, sites: Sequence[str], days: int
) -> str:
    """Make a token for a machine and return it: only its hash is kept."""
    _may(connection, by, sites)
    token = new_token()
    row = TokenRow(
        name=check_name(name),
        role=role,
        sites=list(sites),
        created=by.at,
        expires=by.at + timedelta(days=days),
        revoked=None,
    )
    stored.add_token(connection, row, digest(token))
    _note(connection, by, "token.add", f"token:{name}", role=role, sites=list(sites), days=days)
    return token


def revoke_token(connection: Connection, by: By, name: str) -> None:
    """End a token."""
    found = [row for row in stored.tokens(connection) if row.name == name]
    if not found:
        raise Refused(f"no token `{name}`", 404)
    _may(connection, by, found[0].sites)
    stored.revoke_token(connection, name, by.at)
    _note(connection, by, "token.revoke", f"token:{name}")


def _may(connection: Connection, by: By, sites: Sequence[str]) -> None:
    """Refuse where the one who asks is no administrator of all of `sites` (none: every one)."""
    if by.account not in stored.hold_role(connection, Role.ADMIN):
        raise Refused("only an administrator who signed in changes accounts and tokens", 403)
    own = stored.find_account(connection, by.account)
    if own and own.sites and not (sites and set(sites) <= set(own.sites)):
        raise Refused(f"you are an administrator of {', '.join(own.sites)} alone", 403)


def _target(connection: Connection, by: By, account: str) -> AccountRow:
    row = stored.find_account(connection, account)
    if row is None:
        raise Refused(f"no account `{account}`", 404)
    _may(connection, by, row.sites)
    return row


def _somebody_else(connection: Connection, by: By, account: str) -> None:
    _target(connection, by, account)
    if account == by.account:
        raise Refused("this is your own account: change it under your name in the header", 409)


def _note(connection: Connection, by: By, action: str, subject: str, **detail: Any) -> None:
    told = detail | {"site": by.site_id}
    append_audit(
        connection, at=by.at, actor=by.account, action=action, subject=subject, detail=told
    )
