"""An instrument that is nothing but registers: what a manual's table says, over Modbus."""

from collections.abc import Mapping

from simulators.modbus import ILLEGAL_ADDRESS, READ_COILS, WRITE_REGISTER, Refusal


class RegisterMap:
    """A unit with the registers and bits that are given, and no others.

    Parameters
    ----------
    inputs, holdings : mapping of int to int
        Address → word of the input and holding registers.
    coils, discretes : mapping of int to bool
        Address → bit of the coils and discrete inputs.
    """

    def __init__(
        self,
        *,
        inputs: Mapping[int, int] | None = None,
        holdings: Mapping[int, int] | None = None,
        coils: Mapping[int, bool] | None = None,
        discretes: Mapping[int, bool] | None = None,
    ) -> None:
        self.inputs, self.holdings = dict(inputs or {}), dict(holdings or {})
        self.coils, self.discretes = dict(coils or {}), dict(discretes or {})
        self.trouble: str | None = None
        """`silence` or `garbage` while it has that fault."""

    def registers(self, address: int, count: int) -> list[int]:
        """Return input registers."""
        return _of(self.inputs, address, count)

    def holding(self, address: int, count: int) -> list[int]:
        """Return holding registers."""
        return _of(self.holdings, address, count)

    def bits(self, function: int, address: int, count: int) -> list[bool]:
        """Return coils, or discrete inputs."""
        table = self.coils if function == READ_COILS else self.discretes
        return [bool(bit) for bit in _of(table, address, count)]

    def write(self, function: int, address: int, value: int) -> None:
        """Write a coil or a holding register that is there."""
        if function == WRITE_REGISTER:
            _of(self.holdings, address, 1)
            self.holdings[address] = value
        else:
            _of(self.coils, address, 1)
            self.coils[address] = bool(value)

    def fault(self) -> str | None:
        """Return `silence` or `garbage` while the instrument has that fault."""
        return self.trouble


def _of(table: Mapping[int, int], address: int, count: int) -> list[int]:
    try:
        return [table[place] for place in range(address, address + count)]
    except KeyError:
        raise Refusal(ILLEGAL_ADDRESS) from None
