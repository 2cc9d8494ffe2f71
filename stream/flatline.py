"""How long a value has not moved: a sliding minimum and maximum, O(1) a value, bounded."""

from collections import deque

CAPACITY = 64
"""Entries kept of each extreme. Values with the resolution of an instrument need fewer
(tolerance / resolution + 1); of noisier ones the two oldest are merged, so that a flat line is
found a little later, never where there is none."""

_SMALLEST = 5e-324


class FlatLine:
    """The longest run of values, up to the newest, whose spread is below `tolerance`.

    Two monotonic queues hold the candidates for the run's maximum and minimum. Each value
    enters and leaves each queue once, so a step costs O(1) on average and the memory is
    bounded by CAPACITY. A tolerance of 0 means exactly the same value.

    Parameters
    ----------
    tolerance : float
        In the datastream's unit. The spread of a flat line is below it, as in ioos_qc.
    """

    __slots__ = ("_after", "_high", "_low", "_tolerance", "last")

    def __init__(self, tolerance: float) -> None:
        self._tolerance = max(tolerance, _SMALLEST)
        self._high: deque[tuple[int, float]] = deque()
        self._low: deque[tuple[int, float]] = deque()
        self._after = 0
        self.last = 0
        """Time of the newest value [ms]."""

    def restart(self, after: int) -> None:
        """Forget all; the next run begins after the time `after` [ms]."""
        self._high.clear()
        self._low.clear()
        self._after = after

    def step(self, time: int, result: float) -> int:
        """Take the value at `time` [ms]; return the time since the last value outside the run [ms].

        On a regular grid that is one interval more than the run spans.
        """
        high, low = self._high, self._low
        while high and high[-1][1] <= result:
            high.pop()
        while low and low[-1][1] >= result:
            low.pop()
        entry = (time, result)
        high.append(entry)
        low.append(entry)
        self.last = time
        if high[0][1] - low[0][1] >= self._tolerance:
            self._shorten()
        if len(high) > CAPACITY:
            _merge_oldest(high)
        if len(low) > CAPACITY:
            _merge_oldest(low)
        return time - self._after

    def _shorten(self) -> None:
        high, low = self._high, self._low
        while high[0][1] - low[0][1] >= self._tolerance:
            older = high if high[0][0] < low[0][0] else low
            self._after = older.popleft()[0]


def _merge_oldest(queue: "deque[tuple[int, float]]") -> None:
    """Let the oldest extreme stand for the next one too: the run seems wider than it is."""
    _, extreme = queue.popleft()
    queue[0] = (queue[0][0], extreme)
