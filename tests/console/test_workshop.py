"""What technicians and modellers are told, over HTTP, with a real database behind."""

from datetime import timedelta
from typing import Any

import pytest

from console.doubts import doubt
from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.observation import Rejection, to_milliseconds
from forewarn.domain.station import Datastream, Limits
from forewarn.storage import Sample, store, store_gateways

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


def test_raw_values_stand_beside_what_they_mean(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    status = GatewayStatus(
        online=True,
        gateway="gw",
        version="1",
        boot_id="b",
        time=now,
        instruments={"weir/modbus": "ok", "hill/modbus": "ok"},
        last_errors={"weir/modbus": "2026-07-12T01:00Z no answer"},
        raw={"weir/stage": (4.1, "×-1 +12.5")},
    )
    store_gateways(world.connection, [(now, status)])
    world.observe("weir/stage", (now - timedelta(minutes=1), 8.4, 1))
    world.observe("hill/rain", (now, None, 9))
    [mine] = serve(database).json("/api/technical")["gateways"]
    rain, stage = mine["values"]
    assert (stage["raw"], stage["scaling"], stage["doubt"]) == (4.1, "×-1 +12.5", None)
    assert (rain["raw"], rain["scaling"], rain["doubt"]["test"]) == (None, "", "missing")
    assert mine["status"]["last_errors"]["weir/modbus"].endswith("no answer")


def test_rejections_are_narrowed_by_gateway_and_datastream(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    for gateway, key in (("gw", "weir/stagee"), ("gw-2", "weir/stagee"), ("gw", "hill/snow")):
        refused = Rejection(reason="unknown datastream", detail=key, datastream=key)
        store(world.connection, [], [(gateway, now, refused)], [])
    torn = Rejection(reason="torn payload", detail="%' OR 1=1")
    store(world.connection, [], [("gw", now, torn)], [])
    client = serve(database)

    def asked(query: str) -> list[str]:
        return sorted(r["detail"] for r in client.json(f"/api/rejections{query}")["refused"])

    assert asked("") == ["%' OR 1=1", "hill/snow", "weir/stagee", "weir/stagee"]
    assert asked("?gateway=gw&datastream=stage") == ["weir/stagee"]
    assert asked("?gateway=gw") == ["%' OR 1=1", "hill/snow", "weir/stagee"]
    assert asked("?datastream=%25") == []
    assert client.get("/api/rejections?gateway=%00")[0] == 400


LIMITS = Limits(
    fail=(0.0, 20.0),
    suspect=(1.0, 15.0),
    max_rate_per_s=0.01,
    flat_after=timedelta(minutes=20),
)
STAGE = Datastream(property="stage", unit="m", interval=timedelta(minutes=1), limits=LIMITS)


@pytest.mark.parametrize(
    ("values", "quality", "test"),
    [
        ([8.0, 8.01], 1, None),
        ([8.0, 8.01], 2, None),
        ([8.0, None], 9, "missing"),
        ([8.0, 30.0], 4, "range"),
        ([8.0, 17.0], 3, "nature"),
        ([8.0, 12.0], 3, "rate"),
        ([7.0, *[8.0] * 20], 3, "flat"),
        ([8.0, 8.01], 3, "other"),
        ([8.0], 3, "other"),
    ],
)
def test_a_doubt_is_explained(
    now: Any, values: list[float | None], quality: int, test: str | None
) -> None:
    last = len(values) - 1
    lately = [
        Sample(now + timedelta(minutes=k), value, quality if k == last else 1)
        for k, value in enumerate(values)
    ]
    why = doubt(STAGE, lately)
    assert (why.test if why else None) == test


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
    whole = client.json("/api/skills?days=1")
    [all_of_it] = whole["skills"]
    assert whole["left"] == 0
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


def test_skill_of_many_datastreams_comes_in_parts(
    serve: Any, database: str, world: Any, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.skills.PATIENCE_S", 0.0)
    issue = now - timedelta(hours=1)
    world.forecast(issue)
    world.observe("weir/stage", (issue + timedelta(minutes=10), 7.0, 1))
    client = serve(database)
    told = [client.json("/api/skills?days=7") for _ in range(3)]
    assert [answer["left"] for answer in told] == [1, 0, 0]
    assert [s["key"] for s in told[2]["skills"]] == ["weir/stage"]
    assert {answer["end"] for answer in told} == {to_milliseconds(now)}
