"""Maps: drawn from the newest judged minute, told with places and assessments, or said to fail."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from forewarn.domain.hazard import (
    Assessment,
    FloodedZone,
    Forecast,
    Inundation,
    Level,
    Outcome,
    Threshold,
)
from forewarn.domain.observation import Columns, Quality, to_milliseconds
from forewarn.domain.station import Area as Ground
from forewarn.domain.station import Datastream, Place, Site, Station
from stream.forecasting import ForecastFailed, Quantiles
from stream.maps import Drawn, Maps, Outline, absurdity
from stream.minute import Area
from stream.series import minute_of, time_of

NOON = datetime(2026, 8, 17, 12, tzinfo=UTC)
M = minute_of(NOON)
STAGE, RAIN, PERSONS = "town/stage", "hill/rain", "plaza/persons"
RING = ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0))
DEEP = Threshold(value=0.3, level="orange", label="closed to cars")


def station(identifier: str, name: str, unit: str) -> Station:
    stream = Datastream(property=name, unit=unit, interval=timedelta(minutes=1))
    return Station(
        id=identifier,
        name=identifier,
        area="down",
        latitude=0,
        longitude=0,
        datastreams=(stream,),
    )


def place(identifier: str, area: str = "down") -> Place:
    return Place(
        id=identifier,
        name=identifier,
        kind="underpass",
        area=area,
        latitude=0,
        longitude=0,
        thresholds=(DEEP,),
    )


SITE = Site(
    id="test",
    name="Test",
    timezone="UTC",
    gateways=("g",),
    areas=(
        Ground(id="down", name="Down", polygon=RING),
        Ground(id="up", name="Up", polygon=RING),
    ),
    stations=(
        station("town", "stage", "m"),
        station("hill", "rain", "mm"),
        station("plaza", "persons", "1"),
    ),
    places=(place("bridge"), place("metro"), place("elsewhere", "up")),
)
OUTLINE = Outline(
    "test-map", "down", (RAIN, STAGE), 3, (0, 1800), (0.1, 0.5, 0.9), (0,), (0.3,), (0.5,)
)
ZONE = FloodedZone(lead_s=1800, depth_m=0.3, probability=0.5, polygons=[[list(RING)]])
BRIDGE = Quantiles([[0.0, 0.0, 0.0], [0.0, 0.4, 0.9]], [])


def drawn(**changes: Any) -> Drawn:
    usual = Drawn(12, [ZONE], {"bridge": BRIDGE}, {"bridge": [list(RING)]}, ["rain 60 mm"], [])
    return usual._replace(**changes)


class Scripted:
    """A process that answers what it is told to, and remembers what it saw."""

    def __init__(self, *answers: Drawn | Exception) -> None:
        self.answers, self.seen = list(answers), list[Any]()

    async def ready(self) -> None:
        return None

    async def predict(self, history: Any, issue_s: float) -> Drawn:
        self.seen.append((history.tolist(), issue_s))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


Told = tuple[Inundation, Sequence[Forecast], Sequence[Assessment]]


class Desk:
    """Maps of one area whose clock is moved by hand."""

    def __init__(self, *answers: Drawn | Exception) -> None:
        self.process = Scripted(*answers)
        self.maps = Maps(OUTLINE, SITE, self.process)  # type: ignore[arg-type]
        also, minutes = OUTLINE.inputs, OUTLINE.history_minutes
        self.area = Area("down", SITE, None, "no model", also=also, also_minutes=minutes)
        self.told: list[Told] = []

    def observe(self, minute: int, stage: float, rain: float, persons: float = 0.0) -> None:
        columns = Columns(
            datastreams=[STAGE, RAIN, PERSONS],
            of=[0, 1, 2],
            time=[to_milliseconds(time_of(minute))] * 3,
            result=[stage, rain, persons],
            quality=[int(Quality.GOOD)] * 3,
        )
        self.area.add(columns, not_after_ms=to_milliseconds(NOON + timedelta(days=1)), real_s=0.0)

    def judge(self, minute: int) -> None:
        self.area.begin(minute)

    def turn(self) -> bool:
        async def publish(*told: Any) -> None:
            self.told.append(told)

        return asyncio.run(self.maps.turn(self.area, publish))


def test_a_map_is_drawn_once_for_each_judged_minute_from_the_inputs_in_their_order() -> None:
    desk = Desk(drawn(), drawn())
    assert not desk.turn()  # nothing was judged yet
    desk.observe(M - 1, 2.0, 0.5)
    desk.observe(M, 2.1, 0.7)
    desk.judge(M)
    assert desk.turn()
    assert not desk.turn()
    desk.judge(M + 5)  # minutes that passed meanwhile are not drawn
    assert desk.turn()
    history, issue_s = desk.process.seen[0]
    assert issue_s == NOON.timestamp()
    assert [row[1:] for row in history] == [[0.5, 0.7], [2.0, 2.1]]
    assert [told[0].issue_time for told in desk.told] == [NOON, NOON + timedelta(minutes=5)]


def test_a_map_is_told_with_the_places_of_its_area() -> None:
    desk = Desk(drawn(degraded=["1 of 12 members diverged"]))
    desk.observe(M, 2.0, 0.5)
    desk.judge(M)
    desk.turn()
    [(inundation, forecasts, assessments)] = desk.told
    assert (inundation.zones, inundation.members, inundation.failed) == ([ZONE], 12, "")
    assert inundation.degraded == ["1 of 12 members diverged"]
    [forecast] = forecasts
    assert (forecast.datastream, forecast.values) == ("bridge/depth", BRIDGE.values)
    bridge, metro = assessments
    assert (bridge.hazard, bridge.datastream, bridge.outcome) == (
        "inundation",
        "bridge/depth",
        Outcome.DEGRADED,
    )
    [orange] = bridge.exceedances
    assert (orange.level, orange.probability) == (Level.ORANGE, pytest.approx(0.6))
    assert bridge.where == [list(RING)]
    assert bridge.evidence[0] == "rain 60 mm"
    assert (metro.outcome, metro.exceedances) == (Outcome.FAILED, [])
    assert "outside the terrain" in metro.reason


def test_what_hazards_of_its_area_look_at_is_no_evidence_of_a_map() -> None:
    desk = Desk(drawn())
    desk.area = Area(
        "down", SITE, None, "no model", also=[RAIN, STAGE], also_minutes=3, watched=[PERSONS]
    )
    for minute in range(M - 60, M + 1):
        desk.observe(minute, 2.0 + minute - M, 0.5, persons=100.0 * (minute - M))
    desk.judge(M)
    desk.turn()
    [(_, _, [bridge, _])] = desk.told
    assert bridge.evidence == [
        "rain 60 mm",
        "hill/rain 30.0 mm in 60 min",
        "town/stage +60.0 m in 60 min",
    ]


def test_a_silent_gauge_is_named_on_the_map() -> None:
    desk = Desk(drawn())
    desk.observe(M, 2.0, 0.5)
    desk.judge(M + 9)
    desk.turn()
    assert desk.told[0][0].degraded == [
        "hill/rain silent for 9 min",
        "town/stage silent for 9 min",
    ]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ForecastFailed("the model failed: Diverged"), "Diverged"),
        (drawn(depths={"bridge": Quantiles([[0.0, 0.1, float("nan")]], [])}), "not finite"),
        (drawn(depths={"bridge": Quantiles([[-0.1, 0.1, 0.2]], [])}), "-0.1 m"),
        (drawn(depths={"bridge": Quantiles([[0.0, 0.1, 77.0]], [])}), "77 m"),
    ],
)
def test_a_map_that_fails_is_never_all_clear(answer: Drawn | Exception, reason: str) -> None:
    desk = Desk(answer, drawn())
    desk.observe(M, 2.0, 0.5)
    desk.judge(M)
    desk.turn()
    inundation, forecasts, assessments = desk.told[0]
    assert reason in inundation.failed
    assert not inundation.zones
    assert not forecasts
    assert [a.outcome for a in assessments] == [Outcome.FAILED] * 2
    assert all(reason in a.reason for a in assessments)
    desk.judge(M + 1)
    assert desk.turn()
    assert not desk.told[1][0].failed


def test_depths_of_streets_pass() -> None:
    assert absurdity(Quantiles([[0.0, 0.2, 3.0]], [])) is None
