"""The demonstration's coast on a gusty morning: places, programmes and gateways as stored."""

from datetime import datetime, timedelta
from math import sin
from pathlib import Path
from typing import Any

import pytest

from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.hazard import Assessment, Exceedance, Forecast, Level, Outcome
from forewarn.domain.observation import Rejection
from forewarn.domain.station import Place, Site, load_site
from forewarn.domain.venue import Advice, EventState, LimitState, Programme, Span, Stretch
from forewarn.storage import (
    store,
    store_assessments,
    store_forecast,
    store_gateways,
    store_programmes,
)

ROOT = Path(__file__).parents[3]
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

FIGURES = {
    "beach-ground": {
        "persons": 1740.0,
        "persons_sd": 60.0,
        "capacity": 2400.0,
        "flow_in": 31.0,
        "flow_out": 12.0,
        "full_min": 34.7,
        "clearance_min": 4.3,
    },
    "beach-gate-north": {"flow_in": 24.0, "flow_out": 9.0, "width_m": 3.0},
    "beach-car-park": {"taken": 254.0, "bays": 320.0, "flow_in": 4.0, "flow_out": 1.0},
    "beach-check-north": {"queue": 85.0, "flow_in": 26.0, "posts": 3.0, "required": 4.0},
}
NOW_THERE = {
    "beach-ground": 0.87,
    "beach-gate-north": 11.0,
    "beach-gate-south": 84.0,
    "beach-car-park": 0.79,
    "beach-check-north": 5.7,
}


@pytest.fixture(scope="session")
def coast() -> Site:
    """Return the demonstration's site."""
    return load_site(ROOT / "sites/yongjiang")


def stretches(now: datetime, *parts: tuple[float, float, Advice, str]) -> list[Stretch]:
    """Return stretches from (hours, hours, advice, why)."""
    return [
        Stretch(start=now + a * HOUR, end=now + b * HOUR, advice=advice, why=[why] if why else [])
        for a, b, advice, why in parts
    ]


def _judge(place: Place, now: datetime, world: Any) -> None:
    value = NOW_THERE.get(place.id)
    assert place.thresholds
    known = [
        Exceedance(
            level=Level.parse(t.level),
            threshold=t.value,
            label=t.label,
            probability=1.0 if value is not None and value >= t.value else 0.6 - 0.2 * k,
            observed=value is not None and value >= t.value,
            onset=now + 20 * MINUTE,
        )
        for k, t in enumerate(place.thresholds)
    ]
    for k in range(60, -1, -1):
        past = None if value is None else max(0.0, value * (1 - 0.006 * k + 0.01 * sin(k)))
        judged = Assessment(
            area=place.area,
            hazard=place.hazard,
            datastream=place.key,
            issue_time=now - k * MINUTE,
            outcome=Outcome.OK if value is not None else Outcome.FAILED,
            reason="" if value is not None else "no counter was heard in the last half hour",
            exceedances=known if value is not None else [],
            evidence=["level of service C"] if value is not None else [],
            leads_s=[300, 1800] if value is not None else [],
            observed=past if k else value,
            figures=FIGURES.get(place.id, {}),
        )
        store_assessments(world.connection, [judged])
    if value is not None:
        rows = [[value * f for f in (0.9, 1.0 + k / 30, 1.1 + k / 15)] for k in range(1, 7)]
        ahead = Forecast(
            area=place.area,
            datastream=place.key,
            issue_time=now,
            model="test",
            leads_s=[300 * k for k in range(1, 7)],
            probabilities=[0.1, 0.5, 0.9],
            values=rows,
        )
        store_forecast(world.connection, [ahead])


def limit(name: str, unit: str, now: datetime, *bands: Any, **values: Any) -> LimitState:
    """Return a limit with bands from (hours, hours, advice)."""
    ahead = stretches(now, *((a, b, advice, "") for a, b, advice in bands))
    advice = ahead[0].advice
    return LimitState(
        name=name, datastream=f"basin/{name}", unit=unit, advice=advice, timeline=ahead, **values
    )


def programmes(now: datetime) -> list[Programme]:
    """Return what both venues are advised."""
    go, caution, stop, unknown = Advice.GO, Advice.CAUTION, Advice.STOP, Advice.UNKNOWN
    gust = limit(
        *("gust", "m/s", now, (0, 1.25, go), (1.25, 2, caution), (2, 3.5, stop), (3.5, 6, caution)),
        observed=10.9,
        caution=12.5,
        stop=15.5,
        worst=17.2,
    )
    heat = limit(
        *("heat", "Cel", now, (0, 6, go)), observed=28.4, caution=31.0, stop=32.3, worst=30.1
    )
    bolt = limit("lightning", "km", now, (0, 0.084, go), caution=20.0, stop=10.0)
    matches = EventState(
        event="qualifying",
        name="Qualifying matches",
        start=now - HOUR,
        end=now + 2.5 * HOUR,
        advice=caution,
        why=["stop expected from 13:00", "gust may reach 16.1 m/s, above 15.5 m/s"],
        limits=[gust, heat, bolt],
        timeline=stretches(
            now,
            (0, 1.25, go, ""),
            (1.25, 2, caution, "gust may reach 13.9 m/s, above 12.5 m/s"),
            (2, 3.5, stop, "gust may reach 17.2 m/s, above 15.5 m/s"),
            (3.5, 6, caution, "gust may reach 14.0 m/s, above 12.5 m/s"),
        ),
        next_window=Span(start=now + 3.5 * HOUR, end=now + 6 * HOUR),
    )
    show = EventState(
        event="show",
        name="Evening show",
        start=now + 8 * HOUR,
        end=now + 10 * HOUR,
        advice=unknown,
        why=["no forecast reaches this event yet"],
        limits=[gust],
        timeline=matches.timeline,
    )
    wind = limit(
        *("wind", "m/s", now, (0, 4, stop), (4, 6, caution)),
        observed=13.4,
        caution=10.3,
        stop=12.9,
        worst=15.0,
    )
    slip = limit(
        *("launch", "m", now, (0, 2, go), (2, 3, caution), (3, 4, stop)),
        observed=0.81,
        caution=-0.3,
        stop=-0.6,
        worst=-0.8,
    )
    race = EventState(
        event="race",
        name="ILCA 7, races 5 and 6",
        start=now - 0.5 * HOUR,
        end=now + 1.5 * HOUR,
        advice=stop,
        why=["wind 13.4 m/s above 12.9 m/s"],
        limits=[wind, slip],
        timeline=stretches(
            now, (0, 4, stop, "wind 13.4 m/s above 12.9 m/s"), (4, 6, caution, "wind")
        ),
    )
    return [
        Programme(
            venue="beach-venue",
            name="Beach-volleyball ground",
            area="zhenhai",
            issue_time=now,
            events=[matches, show],
            degraded=["basin-weather/visibility silent for 12 min"],
        ),
        Programme(
            venue="sailing-centre",
            name="Sailing centre",
            area="zhenhai",
            issue_time=now,
            events=[race],
        ),
    ]


@pytest.fixture
def gusty(world: Any, coast: Site, now: datetime) -> Any:
    """Return the world with both venues' programmes and what is known of their places."""
    for place in coast.places:
        if place.kind in ("zone", "gate", "parking", "point") and place.id != "beach-check-south":
            _judge(place, now, world)
    store_programmes(world.connection, programmes(now))
    return world


@pytest.fixture
def fleet(world: Any, coast: Site, now: datetime) -> Any:
    """Return the world with gateways that are well, in trouble, silent and never heard."""
    fine = GatewayStatus(
        online=True,
        gateway="yj-river",
        version="0.4.0",
        boot_id="b",
        time=now,
        instruments={"fenghua/modbus": "ok", "xikou-rain/tipping_bucket": "ok"},
        raw={"fenghua/stage": (4.213, "×-1 +12.5")},
        clock_error_s=0.2,
        battery=0.87,
        disk_free_mb=11_800,
        alarms={"underpass": "off"},
    )
    ill = GatewayStatus(
        online=True,
        gateway="yj-venue",
        version="0.4.0",
        boot_id="c",
        time=now,
        backlog=412,
        backlog_oldest=now - 3 * HOUR,
        backlog_left_s=95.0,
        instruments={
            "beach-weather/nmea": "nothing heard of wind_speed (14 bad lines)",
            "beach-north/modbus": "ok",
        },
        last_errors={
            "beach-north/modbus": f"{now - HOUR:%Y-%m-%dT%H:%MZ} no answer of unit 3 at /dev/rs485",
        },
        raw={
            "beach-weather/temperature": (29.4, ""),
            "beach-north/flow_in": (3121.0, "×0.5"),
        },
        raw_left_out=2,
        clock="not set since boot: observations go out by the system's time, flagged",
        clock_error_s=41.0,
        battery=0.11,
        disk_free_mb=310,
        findings=("outbox.db was torn: 3 of 212 batches are lost",),
        lost_observations=30,
    )
    gone = GatewayStatus(online=False, gateway="yj-hills", version="0.3.1", boot_id="d", time=now)
    heard = [(now, fine), (now, ill), (now - 5 * HOUR, gone)]
    store_gateways(world.connection, heard)
    world.observe("fenghua/stage", (now - MINUTE, 8.287, 1))
    world.observe("beach-weather/temperature", (now - MINUTE, 29.4, 1))
    world.observe("beach-weather/wind_speed", (now - 40 * MINUTE, None, 9))
    world.observe("beach-weather/humidity", (now - MINUTE, 140.0, 4))
    world.observe("beach-north/flow_in", (now - MINUTE, 24.0, 2))
    for k in range(60):
        reason = "unknown datastream" if k % 3 else "time out of bounds"
        detail = f"beach-north/flow_inn is not in site.toml, value {k}"
        refused = Rejection(reason=reason, detail=detail, datastream="beach-north/flow_inn")
        store(world.connection, [], [("yj-venue", now - k * MINUTE, refused)], [])
    torn = Rejection(reason="torn payload", detail="JSON is malformed at byte 118")
    store(world.connection, [], [("yj-river", now - 2 * HOUR, torn)], [])
    return world
