"""Samples as they come, put into the slots of a record. Pure.

A buoy samples at a steady rate, but its bytes arrive in bursts. Without times of its own, a
sample is dated by the one before; arrival only steers slowly, and decides where it is far off.
"""

from collections import deque
from datetime import datetime

from edge.drivers.wave_buoy.formats import Heave
from edge.drivers.wave_buoy.record import Sample

STEERING = 0.01
MAX_APART_S = 86_400.0
"""A buoy's clock further off than this is not believed."""


class Series:
    """The newest samples of a buoy.

    Parameters
    ----------
    rate_hz : float
        Samples a second.
    kept_s : float
        How long samples are kept [s].
    gap_after_s : float
        Arrival this far from what is expected begins anew [s].
    """

    def __init__(self, rate_hz: float, kept_s: float, gap_after_s: float) -> None:
        self._rate, self._kept_s, self._gap_s = rate_hz, kept_s, gap_after_s
        self._samples: deque[tuple[float, Sample]] = deque()
        self.first: float | None = None
        """Unix seconds of the first sample since the start."""
        self.clock_refused = 0
        """Samples whose own time was a day or more off."""

    def add(self, heave: Heave, arrived: datetime) -> None:
        """Take a sample that arrived at world time `arrived`."""
        now = arrived.timestamp()
        time = heave.time
        if time is not None and abs(time - now) > MAX_APART_S:
            self.clock_refused += 1
            time = None
        if time is None:
            time = self._expected(now)
        elif self._samples and time <= self._samples[-1][0]:
            return  # again, or back in time
        if self.first is None:
            self.first = time
        self._samples.append((time, (heave.heave, heave.north, heave.east)))
        while self._samples[-1][0] - self._samples[0][0] > self._kept_s:
            self._samples.popleft()

    def _expected(self, now: float) -> float:
        if not self._samples:
            return now
        expected = self._samples[-1][0] + 1 / self._rate
        off = now - expected
        if off > self._gap_s:
            return now
        return expected + STEERING * max(off, -0.5 / self._rate)

    def last(self) -> float | None:
        """Return the Unix time of the newest sample."""
        return self._samples[-1][0] if self._samples else None

    def slots(self, until: float, count: int) -> list[Sample | None]:
        """Return the `count` slots of the record that ends at Unix time `until`."""
        slots: list[Sample | None] = [None] * count
        reference = self._reference(until)
        if reference is None:
            return slots
        for time, sample in reversed(self._samples):
            place = count - 1 - round((reference - time) * self._rate)
            if place < 0:
                break
            if place < count:
                slots[place] = sample
        return slots

    def _reference(self, until: float) -> float | None:
        """Return the time of the last slot: on the grid of the newest sample, up to `until`."""
        for time, _ in reversed(self._samples):
            if time <= until:
                return time + int((until - time) * self._rate) / self._rate
        return None
