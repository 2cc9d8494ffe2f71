"""The four tables of Modbus."""

from typing import Annotated, Literal

from msgspec import Meta

Register = Annotated[int, Meta(ge=0, le=65535)]

Table = Literal["input", "holding", "discrete", "coil"]
"""`input` and `holding` are registers (functions 4 and 3), `discrete` and `coil` single bits
(functions 2 and 1)."""

FUNCTIONS: dict[Table, int] = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
"""Function that reads each table."""


def is_bits(table: Table) -> bool:
    """Tell whether `table` holds single bits."""
    return table in ("coil", "discrete")
