"""Drills, silences and maintenances over HTTP, with their entries in the audit trail."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from forewarn.domain.observation import to_milliseconds
from forewarn.storage.audit import audit_rows, verify_audit

Come = Callable[..., Any]
HOUR = timedelta(hours=1)


@pytest.fixture
def come(serve: Any, database: str, signed_in: Any) -> Come:
    """Return a function: somebody with a role at one console."""
    client = serve(database)
    return lambda name="kim", role="duty": signed_in(client.port, name, role)


def drill(now: datetime, **values: Any) -> dict[str, Any]:
    known = {"area": "town", "hazard": "flood", "level": 3, "reason": "spring  drill"}
    return {**known, "end": to_milliseconds(now + HOUR), **values}


def silence(now: datetime, **values: Any) -> dict[str, Any]:
    return {"kind": "silence", "reason": "on site", "end": to_milliseconds(now + HOUR), **values}


def test_a_drill_is_begun_shown_and_ended_and_all_of_it_audited(
    come: Come, world: Any, now: datetime
) -> None:
    officer = come()
    status, made = officer.ask("/api/quiet/drill", drill(now, siren=True))
    assert (status, made["author"], made["reason"]) == (200, "kim", "spring drill")
    shown = officer.ask("/api/quiet")[1]
    assert shown["drills"] == [made]
    assert (made["area_name"], made["level"], made["siren"]) == ("Town", 3, True)
    assert officer.ask("/api/quiet/drill", drill(now))[0] == 409
    assert officer.ask("/api/quiet/drill/end", {"id": made["id"]})[0] == 200
    assert officer.ask("/api/quiet/drill/end", {"id": made["id"]})[0] == 409
    rows = [(r.actor, r.action, r.subject) for r in audit_rows(world.connection)]
    assert sorted(rows) == [("kim", "drill.end", "1"), ("kim", "drill.start", "1")]
    assert verify_audit(world.connection).broken is None
    [ending] = officer.ask("/api/quiet")[1]["drills"]  # until everybody is told
    assert ending["ended_by"] == "kim"


def test_what_a_drill_can_be_about_is_said(come: Come) -> None:
    shown = come(role="viewer").ask("/api/quiet")[1]
    assert shown["choices"] == [
        {
            "area": "town",
            "name": "Town",
            "name_zh": "Town",
            "hazards": {"flood": [2, 3], "inundation": [3]},
        }
    ]
    assert shown["hazards"] == ["flood", "inundation"]


def test_a_maintenance_says_what_it_is_about(come: Come, world: Any, now: datetime) -> None:
    world.forecast(now)
    technician = come("wu", "technician")
    asked = silence(now, kind="maintenance", datastream="weir/*")
    status, made = technician.ask("/api/quiet/silence", asked)
    assert status == 200, made
    assert made["touched"] == {"matches": ["weir/stage"], "degraded": []}
    status, refused = technician.ask("/api/quiet/silence", asked)
    assert (status, f"maintenance {made['id']} by wu" in refused["error"]) == (409, True)
    found = technician.ask("/api/quiet/preview?datastream=*/stage")[1]
    assert found["matches"] == ["weir/stage"]
    assert [s["id"] for s in technician.ask("/api/quiet")[1]["silences"]] == [made["id"]]
    assert technician.ask("/api/quiet/silence/end", {"id": made["id"]})[0] == 200
    assert technician.ask("/api/quiet")[1]["silences"] == []
    actions = {row.action for row in audit_rows(world.connection)}
    assert actions == {"maintenance.start", "maintenance.end"}


DRILLS = (
    ({"area": "moon"}, "no area `moon`; there are: town"),
    ({"hazard": "wave"}, "hazards with one: flood, inundation"),
    ({"level": 4}, "hazards with one: none"),
    ({"level": 9}, "level 9: 1 is blue"),
    ({"reason": " "}, "needs a reason"),
    ({"end": 0}, "over before it begins"),
    ({"end": 2**60}, "no time"),
    ({"end": 1.5}, "not understood"),
    ({"surprise": 1}, "not understood"),
)
SILENCES = (
    ({"area": "moon"}, "no area `moon`"),
    ({"hazard": "moon"}, "no hazard `moon`"),
    ({"up_to": 0}, "`up_to` is a level"),
    ({"datastream": ""}, "1 to 130 characters"),
    ({"kind": "maintenance"}, "names no station"),
    ({"kind": "maintenance", "datastream": "weir/*", "area": "town"}, "`datastream` alone"),
    ({"kind": "other"}, "not understood"),
)


def test_what_cannot_be_is_refused_and_leaves_nothing(
    come: Come, world: Any, now: datetime
) -> None:
    officer = come()
    for path, made, cases in (("drill", drill, DRILLS), ("silence", silence, SILENCES)):
        for change, said in cases:
            status, answer = officer.ask(f"/api/quiet/{path}", made(now, **change))
            assert (status, said in answer["error"]) == (400, True), (change, answer)
    shown = officer.ask("/api/quiet")[1]
    assert (shown["drills"], shown["silences"]) == ([], [])
    assert list(audit_rows(world.connection)) == []


def test_seven_days_are_the_longest(come: Come, now: datetime) -> None:
    officer = come()
    for span, status in ((timedelta(days=7), 200), (timedelta(days=7, seconds=1), 400)):
        asked = silence(now, end=to_milliseconds(now + span))
        assert officer.ask("/api/quiet/silence", asked)[0] == status


def test_something_may_be_planned_but_not_begun_in_the_past(come: Come, now: datetime) -> None:
    officer = come()
    for start, begins, area in ((-HOUR, now, ""), (HOUR / 2, now + HOUR / 2, "town")):
        asked = silence(now, start=to_milliseconds(now + start), area=area)
        made = officer.ask("/api/quiet/silence", asked)[1]
        assert made["start"] == to_milliseconds(begins)


def test_what_is_not_there_cannot_be_ended(come: Come) -> None:
    officer = come()
    for path in ("drill", "silence"):
        for number in (7, -1, 2**70):
            assert officer.ask(f"/api/quiet/{path}/end", {"id": number})[0] in (400, 404)
        assert officer.ask(f"/api/quiet/{path}/end", {})[0] == 400


def test_only_who_may_does(come: Come, now: datetime) -> None:
    viewer, technician = come("vi", "viewer"), come("wu", "technician")
    assert viewer.ask("/api/quiet/silence", silence(now))[0] == 403
    assert viewer.ask("/api/quiet/drill", drill(now))[0] == 403
    assert technician.ask("/api/quiet/drill", drill(now))[0] == 403
    assert technician.ask("/api/quiet/silence", silence(now))[0] == 200
