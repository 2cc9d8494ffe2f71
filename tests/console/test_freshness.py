"""When silence becomes worth saying."""

from datetime import UTC, datetime, timedelta

import pytest

from console.freshness import is_replay, speed_of, stale_after, stale_since
from forewarn.domain.clock import REAL, ManualClock, WorldClock

NOON = datetime(2026, 7, 12, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("speed", "age", "stale"),
    [(1, 190, False), (1, 191, True), (60, 780, False), (60, 781, True)],
)
def test_silence_beyond_three_intervals_and_the_way_here_is_stale(
    speed: float, age: int, stale: bool
) -> None:
    newest = NOON - timedelta(seconds=age)
    since = stale_since(newest, now=NOON, interval=MINUTE, speed=speed)
    assert since == (newest if stale else None)


def test_the_banner_comes_within_30_real_seconds_of_the_gap() -> None:
    for speed in (1, 60, 3600):
        gap = 3 * MINUTE
        assert (stale_after(MINUTE, speed) - gap) / speed <= timedelta(seconds=30)


def test_never_an_observation_is_not_an_old_observation() -> None:
    assert stale_since(None, now=NOON, interval=MINUTE, speed=1) is None


@pytest.mark.parametrize(
    ("clock", "replay", "speed"),
    [
        (REAL, False, 1),
        (WorldClock(NOON, NOON.timestamp(), 1), False, 1),
        (WorldClock(NOON, 0.0, 1), True, 1),
        (WorldClock(NOON, NOON.timestamp(), 60), True, 60),
        (ManualClock(NOON), False, 1),
    ],
)
def test_a_world_that_is_not_now_is_a_replay(
    clock: WorldClock | ManualClock, replay: bool, speed: float
) -> None:
    assert (is_replay(clock), speed_of(clock)) == (replay, speed)
