"""A radar gauge above the water, over Modbus: three input registers and no memory.

Input registers (function 4), big-endian: 0-1 distance to the water [m], float32;
2 status, bit 0: echo lost (the distance is then NaN).
"""

import struct
from math import isnan

from forewarn.domain.clock import Clock
from simulators.faults import Faults
from simulators.modbus import ILLEGAL_ADDRESS, Refusal
from simulators.world import World

ECHO_LOST = 1


class RadarLevel:
    """One radar gauge, a unit on a Modbus line.

    Parameters
    ----------
    datastream : str
        Key of the stage it looks at, `meixu/stage`.
    elevation_m : float
        Height of the sensor above the gauge's datum [m]; distance = elevation - stage.
    """

    def __init__(
        self, datastream: str, *, elevation_m: float, world: World, clock: Clock, faults: Faults
    ) -> None:
        self._datastream, self._elevation = datastream, elevation_m
        self._station = datastream.partition("/")[0]
        self._world, self._clock, self._faults = world, clock, faults

    def registers(self, address: int, count: int) -> list[int]:
        """Return `count` registers from `address` on, as they are now."""
        if address + count > 3:
            raise Refusal(ILLEGAL_ADDRESS)
        stage = self._world.current(self._datastream, self._clock.now().timestamp())
        high, low = struct.unpack(">HH", struct.pack(">f", self._elevation - stage))
        words = [0x7FC0, 0, ECHO_LOST] if isnan(stage) else [high, low, 0]
        return words[address : address + count]

    def fault(self) -> str | None:
        """Return `silence` or `garbage` while the gauge has that fault."""
        now = self._clock.now().timestamp()
        active = (k for k in ("silence", "garbage") if self._faults.active(self._station, k, now))
        return next(active, None)
