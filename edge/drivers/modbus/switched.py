"""What a register map says of something that can be switched."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from edge.drivers.modbus.table import Register, Table


class Seen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an output's state is read, where that is not where it is written.

    Worked example, a relay that is switched on with 256 in a holding register and then shows 1
    there: `{ table = "holding", register = 1, on = 1, off = 0 }`.
    """

    register: Register
    table: Table = "coil"
    on: Register = 1
    off: Register = 0


class Limit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A holding register with the time after which the device switches itself off."""

    register: Register
    per_s: Annotated[float, Meta(gt=0)] = 1.0
    """Counts for each second, e.g. 10 where the register counts tenths of a second."""
    max_s: Annotated[float, Meta(gt=0)]
    """Longest time that the register takes [s]."""


class RegisterOutput(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[output]]`: something that can be switched, a relay with a siren for example."""

    name: str
    register: Register
    table: Literal["coil", "holding"] = "coil"
    """`coil` is written with function 5, `holding` with function 6."""
    on: Register = 1
    """Number that switches it on; a coil takes 1."""
    off: Register = 0
    seen: Seen | None = None
    limit: Limit | None = None

    def __post_init__(self) -> None:
        if self.on == self.off or (self.table == "coil" and {self.on, self.off} != {0, 1}):
            raise ValueError(f"output `{self.name}`: `on` and `off` differ, and a coil has 0 and 1")

    def shown(self) -> Seen:
        """Return where its state is read."""
        if self.seen:
            return self.seen
        return Seen(register=self.register, table=self.table, on=self.on, off=self.off)
