"""A world clock, in a demonstration, a replay or a test: it is always right."""

from datetime import datetime

from edge.timekeeping.correction import Correction
from edge.timekeeping.kernel import boot
from forewarn.domain.clock import Clock


class TrustedClock:
    """A clock that nobody doubts, with the face of a Timekeeper."""

    trusted = True
    condition = "ok"
    error_s: float | None = None

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.speed = float(getattr(clock, "speed", 1.0))
        self.boot = boot()

    def now(self) -> datetime:
        """Return the world's time, aware, in UTC."""
        return self._clock.now()

    def shown(self) -> datetime:
        """Return the world's time."""
        return self._clock.now()

    def steady_s(self) -> float:
        """Return the world's time, Unix seconds [s]."""
        return self._clock.now().timestamp()

    async def sleep_until(self, when: datetime) -> None:
        """Return when the world's time has reached `when`."""
        await self._clock.sleep_until(when)

    def look(self, *, broker: bool = False) -> None:
        """Do nothing: there is nothing to be found out."""

    def correction(self) -> Correction | None:
        """Return that every time is as it was stamped."""
        return None
