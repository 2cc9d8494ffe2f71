"""Tips into rain. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import ceil

TIP = ord("T")


def boundary_after(at: datetime, interval: timedelta) -> datetime:
    """Return the first time at or after `at` that is a whole number of intervals since 1970."""
    width = interval.total_seconds()
    return datetime.fromtimestamp(ceil(at.timestamp() / width) * width, UTC)


def rain_mm(
    tips: Iterable[datetime], start: datetime, end: datetime, *, mm_per_tip: float
) -> float:
    """Return the rain of the tips with start <= time < end [mm]."""
    return round(sum(start <= tip < end for tip in tips) * mm_per_tip, 6)


class Debounce:
    """Tells tips from bounces of the contact.

    Parameters
    ----------
    hold_s : float
        Real time after a tip in which another is a bounce [s]; 0: every byte is a tip.
    """

    def __init__(self, hold_s: float) -> None:
        self._hold_s = hold_s
        self._tipped_at = float("-inf")
        self.garbage = 0
        """Bytes that are no tip."""

    def count(self, chunk: bytes, now_s: float) -> int:
        """Return the tips in `chunk`, which came at the real time `now_s` [s]."""
        tips = 0
        for byte in chunk:
            if byte != TIP:
                self.garbage += 1
            elif now_s - self._tipped_at >= self._hold_s:
                self._tipped_at = now_s
                tips += 1
        return tips
