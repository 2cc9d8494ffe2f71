"""A siren controller that switches itself off, over Modbus.

Coil 0 (functions 1 and 5): the horn. Holding register 0 (functions 3 and 6): the longest time
on [s], 0: no limit; it counts from each switching on. Input register 0 (function 4): supply
[0.01 V]. Discrete inputs (function 2): 0 the door is open, 1 the driver of the horn has failed.
"""

from collections.abc import Callable

from simulators.modbus import ILLEGAL_ADDRESS, READ_COILS, WRITE_COIL, Refusal

SUPPLY_CENTIVOLT = 2410


class Siren:
    """One siren, a unit on a Modbus line.

    Parameters
    ----------
    steady_s : callable
        Returns real seconds that never run backwards, `time.monotonic` for example.
    fault : callable, optional
        Returns `silence` or `garbage` while it has that fault.
    heard : callable, optional
        Called with True where it begins to sound, with False where it is switched off before
        its time.
    """

    def __init__(
        self,
        steady_s: Callable[[], float],
        fault: Callable[[], str | None] = lambda: None,
        heard: Callable[[bool], None] = lambda on: None,
    ) -> None:
        self._steady_s, self._fault, self._heard = steady_s, fault, heard
        self._limit_s = 0
        self._on_since: float | None = None
        self.door_open = False
        self.failed = False
        """Whether the driver of the horn has failed: the coil then stays off."""
        self.trouble: str | None = None
        """`silence` or `garbage` while it has that fault."""
        self.blasts = 0
        """Times that it was switched on."""

    @property
    def sounding(self) -> bool:
        """Whether the horn sounds."""
        over = self._limit_s and self._on_since is not None
        if over and self._steady_s() - (self._on_since or 0.0) >= self._limit_s:
            self._on_since = None
        return self._on_since is not None

    def registers(self, address: int, count: int) -> list[int]:
        """Return input registers."""
        return _of([SUPPLY_CENTIVOLT], address, count)

    def holding(self, address: int, count: int) -> list[int]:
        """Return holding registers."""
        return _of([self._limit_s], address, count)

    def bits(self, function: int, address: int, count: int) -> list[bool]:
        """Return coils, or discrete inputs."""
        if function == READ_COILS:
            return [bool(bit) for bit in _of([self.sounding], address, count)]
        return [bool(bit) for bit in _of([self.door_open, self.failed], address, count)]

    def write(self, function: int, address: int, value: int) -> None:
        """Switch the horn, or set the longest time on."""
        if address != 0:
            raise Refusal(ILLEGAL_ADDRESS)
        if function != WRITE_COIL:
            self._limit_s = value
        elif value and not self.failed:
            if not self.sounding:
                self.blasts += 1
                self._heard(True)
            self._on_since = self._steady_s()
        else:
            if self.sounding:
                self._heard(False)
            self._on_since = None

    def fault(self) -> str | None:
        """Return `silence` or `garbage` while the siren has that fault."""
        return self.trouble or self._fault()


def _of(table: list[int] | list[bool], address: int, count: int) -> list[int]:
    if address + count > len(table):
        raise Refusal(ILLEGAL_ADDRESS)
    return [int(entry) for entry in table[address : address + count]]
