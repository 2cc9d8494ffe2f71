"""The stream of events, over HTTP, with a real database behind."""

import json
from datetime import timedelta
from typing import Any

import pytest

from forewarn.domain.clock import ManualClock


def wait_for(following: Any, kind: str) -> tuple[str, Any]:
    """Return (id, message) of the next event of `kind`."""
    while True:
        found, identifier, message = following()
        if found == kind:
            return identifier, message


def health(client: Any) -> Any:
    return json.loads(client.get("/healthz")[2])


def test_what_is_stored_arrives_as_typed_events(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    with serve(database).events() as following:
        _, beat = wait_for(following, "heartbeat")
        assert beat["world_time"] == now.timestamp() * 1000
        world.observe("weir/stage", (now, 8.6, 1))
        _, vitals = wait_for(following, "vitals")
        assert [(v["key"], v["result"]) for v in vitals["vitals"]] == [("weir/stage", 8.6)]
        world.forecast(now)
        _, outlook = wait_for(following, "forecast")
        while outlook["forecast"] is None:
            _, outlook = wait_for(following, "forecast")
        assert outlook["assessment"]["outcome"] == "ok"
        world.alert(1)
        _, alerts = wait_for(following, "alert")
        assert [a["identifier"] for a in alerts["alerts"]] == ["test.flood/1"]


def test_heartbeats_keep_coming_when_nothing_happens(serve: Any, database: str) -> None:
    with serve(database, heartbeat_s=0.05).events() as following:
        for _ in range(5):
            wait_for(following, "heartbeat")


@pytest.mark.usefixtures("world")
def test_a_broken_stream_goes_on_where_it_broke(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    client = serve(database)
    with client.events() as following:
        world.observe("weir/stage", (now, 1.0, 1))
        last, _ = wait_for(following, "vitals")
    with client.events() as other:  # the missed events are there for certain when this has them
        for minute in (1, 2):
            world.observe("weir/stage", (now + timedelta(minutes=minute), 1.0 + minute, 1))
            wait_for(other, "vitals")
    with client.events(last) as following:
        missed = [wait_for(following, "vitals")[1] for _ in range(2)]
    assert [m["vitals"][0]["result"] for m in missed] == [2.0, 3.0]


def test_a_client_that_heard_only_heartbeats_can_be_resumed_too(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    client = serve(database)
    with client.events() as following:
        last, _ = wait_for(following, "heartbeat")
    with client.events() as other:
        world.observe("weir/stage", (now, 1.0, 1))
        wait_for(other, "vitals")
    with client.events(last) as following:
        assert following()[0] == "vitals"


def test_a_client_that_missed_too_much_is_told_to_ask_again(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    client = serve(database, capacity=2)
    with client.events() as following:
        last, _ = wait_for(following, "heartbeat")
    with client.events() as other:
        for minute in range(3):
            world.observe("weir/stage", (now + timedelta(minutes=minute), 1.0, 1))
            wait_for(other, "vitals")
    for stale in (last, "another-start-1"):
        with client.events(stale) as following:
            assert following()[0] == "reset"


def test_silence_of_all_stations_is_told_at_once(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    clock = ManualClock(now)
    world.observe("weir/stage", (now, 1.0, 1))
    with serve(database, clock=clock, heartbeat_s=60).events() as following:
        _, beat = wait_for(following, "heartbeat")
        while beat["newest"] is None:
            _, beat = wait_for(following, "heartbeat")
        assert beat["stale_since"] is None
        clock._now += timedelta(minutes=3, seconds=11)
        _, beat = wait_for(following, "heartbeat")
        assert beat["stale_since"] == beat["newest"] == now.timestamp() * 1000


def test_the_number_of_streams_is_bounded_and_a_closed_one_makes_room(
    serve: Any, database: str, until: Any
) -> None:
    client = serve(database, max_clients=2, heartbeat_s=0.05)
    with client.events(), client.events():
        until(lambda: health(client)["clients"] == 2)
        status, headers, body = client.get("/events")
        assert (status, headers["retry-after"]) == (503, "10")
        assert b"2 pages are open" in body
    until(lambda: health(client)["clients"] == 0)
    with client.events() as following:
        wait_for(following, "heartbeat")
