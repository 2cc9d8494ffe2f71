"""`underground.toml`: the places that may have to be closed, and what they are like."""

from typing import Annotated

from msgspec import Meta, Struct, field

from forewarn.domain.station import Name

Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]


class Closure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[closure]]`: one underpass, metro entrance or basement.

    Worked example: an underpass that is closed at 0.25 m and takes 15 min to clear. With 0.10 m
    inside and 0.30 m/h of rise, water reaches 0.25 m in 30 min: it must be closed within 15.
    """

    place: Name
    """Id of a `[[place]]` of site.toml with `property = "closing"` and `unit = "min"`."""
    closing_m: Positive
    """Depth inside from which it must be closed [m]."""
    clear_min: NotNegative
    """Time needed to close and clear it [min]."""
    area_m2: Positive
    """Surface of the water inside [m2]."""
    deepest_m: Positive
    """How far the floor lies below the street at the entrance [m]."""
    sill_m: NotNegative = 0.0
    """Height of the threshold above the street [m]."""
    width_m: NotNegative = 0.0
    """Of the entrance over which street water comes in [m]."""
    pump_m3_s: NotNegative = 0.0
    """What the pumps take out at most [m3/s]."""
    catchment_m2: NotNegative = 0.0
    """Ramps and roofs whose rain runs in [m2]."""
    street: Name | None = None
    """Place whose forecast depth is the water on the street at the entrance."""
    inside: Name | None = None
    """Place whose forecast depth is the water inside, where the flood map reaches into it."""
    water_depth: str | None = None
    """Datastream of the depth inside [m]."""
    inflow: str | None = None
    """Datastream of what runs in [m3/s]."""
    rain: str | None = None
    """Datastream of the rain on the catchment [mm]."""

    def __post_init__(self) -> None:
        if not (self.street or self.inside or self.water_depth):
            raise ValueError("one of `street`, `inside` and `water_depth` must be given")
        if self.street and not self.width_m:
            raise ValueError("`street` needs `width_m`, the width of the entrance")


class UndergroundPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole underground.toml."""

    closures: tuple[Closure, ...] = field(name="closure")
