"""What officers do at the desk: over HTTP, signed in, with a real database behind."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forewarn.domain.desk import Act, Draft, Incident, IncidentState
from forewarn.domain.hazard import Level
from forewarn.storage import incidents
from forewarn.storage.audit import audit_rows, verify_audit

NAME = "test.flood.weir-stage"
ACT = "/api/desk/act"

PEOPLE = """
[[contact]]
id = "pumps"
name = "Pump crew"
channel = [{ kind = "file", to = "pumps.jsonl" }]

[[group]]
id = "north"
members = ["pumps"]
"""


@pytest.fixture
def officer(serve: Any, database: str, tmp_path: Path, signed_in: Any) -> Callable[..., Any]:
    """Return a function: somebody with a role at one console, asking to act."""
    (tmp_path / "people.toml").write_text(PEOPLE)
    client = serve(database, people=tmp_path / "people.toml")

    def come(name: str = "kim", role: str = "approver") -> Any:
        person = signed_in(client.port, name, role)

        def act(name: str = "", incident: Any = NAME, **detail: str) -> Any:
            several = {"incidents": incident} if isinstance(incident, list) else {}
            one = {} if several else {"incident": incident}
            return person.ask(ACT, {"act": name, **one, **several, "detail": detail})

        act.ask = person.ask  # type: ignore[attr-defined]
        return act

    return come


def put(world: Any, name: str, now: datetime, draft: Draft | None = None, **values: Any) -> None:
    known = {
        "area": "town",
        "hazard": "flood",
        "datastream": "weir/stage",
        "status": "Actual",
        "state": IncidentState.DRAFT if draft else IncidentState.ISSUED,
        "level": Level.NONE if draft else Level.YELLOW,
        "highest": Level.YELLOW,
        "headline": "Flood",
        "opened": now,
        "changed": now,
        "draft": draft,
    }
    incidents.save_incident(world.connection, Incident(**(known | values), incident=name))


def a_draft(now: datetime, number: int = 1, **values: Any) -> Draft:
    known = {"needs": 2, "approvals": [], "headline": "Flood", "cap": "<alert/>"}
    return Draft(
        id=f"d.d{number}",
        level=Level.ORANGE,
        previous_level=Level.NONE,
        drafted=now,
        due=now + timedelta(minutes=5),
        otherwise="issue",
        **(known | values),
    )


def test_a_record_act_is_a_fact_at_once_and_stands_in_the_audit_trail(
    world: Any, now: datetime, officer: Any
) -> None:
    world.alert(1)
    kim = officer()
    status, done = kim("ack")
    assert (status, done["author"], done["act"], done["incident"]) == (200, "kim", "ack", NAME)
    assert done["at"] == done["taken"] == now.timestamp() * 1000, "world time"
    until = now + timedelta(hours=1)
    for name, detail in (
        ("assign", {"to": "pumps"}),
        ("shelve", {"until": until.isoformat(), "reason": " known \n"}),
        ("escalate", {}),
        ("comment", {"text": "x" * 2000}),
    ):
        assert kim(name, **detail)[0] == 200, name
    _, told = kim.ask("/api/desk/incidents")
    [found] = told["incidents"]
    assert (found["acked_by"], found["assigned_to"], found["escalations"]) == ("kim", "pumps", 1)
    assert found["shelved_until"] == until.timestamp() * 1000
    assert [kim(name)[0] for name in ("unshelve", "unack")] == [200, 200]
    rows = audit_rows(world.connection)[::-1]
    acts = [a.act for a in incidents.actions(world.connection, NAME)]
    assert [row.action for row in rows] == [f"alert.{act.value}" for act in acts]
    assert {(row.actor, row.subject) for row in rows} == {("kim", NAME)}
    assert '"reason":"known"' in rows[2].detail
    assert verify_audit(world.connection).broken is None


def test_who_may_not_and_what_cannot_be_taken_changes_nothing(
    world: Any, now: datetime, officer: Any
) -> None:
    world.alert(1)
    put(world, "d", now, a_draft(now))
    assert officer("vi", "viewer")("ack")[0] == 403
    duty = officer("du", "duty")
    status, said = duty("approve", "d", draft="d.d1")
    assert (status, "`approve`" in said["error"]) == (403, True)
    kim = officer()
    late, far = (now - timedelta(seconds=1)).isoformat(), (now + timedelta(hours=25)).isoformat()
    for name, detail, word in (
        ("comment", {}, "`text`"),
        ("comment", {"text": "  "}, "`text`"),
        ("comment", {"text": "x" * 2001}, "2001"),
        ("comment", {"text": "a\0b"}, ""),
        ("comment", {"text": "a\ud800"}, ""),
        ("comment", {"text": "a\x01"}, "U+0001"),
        ("comment", {"text": "a", "colour": "red"}, "`colour`"),
        ("assign", {"to": "pump"}, "did you mean `pumps`"),
        ("shelve", {"reason": "known"}, "`until`"),
        ("shelve", {"reason": "known", "until": "soon"}, "`until`"),
        ("shelve", {"reason": "known", "until": "2026-07-12T05:00:00"}, "`until`"),
        ("shelve", {"reason": "known", "until": late}, "`until`"),
        ("cancel", {"reason": "over", "until": far}, "`until`"),
        ("reject", {"draft": "d.d1"}, "`reason`"),
        ("dance", {}, "dance"),
    ):
        status, said = kim(name, **detail)
        assert (status, word in said["error"]) == (400, True), (name, said)
    assert (kim("ack", "nobody")[0], kim("ack", "no\0body")[0] in (400, 404)) == (404, True)
    assert kim("comment", [NAME, "d"], text="x")[0] == 400
    assert kim("ack", [f"i{k}" for k in range(201)])[0] == 400
    assert kim.ask(ACT, {"act": "ack"})[0] == kim.ask(ACT, b"{")[0] == 400
    assert kim.ask(ACT, b" " * 70_000)[0] == 413
    assert audit_rows(world.connection) == []
    assert incidents.actions_between(world.connection, now, now + timedelta(days=1)) == []


def test_what_is_over_or_another_draft_is_refused_with_what_is_there_now(
    world: Any, now: datetime, officer: Any
) -> None:
    put(world, "over", now, state=IncidentState.CANCELLED, level=Level.NONE, ended=now)
    put(world, "out", now, expires=now)
    put(world, "d", now, a_draft(now, 2, approvals=["lee"]))
    kim, lee = officer(), officer("lee")
    for name in ("over", "out"):
        status, said = kim("ack", name)
        assert (status, said["incident"]["incident"]) == (409, name)
        assert kim("comment", name, text="it was the gate")[0] == 200
    assert "expired" in kim("cancel", "out", reason="x")[1]["error"]
    assert "can be rejected" in kim("cancel", "d", reason="x")[1]["error"]
    status, said = kim("approve", "d", draft="d.d1")
    assert (status, said["incident"]["draft"]["id"]) == (409, "d.d2")
    assert lee("approve", "d", draft="d.d2")[0] == 409, "lee approved it before"
    status, done = kim("approve", "d", draft="d.d2")
    assert (status, done["taken"]) == (200, None), "it waits for the alert service"
    assert kim("approve", "d", draft="d.d2")[0] == 409, "once is enough"
    assert kim("ack", "d")[0] == 200
    status, said = lee("ack", "d")
    assert (status, "kim" in said["error"]) == (409, True)


def test_of_several_each_is_done_or_refused_by_itself(
    world: Any, now: datetime, officer: Any
) -> None:
    for name in ("a", "b"):
        put(world, name, now)
    put(world, "over", now, state=IncidentState.EXPIRED, ended=now)
    status, done = officer()("ack", ["a", "over", "b", "nobody", "a"])
    assert status == 200
    assert [act["incident"] for act in done["acts"]] == ["a", "b"]
    assert [(r["id"], r["incident"] is None) for r in done["refused"]] == [
        ("over", False),
        ("nobody", True),
    ]
    assert [row.subject for row in audit_rows(world.connection)] == ["b", "a"]


def test_two_presses_at_once_acknowledge_once(world: Any, officer: Any) -> None:
    world.alert(1)
    people = [officer(name) for name in ("kim", "lee")]
    found: list[int] = []
    presses = [threading.Thread(target=lambda p=p: found.append(p("ack")[0])) for p in people]
    for press in presses:
        press.start()
    for press in presses:
        press.join()
    assert sorted(found) == [200, 409]
    assert [a.act for a in incidents.actions(world.connection, NAME)] == [Act.ACK]


def test_who_an_incident_can_be_given_to(world: Any, officer: Any, tmp_path: Path) -> None:
    world.alert(1)
    kim = officer()
    people = kim.ask("/api/desk/people")[1]["people"]
    assert [(p["id"], p["kind"]) for p in people] == [
        ("pumps", "contact"),
        ("north", "group"),
        ("kim", "account"),
    ]
    (tmp_path / "people.toml").write_text("[[contact]")
    assert [p["id"] for p in kim.ask("/api/desk/people")[1]["people"]] == ["kim"]


def test_what_has_risen_since_it_was_looked_at_is_not_cancelled_shelved_or_acknowledged(
    world: Any, now: datetime, officer: Any
) -> None:
    put(world, "a", now, state=IncidentState.ISSUED, draft=a_draft(now), level=Level.YELLOW)
    put(world, "b", now)
    kim = officer()
    until = (now + timedelta(hours=1)).isoformat()
    for name, detail in (
        ("cancel", {"reason": "over"}),
        ("shelve", {"reason": "known", "until": until}),
        ("ack", {}),
    ):
        said = {"act": name, "incident": "a", "detail": detail, "seen": {"a": 2}}
        status, refused = kim.ask(ACT, said)
        assert (status, refused["code"]) == (409, "risen"), name
        assert "orange" in refused["error"]
    several = {"act": "ack", "incidents": ["a", "b"], "seen": {"a": 2, "b": 2}}
    _, done = kim.ask(ACT, several)
    assert [[d["incident"] for d in done["acts"]], [r["code"] for r in done["refused"]]] == [
        ["b"],
        ["risen"],
    ]
    assert kim.ask(ACT, {"act": "ack", "incident": "a", "seen": {"a": 7}})[0] == 400
    assert kim.ask(ACT, {"act": "ack", "incident": "a", "seen": {"a": 3}})[0] == 200


def test_the_same_press_sent_again_is_done_once(world: Any, officer: Any) -> None:
    world.alert(1)
    kim, lee = officer(), officer("lee")
    said = {"act": "escalate", "incident": NAME, "key": "press-0001"}
    status, first = kim.ask(ACT, said)
    assert status == 200
    assert kim.ask(ACT, said) == (200, first)
    assert kim.ask(ACT, said | {"act": "comment", "detail": {"text": "x"}})[0] == 409
    assert kim.ask(ACT, said | {"key": "x"})[0] == 400
    found = incidents.incident(world.connection, NAME)
    assert found is not None
    assert found.escalations == 1
    assert lee.ask(ACT, said)[1]["number"] != first["number"], "another's press"
    assert kim.ask(ACT, said | {"key": "press-0002"})[1]["number"] != first["number"]
    assert len(audit_rows(world.connection)) == 3, "and stands once in the audit trail"
