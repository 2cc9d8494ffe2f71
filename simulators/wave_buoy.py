"""A wave buoy that sends its raw heave and displacements down a serial line, as text.

One line for each sample, `time,heave,north,east`: Unix seconds with two decimals, metres with two
decimals. The sea is that of the world's `wave_height`, with a period and direction that follow it.
"""

import asyncio
from math import isnan, sqrt

from forewarn.domain.clock import Clock
from simulators.faults import Faults
from simulators.line import SerialLine
from simulators.world import World
from simulators.world.waves import Sea

GARBAGE = b"1722477\xff,0.5,\x00,,\r\n~~~\r\n"
PAUSE_S = 0.2
"""Real seconds between two bursts of samples."""
LONGEST_BURST_S = 60.0
"""World time of samples in one burst; what is older is skipped, as after a pause of the process."""


class WaveBuoy:
    """One buoy over `station`'s `wave_height`.

    Parameters
    ----------
    rate_hz : float
        Samples a second of world time.
    """

    def __init__(
        self,
        station: str,
        *,
        rate_hz: float,
        line: SerialLine,
        world: World,
        clock: Clock,
        faults: Faults,
        seed: int = 1,
    ) -> None:
        self._station, self._rate, self._line = station, rate_hz, line
        self._world, self._clock, self._faults = world, clock, faults
        self._seed = seed
        self._sea: Sea | None = None
        self._height = 0.0
        self._sent = int(clock.now().timestamp() * rate_hz)

    async def talk(self) -> None:
        """Send what the buoy sampled since the last burst, until cancelled."""
        while True:
            await asyncio.sleep(PAUSE_S)
            self._line.write(self.burst(self._clock.now().timestamp()))

    def burst(self, now: float) -> bytes:
        """Return the lines of the samples up to Unix time `now`."""
        newest = int(now * self._rate)
        first = max(self._sent + 1, newest - int(LONGEST_BURST_S * self._rate))
        self._sent = newest
        times = [place / self._rate for place in range(first, newest + 1)]
        if not times or self._faults.active(self._station, "silence", now):
            return b""
        if self._faults.active(self._station, "garbage", now):
            return GARBAGE
        sea = self._sea_of(now)
        if sea is None:
            return b""
        scale = self._world.current(f"{self._station}/wave_height", now) / self._height
        heave, north, east = sea.at(times)
        lines = zip(times, scale * heave, scale * north, scale * east, strict=True)
        return b"".join(b"%.2f,%.2f,%.2f,%.2f\r\n" % sample for sample in lines)

    def _sea_of(self, now: float) -> Sea | None:
        """Return the sea; a new one, with another period, once the height has changed by half."""
        height = self._world.current(f"{self._station}/wave_height", now)
        if isnan(height) or height <= 0:
            return None
        if self._sea is None or not 0.67 < height / self._height < 1.5:
            direction = self._world.current(f"{self._station}/wind_direction", now)
            self._height = height
            self._sea = Sea(
                hs=height,
                tp=max(3.0, 5.0 * sqrt(height)),
                coming_from_deg=90.0 if isnan(direction) else direction,
                seed=self._seed,
            )
        return self._sea
