"""How long the backlog will take, from how it shrank in the last minutes."""

from collections import deque

LOOK_BACK_S = 300.0
"""The pace of so many real seconds counts [s]."""
LEAST_S = 20.0


class Drain:
    """Watches how many batches wait."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def left_s(self, now_s: float, batches: int) -> float | None:
        """Return the real seconds until nothing waits at this pace; None where it does not shrink.

        `now_s` are steady seconds; 0 where nothing waits.
        """
        self._seen.append((now_s, batches))
        while self._seen[0][0] < now_s - LOOK_BACK_S:
            self._seen.popleft()
        if batches == 0:
            return 0.0
        began_s, then = self._seen[0]
        passed_s, gone = now_s - began_s, then - batches
        if passed_s < LEAST_S or gone <= 0:
            return None
        return round(batches * passed_s / gone)
