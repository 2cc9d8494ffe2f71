"""`vitals.toml`: the indicators of a city."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct, field

from forewarn.domain.station import Name
from stream.models.vitals import Bounds


class Indicator(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[indicator]]`: one vital sign.

    Worked example: the highest stage of the city as a share of its warning level::

        [[indicator]]
        id = "river-load"
        name = "Rivers, share of the warning level"
        unit = "1"
        area = "city"
        formula = 'max(latest("*/stage @ city") / threshold("*/stage", "yellow"))'
        near = 0.9
        overload = 1.0
        tell = ["flood-office"]
    """

    id: Name
    name: str
    unit: str
    """Of the formula's value, as UCUM; `1` where it has none."""
    area: Name
    """Area under which it is shown."""
    formula: str
    """docs/models/vitals.md has the language."""
    near: float
    """Bound from which it is near overload."""
    overload: float
    """Bound from which it is in overload; below `near` where low values are bad."""
    tell: tuple[str, ...] = ()
    """Groups who are told when it leaves normal."""
    stale_after: timedelta = timedelta(minutes=10)
    """An observation older than this, and than three of its intervals, is missing."""
    least: Annotated[float, Meta(ge=0, le=1)] = 1.0
    """Share of its datastreams that must be there for it to be normal; with fewer it is unknown,
    unless it is near overload or in overload by those that are there."""
    place: Name | None = None
    """Id of a `[[place]]` of kind `indicator` under which its warnings go out: property `load`,
    0 where it is near overload, 1 where it is in overload."""

    def __post_init__(self) -> None:
        Bounds(self.near, self.overload)


class VitalsPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole vitals.toml."""

    indicators: tuple[Indicator, ...] = field(name="indicator")
