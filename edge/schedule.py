"""When to ask an instrument next. Pure."""

from datetime import UTC, datetime, timedelta

FASTEST_S = 0.2
"""Real seconds between two questions, at least, however fast the world's clock runs [s]."""

SLOWEST_FAST_S = 2.0
"""Real seconds between two questions to an instrument that remembers, at most, when the
world's clock runs fast: its memory fills by world time [s]."""

SETTLE_S = 0.2
"""Real seconds that an instrument that remembers has to write its record down [s]."""

RETRY_MIN_S, RETRY_MAX_S = 1.0, 30.0
"""Real seconds until an instrument that failed is asked again; doubled each time [s]."""


def next_poll(
    now: datetime, interval: timedelta, *, speed: float, remembers: bool = False
) -> datetime:
    """Return the world time of the next question, aligned to `interval` since 1970.

    Where the clock runs so fast that the aligned time would come too soon or too late in
    real time, the question comes at the nearest real time that will do.

    Parameters
    ----------
    speed : float
        World seconds in one real second.
    remembers : bool
        True for an instrument that keeps past values: it is asked a little after the whole
        interval, when its record is written.
    """
    width = interval.total_seconds()
    at = datetime.fromtimestamp((now.timestamp() // width + 1) * width, UTC)
    if remembers:
        at += timedelta(seconds=SETTLE_S * speed)
        if speed > 1:
            at = min(at, now + timedelta(seconds=SLOWEST_FAST_S * speed))
    return max(at, now + timedelta(seconds=FASTEST_S * speed))


def retry_after_s(failures: int) -> float:
    """Return the real seconds until the next try after so many failures in a row [s]."""
    doublings = min(max(failures, 1) - 1, 16)
    return float(min(RETRY_MIN_S * 2**doublings, RETRY_MAX_S))
