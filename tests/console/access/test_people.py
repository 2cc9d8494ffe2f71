"""Administrators change accounts, people their own, auditors read what was done."""

import json
from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from console.access.sessions import digest
from forewarn.storage import Connection
from forewarn.storage.accounts import TokenRow, add_token, change_account, find_account
from forewarn.storage.audit import append_audit, audit_rows, verify_audit

Open = Callable[[], Any]
WORD = "long enough a word"


@pytest.fixture
def admin(console: Open, accounts_in: Connection) -> Any:
    """Return a browser at which kim is signed in as an administrator."""
    change_account(accounts_in, "kim", role="admin")
    browser = console()
    assert browser.sign_in() == 200
    return browser


def post(browser: Any, path: str, **said: Any) -> tuple[int, Any]:
    status, _, answer = browser.ask(f"/api/{path}", "POST", said)
    return status, answer


def test_an_account_from_its_first_to_its_last_day(
    admin: Any, console: Open, accounts_in: Connection, real_time: Any
) -> None:
    status, made = post(admin, "accounts/add", account="lee", role="duty", name="Lee 李")
    assert status == 200
    lee = console()
    assert lee.sign_in("lee", made["password"]) == 200
    [_, shown] = admin.ask("/api/accounts")[2]["accounts"]
    assert (shown["id"], shown["role"], shown["sessions"], shown["locked"]) == (
        "lee",
        "duty",
        1,
        None,
    )
    assert shown["seen"] == "2026-07-12T04:00:00Z"
    assert post(admin, "accounts/change", account="lee", role="viewer", name="Lee")[0] == 200
    assert lee.ask("/api/me")[2]["role"] == "viewer", "it counts with the next request"
    assert post(admin, "accounts/sessions/end", account="lee") == (200, {"ended": 1})
    assert lee.ask("/api/me")[0] == 401
    new = post(admin, "accounts/password", account="lee")[1]["password"]
    _, told = post(admin, "accounts/totp", account="lee")
    code = pyotp.TOTP(told["picture"]["secret"]).at(real_time.now)
    assert told["picture"]["path"].startswith("M4 4h1v1h-1z")
    assert [lee.sign_in("lee", *given) for given in ((made["password"],), (new,), (new, code))] == [
        *(401, 401, 200)
    ]
    for wrong in range(5):
        console().sign_in("lee", f"a wrong password {wrong}")
    assert admin.ask("/api/accounts")[2]["accounts"][1]["locked"] == "2026-07-12T04:01:00Z"
    assert post(admin, "accounts/totp", account="lee", off=True)[1]["picture"] is None
    assert post(admin, "accounts/disable", account="lee")[0] == 200
    assert lee.ask("/api/me")[0] == 401
    assert find_account(accounts_in, "lee").disabled is not None  # type: ignore[union-attr]
    assert post(admin, "accounts/disable", account="lee", again=True)[0] == 200
    actions = [row.action for row in audit_rows(accounts_in) if row.actor == "kim"]
    assert actions[::-1] == [
        "sign-in",
        "account.add",
        "account.change",
        "account.sign-out",
        "account.password",
        "account.totp",
        "account.totp-off",
        "account.disable",
        "account.enable",
    ]
    assert verify_audit(accounts_in).broken is None
    trail = "".join(row.detail for row in audit_rows(accounts_in))
    assert made["password"] not in trail
    assert new not in trail


def test_an_administrator_is_always_left(
    admin: Any, console: Open, accounts_in: Connection
) -> None:
    made = post(admin, "accounts/add", account="lee", role="admin")[1]["password"]
    for path, said in (
        ("change", {"role": "duty"}),
        ("change", {"role": "admin", "sites": ["test"]}),
        ("disable", {}),
        ("password", {}),
        ("totp", {}),
    ):
        status, told = post(admin, f"accounts/{path}", account="kim", **said)
        assert status == 409, path
        assert "own" in told["error"]
    assert post(admin, "accounts/change", account="kim", role="admin", name="Kim")[0] == 200
    lee = console()
    lee.sign_in("lee", made)
    assert post(lee, "accounts/change", account="kim", role="viewer")[0] == 200
    assert post(admin, "accounts/change", account="lee", role="viewer")[0] == 403
    assert find_account(accounts_in, "lee").role == "admin"  # type: ignore[union-attr]


def test_who_has_some_sites_gives_no_more(admin: Any, accounts_in: Connection) -> None:
    change_account(accounts_in, "kim", sites=["test"])
    whole = {"account": "lee", "role": "duty"}
    assert post(admin, "accounts/add", **whole)[0] == 403
    assert post(admin, "accounts/add", **whole, sites=["test", "han"])[0] == 403
    assert post(admin, "accounts/tokens/add", name="wall")[0] == 403
    assert post(admin, "accounts/add", **whole, sites=["test"])[0] == 200
    change_account(accounts_in, "lee", sites=[])
    assert post(admin, "accounts/password", account="lee")[0] == 403


def test_what_cannot_be_is_refused_without_a_trace(admin: Any, accounts_in: Connection) -> None:
    before = audit_rows(accounts_in)
    for path, said, status in (
        ("add", {"account": "kim", "role": "duty"}, 409),
        ("add", {"account": "Not A Name", "role": "duty"}, 400),
        ("add", {"account": "lee", "role": "king"}, 400),
        ("add", {"account": "lee", "role": "duty", "sites": ["Not A Site"]}, 400),
        ("change", {"account": "nobody", "role": "duty"}, 404),
        ("password", {"account": "nobody"}, 404),
        ("tokens/add", {"name": "wall", "days": 9000}, 400),
        ("tokens/revoke", {"name": "wall"}, 404),
    ):
        found, told = post(admin, f"accounts/{path}", **said)
        assert (found, bool(told["error"])) == (status, True), (path, said)
    assert audit_rows(accounts_in) == before


def test_a_token_is_shown_once_and_changes_no_accounts(
    admin: Any, console: Open, accounts_in: Connection, real_time: Any
) -> None:
    _, made = post(admin, "accounts/tokens/add", name="wall", days=30)
    assert made["token"] not in json.dumps(admin.ask("/api/accounts")[2])
    bearer = {"Authorization": f"Bearer {made['token']}"}
    assert console().ask("/api/site", **bearer)[0] == 200
    assert post(admin, "accounts/tokens/revoke", name="wall")[0] == 200
    assert console().ask("/api/site", **bearer)[0] == 401
    machine = {"created": real_time.now, "expires": real_time.now.replace(year=2030)}
    row = TokenRow(name="all", role="admin", sites=[], revoked=None, **machine)
    add_token(accounts_in, row, digest("secret"))
    said = {"account": "lee", "role": "admin"}
    told = console().ask("/api/accounts/add", "POST", said, Authorization="Bearer secret")
    assert told[0] == 403


def test_ones_own_password_and_second_factor(
    console: Open, accounts_in: Connection, real_time: Any
) -> None:
    here, there = console(), console()
    assert here.sign_in() == there.sign_in() == 200
    assert here.ask("/api/me/account")[2]["sessions"] == 2
    assert post(here, "me/password", old="a wrong password", new="another long word")[0] == 403
    assert post(here, "me/password", old=WORD, new="short")[0] == 400
    assert post(here, "me/password", old=WORD, new="another long word") == (200, {"ended": 1})
    assert (here.ask("/api/me")[0], there.ask("/api/me")[0]) == (200, 401)
    word = {"password": "another long word"}
    secret = post(here, "me/totp", **word)[1]["secret"]
    assert here.ask("/api/me/account")[2]["totp"] is False, "it counts with its first code"
    app = pyotp.TOTP(secret)
    assert post(here, "me/totp/on", **word, secret=secret, code="000000")[0] == 403
    code = app.at(real_time.now)
    assert post(here, "me/totp/on", **word, secret=secret, code=code)[0] == 200
    assert there.sign_in("kim", "another long word", code) == 401, "a code works once"
    real_time.passes(minutes=1)
    assert post(here, "me/totp/off", **word, code="000000")[0] == 403
    assert post(here, "me/totp/off", **word, code=app.at(real_time.now))[0] == 200
    assert there.sign_in("kim", "another long word") == 200
    for _ in range(5):
        post(here, "me/totp", password="a wrong password")
    status, headers, _ = here.ask("/api/me/totp", "POST", word)
    assert (status, headers["retry-after"]) == (429, "61")
    own = [row.action for row in audit_rows(accounts_in) if row.action.startswith("account.")]
    assert own == ["account.totp-off", "account.totp", "account.password"]


def test_the_trail_is_read_filtered_checked_and_exported(
    console: Open, accounts_in: Connection, real_time: Any
) -> None:
    for number in range(150):
        append_audit(
            accounts_in,
            at=real_time.now.replace(day=1 + number % 2),
            actor="lee" if number % 3 else "token:wall",
            action="alert.acknowledge",
            subject=f"han.flood.{number}",
            detail={},
        )
    change_account(accounts_in, "kim", role="auditor")
    browser = console()
    browser.sign_in()
    first = browser.ask("/api/audit")[2]
    assert (len(first["rows"]), first["more"], first["rows"][0]["action"]) == (100, True, "sign-in")
    second = browser.ask(f"/api/audit?before={first['rows'][-1]['number']}")[2]
    assert (len(second["rows"]), second["more"]) == (51, False)
    found = browser.ask("/api/audit?actor=WALL&subject=flood.1&day=2026-07-01")[2]["rows"]
    assert {row["actor"] for row in found} == {"token:wall"}
    assert {row["at"] for row in found} == {"2026-07-01T04:00:00Z"}
    told = browser.ask("/api/audit/verify")[2]
    assert (told["checked"], told["next"], told["broken"]) == (151, None, None)
    assert told["newest"] == audit_rows(accounts_in)[0].hash
    assert browser.ask("/api/audit/verify?from=100")[2]["checked"] == 151
    for wrong in ("?before=0", "/verify?from=x", "?day=july", f"?actor={'x' * 101}"):
        assert browser.ask(f"/api/audit{wrong}")[0] == 400, wrong
    assert browser.ask("/api/accounts")[0] == 403
    trail = browser.text("/api/audit/export?actor=wall").splitlines()
    assert [json.loads(line)["subject"] for line in trail[:2]] == ["han.flood.0", "han.flood.3"]
    assert len(trail) == 50


def test_a_long_chain_is_checked_in_parts_and_a_broken_row_is_named(
    console: Open, accounts_in: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.access.trail.CHECKED_AT_ONCE", 2)
    change_account(accounts_in, "kim", role="auditor")
    browser = console()
    browser.sign_in(password="a wrong password")
    for _ in range(2):
        browser.sign_in()
    assert [browser.ask(f"/api/audit/verify?from={n}")[2]["next"] for n in (1, 3)] == [3, None]
    accounts_in.execute("ALTER TABLE audit DISABLE TRIGGER audit_only_grows")
    accounts_in.execute("UPDATE audit SET actor = 'somebody' WHERE number = 3")
    told = browser.ask("/api/audit/verify?from=3")[2]
    assert (told["checked"], told["broken"], told["next"]) == (2, 3, None)
    assert "is not what was written" in told["reason"]
