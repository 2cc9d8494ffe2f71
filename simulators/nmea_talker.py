"""A weather and wave buoy that talks NMEA 0183 down a serial line.

Sentences: MWV (wind, theoretical, m/s), MTW (water temperature, Celsius) and XDR with one
transducer each: pressure in bar (`P,1.00215,B,BARO`), wave height in metres (`D,2.31,M,HS`).
With an anchor also GGA: the buoy swings around it, its GPS scatters, and it can drift away.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from math import ceil, cos, isnan, radians
from operator import xor
from random import Random

from forewarn.domain.clock import Clock
from simulators.faults import Faults
from simulators.line import SerialLine
from simulators.world import World

GARBAGE = b"$WIMWV,\x00\xfe9,T,\x81*ZZ\r\n~~$$\r\n"
SHORTEST_PAUSE_S = 0.2
"""Real seconds between two bursts, however fast the world's clock runs."""
SWING_M, SCATTER_M = 15.0, 3.0
"""How far the buoy swings around its anchor, and its GPS's standard deviation [m]."""
METRES_PER_DEGREE = 111_195.0


def sentence(body: str) -> bytes:
    """Return `body` with its dollar, checksum and line end (NMEA 0183, sec. 5.3)."""
    return f"${body}*{reduce(xor, body.encode('ascii'), 0):02X}\r\n".encode("ascii")


def _angle(degrees: float, digits: int) -> str:
    """Return an angle as NMEA writes it, `2957.0123` or `12145.6000`."""
    tenths = round(abs(degrees) * 600_000)
    return f"{tenths // 600_000:0{digits}d}{tenths % 600_000 / 10_000:07.4f}"


class NmeaTalker:
    """One buoy. `talk` sends a burst of sentences at each multiple of `interval`.

    Parameters
    ----------
    station : str
        Its datastreams are `station/wind_speed` and so on; properties the world has not
        are not sent.
    properties : sequence of str
        Of `wind_speed` with `wind_direction`, `water_temperature`, `pressure`, `wave_height`.
    anchor : (latitude, longitude), optional
        Where it lies [deg]; None: it does not say where it is.
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
        anchor: tuple[float, float] | None = None,
    ) -> None:
        self._anchor = anchor
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
        if self._anchor:
            yield self._fix(at, *self._anchor)

    def _fix(self, at: float, latitude: float, longitude: float) -> str:
        """Return a GGA body; adrift, the buoy goes north-east at `amount` m/s."""
        adrift = self._faults.active(self._station, "adrift", at)
        away = adrift.amount * (at - adrift.start) if adrift else 0.0
        random = Random(f"{self._station} {at}")
        turn = 2 * 3.14159 * at / 22_350  # it swings with a semidiurnal tide, half as often
        north = 0.7071 * away + SWING_M * cos(turn) + random.gauss(0, SCATTER_M)
        east = 0.7071 * away + SWING_M * cos(turn + 1.57) + random.gauss(0, SCATTER_M)
        latitude += north / METRES_PER_DEGREE
        longitude += east / (METRES_PER_DEGREE * cos(radians(latitude)))
        clock = datetime.fromtimestamp(at, UTC).strftime("%H%M%S")
        return (
            f"GPGGA,{clock},{_angle(latitude, 2)},{'N' if latitude >= 0 else 'S'},"
            f"{_angle(longitude, 3)},{'E' if longitude >= 0 else 'W'},1,09,0.9,1.5,M,10.0,M,,"
        )

    def _value(self, name: str, at: float) -> float:
        if name not in self._properties:
            return float("nan")
        return self._world.current(f"{self._station}/{name}", at)
