"""A tipping bucket on a serial line: one byte `T` for each tip, and nothing else."""

import asyncio
from math import floor

from forewarn.domain.clock import Clock
from simulators.faults import Faults
from simulators.line import SerialLine
from simulators.world import World

TIP = b"T"
GARBAGE = b"\x00\xff?\x80"
PAUSE_S = 0.05
"""Real seconds between looks at the rain; at most one tip a look, as a bucket swings."""


class TippingBucket:
    """One bucket that tips each `mm_per_tip` of rain at `datastream`."""

    def __init__(
        self,
        datastream: str,
        *,
        mm_per_tip: float,
        line: SerialLine,
        world: World,
        clock: Clock,
        faults: Faults,
    ) -> None:
        self._datastream, self._mm = datastream, mm_per_tip
        self._station = datastream.partition("/")[0]
        self._line, self._world, self._clock, self._faults = line, world, clock, faults
        self._tipped = self._due()

    async def talk(self) -> None:
        """Send tips as the rain falls, until cancelled."""
        while True:
            await asyncio.sleep(PAUSE_S)
            self._line.write(self.tip())

    def tip(self) -> bytes:
        """Return the byte of one tip if one is due by now, else nothing."""
        if self._tipped >= self._due():
            return b""
        now = self._clock.now().timestamp()
        if self._faults.active(self._station, "frozen", now):
            self._tipped = self._due()
            return b""
        self._tipped += 1
        if self._faults.active(self._station, "silence", now):
            return b""
        if self._faults.active(self._station, "garbage", now):
            return GARBAGE
        doubled = self._faults.active(self._station, "duplicates", now)
        return TIP * int(doubled.amount if doubled else 1)

    def _due(self) -> int:
        fallen = self._world.fallen(self._datastream, self._clock.now().timestamp())
        return floor(fallen / self._mm + 1e-9)
