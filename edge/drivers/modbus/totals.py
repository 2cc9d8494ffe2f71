"""Running totals, a rain gauge's for example, into what came in each interval. Pure."""

from datetime import UTC, datetime, timedelta

from msgspec import Struct

LATE = 0.25
"""Part of an interval after its end by which a question may come and still count for it."""


class Increase(Struct, frozen=True):
    """What a total grew by in one interval."""

    amount: float
    end: datetime
    """End of the interval."""


class RunningTotal:
    """Takes a total as it is read, and gives its increase over each whole interval.

    Questions that come more often than the interval change nothing. An interval whose begin or
    end was not seen has no value: what fell meanwhile belongs to nobody knows which interval.

    Parameters
    ----------
    modulus : float, optional
        The total begins again at 0 when it would reach this.
    """

    def __init__(self, interval: timedelta, modulus: float | None = None) -> None:
        self._width_s, self._modulus = interval.total_seconds(), modulus
        self._end_s: float | None = None
        self._total = 0.0
        self.trouble = ""
        """Why the last interval has no value; empty where it has one."""

    def take(self, total: float | None, now: datetime) -> Increase | None:
        """Return the increase of the interval that ended, if `total`, read at `now`, ends one."""
        end_s = now.timestamp() // self._width_s * self._width_s
        late = now.timestamp() - end_s > LATE * self._width_s
        if total is None or late or (self._end_s is not None and end_s == self._end_s):
            return None
        before_s, before = self._end_s, self._total
        self._end_s, self._total = end_s, total
        if before_s is None:
            return None
        grown = total - before
        if grown < 0 and self._modulus is not None:
            grown += self._modulus
        if grown < 0:
            self.trouble = f"its total went back from {before:g} to {total:g}"
        elif round((end_s - before_s) / self._width_s) != 1:
            self.trouble = (
                f"grew by {grown:g} in {timedelta(seconds=end_s - before_s)}: no interval"
            )
        else:
            self.trouble = ""
            return Increase(round(grown, 6), datetime.fromtimestamp(end_s, UTC))
        return None
