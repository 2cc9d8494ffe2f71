"""One I²C bus of a Raspberry Pi, shared by the converters on it."""

import asyncio
import time
from typing import Any

from edge import DriverError
from edge.address import OtherAddress
from edge.drivers.ads1115.decode import (
    CONFIGURATION,
    CONVERSION,
    CONVERSION_S,
    READY,
    bus_of,
    configuration,
)
from edge.lines import Lines

LOOKS = 10
"""How often a conversion that should be done is looked at before the device counts as hung."""


class I2cBus:
    """A bus with one lock; each conversion runs in a thread, because the bus blocks."""

    def __init__(self, name: str, lines: Lines) -> None:
        self._name, self._lines = name, lines
        self._lock = asyncio.Lock()
        self._bus: Any = None

    async def convert(self, who: str, address: int, place: int, range_v: str) -> int:
        """Return the word of one conversion of input `place`; DriverError begins with `who`."""
        async with self._lock:
            found = self._lines.address(self._name)
            where = f"{who}: ADS1115 0x{address:02X} at {found}"
            try:
                if self._bus is None:
                    self._bus = _opened(found.url if isinstance(found, OtherAddress) else "")
                return await asyncio.to_thread(self._convert, address, place, range_v)
            except ImportError as error:
                raise DriverError(f"{where}: needs `pip install 'forewarn[pi]'`") from error
            except (OSError, ValueError) as error:
                self.close()
                raise DriverError(f"{where}: input {place}: {error}") from error

    def _convert(self, address: int, place: int, range_v: str) -> int:
        word = configuration(place, range_v)
        self._bus.write_i2c_block_data(address, CONFIGURATION, list(word.to_bytes(2, "big")))
        for _ in range(LOOKS):
            time.sleep(CONVERSION_S)
            if self._word(address, CONFIGURATION) & READY:
                return self._word(address, CONVERSION)
        raise OSError(f"not done after {LOOKS * CONVERSION_S:g} s")

    def _word(self, address: int, register: int) -> int:
        return int.from_bytes(bytes(self._bus.read_i2c_block_data(address, register, 2)), "big")

    def close(self) -> None:
        """Let go of the bus; the next conversion opens it again."""
        bus, self._bus = self._bus, None
        if bus is not None:
            bus.close()


def _opened(url: str) -> Any:
    import smbus2

    return smbus2.SMBus(bus_of(url))
