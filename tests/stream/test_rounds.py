"""The rounds of a worker: owning areas, remembering, judging minute by minute."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from forewarn.domain.clock import ManualClock
from forewarn.domain.hazard import Assessment, Forecast, Outcome
from forewarn.domain.observation import CheckedColumns, Columns
from forewarn.domain.station import Area as Place
from forewarn.domain.station import Datastream, Limits, Site, Station, Threshold
from forewarn.domain.topics import PARTITIONS, partition_of
from stream.forecasting import ForecastFailed, Quantiles
from stream.minute import Area
from stream.rounds import Rounds, Samples
from stream.series import minute_of, time_of

NOON = datetime(2020, 8, 6, 12, tzinfo=UTC)
M = minute_of(NOON)
STAGE = "town/stage"
RING = ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0))
SITE = Site(
    id="test",
    name="Test",
    timezone="UTC",
    gateways=("g",),
    areas=(Place(id="down", name="Down", polygon=RING),),
    stations=(
        Station(
            id="town",
            name="Town",
            area="down",
            latitude=0,
            longitude=0,
            datastreams=(
                Datastream(
                    property="stage",
                    unit="m",
                    interval=timedelta(minutes=1),
                    limits=Limits(fail=(0.0, 10.0)),
                    thresholds=(Threshold(value=5.0, level="red", label="flood"),),
                ),
            ),
        ),
    ),
)


class OneLead:
    """What the worker knows of a model."""

    name = "one-lead"
    inputs = (STAGE,)
    targets = (STAGE,)
    history_minutes = 3
    leads_s = (3600,)
    probabilities = (0.1, 0.5, 0.9)


class Scripted:
    """A forecaster that answers with what it saw, or not at all."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails, self.seen = fails, list[list[list[float]]]()

    async def predict(self, history: Any, issue_s: float) -> dict[str, Quantiles]:
        self.seen.append(history.tolist())
        if self.fails:
            raise ForecastFailed("the model's process died; it was started again")
        return {STAGE: Quantiles([[1.0, 2.0, 3.0]], [])}


class Desk:
    """A worker's rounds with a clock moved by hand and a database made of a list."""

    def __init__(self, forecaster: Any, past: Samples | None = None) -> None:
        self.clock, self.real_s, self.past = ManualClock(NOON), 0.0, past or {}
        self.asked: list[tuple[Sequence[str], datetime]] = []
        self.forecasts: list[Forecast] = []
        self.assessments: list[Assessment] = []
        self.area = Area("down", SITE, OneLead() if forecaster else None, "no model fitted")
        self.rounds = Rounds(
            {"down": self.area},
            forecaster,
            clock=self.clock,
            speed=1.0,
            recall=self._recall,
            real=lambda: self.real_s,
        )

    async def _recall(self, keys: Sequence[str], since: datetime) -> Samples:
        self.asked.append((keys, since))
        return self.past

    async def begin(self) -> None:
        self.rounds.own(["down", "elsewhere"])
        for _ in range(5):
            await asyncio.sleep(0)

    async def wait(self, seconds: float) -> int:
        await self.clock.advance(timedelta(seconds=seconds))
        self.real_s += seconds
        return await self.rounds.turn(self._publish)

    async def _publish(self, made: Sequence[Forecast], judged: Sequence[Assessment]) -> None:
        self.forecasts += made
        self.assessments += judged

    def observe(self, minute: int, result: float) -> None:
        row = Columns(
            datastreams=[STAGE], of=[0], time=[minute * 60_000], result=[result], quality=[1]
        )
        self.rounds.add(CheckedColumns(area="down", columns=row))


def test_a_minute_with_news_is_forecast_once() -> None:
    async def play() -> Desk:
        model = Scripted()
        desk = Desk(model, {STAGE: [((M - 1) * 60_000, 0.5, 1)]})
        await desk.begin()
        desk.observe(M, 1.0)
        assert await desk.wait(1) == 1
        assert await desk.wait(1) == 0
        assert [row[1:] for row in model.seen[0]] == [[0.5, 1.0]]
        return desk

    desk = asyncio.run(play())
    assert [f.issue_time for f in desk.forecasts] == [NOON]
    assert [a.outcome for a in desk.assessments] == [Outcome.OK]
    assert desk.asked == [((STAGE,), NOON - timedelta(minutes=desk.area.minutes))]


def test_an_area_does_not_wait_for_the_long_past_of_its_hazards() -> None:
    async def play() -> Desk:
        desk = Desk(None)
        desk.area = Area("down", SITE, None, "", watched=[STAGE], watched_minutes=9_000)
        desk.rounds = Rounds(
            {"down": desk.area}, None, clock=desk.clock, speed=1.0, recall=desk._recall
        )
        await desk.begin()
        return desk

    desk = asyncio.run(play())
    assert desk.asked == [((STAGE,), NOON - timedelta(minutes=121))]
    assert desk.area.minutes == 9_060


def test_silence_is_judged_each_minute_and_says_so() -> None:
    async def play() -> Desk:
        desk = Desk(Scripted(), {STAGE: [((M - 1) * 60_000, 0.5, 1)]})
        await desk.begin()
        for _ in range(50):
            await desk.wait(6)
        return desk

    desk = asyncio.run(play())
    assert [a.issue_time for a in desk.assessments] == [time_of(M + i) for i in range(5)]
    assert {a.outcome for a in desk.assessments[3:]} == {Outcome.DEGRADED}
    assert desk.assessments[-1].reason == "town/stage silent for 5 min"


def test_a_model_that_died_leaves_a_failed_assessment() -> None:
    async def play() -> Desk:
        desk = Desk(Scripted(fails=True))
        await desk.begin()
        desk.observe(M, 1.0)
        await desk.clock.advance(timedelta(minutes=1))
        desk.observe(M + 1, 1.0)
        await desk.wait(1)
        return desk

    desk = asyncio.run(play())
    assert desk.forecasts == []
    assert [(a.outcome, a.exceedances) for a in desk.assessments] == [(Outcome.FAILED, [])]
    assert "died" in desk.assessments[0].reason


def test_without_a_model_a_gauge_above_its_level_still_warns() -> None:
    async def play() -> Desk:
        desk = Desk(None)
        await desk.begin()
        await desk.clock.advance(timedelta(minutes=1))
        desk.observe(M + 1, 6.0)
        await desk.wait(1)
        return desk

    [assessment] = asyncio.run(play()).assessments
    assert assessment.outcome is Outcome.DEGRADED
    assert assessment.exceedances[0].observed
    assert assessment.reason == "no model fitted"


def test_an_area_that_went_to_another_worker_is_not_judged_here() -> None:
    async def play() -> int:
        desk = Desk(Scripted())
        await desk.begin()
        desk.rounds.own([])
        desk.observe(M + 1, 1.0)
        return await desk.wait(600)

    assert asyncio.run(play()) == 0


def test_a_clock_that_runs_ahead_is_not_believed() -> None:
    async def play() -> Desk:
        desk = Desk(Scripted())
        await desk.begin()
        desk.observe(M + 600, 9.0)
        await desk.wait(1)
        return desk

    assert asyncio.run(play()).area.series.newest is None


def test_each_area_has_one_partition() -> None:
    found = {partition_of(f"area-{number}") for number in range(100)}
    assert found == set(range(PARTITIONS))
