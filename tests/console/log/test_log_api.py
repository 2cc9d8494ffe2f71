"""The log and handing over, asked over HTTP by two officers and one who only reads."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from console.access.accounts import hash_password
from forewarn.storage import Connection
from forewarn.storage.accounts import AccountRow, add_account
from forewarn.storage.audit import audit_rows, verify_audit

KEY = "0123456789abcdef"


@pytest.fixture
def crew(console: Any, accounts_in: Connection, real_time: Any) -> Callable[[str], Any]:
    """Return a function that signs one of kim, lee (duty) and vic (viewer) in."""
    roles = {"lee": "duty", "vic": "viewer"}
    for name, role in roles.items():
        row = AccountRow(
            id=name,
            name=name.title(),
            role=role,
            sites=[],
            password=hash_password("long enough a word", name),
            totp_secret=None,
            totp_step=0,
            created=real_time.now,
            disabled=None,
        )
        add_account(accounts_in, row)

    def come(name: str) -> Any:
        browser = console()
        assert browser.sign_in(name) == 200
        return browser

    return come


def post(browser: Any, path: str, status: int = 200, **body: Any) -> Any:
    found, _, said = browser.ask(path, "POST", body)
    assert found == status, said
    return said


def lines(browser: Any, query: str = "") -> list[dict[str, Any]]:
    status, _, said = browser.ask(f"/api/log{query}")
    assert status == 200, said
    items: list[dict[str, Any]] = said["items"]
    return items


def test_an_entry_its_correction_and_who_may(
    crew: Any, world: Any, now: Any, accounts_in: Connection
) -> None:
    world.alert(1, sent=now - timedelta(minutes=5))
    kim, lee, vic = (crew(name) for name in ("kim", "lee", "vic"))
    about = {"incident": "test.flood.weir-stage", "clock": "10:50", "category": "call"}
    first = post(kim, "/api/log", key=KEY, text=" Called the lock. ", **about)
    assert post(kim, "/api/log", key=KEY, text="Called the lock.", **about) == first
    post(lee, "/api/log", 409, key=KEY, text="mine")
    for edited in ({"text": "Called both."}, {"category": "note"}, {"incident": None}):
        said = {"text": "Called the lock.", **about} | edited
        refused = post(kim, "/api/log", 409, key=KEY, **said)
        assert f"written as {first['number']} already" in refused["error"], edited
    second = post(lee, "/api/log", key=KEY + "b", text="Called the weir.", corrects=first["number"])
    refused = post(kim, "/api/log", 409, key=KEY + "c", text="No.", corrects=first["number"])
    assert "correct that one" in refused["error"]
    post(kim, "/api/log", 404, key=KEY + "d", text="x", corrects=999)
    post(kim, "/api/log", 404, key=KEY + "d", text="x", incident="nobody")
    post(kim, "/api/log", 400, key="short", text="x")
    post(kim, "/api/log", 400, key=KEY + "d", text="x", category="gossip")
    post(vic, "/api/log", 403, key=KEY + "d", text="x")
    newest, sent, old = lines(vic)
    assert (newest["text"], newest["detail"]["corrects"]) == ("Called the weir.", first["number"])
    assert (sent["kind"], sent["detail"]["status"]) == ("message", "Exercise")
    assert (old["text"], old["author"]) == ("Called the lock.", "kim")
    assert old["detail"]["corrected"] == second["number"]
    assert [i["text"] for i in lines(vic, "?kind=entry&text=LOCK")] == ["Called the lock."]
    assert lines(vic, "?to=2026-07-11T00:00:00Z") == []
    trail = [(row.actor, row.action) for row in audit_rows(accounts_in)]
    assert trail.count(("lee", "log.correct")) == 1
    assert trail.count(("kim", "log.write")) == 1
    assert verify_audit(accounts_in).broken is None


def test_a_shift_is_handed_over_and_taken(crew: Any, world: Any, now: Any) -> None:
    world.observe("weir/stage", (now - timedelta(minutes=1), 8.1, 1))
    world.forecast(now)
    world.alert(1, sent=now - timedelta(minutes=5))
    kim, lee = crew("kim"), crew("lee")
    _, _, shift = kim.ask("/api/handover")
    assert [a["id"] for a in shift["accounts"]] == ["lee"]
    assert [f["level"] for f in shift["facts"]["force"]] == [2]
    said = {"receiver": "lee", "open_points": "Gate 3 sticks.", "key": KEY}
    for receiver in ("kim", "nobody"):
        post(kim, "/api/handover", 400, **(said | {"receiver": receiver}), mark=shift["mark"])
    changed = post(kim, "/api/handover", 409, **said, mark="of something else")
    assert "look again" in changed["error"]
    given = post(kim, "/api/handover", **said, mark=shift["mark"])
    world.alert(2, msg_type="Cancel", sent=now)
    assert post(kim, "/api/handover", **said, mark=shift["mark"]) == given
    edited = said | {"open_points": "Gate 4 too."}
    refused = post(kim, "/api/handover", 409, **edited, mark=shift["mark"])
    assert f"handed over as {given['number']} already" in refused["error"]
    _, _, page = lee.ask("/api/log")
    assert [h["number"] for h in page["open"]] == [given["number"]]
    refused = post(kim, "/api/handover/taken", 403, number=given["number"])
    assert "for lee" in refused["error"]
    post(lee, "/api/handover/taken", 404, number=99)
    taken = post(lee, "/api/handover/taken", number=given["number"])
    assert taken["taken"] is not None
    assert post(lee, "/api/handover/taken", number=given["number"]) == taken
    _, _, page = lee.ask("/api/log")
    assert page["open"] == []
    assert [i["what"] for i in page["items"] if i["kind"] == "handover"] == ["taken", "given"]
    _, _, kept = lee.ask(f"/api/handover/{given['number']}")
    assert kept["facts"] == shift["facts"] | {"at": kept["facts"]["at"]}, "as it was shown"
    assert kept["handover"]["open_points"] == "Gate 3 sticks."
    assert lee.ask("/api/handover/77")[0] == 404


def test_bad_questions_are_told_what_is_wrong(crew: Any) -> None:
    kim = crew("kim")
    for query in ("from=x", "before=1", "kind=x", "text=%00", "from=2020-01-01T00:00:00Z"):
        status, _, said = kim.ask(f"/api/log?{query}")
        assert status == 400, query
        assert said["error"]
