"""One instrument, asked on the world's clock; whatever it does, its neighbours do not notice."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from edge import EdgeError
from edge.drivers.contract import Answer, Driver, Raw
from edge.schedule import next_poll, retry_after_s
from edge.tasks import cancel
from forewarn.domain.clock import Clock

log = logging.getLogger("edge.poller")

READ_LIMIT_S = 120.0
"""Real seconds after which a whole read is given up; each request has its own timeout [s]."""


class Poller:
    """Asks one driver again and again and hands on what it says.

    Parameters
    ----------
    name : str
        `station/driver`, as the status shows it.
    interval : callable
        Tells how often to ask at the moment, in world time.
    deliver : callable
        Takes each answer that holds observations; must not block.
    """

    def __init__(
        self,
        name: str,
        driver: Driver,
        interval: Callable[[], timedelta],
        clock: Clock,
        deliver: Callable[[Answer], None],
    ) -> None:
        self.name, self._driver, self._interval = name, driver, interval
        self._clock, self._deliver = clock, deliver
        self._speed = float(getattr(clock, "speed", 1.0))
        self._failures = 0
        self._hurried = asyncio.Event()
        self.condition = "not asked yet"
        """`ok`, a remark of the instrument, or why it does not answer."""
        self.raw: dict[str, Raw] = {}
        """Datastream → its newest value before it was scaled; none where the newest is missing."""
        self.last_error = ""
        """When it last did not answer, and why; empty: never since the start."""

    async def run(self) -> None:
        """Ask until cancelled."""
        try:
            while True:
                await self._ask()
                await self._pause()
        finally:
            await self._driver.aclose()

    def hurry(self) -> None:
        """Look at the interval again, now: it may be shorter than the one that is waited for."""
        self._hurried.set()

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(READ_LIMIT_S):
                answer = await self._driver.read()
        except EdgeError as error:
            self._failed(str(error))
        except TimeoutError:
            self._failed(f"no answer within {READ_LIMIT_S:g} s")
        except Exception as error:  # a fault of the driver must not stop its neighbours
            log.exception("%s: the driver failed", self.name)
            self._failed(f"the driver failed: {type(error).__name__}: {error}")
        else:
            self._failures = 0
            self._tell(answer.remark or "ok")
            for observation in answer.observations:
                self.raw.pop(observation.datastream, None)
            self.raw.update(answer.raw)
            if answer.observations:
                self._deliver(answer)

    def _failed(self, why: str) -> None:
        self._failures += 1
        self.last_error = f"{self._clock.now():%Y-%m-%dT%H:%MZ} {why}"
        self._tell(why)

    def _tell(self, condition: str) -> None:
        if condition != self.condition:
            level = logging.INFO if condition == "ok" else logging.WARNING
            log.log(level, "%s: %s", self.name, condition)
            self.condition = condition

    async def _pause(self) -> None:
        if self._failures:
            await asyncio.sleep(retry_after_s(self._failures))
            return
        remembers = self._driver.remembers
        began = self._clock.now()
        while True:
            self._hurried.clear()
            now = self._clock.now()
            at = next_poll(began, self._interval(), speed=self._speed, remembers=remembers)
            await self._sleep_until(at, max((at - now).total_seconds(), 0.0) / self._speed)
            if not self._hurried.is_set():
                return

    async def _sleep_until(self, at: datetime, expected_s: float) -> None:
        """Wait for `at` or until hurried; not longer in real time if the clock is set back."""
        sleeping = asyncio.ensure_future(self._clock.sleep_until(at))
        hurrying = asyncio.ensure_future(self._hurried.wait())
        try:
            await asyncio.wait(
                (sleeping, hurrying),
                timeout=1.5 * expected_s + 1.0,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            await cancel((sleeping, hurrying))
