"""How fast a datastream rises, so that one spike does not count. Pure."""

from collections import deque
from statistics import median

from edge.sampling.settings import Rise

ENDS = 3
"""Values at each end of the window of which the median is taken."""

HOUR_S = 3600.0
MOST_VALUES = 2000


class Slope:
    """The values of one window, and whether they rise."""

    def __init__(self, rule: Rise) -> None:
        self.rule = rule
        self._values: deque[tuple[float, float]] = deque(maxlen=MOST_VALUES)
        self.rises = False

    def take(self, at_s: float, value: float) -> None:
        """Take the value observed at `at_s`, seconds of the world on any steady scale [s]."""
        values = self._values
        if values and at_s <= values[-1][0]:
            return
        values.append((at_s, value))
        while at_s - values[0][0] > self.rule.over.total_seconds():
            values.popleft()
        slope = self.per_hour()
        if slope is not None:
            self.rises = slope >= self.rule.per_hour * (0.5 if self.rises else 1.0)

    def per_hour(self) -> float | None:
        """Return the slope in the datastream's unit per hour; None with too few values.

        Between the medians, in time and value, of the first and the last three values; the
        window must be half full.
        """
        if len(self._values) < 2 * ENDS:
            return None
        ordered = list(self._values)
        first, last = ordered[:ENDS], ordered[-ENDS:]
        span_s = median(at for at, _ in last) - median(at for at, _ in first)
        if ordered[-1][0] - ordered[0][0] < self.rule.over.total_seconds() / 2:
            return None
        return (median(v for _, v in last) - median(v for _, v in first)) / span_s * HOUR_S
