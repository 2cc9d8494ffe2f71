"""What `/api/venues` tells, and whether something rises: with a real database behind."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.venues.trend import course
from forewarn.domain.config import convert
from forewarn.domain.hazard import Assessment, Exceedance, Forecast, Level, Outcome
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Site
from forewarn.domain.venue import Advice, EventState, LimitState, Programme, Stretch
from forewarn.storage import store_assessments, store_forecast, store_programmes

MINUTE = timedelta(minutes=1)
WHERE = {"area": "town", "latitude": 30.0, "longitude": 121.0}
ZONE = {"kind": "zone", "property": "density", "unit": "1/m2", "hazard": "crowd", **WHERE}
LINES = [
    {"value": 2.0, "level": "blue", "label": "slow", "label_zh": "行走缓慢"},
    {"value": 4.0, "level": "orange", "label": "dense"},
]


def site_of(*places: dict[str, Any]) -> Site:
    square = [(30, 121), (30, 122), (31, 122), (30, 121)]
    raw = {
        "id": "test",
        "name": "Test",
        "timezone": "UTC",
        "gateways": [],
        "area": [{"id": "town", "name": "Town", "polygon": square}],
        "station": [],
        "place": list(places),
    }
    return convert(raw, Site, source="test")


BEACH = {"id": "beach", "name": "Beach", "name_zh": "海滩", "kind": "venue", **WHERE}
GROUND = {"id": "ground", "name": "Ground", "venue": "beach", "thresholds": LINES, **ZONE}
PLAZA = {"id": "plaza", "name": "Plaza", **ZONE}


def judged(at: datetime, observed: float | None, **more: Any) -> Assessment:
    known: dict[str, Any] = {
        "area": "town",
        "hazard": "crowd",
        "datastream": "ground/density",
        "issue_time": at,
        "outcome": Outcome.OK,
        "observed": observed,
        "figures": {"persons": 700.0, "capacity": 1000.0},
        "leads_s": [1800],
    }
    return Assessment(**(known | more))


def test_a_venue_is_told_with_its_places_now_lately_and_soon(
    serve: Any, database: str, world: Any, now: datetime
) -> None:
    client = serve(database, site=site_of(BEACH, GROUND, PLAZA))
    beach, rest = client.json("/api/venues")["venues"]
    assert (beach["name_zh"], beach["programme"]) == ("海滩", None)
    [ground] = beach["spots"]
    assert (ground["level"], ground["outcome"], ground["issue_time"]) == (None, "", None)
    assert [bound["value"] for bound in ground["bounds"]] == [2.0, 4.0]
    assert ground["trend"] == {"time": [], "value": [], "rate": None, "course": "unknown"}
    assert [spot["id"] for spot in rest["spots"]] == ["plaza"], "of no venue"


def test_what_is_observed_reached_and_coming(
    serve: Any, database: str, world: Any, now: datetime
) -> None:
    levels = [
        Exceedance(level=Level.BLUE, threshold=2.0, label="slow", probability=1.0, observed=True),
        Exceedance(
            level=Level.ORANGE,
            threshold=3.6,
            label="90% of 1000 persons (licence)",
            probability=0.7,
            onset=now + 20 * MINUTE,
        ),
    ]
    rows = [judged(now - k * MINUTE, 3.0 - 0.03 * k) for k in range(70, 0, -1)]
    store_assessments(world.connection, [*rows, judged(now, 3.0, exceedances=levels)])
    forecast = Forecast(
        area="town",
        datastream="ground/density",
        issue_time=now,
        model="test",
        leads_s=[1800, 7200, 9000],
        probabilities=[0.1, 0.5, 0.9],
        values=[[3.2, 3.7, 4.0], [3.0, 4.0, 5.0], [1.0, 2.0, 3.0]],
    )
    store_forecast(world.connection, [forecast])
    told = serve(database, site=site_of(BEACH, GROUND)).json("/api/venues")
    [ground] = told["venues"][0]["spots"]
    assert (ground["observed"], ground["level"], ground["label_zh"]) == (3.0, 1, "行走缓慢")
    assert (ground["coming"]["level"], ground["coming"]["probability"]) == (3, 0.7)
    assert ground["coming"]["onset"] == to_milliseconds(now + 20 * MINUTE)
    assert [bound["value"] for bound in ground["bounds"]] == [2.0, 3.6], "what governs now"
    assert len(ground["trend"]["time"]) == 12, "each five minutes of the last hour"
    assert ground["trend"]["course"] == "rising"
    assert ground["trend"]["rate"] == pytest.approx(1.8, abs=0.01)
    assert ground["ahead"]["leads_s"] == [1800, 7200], "to two hours"
    assert ground["ahead"]["median"] == [3.7, 4.0]
    silent = judged(now + 11 * MINUTE, None, outcome=Outcome.FAILED, leads_s=[])
    store_assessments(world.connection, [silent])
    told = serve(database, site=site_of(BEACH, GROUND)).json("/api/venues")
    assert told["venues"][0]["spots"][0]["ahead"] is None, "a forecast of before the silence"


def test_what_failed_or_is_not_trusted_has_no_level(
    serve: Any, database: str, world: Any, now: datetime
) -> None:
    failed = judged(now, None, outcome=Outcome.FAILED, reason="no counter was heard", leads_s=[])
    store_assessments(world.connection, [failed])
    client = serve(database, site=site_of(BEACH, GROUND))
    [ground] = client.json("/api/venues")["venues"][0]["spots"]
    assert (ground["level"], ground["outcome"]) == (None, "failed")
    assert [bound["value"] for bound in ground["bounds"]] == [2.0, 4.0]
    doubted = judged(now + MINUTE, None, outcome=Outcome.DEGRADED, reason="camera frozen")
    store_assessments(world.connection, [doubted])
    [ground] = client.json("/api/venues")["venues"][0]["spots"]
    assert ground["level"] is None


def test_each_limit_of_an_event_comes_with_its_bands(
    serve: Any, database: str, world: Any, now: datetime
) -> None:
    bands = [
        Stretch(start=now, end=now + 60 * MINUTE, advice=Advice.GO),
        Stretch(start=now + 60 * MINUTE, end=now + 90 * MINUTE, advice=Advice.STOP),
    ]
    wind = LimitState(
        name="wind", datastream="m/wind", unit="m/s", advice=Advice.GO, timeline=bands
    )
    event = EventState(
        event="race", name="Race", start=now, end=now, advice=Advice.GO, limits=[wind]
    )
    programme = Programme(venue="beach", name="Beach", area="town", issue_time=now, events=[event])
    store_programmes(world.connection, [programme])
    client = serve(database, site=site_of(BEACH, GROUND))
    [told] = client.json("/api/venues")["venues"][0]["programme"]["events"]
    assert [band["advice"] for band in told["limits"][0]["bands"]] == ["go", "stop"]
    [short] = client.json("/api/city")["programmes"][0]["events"]
    assert short["limits"][0]["bands"] == []


def test_a_place_of_no_known_venue_is_refused() -> None:
    with pytest.raises(Exception, match="`venue` is no place of kind `venue`: `beech`"):
        site_of(BEACH, GROUND | {"venue": "beech"})


HOURS = [k / 12 for k in range(12)]


@given(st.floats(-50, 50), st.floats(-10, 10))
def test_a_line_goes_where_it_goes(start: float, rate: float) -> None:
    found = course(HOURS, [start + rate * at for at in HOURS], matters=1.0)
    assert found.rate == pytest.approx(rate, abs=1e-6)
    expected = "steady" if abs(rate) < 0.05 else "rising" if rate > 0 else "falling"
    assert found.word == expected or abs(abs(rate) - 0.05 * 12 / 11) < 0.01


def test_little_and_noise_say_nothing() -> None:
    assert course([0, 0.1, 0.2], [1, 2, 3], matters=1).word == "unknown"
    assert course(HOURS, [None] * 12, matters=1) == (None, "unknown")
    assert course(HOURS, [0, 5] * 6, matters=1).word == "steady"
    assert course(HOURS[:4], [1, 2, 3, 4], matters=1).word == "unknown", "a quarter of an hour"
