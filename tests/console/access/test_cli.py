"""`forewarn users`."""

import io
from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from console.access.accounts import verify_password
from console.access.cli import main
from console.access.sessions import digest
from forewarn.domain.errors import ForewarnError
from forewarn.storage import Connection
from forewarn.storage.accounts import find_account, find_token, open_session
from forewarn.storage.audit import audit_rows

Users = Callable[..., str]


@pytest.fixture
def users(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Users:
    """Return a function that runs the command with a line to read, and returns what it prints."""
    monkeypatch.setenv("FOREWARN_DATABASE_URL", database)

    def run(*arguments: str, typed: str = "") -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
        assert main(list(arguments)) == 0
        return capsys.readouterr().out.strip()

    return run


def test_the_first_account_is_an_admin_and_there_is_one_first(users: Users) -> None:
    password = users("add", "admin", "--first")
    assert len(password) == 19
    assert users("add", "boss", "--first") == ""
    assert "admin" in users("list")
    assert "boss" not in users("list")


def test_an_account_from_the_first_to_the_last_day(
    users: Users, accounts_in: Connection, real_time: Any
) -> None:
    users("add", "lee", "--role", "approver", "--site", "han", typed="my first words")
    row = find_account(accounts_in, "lee")
    assert row is not None
    assert (row.role, row.sites) == ("approver", ["han"])
    assert verify_password(row.password, "my first words")
    open_session(accounts_in, b"digest", "lee", real_time.now)
    printed = users("password", "lee", "--random")
    shown = users("totp", "lee")
    changed = find_account(accounts_in, "lee")
    assert changed is not None
    assert changed.totp_secret is not None
    assert verify_password(changed.password, printed)
    assert changed.totp_secret in shown
    assert pyotp.TOTP(changed.totp_secret).now().isdigit()
    users("totp", "lee", "--off")
    users("disable", "lee")
    assert "disabled" in users("list")
    users("disable", "lee", "--again")
    trail = [(row.action, row.subject) for row in audit_rows(accounts_in)][::-1]
    acts = ["add", "password", "totp", "totp-off", "disable", "enable"]
    assert trail == [(f"account.{act}", "lee") for act in acts]
    assert "my first words" not in str(audit_rows(accounts_in))
    assert '"sessions_ended":1' in audit_rows(accounts_in)[-2].detail


def test_a_token_is_printed_once_and_ends(users: Users, accounts_in: Connection) -> None:
    token = users("token", "wall", "--days", "7")
    row = find_token(accounts_in, digest(token))
    assert row is not None
    assert (row.role, (row.expires - row.created).days) == ("viewer", 7)
    assert token not in users("list")
    users("token", "wall", "--revoke")
    assert find_token(accounts_in, digest(token)) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "Lee", "--role", "duty"], "cannot be a name"),
        (["add", "lee"], "which role"),
        (["add", "lee", "--role", "duty"], "12 to 256"),
        (["add", "kim", "--role", "duty", "--random"], "`kim` already"),
        (["password", "lee"], "no account `lee`"),
        (["totp", "lee"], "no account `lee`"),
        (["disable", "lee"], "no account `lee`"),
        (["token", "wall", "--revoke"], "no token `wall`"),
    ],
)
@pytest.mark.usefixtures("accounts_in")
def test_what_cannot_be_done_is_said(users: Users, arguments: list[str], said: str) -> None:
    with pytest.raises(ForewarnError, match=said):
        users(*arguments)
