"""What drains where: the schema of `sites/<id>/basin.toml`, for the physical flood chain.

Heights are metres above the datum of the site's stages; kilometres along a reach count from its
upper end. `load(path, Basin)` of forewarn.domain.config reads the file.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from stream.models.flood.harmonics import SPEEDS_DEG_PER_H
from stream.models.flood.rain.climate import RainClimate

Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]


class RainGauge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A datastream with rain [mm], and where it stands."""

    datastream: str
    interval_min: Annotated[int, Meta(ge=1, le=1440)] = 1
    """Each amount fell in the so many minutes up to its time."""
    latitude: Latitude
    longitude: Longitude
    factor: Positive = 1.0
    """Its rain is divided by this to get that of the open country around it: a gauge on a
    windward slope catches more, say 1.2."""


class Catchment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sub-catchment, and the parameters of its runoff."""

    id: str
    latitude: Latitude
    longitude: Longitude
    """Of its centre."""
    area_km2: Positive
    rain_factor: Positive = 1.0
    """Its rain over that of the open country [-]: hills make rain."""
    reach: str = ""
    """Reach it drains into; empty: its outlet is the end of the model (a gauge may stand there)."""
    km: tuple[NotNegative, NotNegative] = (0.0, 0.0)
    """It drains evenly into its reach from here to there."""
    runoff: dict[str, float] = field(default_factory=dict)
    """Parameters of stream.models.flood.runoff.xinanjiang by name; absent ones are its defaults."""


class Reach(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of river between two nodes; bed, banks and width change evenly along it."""

    id: str
    into: str = ""
    """Reach it flows into, at that one's upper end; empty: the sea, or the end of the model."""
    routing: Literal["inertial", "muskingum-cunge"] = "inertial"
    """`inertial` where the water below can back it up; `muskingum-cunge` in hills, upstream of
    all inertial reaches."""
    length_km: Positive
    width_m: tuple[Positive, Positive]
    bed_m: tuple[float, float]
    bank_m: tuple[float, float]
    plain_m: NotNegative = 0.0
    """Width of the land on both sides that floods above the banks [m]."""
    manning: Positive = 0.03
    """Roughness of the channel [s/m^(1/3)] …"""
    plain_manning: Positive = 0.06
    """… and of the land beside it."""

    def __post_init__(self) -> None:
        if any(bank <= bed for bank, bed in zip(self.bank_m, self.bed_m, strict=True)):
            raise ValueError(f"reach `{self.id}`: `bank_m` must lie above `bed_m` at both ends")
        if self.routing == "muskingum-cunge" and self.bed_m[0] <= self.bed_m[1]:
            raise ValueError(
                f"reach `{self.id}`: muskingum-cunge needs a bed that falls; use inertial"
            )


class Rating(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Discharge [m3/s] = coefficient · (stage − zero_m)^exponent."""

    coefficient: Positive
    zero_m: float
    exponent: Positive = 1.67


class Gauge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A station that sees the river: on a reach, or at the outlet of a catchment."""

    stage: str = ""
    """Datastream of its stage [m]."""
    discharge: str = ""
    """Datastream of its discharge [m3/s], positive downstream."""
    reach: str = ""
    km: NotNegative = 0.0
    catchment: str = ""
    """Instead of a reach: the catchment at whose outlet it stands."""
    rating: Rating | None = None
    """Needed for a stage at a catchment's outlet or on a muskingum-cunge reach."""
    stage_error_m: Positive = 0.03
    """Standard deviation of what the model's stage cannot know of the gauge's: instrument, waves,
    local slope of the water."""
    discharge_error: Positive = 0.1
    """The same for discharge, relative to it."""
    discharge_floor_m3_s: Positive = 1.0
    """… and at least this [m3/s]."""
    use_stage: bool = True
    use_discharge: bool = True
    """Whether the filter listens to them; a rating nobody trusts is forecast and left out."""

    def __post_init__(self) -> None:
        name = self.stage or self.discharge
        if not name:
            raise ValueError("a gauge needs `stage`, `discharge` or both")
        if bool(self.reach) == bool(self.catchment):
            raise ValueError(f"gauge `{name}`: needs either `reach` or `catchment`")
        if self.catchment and self.stage and self.rating is None:
            raise ValueError(f"gauge `{name}`: a stage at a catchment's outlet needs a `rating`")


class Weather(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the weather at sea lifts it: with p [hPa] and the wind's speed U and component u where it
    blows to the east, v to the north [m/s], the sea follows, with the delay `response_h`::

        rise = per_hpa (1010 - p) + per_wind · (U u, U v) + per_gale · (U² u, U² v) / 30 m/s
    """

    pressure: str
    """Datastream [hPa]."""
    wind_speed: str
    """Datastream [m/s]."""
    wind_direction: str
    """Datastream: where it blows from [deg]."""
    per_hpa: float = 0.01
    """[m/hPa]; 0.01 is the inverse barometer."""
    per_wind: tuple[float, float] = (0.0, 0.0)
    """[m/(m/s)²]"""
    per_gale: tuple[float, float] = (0.0, 0.0)
    """[m/(m/s)²]"""
    response_h: Positive = 2.5


class Sea(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sea at the end of the reach that flows into no other."""

    tide: str
    """Datastream of the level at the mouth [m]."""
    mean_m: float = 0.0
    """Mean level [m]."""
    constituents: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Name of stream.models.flood.harmonics → (cosine, sine) amplitudes [m], of Unix time."""
    weather: Weather | None = None
    """Without: the residual (observed − tide) goes on as it did, for a while."""
    memory_h: Positive = 12.0
    """e-folding time of what neither tide nor weather explains [h]."""
    spread_m: NotNegative = 0.03
    """Standard deviation of the level foreseen three hours ahead in calm weather [m] …"""
    spread_share: NotNegative = 0.3
    """… and what a storm adds: this share of the residual, or of what the weather calls for."""
    unknown_m: Positive = 0.3
    """Standard deviation of the residual where nothing was observed [m]."""
    error_m: Positive = 0.02
    """Error of the tide gauge as the level at the mouth [m]."""

    def __post_init__(self) -> None:
        strange = [name for name in self.constituents if name not in SPEEDS_DEG_PER_H]
        if strange:
            known = ", ".join(SPEEDS_DEG_PER_H)
            raise ValueError(f"no constituent `{strange[0]}` of the tide; there are: {known}")


class Gate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sluice that lets a reach's water out and closes when the water outside is higher."""

    id: str
    reach: str
    km: NotNegative
    to_reach: str = ""
    """Empty: out to the sea."""
    to_km: NotNegative = 0.0
    sill_m: float
    width_m: Positive
    opening_m: Positive
    """Height that is open under its edge [m]."""
    coefficient: Positive = 0.8
    reopen_m: NotNegative = 0.05
    """How much higher the inside has to stand before it opens again [m]."""


class Pump(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lifts water from a reach over to the sea, or to another reach."""

    id: str
    reach: str
    km: NotNegative
    to_reach: str = ""
    """Empty: out to the sea."""
    to_km: NotNegative = 0.0
    capacity_m3_s: Positive
    start_m: float
    """Starts when the stage is above this …"""
    stop_m: float
    """… and stops below this."""

    def __post_init__(self) -> None:
        if self.stop_m >= self.start_m:
            raise ValueError(f"pump `{self.id}`: `stop_m` must be below `start_m`")


class Updating(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the ensemble is made and corrected."""

    members: Annotated[int, Meta(ge=8, le=500)] = 40
    every_min: Annotated[int, Meta(ge=1)] = 10
    """The filter corrects so often [min] …"""
    spacing_min: Annotated[int, Meta(ge=1)] = 10
    """… with one value of each gauge for so many minutes …"""
    window_min: Annotated[int, Meta(ge=1)] = 60
    """… and takes late values up to this old [min]."""
    reach_km: Positive = 40.0
    """Along the river a gauge corrects water no further below it, or in other branches, than
    this [km] …"""
    upstream_km: Positive = float("inf")
    """… and no further above it than this [km]."""
    inflation: Annotated[float, Meta(ge=1)] = 1.0
    """Anomalies are multiplied by this at each correction."""
    rain_error: NotNegative = 0.4
    """Standard deviation of the logarithm of a catchment's rain factor [-]."""
    rain_error_h: Positive = 6.0
    """How long such an error lasts [h]."""
    rain_correlation: Share = 0.5
    """Between the rain errors of two catchments."""
    parameter_error: NotNegative = 0.15
    """Standard deviation of the logarithm of runoff parameters between members [-]."""
    state_error: NotNegative = 0.05
    """Standard deviation of the logarithm by which the water on its way through a catchment is
    disturbed after each correction: a filter that is too sure of it corrects the river instead."""
    wetness_error: NotNegative = 0.15
    """Standard deviation of the soils' wetness at a cold start, as a share of full [-]."""


class Residual(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The error that is left at one gauge after the filter, fitted on past forecasts."""

    memory_h: Positive
    """e-folding time of the residual [h]."""
    spread_m: NotNegative
    """Standard deviation the error of the ensemble's mean tends to, beside the members' own [m]."""
    growth_h: Positive
    """Time in which it gets there: sd(lead) = spread · √(1 − exp(−2 lead / growth))."""


class Grids(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Folders into which files of gridded rain are dropped; relative to the state directory."""

    radar: str = ""
    """Radar composites; empty: none."""
    prediction: str = ""
    """Runs of a weather model; empty: none."""
    crs: Annotated[str, Meta(min_length=1)]
    """Metric coordinate system for the rain around the catchments: `EPSG:32651`."""
    cell_km: Annotated[float, Meta(ge=0.5, le=10)] = 2.0
    """Width of that grid's cells [km]."""
    step_min: Annotated[int, Meta(ge=1, le=30)] = 5
    """Time between two radar frames [min]."""

    def __post_init__(self) -> None:
        if not (self.radar or self.prediction):
            raise ValueError("`grids` needs `radar`, `prediction` or both")


CLIMATE = RainClimate(10, 0.12, 2.2, 0.75, 0.55, 360.0, 80.0, 0.35, 40.0, 15.0)
"""A humid coast in the wet season, for a site whose rain nobody has fitted."""


class Basin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole basin.toml."""

    name: str
    """Name of the model, kept with each forecast."""
    horizon_min: Annotated[int, Meta(ge=1, le=1440)] = 180
    cell_km: Positive = 1.0
    """Length of an inertial reach's cells [km]."""
    evaporation_mm_day: tuple[NotNegative, ...] = (1, 1.3, 2, 3, 4, 4.3, 5, 4.8, 3.6, 2.6, 1.7, 1.1)
    """Potential evaporation, January to December."""
    rain_gauges: tuple[RainGauge, ...] = field(name="rain_gauge", default=())
    catchments: tuple[Catchment, ...] = field(name="catchment")
    reaches: tuple[Reach, ...] = field(name="reach", default=())
    """Upper ones first: each before the one it flows into."""
    gauges: tuple[Gauge, ...] = field(name="gauge", default=())
    gates: tuple[Gate, ...] = field(name="gate", default=())
    pumps: tuple[Pump, ...] = field(name="pump", default=())
    sea: Sea | None = None
    climate: RainClimate = CLIMATE
    """What rain is like here: of the catchments, after their rain factors."""
    grids: Grids | None = None
    """Radar and weather prediction for the rain to come; without: the gauges' outlook alone."""
    updating: Updating = field(default_factory=Updating)
    residuals: dict[str, Residual] = field(name="residual", default_factory=dict)
    """Datastream of a stage → what is left of its error; without: Residual's cautious default."""

    def __post_init__(self) -> None:
        for kind, ids in self._names():
            twice = [name for number, name in enumerate(ids) if name in ids[:number]]
            if twice:
                raise ValueError(f"{kind} `{twice[0]}` is there twice")
        if not self.catchments:
            raise ValueError("a basin needs at least one `catchment`")
        if len(self.evaporation_mm_day) != 12:
            raise ValueError("`evaporation_mm_day` needs 12 values, January to December")
        self._check_order()
        self._check_places()

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the datastreams that the chain looks at, in the order of its history's rows."""
        keys = [gauge.datastream for gauge in self.rain_gauges]
        keys += [key for gauge in self.gauges for key in (gauge.stage, gauge.discharge) if key]
        if self.sea:
            keys.append(self.sea.tide)
            weather = self.sea.weather
            keys += (
                [weather.pressure, weather.wind_speed, weather.wind_direction] if weather else []
            )
        return tuple(dict.fromkeys(keys))

    def _names(self) -> Iterable[tuple[str, list[str]]]:
        yield "catchment", [catchment.id for catchment in self.catchments]
        yield "reach", [reach.id for reach in self.reaches]
        yield "rain_gauge", [gauge.datastream for gauge in self.rain_gauges]
        streams = [key for gauge in self.gauges for key in (gauge.stage, gauge.discharge) if key]
        yield "datastream", streams

    def _check_order(self) -> None:
        seen: dict[str, Reach] = {}
        for reach in reversed(self.reaches):
            if reach.into and reach.into not in seen:
                raise ValueError(
                    f"reach `{reach.id}`: `into` names `{reach.into}`, which is no reach after it; "
                    "give upper reaches first"
                )
            if reach.into and reach.routing == "inertial":
                below = seen[reach.into]
                if below.routing != "inertial":
                    raise ValueError(
                        f"reach `{reach.id}` is inertial but flows into `{below.id}`, which is "
                        "muskingum-cunge: no backwater would reach it; make both the same"
                    )
            seen[reach.id] = reach
        ends = [r.id for r in self.reaches if not r.into and r.routing == "inertial"]
        if len(ends) > 1:
            raise ValueError(f"reaches `{ends[0]}` and `{ends[1]}`: only one may end in the sea")
        if self.sea and not ends:
            raise ValueError("a `sea` needs an inertial reach without `into`")

    def _check_places(self) -> None:
        reaches = {reach.id: reach for reach in self.reaches}
        catchments = {catchment.id for catchment in self.catchments}
        asked = [("catchment", c.id, c.reach, max(c.km)) for c in self.catchments if c.reach]
        asked += [("gauge", g.stage or g.discharge, g.reach, g.km) for g in self.gauges if g.reach]
        works: list[Gate | Pump] = [*self.gates, *self.pumps]
        for work in works:
            asked.append(("gate or pump", work.id, work.reach, work.km))
            if work.to_reach:
                asked.append(("gate or pump", work.id, work.to_reach, work.to_km))
            elif self.sea is None:
                raise ValueError(
                    f"gate or pump `{work.id}` leads to the sea, but there is no `sea`"
                )
        for kind, name, reach, km in asked:
            if reach not in reaches:
                known = ", ".join(reaches) or "none"
                raise ValueError(f"{kind} `{name}`: no reach `{reach}`; there are: {known}")
            if km > reaches[reach].length_km:
                raise ValueError(
                    f"{kind} `{name}`: km {km:g} lies beyond reach `{reach}`, "
                    f"{reaches[reach].length_km:g} km long"
                )
        for gauge in self.gauges:
            name = gauge.stage or gauge.discharge
            if gauge.catchment and gauge.catchment not in catchments:
                raise ValueError(f"gauge `{name}`: no catchment `{gauge.catchment}`")
            hilly = gauge.reach and reaches[gauge.reach].routing == "muskingum-cunge"
            if hilly and gauge.stage and gauge.rating is None:
                raise ValueError(
                    f"gauge `{name}`: a stage on a muskingum-cunge reach needs a `rating`"
                )
