"""What is wanted of one set of entities, without the words it was asked in."""

from msgspec import Struct

from forewarn.storage.things.expressions import Expression, Path

DEFAULT_TOP = 100
"""Entities of one page where nobody says how many."""


class Order(Struct, frozen=True):
    """One key of `$orderby`."""

    path: Path
    descending: bool = False


class Expand(Struct, frozen=True):
    """A neighbour that comes along: `Datastreams/Sensor` is an Expand within an Expand."""

    name: str
    options: "Options"
    written: tuple[tuple[str, str], ...] = ()
    """The options as (name, text), for the address of a next page."""


class Options(Struct, frozen=True, kw_only=True):
    """What is wanted of one set of entities."""

    filter: Expression | None = None
    expand: tuple[Expand, ...] = ()
    select: tuple[str, ...] = ()
    """Empty: everything."""
    order: tuple[Order, ...] = ()
    top: int = DEFAULT_TOP
    skip: int = 0
    count: bool = False
    data_array: bool = False


class Step(Struct, frozen=True):
    """One part of the way to what is asked for: `Datastreams(3)` or `Sensor`."""

    name: str
    """A set of entities for the first step, then a neighbour of the step before."""
    id: int | None = None
