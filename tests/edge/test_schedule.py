"""When instruments are asked, in world time and in real time."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import DriverError
from edge.drivers.contract import Answer, Shown
from edge.poller import Poller
from edge.schedule import next_poll, own_day, retry_after_s
from edge.tasks import cancel
from forewarn.domain.clock import ManualClock
from forewarn.domain.observation import Observation

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
    st.integers(1, 3600),
    st.sampled_from([1.0, 60.0, 600.0, 3600.0]),
    st.booleans(),
)
def test_never_in_the_past_nor_faster_than_a_fifth_of_a_second(
    at: datetime, seconds: int, speed: float, remembers: bool
) -> None:
    now = at.replace(tzinfo=UTC)
    when = next_poll(now, timedelta(seconds=seconds), speed=speed, remembers=remembers)
    real_s = (when - now).total_seconds() / speed
    assert real_s >= 0.2 - 1e-4
    assert real_s <= max(seconds / speed + 0.2, 0.2) + 1e-4
    if remembers and speed > 1:
        assert real_s <= 2.0 + 1e-4


def test_polls_are_aligned_to_the_interval() -> None:
    now = NOON + timedelta(seconds=17)
    assert next_poll(now, MINUTE, speed=1) == NOON + MINUTE
    assert next_poll(NOON, timedelta(minutes=10), speed=60) == NOON + timedelta(minutes=10)
    settled = next_poll(now, MINUTE, speed=1, remembers=True)
    assert settled == NOON + MINUTE + timedelta(seconds=0.2)


def test_a_dead_instrument_is_asked_less_and_less_often() -> None:
    assert [retry_after_s(failures) for failures in (1, 2, 3, 5, 6, 1000)] == [1, 2, 4, 16, 30, 30]


class Scripted:
    """A driver that does what a test says, one step a read."""

    remembers = False

    def __init__(self, *steps: object) -> None:
        self.steps = list(steps)
        self.reads = 0
        self.closed = False

    async def read(self) -> Answer:
        self.reads += 1
        step = self.steps.pop(0) if self.steps else Answer([])
        if isinstance(step, Exception):
            raise step
        assert isinstance(step, Answer)
        return step

    async def probe(self) -> list[Shown]:
        return []

    async def aclose(self) -> None:
        self.closed = True


def observation(result: float) -> Observation:
    return Observation(datastream="weir/stage", phenomenon_time=NOON, result=result)


def test_each_interval_is_asked_once_and_delivered(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        clock, heard = ManualClock(NOON), list[float | None]()
        driver = Scripted(*[Answer([observation(float(n))]) for n in range(3)])

        def deliver(answer: Answer) -> None:
            heard.extend(o.result for o in answer.observations)

        poller = Poller("weir/scripted", driver, lambda: MINUTE, clock, deliver)
        task = asyncio.create_task(poller.run())
        await clock.advance(timedelta(seconds=30))
        assert (heard, poller.condition) == ([0.0], "ok")
        await clock.advance(2 * MINUTE)
        assert heard == [0.0, 1.0, 2.0]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert driver.closed

    asyncio.run(run())


def test_errors_are_named_and_recovered_from(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.poller.retry_after_s", lambda failures: 0.0)

    async def run() -> list[str]:
        conditions: list[str] = []
        driver = Scripted(
            DriverError("weir: unit 3 at bus: no answer"),
            ZeroDivisionError("a mistake in the driver"),
            Answer([], remark="battery low"),
        )
        poller = Poller("weir/scripted", driver, lambda: MINUTE, ManualClock(NOON), lambda _: None)
        task = asyncio.create_task(poller.run())
        while driver.reads < 3:
            conditions.append(poller.condition)
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        conditions.append(poller.condition)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return list(dict.fromkeys(conditions))

    assert asyncio.run(run()) == [
        "not asked yet",
        "weir: unit 3 at bus: no answer",
        "the driver failed: ZeroDivisionError: a mistake in the driver",
        "battery low",
    ]
    assert "a mistake in the driver" in caplog.text


def test_an_instrument_is_let_go_though_a_library_swallows_the_cancellation() -> None:
    class Swallowing(Scripted):
        async def read(self) -> Answer:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            return Answer([])

    async def run() -> None:
        driver = Swallowing()
        poller = Poller("weir/scripted", driver, lambda: MINUTE, ManualClock(NOON), lambda _: None)
        task = asyncio.create_task(poller.run())
        await asyncio.sleep(0.01)
        async with asyncio.timeout(2):
            await cancel([task])
        assert driver.closed

    asyncio.run(run())


def test_a_clock_that_is_set_back_does_not_stop_the_questions() -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        poller = Poller("weir/scripted", Scripted(), lambda: MINUTE, clock, lambda _: None)
        await asyncio.wait_for(poller._sleep_until(NOON + timedelta(days=1), -0.9), 2.0)

    asyncio.run(run())


def test_old_records_of_a_logger_with_a_right_clock_are_dated_by_their_day() -> None:
    old, recent = NOON - timedelta(days=5), NOON - timedelta(hours=5)
    right, wrong = NOON - timedelta(minutes=10), NOON - timedelta(days=2)
    assert own_day(old, now=NOON, instrument_time=right) == old.date()
    assert own_day(recent, now=NOON, instrument_time=right) is None
    assert own_day(old, now=NOON, instrument_time=wrong) is None
    assert own_day(old, now=NOON, instrument_time=None) is None
