"""World time: real, fast (a demo, a replay), or moved by hand (a test).

Only the observed world runs fast. Timeouts, keep-alives and back-off stay in real
seconds and use the event loop's own clock.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

from forewarn.domain.errors import ConfigError

VARIABLE = "FOREWARN_CLOCK"
"""`epoch=2020-08-05T00:00:00Z,origin=1790000000.0,speed=600`: at the Unix time `origin`
the world's time was `epoch`; since then it runs `speed` times as fast."""


class Clock(Protocol):
    """Where every service asks for the time."""

    def now(self) -> datetime:
        """Return the world's time, aware, in UTC."""
        ...

    async def sleep_until(self, when: datetime) -> None:
        """Return when the world's time has reached `when`; at once if it is past."""
        ...


class WorldClock:
    """The system's clock, shifted and sped up alike in all processes.

    Parameters
    ----------
    epoch : datetime
        World time at `origin`, aware.
    origin : float
        Unix time [s] at which the world's time was `epoch`.
    speed : float
        World seconds that pass in one real second; 1 is real time.
    """

    def __init__(self, epoch: datetime, origin: float, speed: float) -> None:
        if not speed > 0:
            raise ConfigError(f"{VARIABLE}: speed must be above 0, not {speed:g}")
        self.epoch, self.origin, self.speed = epoch, origin, speed

    def now(self) -> datetime:
        """Return the world's time, aware, in UTC."""
        return self.epoch + timedelta(seconds=(time.time() - self.origin) * self.speed)

    async def sleep_until(self, when: datetime) -> None:
        """Return when the world's time has reached `when`; at once if it is past."""
        while (ahead := (when - self.now()).total_seconds()) > 0:
            await asyncio.sleep(ahead / self.speed)

    def variable(self) -> str:
        """Return this clock as the value of FOREWARN_CLOCK, for child processes."""
        return f"epoch={self.epoch.isoformat()},origin={self.origin!r},speed={self.speed!r}"


class ManualClock:
    """A clock for tests: time passes only by `advance`, and sleepers wake in order."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, int, asyncio.Event]] = []
        self._count = 0

    def now(self) -> datetime:
        """Return the time that `advance` has reached."""
        return self._now

    async def sleep_until(self, when: datetime) -> None:
        """Return when `advance` has reached `when`; at once if it is past."""
        if when <= self._now:
            await asyncio.sleep(0)
            return
        event = asyncio.Event()
        self._count += 1
        self._sleepers.append((when, self._count, event))
        await event.wait()

    async def advance(self, step: timedelta) -> None:
        """Let `step` pass, waking each sleeper at its own time, and let them run."""
        end = self._now + step
        for _ in range(5):
            await asyncio.sleep(0)
        while due := sorted(s for s in self._sleepers if s[0] <= end):
            self._now = max(self._now, due[0][0])
            self._sleepers.remove(due[0])
            due[0][2].set()
            for _ in range(20):
                await asyncio.sleep(0)
        self._now = end


REAL = WorldClock(datetime(1970, 1, 1, tzinfo=UTC), 0.0, 1.0)


def clock_from(environment: Mapping[str, str] = os.environ) -> WorldClock:
    """Return the clock that FOREWARN_CLOCK describes, or real time where it is not set."""
    text = environment.get(VARIABLE, "")
    if not text:
        return REAL
    try:
        parts = dict(part.split("=", 1) for part in text.split(","))
        epoch = datetime.fromisoformat(parts.pop("epoch"))
        clock = WorldClock(epoch, float(parts.pop("origin")), float(parts.pop("speed")))
        if parts or epoch.tzinfo is None:
            raise ValueError("epoch must carry a zone, and no other key is known")
    except (KeyError, ValueError) as error:
        raise ConfigError(
            f"{VARIABLE}=`{text}`: {error}; "
            "give e.g. `epoch=2020-08-05T00:00:00Z,origin=1790000000,speed=60`"
        ) from error
    return clock
