"""What a site's flood map is made from: the schema of `sites/<id>/inundation.toml`."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct, field

Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Point = tuple[float, float]
"""(latitude, longitude) [deg]."""
Line = Annotated[tuple[Point, ...], Meta(min_length=2)]
Ring = Annotated[tuple[Point, ...], Meta(min_length=3)]


class Surface(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How ground takes and slows water."""

    manning: Positive = 0.035
    """Manning's roughness between the buildings [s/m^(1/3)]."""
    built_share: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """Share of the width that buildings narrower than a cell bar [-]."""
    infiltration_mm_h: NotNegative = 0.0
    """What the soil takes of rain and ponded water [mm/h]."""
    drain_mm_h: NotNegative = 0.0
    """What the drains carry away while their outfall runs freely [mm/h]."""


class Outfall(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a district's drains meet a river; its sluice keeps the river out."""

    river: str
    km: float
    """On the river's chainage [km]."""
    closes_m: float
    """Stage of the river at which no water leaves by gravity [m above datum]."""
    head_m: Positive = 1.0
    """The outfall runs freely when the river is this much lower [m]."""
    pumped_share: Share = 0.0
    """What pumps still carry when the sluice is shut, as a share of `drain_mm_h`."""


class District(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the ground with one surface and one system of drains."""

    id: str
    polygon: Ring
    surface: Surface = field(default_factory=Surface)
    outfall: Outfall | None = None
    """None: the drains always run."""


class Gauge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stage of the chain, somewhere on a river; it may lie off the raster."""

    datastream: str
    km: float


class LowSpot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an embankment is lower than its neighbours."""

    side: str
    """`left` or `right`, looking downstream."""
    km: tuple[float, float]
    """From here to there on the river's chainage [km]."""
    crest_m: float

    def __post_init__(self) -> None:
        if self.side not in ("left", "right"):
            raise ValueError(f"low spot: side `{self.side}` is neither `left` nor `right`")


class Breach(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an embankment gives way once the river has risen so far."""

    side: str
    km: tuple[float, float]
    fails_m: float
    """Stage of the river at which it breaks [m above datum]."""
    crest_m: float
    """What is left of it."""
    over: timedelta = timedelta(minutes=20)
    """How long it takes to give way."""

    def __post_init__(self) -> None:
        if self.side not in ("left", "right"):
            raise ValueError(f"breach: side `{self.side}` is neither `left` nor `right`")


class River(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A river whose stage comes from the chain; it is where its water meets the ground."""

    id: str
    path: Line
    """Its middle, downstream."""
    from_km: float
    """Chainage of the first point of `path` [km]."""
    width_m: tuple[Positive, Positive]
    """At the first and the last point [m]."""
    crest_m: tuple[float, float]
    """Height of the embankments at the first and the last point [m above datum]."""
    gauges: tuple[Gauge, ...] = field(name="gauge")
    low_spots: tuple[LowSpot, ...] = field(name="low_spot", default=())
    breaches: tuple[Breach, ...] = field(name="breach", default=())

    def __post_init__(self) -> None:
        if not self.gauges:
            raise ValueError(f"river `{self.id}`: needs at least one [[river.gauge]]")
        kms = [gauge.km for gauge in self.gauges]
        if sorted(set(kms)) != kms:
            raise ValueError(f"river `{self.id}`: km of its gauges must ascend, downstream")


class Wall(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An embankment, a railway or a flood wall, thinner than a cell."""

    id: str
    path: Line
    crest_m: tuple[float, float]
    """At the first and the last point [m above datum]."""


class Underpass(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A road that dips below the ground around it."""

    id: str
    path: Line
    floor_m: float
    """Height of its lowest part above datum [m]."""


class Buildings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Buildings wider than a cell, as blocks that water flows around."""

    id: str
    polygon: Ring
    height_m: Positive = 3.0


class Rain(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A catchment of the chain whose rain falls here, on the cells nearest to its centre."""

    catchment: str
    latitude: float
    longitude: float


class InundationPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole inundation.toml."""

    name: str
    """Name of the model, kept with each map."""
    area: str
    """The area of site.toml that the map is for."""
    terrain: str
    """Raster of the ground, beside inundation.toml [m above the gauges' datum]."""
    terrain_crs: str = ""
    """What the raster is in, where it does not say so itself."""
    crs: str
    """A metric coordinate system, as `EPSG:32651`; the raster is brought into it."""
    cell_m: Positive
    horizon: timedelta = timedelta(hours=3)
    step: timedelta = timedelta(minutes=10)
    """Leads of the depths at places."""
    zone_step: timedelta = timedelta(minutes=30)
    """Leads of the zones."""
    members: Annotated[int, Meta(ge=1)] = 12
    """At most so many members of the ensemble are run."""
    depths_m: tuple[Positive, ...] = (0.15, 0.3, 0.5, 1.0)
    probabilities: tuple[Share, ...] = (0.2, 0.5, 0.8)
    from_gauge_model: tuple[str, ...] = ()
    """Stages whose quantiles the site's gauge model knows better than the chain: the members
    get them (stream/models/flood/coupling.py). A hindcast of both tells which."""
    place_radius_m: Positive = 30.0
    """Depth at a place is the greatest within this distance."""
    largest_hole_m2: NotNegative = 10_000.0
    """Larger holes of the raster are no ground."""
    surface: Surface = field(default_factory=Surface)
    """Of what lies in no district."""
    rain: tuple[Rain, ...]
    rivers: tuple[River, ...] = field(name="river", default=())
    districts: tuple[District, ...] = field(name="district", default=())
    walls: tuple[Wall, ...] = field(name="wall", default=())
    underpasses: tuple[Underpass, ...] = field(name="underpass", default=())
    buildings: tuple[Buildings, ...] = field(name="buildings", default=())
    invented: str = ""
    """What of this is made up."""

    def __post_init__(self) -> None:
        if not self.rain:
            raise ValueError("needs at least one [[rain]]: the catchment whose rain falls here")
        rivers = {river.id for river in self.rivers}
        for district in self.districts:
            if district.outfall and district.outfall.river not in rivers:
                raise ValueError(
                    f"district `{district.id}`: no river `{district.outfall.river}`; "
                    f"there are {', '.join(sorted(rivers)) or 'none'}"
                )
        for river in self.rivers:
            low = river.from_km
            for km in (s.km for stretches in (river.low_spots, river.breaches) for s in stretches):
                if not low <= km[0] < km[1]:
                    raise ValueError(
                        f"river `{river.id}`: km {list(km)} of a low spot or breach must ascend "
                        f"and begin at {low} or below it"
                    )
        if self.horizon % self.step or self.zone_step % self.step or self.horizon < self.step:
            raise ValueError("`horizon` and `zone_step` must be multiples of `step`")
        for name, values in (("depths_m", self.depths_m), ("probabilities", self.probabilities)):
            if not values or sorted(set(values)) != list(values):
                raise ValueError(f"`{name}` must ascend, e.g. [0.15, 0.3, 0.5, 1.0]")
