"""The tree of a `$filter`: OData 4.0 expressions, as SensorThings 1.1 (table 22) uses them."""

from datetime import datetime, timedelta
from typing import TypeAlias

from msgspec import Struct

Value: TypeAlias = str | float | bool | datetime | timedelta | None


class Literal(Struct, frozen=True):
    """A constant; times are aware."""

    value: Value


class Geometry(Struct, frozen=True):
    """A place in WKT, longitude first: `POINT(121.5 29.9)`. The text is not checked here."""

    wkt: str


class Path(Struct, frozen=True):
    """A property, perhaps of a neighbour: `Thing/@iot.id` is `("Thing", "@iot.id")`."""

    steps: tuple[str, ...]


class Call(Struct, frozen=True):
    """A function of as many arguments as it takes."""

    name: str
    arguments: "tuple[Expression, ...]"


class Unary(Struct, frozen=True):
    """`not` or `-`."""

    operator: str
    operand: "Expression"


class Binary(Struct, frozen=True):
    """`or and eq ne gt ge lt le add sub mul div mod`."""

    operator: str
    left: "Expression"
    right: "Expression"


Expression: TypeAlias = Literal | Geometry | Path | Call | Unary | Binary
