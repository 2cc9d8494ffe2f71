"""What is to be shown: instruments.toml (which instruments hang where) and scenario.toml."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from forewarn.domain.config import load
from forewarn.domain.errors import ConfigError
from forewarn.domain.observation import AwareTime
from forewarn.domain.station import Site, load_site
from simulators.faults import Fault


class LoggerPlan(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="logger8"
):
    """An FW-L8 logger; its channels are the station's datastreams in the site's order."""

    device: str
    unit: int
    station: str
    depth: int = 720


class RadarPlan(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="radar_level",
):
    """A radar gauge over the water of a station's `stage`."""

    device: str
    unit: int
    station: str
    sensor_elevation_m: float
    """Height of the sensor above the gauge's datum [m]."""


class NmeaPlan(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="nmea_talker",
):
    """A buoy that talks about all of its station's datastreams."""

    device: str
    station: str
    interval: timedelta
    """World time between two bursts of sentences."""


class Sl651Plan(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="sl651_station",
):
    """A remote station that reports its station's datastreams by SL 651-2014 on a serial line."""

    device: str
    station: str
    address: str
    """Ten digits."""
    interval: timedelta
    """World time between two reports."""


class WaveBuoyPlan(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="wave_buoy",
):
    """A buoy that sends the raw heave of a sea as high as its station's `wave_height`."""

    device: str
    station: str
    rate_hz: float = 1.28


class BucketPlan(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="tipping_bucket",
):
    """A tipping bucket under a station's `rain`."""

    device: str
    station: str
    mm_per_tip: float = 0.2


class Sdi12Plan(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="sdi12"
):
    """An SDI-12 sensor; its values are the station's datastreams in the site's order."""

    device: str
    station: str
    address: str = "0"
    """One letter or digit; several sensors may share a line."""


class SirenPlan(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="siren"
):
    """A siren that a gateway switches, near a station."""

    device: str
    unit: int
    station: str


class CameraPlan(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="camera"
):
    """A network camera that answers GET with a picture."""

    device: str
    station: str
    shows: Literal["people", "parking"]
    recorded: str = ""
    """A clip, or a folder of stills, below the recorded data: served where it is there; empty or
    absent: pictures are drawn."""
    bays: tuple[tuple[tuple[float, float], ...], ...] = ()
    """Corners of the bays that are drawn [px]; `parking` needs them."""
    seed: int = 1
    """Of clothes, lanes, noise and the order in which bays fill."""


Plan = (
    LoggerPlan
    | RadarPlan
    | NmeaPlan
    | BucketPlan
    | Sl651Plan
    | WaveBuoyPlan
    | Sdi12Plan
    | SirenPlan
    | CameraPlan
)


class Instruments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sites/<id>/instruments.toml`: the lines, and what hangs on them."""

    device: dict[str, Literal["tcp", "serial", "http"]]
    """Name of a line, as in the gateways' gateway.toml, and what it is made of."""
    instruments: tuple[Plan, ...] = field(name="instrument")


class Storm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a typhoon is like before chance has its say."""

    depth_hpa: float = 55.0
    """Central pressure deficit at sea [hPa]: 20 is weak, 55 severe, 80 exceptional."""
    passing_km: float = -60.0
    """Closest distance of the track to the city [km]; negative: it passes to the south-west."""
    speed_kmh: float = 16.0
    """How fast the centre moves [km/h]; a slow typhoon brings more rain."""
    wetness: float = 0.6
    """How full the soils are before it comes [0-1]."""
    rain_factor: float = 1.0
    """Rain relative to the mean typhoon of that depth [-]."""


class Scenario(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One storm: `sites/<id>/scenario.toml` is the demo's."""

    seed: int
    """All chance comes from it: the same seed is the same storm to the last bit."""
    epoch: AwareTime
    """World time at which the storm's arrays, and the loggers' memories, begin."""
    start: AwareTime
    """World time at which the demo begins."""
    hours: int = 96
    """Length of the storm's arrays after `epoch`."""
    closest: AwareTime
    """When the centre is closest to the city."""
    storm: Storm = field(default_factory=Storm)
    faults: tuple[str, ...] = ()
    """As on the command line: `station:kind:from:to`."""

    def __post_init__(self) -> None:
        end = self.epoch + timedelta(hours=self.hours)
        if not self.epoch <= self.start < end:
            raise ValueError(f"`start` must lie between `epoch` and {end.isoformat()}")


def load_instruments(folder: Path) -> tuple[Site, Instruments]:
    """Read site.toml and instruments.toml of `folder`; ConfigError names what does not fit."""
    site, path = load_site(folder), folder / "instruments.toml"
    instruments = load(path, Instruments)
    stations = {station.id: station for station in site.stations}
    taken: set[tuple[str, int | str]] = set()
    for plan in instruments.instruments:
        if plan.station not in stations:
            raise ConfigError(f"{path}: no station `{plan.station}` in site.toml")
        if plan.device not in instruments.device:
            known = ", ".join(instruments.device)
            raise ConfigError(f"{path}: {plan.station}: no device `{plan.device}`; known: {known}")
        number = plan.address if isinstance(plan, Sdi12Plan) else getattr(plan, "unit", 0)
        place = (plan.device, number)
        if place in taken:
            raise ConfigError(f"{path}: {plan.station}: {place[0]} unit {place[1]} is taken")
        taken.add(place)
    return site, instruments


FITS: dict[str, tuple[type, ...]] = {
    "late": (LoggerPlan,),
    "clock": (LoggerPlan,),
    "duplicates": (NmeaPlan, BucketPlan),
    "drift": (LoggerPlan, RadarPlan, NmeaPlan, Sl651Plan),
    "adrift": (NmeaPlan,),
    "dark": (CameraPlan,),
    "covered": (CameraPlan,),
}
"""Faults that only some instruments can have."""


def check_fault(fault: Fault, instruments: Instruments) -> None:
    """Raise ConfigError where no instrument stands there, or it cannot have that fault."""
    plans = {plan.station: plan for plan in instruments.instruments}
    if fault.station not in plans:
        known = ", ".join(sorted(plans))
        raise ConfigError(f"fault {fault.kind}: no instrument at `{fault.station}`; known: {known}")
    plan = plans[fault.station]
    if fault.kind in FITS and not isinstance(plan, FITS[fault.kind]):
        kind = plan.__struct_config__.tag
        raise ConfigError(f"fault {fault.kind}: the {kind} at `{fault.station}` cannot have it")
