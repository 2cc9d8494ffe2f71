"""The schema of `sites/<id>/landslide.toml`."""

from collections.abc import Set
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Site
from stream.models.flood.rain.climate import RainClimate

PLAN_FILE = "landslide.toml"

Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(gt=0, le=1)]


class SlopeUnit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of slope that is alike throughout: a `[[unit]]`, or a row of the units file."""

    id: str
    group: str
    """The slopes that are judged and warned as one place."""
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    width_m: Positive = 100.0
    """Side of the square that is drawn for it [m]."""
    slope_deg: Annotated[float, Meta(gt=0, lt=90)]
    depth_m: Positive
    """Depth of the surface on which it would slide, below ground: soil on rock [m]."""
    water_depth_m: Annotated[float, Meta(ge=0)]
    """Depth of the water table in ordinary weather [m]."""
    cohesion_kpa: Annotated[float, Meta(ge=0)]
    """Roots included; a forest gives 2 to 8 [kPa]."""
    friction_deg: Annotated[float, Meta(gt=0, lt=90)]
    soil_weight_kn_m3: Positive = 19.0
    diffusivity_m2_s: Positive
    """Hydraulic diffusivity D₀: 1e-6 clay … 1e-3 sand [m²/s]."""
    conductivity_m_s: Positive
    """Saturated conductivity Ks: rain beyond it runs off; 1e-5 is 36 mm/h [m/s]."""
    soil_water_mm: Positive
    """Soil water index at which every second such unit has failed [mm]; local, from records."""
    rain_factor: Positive = 1.0
    """Its rain over that of the gauges around it [-]."""
    outline: tuple[tuple[float, float], ...] = ()
    """Ring of (latitude, longitude); empty: a square."""


class Instrument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instrument on a slope, and from where on it speaks of danger."""

    datastream: str
    """`siming-slope-1/crack`."""
    kind: Literal["tilt", "crack", "pore_pressure", "soil_moisture"]
    caution: float
    """Index 0.4 from here: of tilt and crack per hour (tilt 0.01 deg/h), else the level itself."""
    warning: float
    """Index 0.8 from here; tilt 0.1 deg/h (both Uchimura et al. 2015, Landslides 12:1041)."""
    window: timedelta = timedelta(hours=2)
    """A rate is taken over so long."""

    def __post_init__(self) -> None:
        if self.caution >= self.warning:
            raise ValueError(f"`{self.datastream}`: `caution` must lie below `warning`")
        if self.moves and self.caution <= 0:
            raise ValueError(f"`{self.datastream}`: `caution` of a rate must be above 0")
        if not timedelta(minutes=20) <= self.window <= timedelta(hours=24):
            raise ValueError(f"`{self.datastream}`: `window` must lie between PT20M and PT24H")

    @property
    def moves(self) -> bool:
        """Return whether it measures movement, which counts by its rate."""
        return self.kind in ("tilt", "crack")


class Slope(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `[[slope]]`: slope units that are judged as one place of site.toml."""

    place: str
    """Id of the `[[place]]`; it has `hazard = "landslide"`."""
    group: str
    """Its units."""
    share: Share = 0.05
    """The index is what this share of the units reaches: of many, one is always odd [-]."""
    instruments: tuple[Instrument, ...] = field(name="instrument", default=())


class Channel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `[[channel]]`: a torrent judged by I = alpha·D^−beta as one place of site.toml."""

    place: str
    """Id of the `[[place]]`; it has `hazard = "debris_flow"`."""
    alpha: Positive = 14.82
    """mm/h at one hour; Caine's (1980) worldwide lower bound. A site needs its own."""
    beta: Positive = 0.39
    spread: Positive = 0.5
    """Standard deviation of ln(rain at which it flowed / threshold)."""
    rain_factor: Positive = 1.0
    keep: Share = 0.84
    """Share of a day's rain that counts one day later in the antecedent rain."""
    full_mm: Positive = 100.0
    """Effective antecedent rain at which the ground is as wet as it gets [mm] …"""
    gain: Annotated[float, Meta(ge=0)] = 0.3
    """… and how much more the rain of the hour then counts [-]."""


class Doubt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[doubt]`: how little is known of ground and thresholds."""

    friction: Positive = 0.08
    """Coefficient of variation of tanφ (Duncan 2000: 0.02–0.13) …"""
    cohesion: Positive = 0.3
    """… and of the cohesion (0.13–0.40)."""
    soil_water: Positive = 0.25
    """Standard deviation of ln(soil water index at failure)."""
    physical: Annotated[float, Meta(ge=0, le=1)] = 0.5
    """Weight of the infinite slope against the soil water index [0–1]."""
    index: Annotated[float, Meta(ge=0)] = 0.3
    """What neither knows, on the probit scale of the index."""
    silent: Annotated[float, Meta(ge=0)] = 0.7
    """By how much one silent instrument, or a day without rain records, widens upwards."""


class LandslidePlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole landslide.toml."""

    name: str
    area: str
    """Of the forecasts."""
    rain: tuple[str, ...]
    """Datastreams with rain [mm]; their stations' places weight them for each unit."""
    climate: RainClimate
    """What rain is like here, for the hours to come; `basin.toml` has the same table."""
    units: str = ""
    """File beside this one: CSV with a column for each key of a unit, or GeoJSON."""
    unit: tuple[SlopeUnit, ...] = ()
    slopes: tuple[Slope, ...] = field(name="slope", default=())
    channels: tuple[Channel, ...] = field(name="channel", default=())
    doubt: Doubt = field(default_factory=Doubt)
    history_days: Annotated[int, Meta(ge=2, le=60)] = 20
    """Rain looked back at: 0.84^20 is 3 %, and the tanks forget in less."""
    members: Annotated[int, Meta(ge=10, le=200)] = 30
    start_mm: tuple[float, float, float] = (5.0, 25.0, 45.0)
    """Water in the three tanks before the first rain that is known: ordinary weather [mm]."""

    def __post_init__(self) -> None:
        if not self.rain:
            raise ValueError('`rain` is empty: give rain datastreams, such as ["hill/rain"]')
        if min(self.start_mm) < 0:
            raise ValueError(f"`start_mm` {self.start_mm} must not be negative")


def check(path: Path, plan: LandslidePlan, site: Site, groups: Set[str]) -> None:
    """Raise ConfigError for what in the plan does not fit the site or the units."""
    known = {key for key, _, _ in site.datastreams()}
    asked = [*plan.rain, *(i.datastream for slope in plan.slopes for i in slope.instruments)]
    for key in asked:
        if key not in known:
            raise ConfigError(f"{path}: no datastream `{key}` in site.toml")
    places = {place.id: place for place in site.places}
    wanted = [(slope.place, "landslide") for slope in plan.slopes]
    wanted += [(channel.place, "debris_flow") for channel in plan.channels]
    for name, hazard in wanted:
        if name not in places:
            raise ConfigError(f"{path}: no place `{name}` in site.toml; give it a [[place]]")
        if places[name].hazard != hazard:
            raise ConfigError(
                f"{path}: place `{name}` has hazard `{places[name].hazard}` in site.toml; "
                f'it needs hazard = "{hazard}"'
            )
    for slope in plan.slopes:
        if slope.group not in groups:
            there = ", ".join(sorted(groups)) or "none"
            raise ConfigError(
                f"{path}: slope `{slope.place}`: no unit of group `{slope.group}`; groups: {there}"
            )
