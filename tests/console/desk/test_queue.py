"""The desk's two questions, over HTTP, with a real database behind."""

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from alerts.hazards import HAZARDS
from alerts.lifecycle import Cause
from alerts.phrases import CAUSES
from console.desk.queue import Queue
from console.desk.runbook import FOLDER, runbook, steps
from console.desk.translate import cause_of
from console.errors import DatabaseUnavailable
from console.readings import Readings
from forewarn.domain.clock import ManualClock
from forewarn.domain.desk import Act, Action, Draft, Incident, IncidentState
from forewarn.domain.hazard import Level
from forewarn.domain.paging import Due, Kind, Page
from forewarn.storage import incidents, mark_delivered, mark_failed
from forewarn.storage.paging import enqueue

NAME = "test.flood.weir-stage"
QUEUE = "/api/desk/incidents"
CASE = f"/api/desk/incident?id={NAME}"


class Turned(ManualClock):
    """A clock that jumps; nobody sleeps by it here."""

    def turn(self, to: datetime) -> None:
        """Make it `to`."""
        self._now = to


def do(world: Any, act: Act, at: Any, **detail: str) -> None:
    action = Action(at=at, author="kim", act=act, incident=NAME, detail=detail)
    incidents.act(world.connection, action)


def test_the_queue_has_what_is_live_and_what_ended_within_a_day(
    serve: Any, database: str, world: Any, now: Any, until: Any
) -> None:
    clock = Turned(now)
    client = serve(database, clock=clock)
    assert client.json(QUEUE)["incidents"] == []
    world.alert(1)
    do(world, Act.ACK, now)
    do(world, Act.ASSIGN, now, to="north crew")
    do(world, Act.ESCALATE, now)
    [told] = until(lambda: [i for i in client.json(QUEUE)["incidents"] if i["escalations"]])
    assert (told["state"], told["level"], told["highest"], told["area"]) == ("issued", 2, 2, "Town")
    assert (told["acked_by"], told["assigned_to"], told["escalations"]) == ("kim", "north crew", 1)
    assert (told["probability"], told["lead_s"], told["status"]) == (0.83, 9300, "Exercise")
    assert told["onset"] == (now + timedelta(minutes=155)).timestamp() * 1000
    world.alert(2, msg_type="Cancel", sent=now + timedelta(minutes=5))
    clock.turn(now + timedelta(hours=24))
    [ended] = until(lambda: [i for i in client.json(QUEUE)["incidents"] if i["ended"]])
    assert (ended["state"], ended["level"], ended["highest"]) == ("cancelled", 0, 2)
    clock.turn(now + timedelta(hours=24, minutes=6))
    until(lambda: client.json(QUEUE)["incidents"] == [])


def test_what_ran_out_is_expired_whether_the_alert_service_lives_or_not(
    serve: Any, database: str, world: Any, now: Any, until: Any
) -> None:
    clock = Turned(now)
    world.alert(1)
    client = serve(database, clock=clock)
    assert client.json(QUEUE)["incidents"][0]["state"] == "issued"
    over = now + timedelta(hours=6)
    clock.turn(over)
    [told] = until(lambda: [i for i in client.json(QUEUE)["incidents"] if i["state"] == "expired"])
    assert told["ended"] == over.timestamp() * 1000
    assert client.json(CASE)["incident"]["state"] == "expired"


def test_a_shelved_incident_comes_back_when_its_time_is_over_or_it_rises(
    serve: Any, database: str, world: Any, now: Any, until: Any
) -> None:
    clock = Turned(now)
    world.alert(1)
    until_then = now + timedelta(hours=1)
    do(world, Act.SHELVE, now, until=until_then.isoformat(), reason="known")
    client = serve(database, clock=clock)
    assert client.json(CASE)["incident"]["shelved_until"] == until_then.timestamp() * 1000
    clock.turn(until_then)
    assert client.json(CASE)["incident"]["shelved_until"] is None
    do(world, Act.SHELVE, until_then, until=(now + timedelta(hours=3)).isoformat(), reason="known")
    assert client.json(CASE)["incident"]["shelved_until"]
    found = incidents.incident(world.connection, NAME)
    assert found is not None
    risen = {f: getattr(found, f) for f in found.__struct_fields__} | {"level": Level.ORANGE}
    incidents.save_incident(world.connection, Incident(**risen))
    assert client.json(CASE)["incident"]["shelved_until"] is None


def test_a_draft_is_in_the_queue_before_anything_was_told(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    draft = Draft(
        id="d.1",
        level=Level.ORANGE,
        previous_level=Level.NONE,
        drafted=now,
        due=now + timedelta(minutes=5),
        otherwise="issue",
        needs=2,
        approvals=["kim"],
        headline="Flood warning",
    )
    waiting = Incident(
        incident="d",
        area="town",
        hazard="flood",
        datastream="weir/stage",
        status="Actual",
        state=IncidentState.DRAFT,
        level=Level.NONE,
        highest=Level.ORANGE,
        headline="Flood warning",
        opened=now,
        changed=now,
        draft=draft,
    )
    incidents.save_incident(world.connection, waiting)
    client = serve(database)
    [told] = client.json(QUEUE)["incidents"]
    assert (told["state"], told["level"], told["onset"]) == ("draft", 0, None)
    assert (told["draft"]["level"], told["draft"]["needs"]) == (3, 2)
    case = client.json("/api/desk/incident?id=d")
    assert case["messages"] == case["deliveries"] == []
    assert len(case["runbook"]["en"]) > len(runbook("flood", Level.YELLOW).en)


def test_one_incident_comes_with_all_that_is_known_of_it(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    world.forecast(now)
    first = world.alert(1)
    second = world.alert(2, msg_type="Update", sent=now + timedelta(minutes=5))
    mark_delivered(world.connection, first.identifier, "mqtt")
    mark_failed(world.connection, second.identifier, "webhook", "timed out")
    mark_failed(world.connection, second.identifier, "webhook", "refused")
    do(world, Act.COMMENT, now, text="looks real")
    do(world, Act.CANCEL, now, reason="over")
    client = serve(database)
    due = Due(
        person="li",
        incident=NAME,
        state="yellow",
        kind=Kind.PAGE,
        level=Level.YELLOW,
        step=0,
        at=now,
    )
    page = Page(person="li", text="water", priority=3, urgent=True, dues=(due,))
    assert enqueue(world.connection, page, now)
    told = client.json(CASE)
    [person] = told["told"]
    assert (person["person"], person["progress"], person["level"]) == ("li", "queued", 2)
    assert person["at"] == person["queued"] == now.timestamp() * 1000
    assert client.json(f"/api/desk/incident?id={first.identifier}") == told
    assert [m["identifier"] for m in told["messages"]] == [first.identifier, second.identifier]
    comment, cancel = told["acts"]
    assert (comment["detail"], comment["taken"] is None) == ({"text": "looks real"}, False)
    assert (cancel["act"], cancel["taken"]) == ("cancel", None)
    mqtt, webhook = told["deliveries"]
    assert (mqtt["channel"], bool(mqtt["delivered"]), mqtt["error"]) == ("mqtt", True, "")
    assert (webhook["attempts"], webhook["delivered"], webhook["error"]) == (2, None, "refused")
    assert told["assessment"]["evidence"] == ["weir/stage +0.60 m in 60 min"]
    assert len(told["runbook"]["zh"]) == len(told["runbook"]["en"]) > 4


@pytest.mark.usefixtures("world")
def test_an_unknown_incident_is_answered_with_what_would_help(serve: Any, database: str) -> None:
    client = serve(database)
    for name in ("", "nobody", "%00", "';%20DROP%20TABLE%20incident", "a" * 4000):
        told = client.json(f"/api/desk/incident?id={name}", 404)
        assert "/api/desk/incidents lists them" in told["error"], name


def test_what_cannot_be_read_is_said_and_never_an_empty_queue(
    serve: Any, database: str, world: Any
) -> None:
    world.alert(1)
    world.connection.execute("UPDATE incident SET level = 9")
    client = serve(database)
    told = client.json(QUEUE)
    assert (told["incidents"], "$.level" in told["unreadable"]) == ([], True)
    assert "cannot be read" in client.json(CASE, 500)["error"]


def test_an_event_says_that_the_queue_is_new(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    client = serve(database)

    def wait_for(following: Any) -> str:
        while (event := following())[0] != "incidents":
            pass
        return str(event[2]["version"])

    with client.events() as following:
        first = wait_for(following)
        world.alert(1)
        second = wait_for(following)
        do(world, Act.COMMENT, now, text="it changes no row of the queue")
        assert len({first, second, wait_for(following)}) == 3


def test_every_hazard_has_steps_that_grow_with_the_level_in_both_languages() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(HAZARDS) | {"common"}
    for hazard in HAZARDS:
        assert steps(hazard)
        known = [runbook(hazard, level) for level in Level]
        assert known[0].en == []
        for lower, higher in pairwise(known):
            assert set(lower.zh) <= set(higher.zh)
            assert len(higher.zh) == len(higher.en)
    assert set(runbook("a hazard of tomorrow", Level.RED).en) == {s.en for s in steps("common")}
    assert steps("../../../pyproject") == ()


def test_what_only_this_level_asks_for_comes_right_after_looking_and_writing_it_down_last() -> None:
    first = [s.en for s in steps("common") if s.turn == "first"]
    red = [s.en for name in ("flood", "common") for s in steps(name) if s.since == "red"]
    told = runbook("flood", Level.RED).en
    assert told[: len(first) + len(red)] == first + red
    assert told[-1] == next(s.en for s in steps("common") if s.turn == "last")


def test_why_a_message_went_out_is_read_from_its_level_and_its_words(world: Any) -> None:
    first = world.alert(1)
    renewed = replace(first, previous_level=first.level)

    def cause(cause: Cause) -> str:
        words = CAUSES[cause]
        return cause_of(replace(renewed, cap=f"<alert>{words.en if words else ''}</alert>"))

    known = [Cause.ONSET_MOVED, Cause.RESUMED, Cause.RENEWED]
    assert [cause(c) for c in known] == ["moved", "resumed", "renewed"]
    assert cause_of(replace(renewed, cap="<alert>of another version</alert>")) == ""
    assert cause_of(first) == "raised"
    assert cause_of(replace(first, level=Level.BLUE, previous_level=Level.RED)) == "lowered"
    over = replace(first, msg_type="Cancel", level=Level.NONE)
    assert cause_of(over) == "ended"
    assert cause_of(replace(over, cap="Cancelled by the duty officer: gate.")) == "officer"


def test_a_queue_that_could_not_be_read_once_is_read_again(
    database: str, world: Any, site: Any, now: Any
) -> None:
    readings = Readings(database)
    queue = Queue(site, readings, ManualClock(now), interval_s=0.0)
    world.alert(1)
    world.connection.execute("ALTER TABLE alert RENAME TO away")
    with pytest.raises(DatabaseUnavailable):
        asyncio.run(queue.newest())
    world.connection.execute("ALTER TABLE away RENAME TO alert")
    assert NAME.encode() in asyncio.run(queue.newest()).body
    readings.close()
