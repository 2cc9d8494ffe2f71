"""Hazards are judged once for each judged minute of their area, and never fail in silence."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from forewarn.domain.clock import WorldClock
from forewarn.domain.hazard import Assessment, Forecast, Outcome, Threshold
from forewarn.domain.observation import Columns, Quality, to_milliseconds
from forewarn.domain.station import Area as Ground
from forewarn.domain.station import Datastream, Place, Site, Station
from forewarn.domain.venue import Programme
from forewarn.domain.vital import Vitals
from stream.assess import Grounds, assess
from stream.forecasting import ForecastFailed
from stream.hazards.contract import Findings, View
from stream.hazards.judging import Answers, Asked, judge_all
from stream.hazards.watch import Watch, absurdity, together
from stream.minute import Area
from stream.series import minute_of, time_of

NOON = datetime(2026, 8, 17, 12, tzinfo=UTC)
M = minute_of(NOON)
RAIN, SLOPE, OTHER = "hill/rain", "slope/index", "elsewhere/index"
RING = ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0))
LIKELY = Threshold(value=3.0, level="orange", label="likely")


def slope(identifier: str) -> Place:
    return Place(
        id=identifier,
        name=identifier,
        kind="slope",
        observed_property="index",
        unit="1",
        hazard="landslide",
        area="hills",
        latitude=0,
        longitude=0,
        thresholds=(LIKELY,),
    )


SITE = Site(
    id="test",
    name="Test",
    timezone="UTC",
    gateways=("g",),
    areas=(Ground(id="hills", name="Hills", polygon=RING),),
    stations=(
        Station(
            id="hill",
            name="hill",
            area="hills",
            latitude=0,
            longitude=0,
            datastreams=(Datastream(property="rain", unit="mm", interval=timedelta(minutes=1)),),
        ),
    ),
    places=(slope("slope"), slope("elsewhere")),
)


class Slope:
    """A hazard that is its last rain, or that fails."""

    area, inputs, history_minutes = "hills", (RAIN,), 3

    def __init__(self, key: str, *, borrowed: Sequence[str] = (), broken: bool = False) -> None:
        self.name, self._key, self._broken = f"slope {key}", key, broken
        self.borrowed = tuple(borrowed)
        self.targets = {key: "landslide"}
        self.seen: list[View] = []

    def judge(self, view: View) -> Findings:
        self.seen.append(view)
        if self._broken:
            raise ZeroDivisionError("no soil")
        forecast = Forecast(
            area=self.area,
            datastream=self._key,
            issue_time=datetime.fromtimestamp(view.issue_s, UTC),
            model="test",
            leads_s=[0],
            probabilities=[0.1, 0.5, 0.9],
            values=[[float(view.history[0, -1])] * 3],
        )
        found = assess(forecast, [LIKELY], Grounds(observed=None), hazard="landslide")
        return Findings(forecasts=[forecast], assessments=[found])


class Process:
    """The process, here without one; or one that dies."""

    def __init__(self, hazards: Sequence[Slope], death: str = "") -> None:
        self._hazards, self._death = {h.name: h for h in hazards}, death

    async def ready(self) -> None:
        return None

    async def predict(self, asked: Asked, issue_s: float) -> Answers:
        if self._death:
            raise ForecastFailed(self._death)
        return judge_all(dict(self._hazards), asked, issue_s)  # type: ignore[arg-type]

    def close(self) -> None:
        return None


class Desk:
    """The watch of one area whose clock is moved by hand."""

    def __init__(
        self, *hazards: Slope, death: str = "", lent: Mapping[str, Forecast] | None = None
    ) -> None:
        self.clock = WorldClock(NOON, 0.0, 1.0)
        self.lent, self.asked_for = lent or {}, list[Sequence[str]]()
        self.area = Area("hills", SITE, None, "no model", watched=(RAIN,))
        self.recalled, self.database = list[tuple[Sequence[str], datetime]](), asyncio.Event()
        self.database.set()
        self.watch = Watch(
            hazards,
            {"hills": self.area},
            SITE,
            Process(hazards, death),  # type: ignore[arg-type]
            clock=self.clock,
            recall=self._recall,
            borrow=self._borrow,
        )
        self.told: list[Findings] = []

    async def _recall(self, keys: Sequence[str], since: datetime) -> Any:
        self.recalled.append((keys, since))
        await self.database.wait()
        stored = (to_milliseconds(NOON - timedelta(minutes=1)), 7.0, int(Quality.GOOD))
        return {key: [stored] for key in keys}

    async def _borrow(
        self, keys: Sequence[str]
    ) -> tuple[Mapping[str, Forecast], Mapping[str, Assessment]]:
        self.asked_for.append(keys)
        return self.lent, {}

    async def publish(self, found: Findings) -> None:
        self.told.append(found)

    async def turns(self, *minutes: int) -> None:
        self.watch.own(["hills"])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for minute in minutes:
            columns = Columns(
                datastreams=[RAIN],
                of=[0],
                time=[to_milliseconds(time_of(minute))],
                result=[float(minute - M)],
                quality=[int(Quality.GOOD)],
            )
            limit = to_milliseconds(time_of(minute))
            self.area.add(columns, not_after_ms=limit, real_s=0.0)
            self.area.begin(minute)
            await self.watch.turn(self.publish)
            await self.watch.turn(self.publish)


def test_a_hazard_is_judged_once_a_minute_from_its_history_and_the_past_in_the_database() -> None:
    hazard = Slope(SLOPE)
    desk = Desk(hazard)
    asyncio.run(desk.turns(M, M + 4))
    assert [view.issue_s for view in hazard.seen] == [M * 60.0, (M + 4) * 60.0]
    assert hazard.seen[0].history[0, 1:].tolist() == [7.0, 0.0]
    assert [told.assessments[0].peak for told in desk.told] == [0.0, 4.0]


def test_one_that_breaks_is_assessed_as_failed_and_stops_no_other() -> None:
    desk = Desk(Slope(OTHER, broken=True), Slope(SLOPE))
    asyncio.run(desk.turns(M))
    [told] = desk.told
    assessment, well = told.assessments
    assert (assessment.datastream, assessment.hazard) == (OTHER, "landslide")
    assert assessment.outcome is Outcome.FAILED
    assert "ZeroDivisionError: no soil" in assessment.reason
    assert well.outcome is Outcome.OK


def test_a_process_that_dies_fails_all_of_them() -> None:
    desk = Desk(Slope(OTHER), Slope(SLOPE), death="the model's process died")
    asyncio.run(desk.turns(M))
    [told] = desk.told
    assert [assessment.outcome for assessment in told.assessments] == [Outcome.FAILED] * 2
    assert "process died" in told.assessments[0].reason


def test_what_all_of_them_found_is_published_as_one() -> None:
    first, second = Slope(OTHER), Slope(SLOPE)
    desk = Desk(first, second)
    asyncio.run(desk.turns(M))
    [told] = desk.told
    assert [forecast.datastream for forecast in told.forecasts] == [OTHER, SLOPE]
    assert [assessment.datastream for assessment in told.assessments] == [OTHER, SLOPE]


def test_vital_signs_and_programmes_are_merged_too() -> None:
    signs = Vitals(area="hills", time=NOON, signs=[])
    programme = Programme(area="hills", venue="beach", name="Beach", issue_time=NOON, events=[])
    found = together([Findings(vitals=[signs]), Findings(programmes=[programme]), Findings()])
    assert found == Findings([], [], [signs], [programme])


def test_a_hazard_is_judged_only_when_its_past_is_there() -> None:
    async def play() -> None:
        desk.database.clear()
        await desk.turns(M)
        assert (desk.told, hazard.seen) == ([], [])
        desk.database.set()
        for _ in range(3):
            await asyncio.sleep(0)
        await desk.watch.turn(desk.publish)

    hazard = Slope(SLOPE)
    desk = Desk(hazard)
    asyncio.run(play())
    assert hazard.seen[0].history[0, 1:].tolist() == [7.0, 0.0]


def test_the_past_that_is_read_reaches_as_far_as_the_hazard_looks() -> None:
    class Long(Slope):
        history_minutes = 9_000

    desk = Desk(Long(SLOPE))
    asyncio.run(desk.turns(M))
    [(keys, since)] = desk.recalled
    reach = (desk.clock.now() - since) / timedelta(minutes=1)
    assert keys == (RAIN,)
    assert reach == pytest.approx(9_060, abs=1)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_is_refused(value: float) -> None:
    class Odd(Slope):
        def judge(self, view: View) -> Findings:
            return super().judge(view._replace(history=view.history * value))

    desk = Desk(Odd(SLOPE))
    asyncio.run(desk.turns(M + 1))
    [assessment] = desk.told[0].assessments
    assert (assessment.outcome, "not finite" in assessment.reason) == (Outcome.FAILED, True)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("sump/water_depth", -0.2, "reaches -0.2, which is below what can be"),
        ("buoy/wave_height", -1.0, "below"),
        ("buoy/wind_speed", -1.0, "below"),
        ("ground/density", -0.1, "below"),
        ("check/waiting", -5.0, "below"),
        ("lot/occupancy_share", 1.6, "reaches 1.6, which is above what can be"),
        ("lot/occupancy_share", 1.05, None),
        ("slope/landslide_index", 1.2, "above"),
        ("slope/landslide_index", 1.0 + 1e-9, None),
        ("bridge/stage", -1.5, None),
        ("ground/density", 0.0, None),
    ],
)
def test_what_cannot_be_is_refused(key: str, value: float, said: str | None) -> None:
    forecast = Forecast(
        area="hills",
        datastream=key,
        issue_time=NOON,
        model="test",
        leads_s=[0],
        probabilities=[0.1, 0.9],
        values=[[value, value]],
    )
    fault = absurdity(Findings(forecasts=[forecast]))
    assert (said is None) == (fault is None)
    assert said is None or (key in str(fault) and said in str(fault))


def test_forecasts_are_lent_to_those_who_asked_for_them_alone() -> None:
    lent = (
        Slope(OTHER)
        .judge(View(issue_s=0.0, history=np.ones((1, 3)), forecasts={}, assessments={}))
        .forecasts[0]
    )
    borrower = Slope(SLOPE, borrowed=[OTHER])
    desk = Desk(borrower, lent={OTHER: lent})
    asyncio.run(desk.turns(M))
    assert desk.asked_for == [[OTHER]]
    assert borrower.seen[0].forecasts == {OTHER: lent}
