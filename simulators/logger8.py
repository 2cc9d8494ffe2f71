"""The FW-L8 logger: up to eight channels and a ring of records, over Modbus.

Input registers (function 4), big-endian words and bytes::

    0      status: bit 0 clock not set, bit 1 battery low
    1      channels n, 1 to 8
    2      logging interval [s]
    3      memory depth [records, at most 720]
    4-5    Unix time of the newest record, uint32
    6-7    number of the newest record, uint32; counts from 1 since memory was cleared
    8-9    reserved, 0
    10+2c  current value of channel c, float32; quiet NaN: sensor fault
    100 + slot * (2 + 2n)   ring; slot = (record number - 1) mod depth;
           a record is its Unix time (uint32) and n float32; NaN: sensor fault at that time

Everything is computed from the world when it is asked for.
"""

import struct
from collections.abc import Sequence
from math import ceil, isnan

from forewarn.domain.clock import Clock
from forewarn.domain.errors import ConfigError
from simulators.faults import Faults
from simulators.modbus import ILLEGAL_ADDRESS, Refusal
from simulators.world import World

RING = 100
DEEPEST = 720
QUIET_NAN = 0x7FC00000


class Logger8:
    """One logger, a unit on a Modbus line.

    Parameters
    ----------
    station : str
        Where it stands; its faults are asked for by this name.
    channels : sequence of str
        Datastream key of each channel, one to eight.
    interval_s : int
        Logging interval [s]. Records are at multiples of it, Unix time.
    depth : int
        Records that the memory holds, at most 720.
    """

    def __init__(
        self,
        station: str,
        channels: Sequence[str],
        *,
        interval_s: int,
        world: World,
        clock: Clock,
        faults: Faults,
        depth: int = DEEPEST,
    ) -> None:
        if not 1 <= len(channels) <= 8 or not 1 <= depth <= DEEPEST or not 0 < interval_s < 0x10000:
            raise ConfigError(
                f"logger `{station}`: {len(channels)} channels, {depth} records, {interval_s} s; "
                f"it takes 1 to 8 channels, 1 to {DEEPEST} records, 1 to 65535 s"
            )
        self._station, self._channels = station, tuple(channels)
        self._interval, self._depth = interval_s, depth
        self._world, self._clock, self._faults = world, clock, faults
        self._width = 2 + 2 * len(self._channels)
        self._oldest = ceil(world.first / interval_s) * interval_s

    def registers(self, address: int, count: int) -> list[int]:
        """Return `count` registers from `address` on, as they are now."""
        now = self._now()
        known = self._fixed(now)
        for slot in self._slots(address, count):
            known.update(enumerate(self._record(slot, now), RING + slot * self._width))
        try:
            return [known[place] for place in range(address, address + count)]
        except KeyError:
            raise Refusal(ILLEGAL_ADDRESS) from None

    def fault(self) -> str | None:
        """Return `silence` or `garbage` while the logger has that fault."""
        now = self._now()
        active = (k for k in ("silence", "garbage") if self._faults.active(self._station, k, now))
        return next(active, None)

    def newest(self, now: float) -> int:
        """Return the number of the newest record at `now` (Unix s); 0 while there is none."""
        late = self._faults.active(self._station, "late", now)
        until = min(max(late.start, now - late.amount) if late else now, self._world.last)
        return max(0, int((until - self._oldest) // self._interval) + 1)

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _fixed(self, now: float) -> dict[int, int]:
        """Return the words outside the ring, by address."""
        newest = self.newest(now)
        time = self._shown_time(newest, now) if newest else 0
        header = [0, len(self._channels), self._interval, self._depth]
        header += [*_words(time), *_words(newest), 0, 0]
        return dict(enumerate([*header, *self._values(newest)]))

    def _slots(self, address: int, count: int) -> range:
        """Return the slots of the ring that a request touches."""
        first = max(0, (address - RING) // self._width)
        return range(first, min(self._depth, (address + count - 1 - RING) // self._width + 1))

    def _record(self, slot: int, now: float) -> list[int]:
        """Return the words of the record in `slot`: the newest one that falls there."""
        newest = self.newest(now)
        number = newest - (newest - 1 - slot) % self._depth
        if number < 1:
            return [0] * self._width
        return [*_words(self._shown_time(number, now)), *self._values(number)]

    def _time(self, number: int) -> int:
        return self._oldest + (number - 1) * self._interval

    def _shown_time(self, number: int, now: float) -> int:
        ahead = self._faults.active(self._station, "clock", now)
        return self._time(number) + int(ahead.amount if ahead else 0)

    def _values(self, number: int) -> list[int]:
        """Return the channels' words of record `number`; all are sensor faults where it is 0."""
        if number < 1:
            return _words(QUIET_NAN) * len(self._channels)
        at = float(self._time(number))
        values = (self._world.recorded(channel, at) for channel in self._channels)
        return [word for value in values for word in _float_words(value)]


def _words(number: int) -> list[int]:
    return [number >> 16 & 0xFFFF, number & 0xFFFF]


def _float_words(value: float) -> list[int]:
    if isnan(value):
        return _words(QUIET_NAN)
    return list(struct.unpack(">HH", struct.pack(">f", value)))
