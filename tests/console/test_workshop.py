"""What technicians and modellers are told, over HTTP, with a real database behind."""

from datetime import timedelta
from typing import Any

import pytest

from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.observation import Rejection, to_milliseconds
from forewarn.storage import store, store_gateways

pytestmark = pytest.mark.usefixtures("world")


def test_a_technician_sees_gateways_values_and_what_was_refused(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    status = GatewayStatus(
        online=True,
        gateway="gw-2",
        version="1",
        boot_id="b",
        time=now,
        backlog=7,
        clock_error_s=2.5,
        instruments={"weir/modbus": "no answer"},
    )
    store_gateways(world.connection, [(now, status)])
    world.observe("weir/stage", (now - timedelta(minutes=1), 8.4, 1))
    refused = Rejection(reason="unknown datastream", detail="weir/stagee", datastream="weir/stagee")
    store(world.connection, [], [("gw-2", now, refused)], [])
    old = Rejection(reason="torn payload")
    store(world.connection, [], [("gw-2", now - timedelta(days=8), old)], [])
    told = serve(database).json("/api/technical")
    silent, mine = told["gateways"]
    assert (silent["gateway"], silent["heard"], silent["status"]) == ("gw", None, None)
    assert (mine["status"]["backlog"], mine["status"]["clock_error_s"]) == (7, 2.5)
    assert mine["status"]["instruments"] == {"weir/modbus": "no answer"}
    assert [(v["key"], v["result"]) for v in mine["values"]] == [("weir/stage", 8.4)]
    assert [(r["reason"], r["count"]) for r in mine["rejected"]] == [("unknown datastream", 1)]
    assert [r["detail"] for r in told["refused"]] == ["weir/stagee", ""]


def test_a_modeller_sees_forecasts_beside_what_came(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    issue = now - timedelta(hours=1)
    world.forecast(issue)
    world.observe("weir/stage", (issue, 7.0, 1), (issue + timedelta(minutes=10), 7.0, 1))
    client = serve(database)
    [first] = client.json("/api/skill?datastream=weir/stage&days=1")["leads"]
    assert (first["lead_s"], first["count"]) == (600, 1)
    assert first["rmse"] == pytest.approx(0.575)  # the median is 7.5 + 600 / 8000
    assert (first["coverage"], first["persistence"]) == (None, None)
    span = f"from={issue:%Y-%m-%dT%H:%M:%SZ}&to={now:%Y-%m-%dT%H:%M:%SZ}"
    [told] = client.json(f"/api/issued?datastream=weir/stage&{span}")["forecasts"]
    assert told["issue_time"] == to_milliseconds(issue)
    [all_of_it] = client.json("/api/skills?days=1")["skills"]
    assert all_of_it["key"] == "weir/stage"
    assert all_of_it["leads"][0] == first
    seen = client.json(f"/api/observed?datastream=weir/stage&{span}")
    assert seen["result"] == [7.0, 7.0]
    for wrong in (
        "/api/skills?days=2",
        "/api/observed?datastream=weir/stage&from=2026-01-01T00:00:00Z&to=2026-07-01T00:00:00Z",
        "/api/skill?datastream=weir/stage&days=15",
        f"/api/issued?datastream=weir/stage&from={now:%Y-%m-%d}&to=x",
        "/api/issued?datastream=weir/stage&from=2026-01-01T00:00:00Z&to=2026-07-01T00:00:00Z",
    ):
        assert client.get(wrong)[0] == 400
    for question in ("skill?datastream=", f"observed?{span}&datastream="):
        assert client.get(f"/api/{question}weir/stagee")[0] == 404
