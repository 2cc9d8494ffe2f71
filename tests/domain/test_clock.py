import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from forewarn.domain import ConfigError
from forewarn.domain.clock import REAL, VARIABLE, ManualClock, WorldClock, clock_from

START = datetime(2020, 8, 5, tzinfo=UTC)


def test_a_fast_clock_shows_the_same_time_in_every_process() -> None:
    clock = WorldClock(START, time.time() - 10, 600)
    twin = clock_from({VARIABLE: clock.variable()})
    assert abs(clock.now() - START - timedelta(seconds=6000)) < timedelta(seconds=60)
    assert abs(twin.now() - clock.now()) < timedelta(seconds=30)


def test_without_the_variable_time_is_real() -> None:
    assert clock_from({}) is REAL
    assert abs(REAL.now() - datetime.now(UTC)) < timedelta(seconds=1)


@pytest.mark.parametrize(
    "text",
    ["60", "epoch=2020-08-05,origin=0,speed=1", "epoch=2020-08-05T00:00:00Z,origin=0,speed=0"],
)
def test_a_bad_clock_shows_a_good_one(text: str) -> None:
    with pytest.raises(ConfigError, match=VARIABLE):
        clock_from({VARIABLE: text})


def test_sleepers_wake_in_order_and_at_their_time() -> None:
    async def scene() -> list[tuple[str, datetime]]:
        clock, woken = ManualClock(START), []

        async def sleeper(name: str, seconds: int) -> None:
            for _ in range(2):
                await clock.sleep_until(clock.now() + timedelta(seconds=seconds))
                woken.append((name, clock.now()))

        tasks = [asyncio.create_task(sleeper("slow", 50)), asyncio.create_task(sleeper("fast", 20))]
        await clock.advance(timedelta(seconds=99))
        assert clock.now() == START + timedelta(seconds=99)
        for task in tasks:
            task.cancel()
        return [(name, (when - START).seconds) for name, when in woken]

    assert asyncio.run(scene()) == [("fast", 20), ("fast", 40), ("slow", 50)]
