"""A site: its areas, its stations, and what is believed of each datastream."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct, field

from forewarn.domain.config import load
from forewarn.domain.desk import ApprovalRule
from forewarn.domain.errors import ConfigError
from forewarn.domain.foreign import Foreign
from forewarn.domain.hazard import AlertRule, Threshold

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""Lower case, digits, `-` and `_`: it becomes a part of MQTT topics and of keys."""


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Quality-control limits of a datastream (QARTOD tests); an absent limit is not tested."""

    fail: tuple[float, float] | None = None
    """Gross range of the instrument: outside it the value is FAIL. Bounds pass."""
    suspect: tuple[float, float] | None = None
    """Range that nature keeps to: outside it the value is SUSPECT. Inside `fail`."""
    spike_suspect: float | None = None
    """|x[i] − (x[i−1] + x[i+1]) / 2| above this is SUSPECT, in the datastream's unit."""
    spike_fail: float | None = None
    max_rate_per_s: float | None = None
    """Change faster than this is SUSPECT, in the datastream's unit per second."""
    flat_after: timedelta | None = None
    """A value that stays within `flat_tolerance` for this long is SUSPECT."""
    flat_tolerance: float = 0.0
    flat_fail_after: timedelta | None = None
    """… and for this long is FAIL."""

    def __post_init__(self) -> None:
        if self.fail and self.suspect:
            (low, high), (inner_low, inner_high) = self.fail, self.suspect
            if not low <= inner_low <= inner_high <= high:
                raise ValueError("`suspect` must lie inside `fail`, each as [low, high]")


class Datastream(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One observed property at one station."""

    property: Name
    """`stage`, `discharge`, `rain`, `tide`, `wind_speed` …: docs/glossary.md."""
    unit: str
    """As UCUM: `m`, `m3/s`, `mm`, `m/s`, `deg`, `Cel`."""
    interval: timedelta
    """How often a value is expected; silence beyond three of these is a gap."""
    limits: Limits = field(default_factory=Limits)
    thresholds: tuple[Threshold, ...] = ()


class Station(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place where something is observed."""

    id: Name
    name: str
    area: Name
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    datastreams: tuple[Datastream, ...] = field(name="datastream")
    datum: str = ""
    """What zero of `stage` and `tide` refers to, and where the elevation comes from."""
    name_zh: str = ""
    """In Chinese, for messages in Chinese; empty: `name`."""
    invented: bool = False
    """True where place and numbers are made up for a demonstration."""


class Place(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that is judged though no instrument gives its value: an underpass, a slope, a zone.

    A model forecasts it as datastream `<id>/<property>`: by default the water depth there [m].
    """

    id: Name
    name: str
    kind: str
    """`underpass`, `metro`, `school`, `slope`, `zone`, `parking` …: docs/glossary.md."""
    observed_property: Name = field(name="property", default="depth")
    """What is forecast and judged here; `depth` is the inundation model's."""
    unit: str = "m"
    """Of that property, as UCUM."""
    hazard: Name = "inundation"
    """Under which its warnings go out: docs/glossary.md."""
    area: Name
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    venue: str = ""
    """Id of the place of kind `venue` that this zone, gate, car park or check is a part of."""
    thresholds: tuple[Threshold, ...] = ()
    """In `unit`; of `depth`: water above the ground [m]."""
    name_zh: str = ""
    """In Chinese, for messages in Chinese; empty: `name`."""
    invented: bool = False
    """True where it is made up for a demonstration."""

    @property
    def floods(self) -> bool:
        """Whether the inundation model is to forecast it."""
        return self.observed_property == "depth"

    @property
    def key(self) -> str:
        """Return the key of its forecast datastream."""
        return f"{self.id}/{self.observed_property}"


class Area(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the site that is judged and warned as one."""

    id: Name
    name: str
    polygon: tuple[tuple[float, float], ...]
    """Closed ring of (latitude, longitude), as CAP wants it: first point repeated at the end."""
    name_zh: str = ""
    """In Chinese, for messages in Chinese; empty: `name`."""
    geocodes: dict[str, tuple[str, ...]] = {}
    """Codes of the area by the name of their list, `{ CN-GB2260 = ["330203", "330205"] }`."""

    def __post_init__(self) -> None:
        if len(self.polygon) < 4 or self.polygon[0] != self.polygon[-1]:
            raise ValueError("`polygon` needs at least 4 points, the last equal to the first")


class Site(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A watched place: `sites/<id>/site.toml`."""

    id: Name
    name: str
    timezone: str
    """IANA name, for texts to people; on the wire all is UTC."""
    language: str = "en-US"
    sender: str = "forewarn@localhost"
    """CAP sender, an address the authority answers for."""
    gateways: tuple[Name, ...]
    """Ids of the edge gateways that may report for this site."""
    areas: tuple[Area, ...] = field(name="area")
    stations: tuple[Station, ...] = field(name="station")
    places: tuple[Place, ...] = field(name="place", default=())
    alert_rule: AlertRule = field(default_factory=AlertRule)
    approvals: tuple[ApprovalRule, ...] = field(name="approval", default=())
    foreign: tuple[Foreign, ...] = ()
    """Other authorities whose CAP messages are taken in."""
    invented: str = ""
    """What of this site is made up, in words shown to its users; empty if nothing is."""

    def __post_init__(self) -> None:
        areas = {area.id for area in self.areas}
        seen: set[str] = set()
        for station in self.stations:
            if station.area not in areas:
                raise ValueError(f"station `{station.id}`: no area `{station.area}`")
            for stream in station.datastreams:
                key = f"{station.id}/{stream.property}"
                if key in seen:
                    raise ValueError(f"datastream `{key}` is there twice")
                seen.add(key)
        stations = {station.id for station in self.stations}
        venues = {place.id for place in self.places if place.kind == "venue"}
        for place in self.places:
            if place.area not in areas:
                raise ValueError(f"place `{place.id}`: no area `{place.area}`")
            if place.id in stations or place.key in seen:
                raise ValueError(f"place `{place.id}`: the id is taken")
            if place.venue and place.venue not in venues:
                raise ValueError(
                    f"place `{place.id}`: `venue` is no place of kind `venue`: `{place.venue}`"
                )
            seen.add(place.key)
        sources = [source.id for source in self.foreign]
        if len(set(sources)) < len(sources):
            raise ValueError(f"foreign: two sources have one id: {', '.join(sorted(sources))}")

    def datastreams(self) -> Iterator[tuple[str, Station, Datastream]]:
        """Yield (key, station, datastream) of each datastream; the key is `station/property`."""
        for station in self.stations:
            for datastream in station.datastreams:
                yield f"{station.id}/{datastream.property}", station, datastream


def load_site(folder: Path) -> Site:
    """Read `folder`/site.toml; ConfigError names the file, the key and the nearest valid key."""
    path = folder / "site.toml"
    if not path.is_file():
        raise ConfigError(f"{folder}: no site.toml there; give a folder such as sites/yongjiang")
    return load(path, Site)
