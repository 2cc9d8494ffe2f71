"""Who gets in over real HTTP, and who does not."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from starlette.routing import Mount, Route

from console.access.guard import is_public
from console.access.roles import EVERYTHING
from console.access.sessions import digest
from console.app import create_app
from forewarn.domain.clock import ManualClock
from forewarn.domain.station import Site
from forewarn.storage import Connection
from forewarn.storage.accounts import TokenRow, add_token, change_account, revoke_token
from forewarn.storage.audit import audit_rows, verify_audit

Open = Callable[[], Any]


def test_every_route_has_a_permit_or_is_public(site: Site, now: Any) -> None:
    app = create_app(site, "postgresql://nobody@127.0.0.1:1/none", ManualClock(now))
    found = list(_routes(app.routes, ""))
    assert len(found) > 15
    for path, route in found:
        needed = getattr(getattr(route, "endpoint", None), "permit", None)
        assert is_public(path) or needed in EVERYTHING, path


def _routes(routes: Any, before: str) -> Any:
    for route in routes:
        if isinstance(route, Mount) and route.routes:
            yield from _routes(route.routes, before + route.path)
        else:
            assert isinstance(route, Route | Mount)
            yield before + route.path + ("/" if isinstance(route, Mount) else ""), route


@pytest.mark.parametrize("path", ["/api/site", "/events", "/api/me", "/v1.1/Things", "/api/audit"])
def test_a_stranger_gets_401_from_what_programs_ask(console: Open, path: str) -> None:
    assert console().ask(path)[0] == 401


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/", "/sign-in"),
        ("/alerts/7?a=1&b=2", "/sign-in?next=/alerts/7%3Fa%3D1%26b%3D2"),
        ("//evil.example/", "/sign-in?next=//evil.example/"),
        ("/static", "/sign-in?next=/static"),
    ],
)
def test_a_stranger_at_a_page_is_sent_to_sign_in(console: Open, path: str, to: str) -> None:
    status, headers, _ = console().ask(path)
    assert (status, headers["location"]) == (303, to)


@pytest.mark.parametrize("path", ["/sign-in", "/healthz", "/static/signin.js", "/static/app.css"])
def test_what_is_public_is_given_to_anybody(console: Open, path: str) -> None:
    assert console().ask(path)[0] in (200, 503)  # the health of a console that just began


def test_signing_in_and_out_is_written_down(console: Open, accounts_in: Connection) -> None:
    browser = console()
    assert browser.sign_in(password="a wrong password") == 401
    assert browser.sign_in(" Kim ") == 200
    status, _, me = browser.ask("/api/me")
    assert (status, me["id"], me["name"], me["role"]) == (200, "kim", "Kim 金", "duty")
    assert "act" in me["permits"]
    assert browser.ask("/")[0] == browser.ask("/api/site")[0] == 200
    assert browser.ask("/api/sign-out", "POST")[0] == 200
    assert browser.ask("/api/site")[0] == 401
    trail = [(row.actor, row.action) for row in audit_rows(accounts_in)]
    assert trail == [("kim", "sign-out"), ("kim", "sign-in"), ("kim", "sign-in.refused")]
    assert verify_audit(accounts_in).broken is None


def test_the_cookie_is_for_this_site_alone_and_no_script_reads_it(console: Open) -> None:
    said = {"account": "kim", "password": "long enough a word"}
    _, headers, _ = console().ask("/api/sign-in", "POST", said)
    cookie = headers["set-cookie"].lower()
    assert cookie.startswith("forewarn-test=")
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in cookie.split(";")}


def test_changes_need_the_csrf_word_and_no_foreign_page(console: Open) -> None:
    browser = console()
    browser.sign_in()
    foreign = [{"Origin": "http://evil.example"}, {"Sec_Fetch_Site": "cross-site"}]
    foreign += [{"X_Forewarn_CSRF": "wrong"}, {"Origin": "null"}]
    for headers in foreign:
        assert browser.ask("/api/active", "POST", **headers)[0] == 403, headers
    ours = f"http://127.0.0.1:{browser.port}"
    assert browser.ask("/api/active", "POST", Origin=ours)[0] == 200
    said = {"account": "kim", "password": "long enough a word"}
    evil = browser.ask("/api/sign-in", "POST", said, Origin="http://evil.example")
    assert evil[0] == 403


def test_half_an_hour_of_polling_signs_out_and_being_there_does_not(
    console: Open, real_time: Any
) -> None:
    browser = console()
    browser.sign_in()
    for _ in range(2):
        real_time.passes(minutes=29)
        assert browser.ask("/api/active", "POST")[0] == 200
    for minutes, status in ((29, 200), (1, 401)):
        real_time.passes(minutes=minutes)
        assert browser.ask("/api/site")[0] == status


def test_after_a_shift_one_signs_in_again_whatever_was_done(console: Open, real_time: Any) -> None:
    browser = console()
    browser.sign_in()
    for _ in range(36):
        assert browser.ask("/api/active", "POST")[0] == 200
        real_time.passes(minutes=20)
    assert browser.ask("/api/active", "POST")[0] == 401


def test_five_wrong_attempts_lock_a_name_known_or_not(console: Open, real_time: Any) -> None:
    browser = console()
    for name in ("kim", "nobody"):
        statuses = [browser.sign_in(name, "a wrong password") for _ in range(6)]
        assert statuses == [401] * 5 + [429]
    assert browser.sign_in() == 429
    real_time.passes(minutes=1)
    assert browser.sign_in() == 200


def test_a_code_is_asked_for_and_works_once(
    console: Open, accounts_in: Connection, real_time: Any
) -> None:
    secret = pyotp.random_base32()
    change_account(accounts_in, "kim", totp_secret=secret)
    browser, code = console(), pyotp.TOTP(secret).at(real_time.now)
    assert [browser.sign_in(code=said) for said in ("", code, code)] == [401, 200, 401]


@pytest.mark.parametrize("changed", [{"sites": ["elsewhere"]}, {"disabled": timedelta()}])
def test_an_account_that_may_not_be_here_is_out_at_once(
    console: Open, accounts_in: Connection, real_time: Any, changed: Any
) -> None:
    browser = console()
    assert browser.sign_in() == 200
    if "disabled" in changed:
        changed = {"disabled": real_time.now}
    change_account(accounts_in, "kim", **changed)
    assert browser.ask("/api/site")[0] == 401
    assert browser.sign_in() == 401


def test_a_role_that_may_not_is_told_what_it_takes(console: Open, accounts_in: Connection) -> None:
    browser = console()
    browser.sign_in()
    status, _, said = browser.ask("/api/audit")
    assert status == 403
    assert "takes `audit`" in said["error"]
    change_account(accounts_in, "kim", role="admin")
    assert [row["action"] for row in browser.ask("/api/audit")[2]["rows"]] == ["sign-in"]
    assert browser.ask("/api/audit?before=x")[0] == 400
    shown = browser.ask("/api/accounts")[2]["accounts"]
    assert [row["id"] for row in shown] == ["kim"]
    assert "argon2" not in str(shown)


def test_a_machine_has_a_token_until_it_ends(
    console: Open, accounts_in: Connection, real_time: Any
) -> None:
    begun, ends = real_time.now, real_time.now + timedelta(days=1)
    row = TokenRow(name="wall", role="viewer", sites=[], created=begun, expires=ends, revoked=None)
    add_token(accounts_in, row, digest("secret"))
    browser = console()
    bearer = {"Authorization": "Bearer secret"}
    basic = {"Authorization": "Basic " + base64.b64encode(b"me:secret").decode()}
    assert browser.ask("/api/me", **bearer)[2]["id"] == "token:wall"
    assert browser.ask("/api/site", Authorization="Bearer other")[0] == 401
    assert browser.ask("/api/site", **basic)[0] == 401
    assert browser.ask("/venues/none.ics", **basic)[0] == 404
    status, headers, _ = browser.ask("/venues/none.ics")
    assert (status, headers["www-authenticate"][:5]) == (401, "Basic")
    assert browser.ask("/venues/none.ics", Authorization="Basic ??")[0] == 401
    real_time.passes(days=1)
    assert browser.ask("/api/me", **bearer)[0] == 401
    revoke_token(accounts_in, "wall", real_time.now)


def test_the_stream_ends_with_its_session(
    console: Open, client_at: Any, accounts_in: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    import http.client

    browser = console()
    browser.sign_in()
    connection = http.client.HTTPConnection("127.0.0.1", browser.port, timeout=10)
    connection.request("GET", "/events", headers={"Cookie": browser.cookie})
    answer = connection.getresponse()
    assert answer.readline()
    assert browser.ask("/api/sign-out", "POST")[0] == 200
    assert answer.read() is not None  # ends, where it would time out
    connection.close()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{}", 400),
        (b"[1]", 400),
        (b"\xff", 400),
        (b'{"account":"kim","password":"\\ud800"}', 400),
        (b'{"account":"kim\\u0000","password":"x"}', 401),
        (b'{"account":"kim","password":""}', 401),
        (b" " * 5000, 413),
    ],
)
def test_what_is_no_sign_in_is_refused(console: Open, body: bytes, status: int) -> None:
    assert console().ask("/api/sign-in", "POST", body)[0] == status


def test_without_the_database_a_stranger_stays_out_and_who_was_in_stays_in(
    serve: Any, database: str, console: Open, accounts_in: Connection, real_time: Any
) -> None:
    browser = console()
    browser.sign_in()
    assert browser.ask("/api/site")[0] == 200
    accounts_in.execute("ALTER TABLE session RENAME TO away")
    try:
        assert browser.ask("/api/site")[0] == 200
        assert console().sign_in("kim") == 503
        real_time.passes(minutes=31)
        assert browser.ask("/api/site")[0] == 401
        other = console()
        other.cookie = "forewarn-test=other"
        assert other.ask("/api/site")[0] == 503
    finally:
        accounts_in.execute("ALTER TABLE away RENAME TO session")
