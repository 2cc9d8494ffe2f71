"""The month's outcomes and remarks over real HTTP, with a real database behind."""

from datetime import timedelta
from typing import Any

import pytest

from forewarn.domain.desk import Incident, IncidentState
from forewarn.domain.hazard import Level
from forewarn.domain.verdict import EventOutcome, EventVerdict, Why
from forewarn.storage.accounts import change_account
from forewarn.storage.audit import audit_rows, verify_audit
from forewarn.storage.incidents import save_incident
from forewarn.storage.outcomes import add_misses, close_incident

HOUR = timedelta(hours=1)


@pytest.fixture
def month(world: Any, now: Any) -> Any:
    """Return the world with a closed warning nobody can judge, a drill, and a miss."""
    opened = now - 20 * HOUR
    known = {
        "area": "town",
        "hazard": "flood",
        "datastream": "weir/stage",
        "state": IncidentState.EXPIRED,
        "level": Level.YELLOW,
        "highest": Level.YELLOW,
        "headline": "Flood advisory for the weir",
        "opened": opened,
        "changed": opened,
        "ended": opened + 2 * HOUR,
    }
    for name, status, drill in (("test.flood.1", "Actual", ""), ("test.drill.1", "Exercise", "d1")):
        told = Incident(**known, incident=name, status=status, drill=drill)
        save_incident(world.connection, told)
    outcome = {
        "level": Level.YELLOW,
        "area": "town",
        "hazard": "flood",
        "datastream": "weir/stage",
        "status": "Actual",
        "threshold": 8.5,
    }
    doubt = EventOutcome(
        **outcome,
        event="test.flood.1",
        verdict=EventVerdict.UNKNOWN,
        why=Why.GAP,
        began=opened,
        warned=opened,
    )
    close_incident(world.connection, "test.flood.1", [doubt], now)
    close_incident(world.connection, "test.drill.1", [], now)
    miss = EventOutcome(
        **outcome,
        event="miss.flood.weir-stage.1",
        verdict=EventVerdict.MISS,
        why=Why.NEVER,
        began=now - HOUR,
        crossed=now - HOUR,
    )
    add_misses(world.connection, [miss], apart_s=60)
    return world


@pytest.mark.usefixtures("month")
def test_a_month_counts_lists_and_is_downloaded(serve: Any, database: str) -> None:
    client = serve(database)
    told = client.json("/api/outcomes?month=2026-07")
    [score] = told["scores"]
    assert (score["misses"], score["unknown"], score["pod"]) == (1, 1, 0.0)
    assert [(e["event"], e["drill"], e["state"]) for e in told["events"]] == [
        ("miss.flood.weir-stage.1", "", ""),
        ("test.flood.1", "", "closed"),
        ("test.drill.1", "d1", "closed"),
    ]
    assert [(v["verdict"], v["why"]) for v in told["events"][1]["verdicts"]] == [("unknown", "gap")]
    assert client.json("/api/outcomes")["month"] == "2026-07"
    assert client.json("/api/outcomes?month=2026-06")["events"] == []
    status, headers, body = client.get("/api/outcomes.csv?month=2026-07")
    assert (status, headers["content-disposition"]) == (
        200,
        'attachment; filename="forewarn-test-2026-07.csv"',
    )
    assert body.decode().splitlines()[1].startswith("Actual,flood,yellow,0,1,0,1,0.00")
    for wrong in ("2026-13", "july", "9999-12"):
        assert client.get(f"/api/outcomes?month={wrong}")[0] == 400


def test_a_remark_settles_what_is_unknown_and_is_audited(
    console: Any, accounts_in: Any, month: Any
) -> None:
    browser = console()
    browser.sign_in()
    said = {"event": "test.flood.1", "text": " the road was under water ", "outcome": "confirmed"}
    status, _, answer = browser.ask("/api/outcomes/remark", "POST", said)
    assert (status, answer["settled"]) == (200, 1)
    _, _, told = browser.ask("/api/outcomes?month=2026-07")
    [event] = [e for e in told["events"] if e["event"] == "test.flood.1"]
    assert (event["verdicts"][0]["verdict"], event["verdicts"][0]["decided_by"]) == ("hit", "kim")
    assert [(r["author"], r["text"], r["confirmed"]) for r in event["remarks"]] == [
        ("kim", "the road was under water", True)
    ]
    newest = audit_rows(accounts_in)[0]
    assert (newest.actor, newest.action, newest.subject) == (
        "kim",
        "outcome.remark",
        "test.flood.1",
    )
    assert verify_audit(accounts_in).broken is None


@pytest.mark.usefixtures("month")
def test_a_remark_that_cannot_be_is_refused_and_leaves_no_trace(
    console: Any, accounts_in: Any
) -> None:
    browser = console()
    browser.sign_in()
    before = len(audit_rows(accounts_in))
    for said, status in (
        ({"event": "test.flood.9", "text": "x"}, 404),
        ({"event": "test.flood.1", "text": "  "}, 400),
        ({"event": "test.flood.1", "text": "x\0"}, 400),
        ({"event": "test.flood.1", "text": "x", "outcome": "perhaps"}, 400),
        ({"event": "test.flood.1", "text": "x" * 20_000}, 413),
        (b'{"event": "test.flood.1", "text": "\\ud800"}', 400),
    ):
        assert browser.ask("/api/outcomes/remark", "POST", said)[0] == status, said
    change_account(accounts_in, "kim", role="viewer")
    fine = {"event": "test.flood.1", "text": "x"}
    assert browser.ask("/api/outcomes/remark", "POST", fine)[0] == 403
    assert len(audit_rows(accounts_in)) == before
