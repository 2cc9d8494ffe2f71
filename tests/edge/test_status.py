"""What the status says of raw values, the backlog and instruments that failed."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from edge import DriverError
from edge.backlog import Drain
from edge.drivers.contract import Answer, Channel, Raw, Shown
from edge.poller import Poller
from edge.raws import BYTES_PER_INSTRUMENT, within_budget
from forewarn.domain.clock import ManualClock
from forewarn.domain.codec import encode
from forewarn.domain.observation import Observation, Quality

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def many(station: str, channels: int) -> dict[str, Raw]:
    return {f"{station}/channel_{n}": (1234.5678901 * n, "×0.001 -4.2") for n in range(channels)}


@pytest.mark.parametrize("channels", [1, 2, 3, 40])
def test_raw_values_keep_to_their_budget_and_each_instrument_has_one(channels: int) -> None:
    told, left_out = within_budget([many(f"weir-{n}", channels) for n in range(10)])
    assert len(encode(told)) <= 10 * BYTES_PER_INSTRUMENT
    assert {key.partition("/")[0] for key in told} == {f"weir-{n}" for n in range(10)}
    assert len(told) + left_out == 10 * channels


def test_six_digits_are_enough() -> None:
    assert within_budget([{"a/b": (0.123456789, "")}]) == ({"a/b": (0.123457, "")}, 0)
    assert within_budget([]) == ({}, 0)


def test_scaling_is_told_as_it_is_done() -> None:
    assert Channel(property="stage").scaling() == ""
    assert Channel(property="stage", scale=-1.0, offset=12.5).scaling() == "×-1 +12.5"
    sheet = Channel(property="pore_pressure", polynomial=(1012.4, -0.11, -3.2e-8))
    assert sheet.scaling() == "polynomial 1012.4, -0.11, -3.2e-08"


def test_the_backlog_tells_how_long_it_will_take() -> None:
    drain = Drain()
    assert drain.left_s(0.0, 0) == 0.0
    drain = Drain()
    assert drain.left_s(0.0, 1000) is None
    assert drain.left_s(10.0, 900) is None, "too soon to say"
    assert drain.left_s(50.0, 500) == 50.0
    assert drain.left_s(100.0, 1200) is None, "it grows"
    assert drain.left_s(390.0, 600) == 290.0, "what was minutes ago counts no more"


class Twice:
    """A driver that answers, says that the value is missing, and then not at all."""

    remembers = False

    def __init__(self) -> None:
        known = Observation(datastream="weir/stage", phenomenon_time=NOON, result=8.3)
        lost = Observation(
            datastream="weir/stage", phenomenon_time=NOON, result=None, quality=Quality.MISSING
        )
        self._answers = [Answer([known], raw={"weir/stage": (4.2, "×-1 +12.5")}), Answer([lost])]

    async def read(self) -> Answer:
        if self._answers:
            return self._answers.pop(0)
        raise DriverError("weir: unit 1 does not answer")

    async def probe(self) -> list[Shown]:
        return []

    async def aclose(self) -> None:
        pass


def test_a_missing_value_has_no_raw_one_and_errors_are_remembered() -> None:
    async def run() -> None:
        clock, minute = ManualClock(NOON), timedelta(minutes=1)
        poller = Poller("weir/twice", Twice(), lambda: minute, clock, lambda _: None)
        task = asyncio.create_task(poller.run())
        await clock.advance(timedelta(seconds=1))
        assert (poller.raw, poller.last_error) == ({"weir/stage": (4.2, "×-1 +12.5")}, "")
        await clock.advance(minute)
        assert poller.raw == {}
        await clock.advance(minute)
        assert poller.last_error == "2026-07-01T12:02Z weir: unit 1 does not answer"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
