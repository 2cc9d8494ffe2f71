"""add, list and disable the accounts of the console; tokens of machines."""

import argparse
import getpass
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from console.access.roles import Role
from console.errors import ConsoleError
from forewarn.domain.config import load_services, required
from forewarn.storage import Connection, connect, migrate
from forewarn.storage import accounts as stored
from forewarn.storage.accounts import AccountRow, TokenRow
from forewarn.storage.audit import append_audit

EXAMPLES = """\
examples:
  forewarn users add kim --role duty --name 'Kim Lee'   asks for a password
  forewarn users add lee --role viewer --site han --random
  forewarn users totp kim                    a QR code for an authenticator app
  forewarn users password kim                a new one; also ends a lock, and signs out
  forewarn users disable kim
  forewarn users token wall --role viewer --days 365
  forewarn users token wall --revoke
  forewarn users list

Roles: viewer, duty, approver, venue, technician, admin, auditor. Everything done here is in the
audit trail (`forewarn audit list`). Without a terminal a password is read from standard input.
"""

LONGEST_TOKEN_DAYS = 730


def main(argv: list[str]) -> int:
    """Run `forewarn users`; 0 done, 2 wrong usage."""
    args = _parser().parse_args(argv)
    database_url = required(load_services(), "database_url")
    with closing(connect(database_url, application="forewarn users")) as connection:
        migrate(connection)
        return int(args.run(connection, args))


def _add(connection: Connection, args: argparse.Namespace) -> int:
    from console.access.accounts import check_name, hash_password, random_password

    name, role = check_name(args.account), args.role or (Role.ADMIN if args.first else "")
    if not role:
        raise ConsoleError(f"which role? give --role {'|'.join(Role)}")
    if args.first and stored.accounts(connection):
        return 0  # nothing to do and nothing to print
    random = args.first or args.random
    password = random_password() if random else _asked()
    row = AccountRow(
        id=name,
        name=args.name or name,
        role=role,
        sites=args.site or [],
        password=hash_password(password, name),
        totp_secret=None,
        totp_step=0,
        created=_now(),
        disabled=None,
    )
    with connection.transaction():
        stored.add_account(connection, row)
        _note(connection, "account.add", name, role=row.role, sites=row.sites)
    print(password if random else f"{name} may sign in")
    return 0


def _list(connection: Connection, _: argparse.Namespace) -> int:
    for row in stored.accounts(connection):
        notes = [", ".join(row.sites) or "every site", "TOTP" if row.totp_secret else "no TOTP"]
        notes += [f"disabled {row.disabled:%Y-%m-%d}"] if row.disabled else []
        print(f"{row.id:16} {row.role:10} {row.name} ({'; '.join(notes)})")
    for token in stored.tokens(connection):
        ended = f"revoked {token.revoked:%Y-%m-%d}" if token.revoked else ""
        told = ended or f"until {token.expires:%Y-%m-%d}"
        print(f"token:{token.name:10} {token.role:10} {told}")
    return 0


def _password(connection: Connection, args: argparse.Namespace) -> int:
    from console.access.accounts import hash_password, random_password

    _known(connection, args.account)
    password = random_password() if args.random else _asked()
    hashed = hash_password(password, args.account)
    with connection.transaction():
        stored.change_account(connection, args.account, password=hashed)
        stored.clear_attempts(connection, args.account)
        ended = stored.end_sessions(connection, args.account)
        _note(connection, "account.password", args.account, sessions_ended=ended)
    print(password if args.random else f"{args.account} has a new password")
    return 0


def _totp(connection: Connection, args: argparse.Namespace) -> int:
    import segno

    from console.access.accounts import new_totp_secret, totp_uri

    _known(connection, args.account)
    secret = None if args.off else new_totp_secret()
    with connection.transaction():
        stored.change_account(connection, args.account, totp_secret=secret)
        ended = stored.end_sessions(connection, args.account)
        what = "account.totp-off" if args.off else "account.totp"
        _note(connection, what, args.account, sessions_ended=ended)
    if secret is None:
        print(f"{args.account} signs in with the password alone")
        return 0
    segno.make(totp_uri(secret, args.account, "Forewarn")).terminal(compact=True)
    print(f"scan it, or type {secret}; it is shown once. From now on a code is needed")
    return 0


def _disable(connection: Connection, args: argparse.Namespace) -> int:
    disabled = None if args.again else _now()
    with connection.transaction():
        stored.change_account(connection, args.account, disabled=disabled)
        ended = stored.end_sessions(connection, args.account)
        what = "account.enable" if args.again else "account.disable"
        _note(connection, what, args.account, sessions_ended=ended)
    print(f"{args.account} may sign in again" if args.again else f"{args.account} is out")
    return 0


def _token(connection: Connection, args: argparse.Namespace) -> int:
    from console.access.accounts import check_name
    from console.access.sessions import digest, new_token

    now, name, token = _now(), check_name(args.name), new_token()
    with connection.transaction():
        if args.revoke:
            stored.revoke_token(connection, name, now)
            _note(connection, "token.revoke", f"token:{name}")
        else:
            row = TokenRow(
                name=name,
                role=args.role,
                sites=args.site or [],
                created=now,
                expires=now + timedelta(days=args.days),
                revoked=None,
            )
            stored.add_token(connection, row, digest(token))
            _note(connection, "token.add", f"token:{name}", role=row.role, days=args.days)
    print(f"token:{name} is revoked" if args.revoke else token)
    return 0


def _known(connection: Connection, account: str) -> None:
    if stored.find_account(connection, account) is None:
        raise ConsoleError(f"no account `{account}`; `forewarn users list` shows them")


def _asked() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("password: ")
    if getpass.getpass("again: ") != password:
        raise ConsoleError("the two passwords differ; nothing was changed")
    return password


def _now() -> datetime:
    return datetime.now(UTC)


def _note(connection: Connection, action: str, subject: str, **detail: Any) -> None:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = "unknown"
    actor = f"cli:{user}"
    append_audit(connection, at=_now(), actor=actor, action=action, subject=subject, detail=detail)


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise argparse.ArgumentTypeError(f"not 1 to {LONGEST_TOKEN_DAYS} days")
    return days


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forewarn users",
        description="Who may sign in to the console, and which machines may ask it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[Connection, argparse.Namespace], int], told: str
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=told, description=told)
        made.set_defaults(run=run)
        return made

    add = command("add", _add, "add an account")
    add.add_argument("account", help="what is typed to sign in")
    add.add_argument("--role", choices=list(Role), metavar="ROLE", help=", ".join(Role))
    add.add_argument("--name", help="shown to others")
    add.add_argument("--random", action="store_true", help="print a random password")
    first = "an admin with a random password, printed, where there is no account yet"
    add.add_argument("--first", action="store_true", help=first)
    command("list", _list, "show accounts and tokens")
    password = command("password", _password, "give a new password; ends a lock, and signs out")
    password.add_argument("--random", action="store_true", help="print a random one")
    totp = command("totp", _totp, "ask for a code of an authenticator app from now on")
    totp.add_argument("--off", action="store_true", help="ask for no code any more")
    disable = command("disable", _disable, "sign out and let nobody in")
    disable.add_argument("--again", action="store_true", help="let in again")
    for made in (password, totp, disable):
        made.add_argument("account")
    token = command("token", _token, "make a token for a machine, printed once")
    token.add_argument("name")
    token.add_argument("--role", choices=list(Role), default=Role.VIEWER, metavar="ROLE")
    token.add_argument("--days", type=_days, default=365, help="how long (%(default)s)")
    token.add_argument("--revoke", action="store_true", help="end it")
    for made in (add, token):
        made.add_argument("--site", action="append", help="id of a site; repeat; default: all")
    return parser
