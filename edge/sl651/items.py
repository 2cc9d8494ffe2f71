"""What stands in the text of a telegram, in its order. Pure."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from edge.sl651.digits import read_number
from edge.sl651.elements import Element

BlobKind = Literal[
    "manual",
    "picture",
    "velocities",
    "version",
    "pumps",
    "valves",
    "gates",
    "quota",
    "events",
    "unread",
]


class StationMark(Struct, frozen=True):
    """From here on it is about this station."""

    address: str
    """10 digits, as in the head of the frame."""
    kind: str = ""
    """Letter of annex A: `H` a river; empty where none was sent."""


class TimeMark(Struct, frozen=True):
    """When what follows was observed; of values of a span its end, of several the first."""

    at: datetime
    """In the station's zone, without saying which; whole minutes."""


class Step(Struct, frozen=True):
    """How far apart the values are that follow; all zero before hours of five minutes."""

    days: int = 0
    hours: int = 0
    minutes: int = 0

    @property
    def width(self) -> timedelta:
        """Return the step as a duration."""
        return timedelta(days=self.days, hours=self.hours, minutes=self.minutes)


class Series(Struct, frozen=True):
    """Values at equal steps from the time before: of each time, one of each element."""

    elements: tuple[tuple[str, int], ...]
    """Symbol and definition of each, as in `Element`; in HEX frames only one."""
    raws: tuple[bytes, ...]

    def groups(self) -> list[list[Element]]:
        """Return the elements of each time."""
        count = len(self.elements)
        return [
            [
                Element(symbol, raw, definition)
                for (symbol, definition), raw in zip(
                    self.elements, self.raws[at : at + count], strict=False
                )
            ]
            for at in range(0, len(self.raws), count)
        ]


class Asked(Struct, frozen=True):
    """An element or a parameter that the centre asks for: an identifier without a value."""

    code: str
    definition: int = -1


class Span(Struct, frozen=True):
    """The hours that the centre asks for, in the station's zone."""

    start: datetime
    end: datetime


class Parameter(Struct, frozen=True):
    """One entry of the configuration (annex D), as it was sent."""

    code: str
    """Identifier of annex D: `0C` is the way of working."""
    raw: bytes
    definition: int = -1

    def number(self) -> float | None:
        """Return the value of a parameter that is a number (0C, 20-37, …); ValueError if not."""
        return read_number(self.raw, self.definition & 7)


class Blob(Struct, frozen=True):
    """Bytes that mean something as a whole."""

    what: BlobKind
    """`unread`: what could not be read, kept so that nothing is lost."""
    raw: bytes


Item = StationMark | TimeMark | Element | Step | Series | Asked | Span | Parameter | Blob


class Body(Struct, frozen=True, kw_only=True):
    """The text of a telegram."""

    serial: int
    """Number of the telegram, 1-65535; an answer has that of the question."""
    sent: datetime
    """When it was sent, in the station's zone, without saying which."""
    items: tuple[Item, ...] = ()
    faults: tuple[str, ...] = ()
    """What could not be read, and why; the rest stands."""
