"""When to ask an instrument next. Pure."""

from datetime import UTC, date, datetime, timedelta

FASTEST_S = 0.2
"""Real seconds between two questions, at least, however fast the world's clock runs [s]."""

SLOWEST_FAST_S = 2.0
"""Real seconds between two questions to an instrument that remembers, at most, when the
world's clock runs fast: its memory fills by world time [s]."""

SETTLE_S = 0.2
"""Real seconds that an instrument that remembers has to write its record down [s]."""

RETRY_MIN_S, RETRY_MAX_S = 1.0, 30.0
"""Real seconds until an instrument that failed is asked again; doubled each time [s]."""

DAY = timedelta(days=1)
OLD_AFTER = timedelta(hours=23)
"""World time after which a remembered record is dated by its own day, see `own_day`."""


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


def own_day(at: datetime, *, now: datetime, instrument_time: datetime | None) -> date | None:
    """Return the UTC day by whose end a batch with a value of `at` is dated; None: by `now`.

    What a logger remembers from more than a day ago would look like a clock error to the
    gateway. Where the logger's own clock agrees with ours to a day we vouch for it: such
    records go into batches of their own, dated at the end of their day. All else is dated
    now, and refused there if it is a day off.
    """
    vouched = instrument_time is not None and abs(instrument_time - now) < DAY
    return at.date() if vouched and now - at > OLD_AFTER else None
