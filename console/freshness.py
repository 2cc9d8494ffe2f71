"""When silence becomes worth saying: pure functions of times."""

from datetime import datetime, timedelta

from forewarn.domain.clock import Clock, WorldClock

GAP_INTERVALS = 3
"""Silence beyond three intervals of a datastream is a gap (docs/glossary.md)."""

LATENCY = timedelta(seconds=10)
"""Real time that an observation may take from the instrument to this page."""


PLACE_OLD = timedelta(minutes=10)
INUNDATION_OLD = timedelta(minutes=20)
"""Age of a map of inundation, and of what it says of places, that the minutes alone explain."""

CITY_RUN = timedelta(seconds=40)
"""Real time that one run of the city model and its way to this page may take."""


def speed_of(clock: Clock) -> float:
    """Return how many world seconds pass in one real second; 1 for a clock moved by hand."""
    return clock.speed if isinstance(clock, WorldClock) else 1.0


def is_replay(clock: Clock) -> bool:
    """Return whether the world's time is not the real one: a demonstration or a replay."""
    if not isinstance(clock, WorldClock):
        return False
    return clock.speed != 1 or abs(clock.epoch.timestamp() - clock.origin) > 1


def stale_after(interval: timedelta, speed: float) -> timedelta:
    """Return the age in world time beyond which a value is shown as old.

    Three intervals, and what the way to this page takes: with `interval` 1 min at speed 1
    that is 3 min 10 s, at speed 60 it is 13 min.
    """
    return GAP_INTERVALS * interval + LATENCY * speed


def outlook_stale_after(allowed: timedelta, speed: float) -> timedelta:
    """Return the age in world time beyond which what the city model said is shown as old.

    `allowed`, and what a run takes: with `INUNDATION_OLD` 20 min 40 s at speed 1, 1 h at 60.
    """
    return allowed + CITY_RUN * speed


def stale_since(
    newest: datetime | None, *, now: datetime, interval: timedelta, speed: float
) -> datetime | None:
    """Return the time of the `newest` observation if it is too old, None if all is well.

    `interval` is the shortest of the site: if even that datastream is silent, all are.
    None also where there has never been an observation; the caller tells that apart.
    """
    if newest is None or now - newest <= stale_after(interval, speed):
        return None
    return newest
