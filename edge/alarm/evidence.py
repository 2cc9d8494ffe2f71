"""Whether values are beyond a threshold, believed only when enough of them agree. Pure."""

from collections import deque
from math import inf

from edge.alarm.settings import AlarmConfig
from forewarn.domain.observation import Quality

BEYOND, BETWEEN, OVER = 1, 0, -1


class Evidence:
    """The last few believable values of one datastream, and what they say together.

    A value counts for nothing where it is missing, failed, outside the gross range, older than
    one that was heard, or jumps too fast. Of the last `of` that count, `agree` decide. Nothing
    but values ends what values began: silence does not.

    Parameters
    ----------
    memory_s : float
        Older values say nothing about now [world s].
    """

    def __init__(self, config: AlarmConfig, memory_s: float) -> None:
        self._config, self._memory_s = config, memory_s
        self._sign = 1.0 if config.above is not None else -1.0
        self._sides: deque[tuple[float, int]] = deque(maxlen=config.of)
        self._last: tuple[float, float] | None = None
        self._doubted: list[tuple[float, float]] = []
        self._newest_s = -inf
        self._beyond_since_s: float | None = None
        self.beyond = False
        """Whether it is beyond now, persistence included."""
        self.refused = 0
        """Values that counted for nothing since the start."""

    @property
    def hinted(self) -> bool:
        """Whether a value was beyond that is not enough yet: look again soon."""
        return not self.beyond and (
            any(side == BEYOND for _, side in self._sides) or bool(self._doubted)
        )

    def take(self, at_s: float, value: float | None, quality: int) -> None:
        """Take the value observed at `at_s`, seconds of the world on any steady scale [s]."""
        if at_s <= self._newest_s:
            return
        self._newest_s = at_s
        low, high = self._config.range
        if value is None or quality == Quality.FAIL or not low <= value <= high:
            self.refused += 1
            return
        for when, believed in self._believed(at_s, value):
            self._count(when, believed)

    def _believed(self, at_s: float, value: float) -> list[tuple[float, float]]:
        """Return what counts now: the value; nothing; or several that came true together."""
        if self._last is None or self._follows(self._last, at_s, value):
            self.refused += len(self._doubted)
            self._doubted.clear()
            return [(at_s, value)]
        if self._doubted and not self._follows(self._doubted[-1], at_s, value):
            self.refused += len(self._doubted)
            self._doubted.clear()
        self._doubted.append((at_s, value))
        if len(self._doubted) < max(self._config.agree, 2):
            return []
        believed, self._doubted = self._doubted, []
        return believed

    def _follows(self, before: tuple[float, float], at_s: float, value: float) -> bool:
        rate = self._config.max_rate_per_s
        if rate is None or at_s - before[0] > self._memory_s:
            return True
        return abs(value - before[1]) <= rate * max(at_s - before[0], 1.0)

    def _count(self, at_s: float, value: float) -> None:
        config = self._config
        self._last = at_s, value
        side = BETWEEN
        if self._sign * (value - config.threshold) > 0:
            side = BEYOND
        elif self._sign * (value - config.clear) <= 0:
            side = OVER
        self._sides.append((at_s, side))
        while self._sides and at_s - self._sides[0][0] > self._memory_s:
            self._sides.popleft()
        beyond = [when for when, found in self._sides if found == BEYOND]
        if len(beyond) < config.agree:
            self._beyond_since_s = None
        elif self._beyond_since_s is None:
            self._beyond_since_s = beyond[0]
        if self.beyond:
            self.beyond = sum(found == OVER for _, found in self._sides) < config.agree
        elif self._beyond_since_s is not None and side == BEYOND:
            self.beyond = at_s - self._beyond_since_s >= config.persist.total_seconds()
