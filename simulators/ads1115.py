"""The registers of an ADS1115, in the place of an I²C bus: for tests where there is no bus.

Written from the datasheet (Texas Instruments SBAS444, tables 8-2 and 8-3): a pointer, the
conversion and configuration registers, big-endian; bit 15 of the configuration starts a
conversion and reads 0 until it is done.
"""

from collections.abc import Callable
from errno import EREMOTEIO

FULL_SCALE_V = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)
RESET = 0x8583


class Ads1115Bus:
    """Has what smbus2's SMBus has, with one converter on it.

    Parameters
    ----------
    volts : callable
        Returns the voltage at an input, 0 to 3 [V].
    """

    def __init__(self, volts: Callable[[int], float], *, address: int = 0x48) -> None:
        self._volts, self._address = volts, address
        self._configuration, self._conversion = RESET, 0
        self.busy_for = 0
        """Looks at the configuration until a conversion is done."""
        self._left = 0
        self.closed = False

    def write_i2c_block_data(self, address: int, register: int, block: list[int]) -> None:
        """Write a register; OSError where nobody is at `address`."""
        self._there(address)
        if register != 1 or len(block) != 2:
            raise ValueError(f"register {register} of an ADS1115 is not written with {block}")
        self._configuration = block[0] << 8 | block[1]
        if self._configuration & 0x8000:
            self._left = self.busy_for
            self._conversion = self._converted()

    def read_i2c_block_data(self, address: int, register: int, length: int) -> list[int]:
        """Read a register; OSError where nobody is at `address`."""
        self._there(address)
        word = self._conversion
        if register == 1:
            ready = 0x8000 if self._left <= 0 else 0
            self._left -= 1
            word = self._configuration & 0x7FFF | ready
        return list(word.to_bytes(2, "big"))[:length]

    def close(self) -> None:
        """Let go of the bus."""
        self.closed = True

    def _converted(self) -> int:
        multiplexer = self._configuration >> 12 & 7
        if multiplexer < 4:
            raise ValueError("only inputs against ground are wired here")
        scale = FULL_SCALE_V[self._configuration >> 9 & 7]
        steps = round(self._volts(multiplexer - 4) / scale * 32768)
        return max(min(steps, 32767), -32768) & 0xFFFF

    def _there(self, address: int) -> None:
        if address != self._address:
            raise OSError(EREMOTEIO, "Remote I/O error")
