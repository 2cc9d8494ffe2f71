"""A weather and wave buoy that talks NMEA 0183 down a serial line.

Sentences: MWV (wind, theoretical, m/s), MTW (water temperature, Celsius) and XDR with one
transducer each: pressure in bar (`P,1.00215,B,BARO`), wave height in metres (`D,2.31,M,HS`).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import reduce
from math import ceil, isnan
from operator import xor

from forewarn.domain.clock import Clock
from simulators.faults import Faults
from simulators.line import SerialLine
from simulators.world import World

GARBAGE = b"$WIMWV,\x00\xfe9,T,\x81*ZZ\r\n~~$$\r\n"
SHORTEST_PAUSE_S = 0.2
"""Real seconds between two bursts, however fast the world's clock runs."""


def sentence(body: str) -> bytes:
    """Return `body` with its dollar, checksum and line end (NMEA 0183, sec. 5.3)."""
    return f"${body}*{reduce(xor, body.encode('ascii'), 0):02X}\r\n".encode("ascii")


class NmeaTalker:
    """One buoy. `talk` sends a burst of sentences at each multiple of `interval`.

    Parameters
    ----------
    station : str
        Its datastreams are `station/wind_speed` and so on; properties the world has not
        are not sent.
    properties : sequence of str
        Of `wind_speed` with `wind_direction`, `water_temperature`, `pressure`, `wave_height`.
    """

    def __init__(
        self,
        station: str,
        properties: Sequence[str],
        *,
        interval: timedelta,
        line: SerialLine,
        world: World,
        clock: Clock,
        faults: Faults,
    ) -> None:
        self._station, self._properties = station, frozenset(properties)
        self._interval, self._line = interval, line
        self._world, self._clock, self._faults = world, clock, faults

    async def talk(self) -> None:
        """Send a burst at each multiple of the interval, until cancelled.

        Where the world's clock is so fast that bursts would come closer than
        `SHORTEST_PAUSE_S`, some are left out.
        """
        fastest = SHORTEST_PAUSE_S * getattr(self._clock, "speed", 1.0)
        step = self._interval * max(1, ceil(fastest / self._interval.total_seconds()))
        while True:
            now = self._clock.now()
            done = now.timestamp() % step.total_seconds()
            await self._clock.sleep_until(now + step - timedelta(seconds=done))
            self._line.write(self.burst(self._clock.now()))

    def burst(self, now: datetime) -> bytes:
        """Return what goes down the line at `now`: sentences, twice, garbage or nothing."""
        at = now.timestamp()
        if self._faults.active(self._station, "silence", at):
            return b""
        if self._faults.active(self._station, "garbage", at):
            return GARBAGE
        doubled = self._faults.active(self._station, "duplicates", at)
        return b"".join(
            sentence(b) * int(doubled.amount if doubled else 1) for b in self._bodies(at)
        )

    def _bodies(self, at: float) -> Iterator[str]:
        speed, direction = self._value("wind_speed", at), self._value("wind_direction", at)
        if not isnan(speed) and not isnan(direction):
            yield f"WIMWV,{direction % 360:.1f},T,{speed:.1f},M,A"
        if not isnan(temperature := self._value("water_temperature", at)):
            yield f"YXMTW,{temperature:.1f},C"
        if not isnan(pressure := self._value("pressure", at)):
            yield f"WIXDR,P,{pressure / 1000:.5f},B,BARO"
        if not isnan(height := self._value("wave_height", at)):
            yield f"YXXDR,D,{height:.2f},M,HS"

    def _value(self, name: str, at: float) -> float:
        if name not in self._properties:
            return float("nan")
        return self._world.current(f"{self._station}/{name}", at)
