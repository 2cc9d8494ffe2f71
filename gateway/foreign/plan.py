"""`sites/<id>/foreign.toml`: which name of a foreign device is which datastream.

Worked example::

    [senml.yj-foreign]                                # topic forewarn/v1/yj-foreign/senml
    "urn:dev:mac:0024befffe804ff1:level" = "zhenhai/stage"
    "urn:dev:mac:0024befffe804ff1:rain" = { datastream = "siming-rain/rain", sum = true }

    [[esphome]]                                       # topics <prefix>/sensor/<name>/state
    prefix = "garden-gauge"
    gateway = "yj-foreign"
    sensors.water_level = { datastream = "zhenhai/stage", scale = 0.01 }   # cm to m
"""

from pathlib import Path

from msgspec import Struct, field

from forewarn.domain.config import load
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Name, Site

FILE = "foreign.toml"


class Target(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The datastream behind one name: `result = value * scale + offset`."""

    datastream: str
    """Key of the datastream, `station/property`."""
    scale: float = 1.0
    offset: float = 0.0
    sum: bool = False
    """Of SenML: take the sum (`s`) instead of the value (`v`)."""

    def convert(self, value: float) -> float:
        """Return `value`, in the device's unit, in the unit of the datastream."""
        if self.scale == 1.0 and self.offset == 0.0:
            return value
        return round(value * self.scale + self.offset, 9)


TargetMap = dict[str, str | Target]
"""Name of the device → key of the datastream, or a table with scale and offset."""


class EsphomeDevice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[esphome]]`: one device with ESPHome's `mqtt:` component."""

    prefix: str
    """Its `topic_prefix`, by default the name of the device; may hold slashes."""
    gateway: Name
    """One of the site's gateways, under which its observations are kept."""
    sensors: TargetMap
    """Object id, e.g. `water_level`, of its `sensor` and `binary_sensor` components."""

    def __post_init__(self) -> None:
        if not self.prefix or set("#+\0") & set(self.prefix) or self.prefix.endswith("/"):
            raise ValueError(f"prefix `{self.prefix}` is no topic; give e.g. `garden-gauge`")
        if self.prefix.startswith("forewarn/"):
            raise ValueError(f"prefix `{self.prefix}`: `forewarn/` is ours")


class ForeignPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole foreign.toml; empty where the site has none."""

    senml: dict[str, TargetMap] = {}
    """Gateway → SenML name → datastream."""
    esphome: tuple[EsphomeDevice, ...] = field(default=())


class Foreign(Struct, frozen=True, kw_only=True):
    """The plan with every entry in its long form, and the units of the site's datastreams."""

    senml: dict[str, dict[str, Target]] = {}
    esphome: dict[str, tuple[str, dict[str, Target]]] = {}
    """Prefix → (gateway, object id → target)."""
    units: dict[str, str] = {}
    """Datastream → unit, as UCUM."""

    def topics(self) -> list[str]:
        """Return the ESPHome topics to subscribe to."""
        components = ("sensor", "binary_sensor")
        return [f"{prefix}/{name}/+/state" for prefix in self.esphome for name in components]


def load_foreign(folder: Path, site: Site) -> Foreign:
    """Read `folder`/foreign.toml if it is there; ConfigError names what does not fit `site`."""
    path = folder / FILE
    plan = load(path, ForeignPlan) if path.is_file() else ForeignPlan()
    senml = {gateway: _long(names) for gateway, names in plan.senml.items()}
    esphome = {d.prefix: (d.gateway, _long(d.sensors)) for d in plan.esphome}
    if len(esphome) < len(plan.esphome):
        raise ConfigError(f"{path}: a `prefix` is there twice")
    units = {key: stream.unit for key, _, stream in site.datastreams()}
    used = [*senml.items(), *esphome.values()]
    for gateway, targets in used:
        if gateway not in site.gateways:
            raise ConfigError(
                f"{path}: `{gateway}` is none of `gateways` in site.toml: "
                f"{', '.join(site.gateways)}"
            )
        for name, target in targets.items():
            if target.datastream not in units:
                raise ConfigError(
                    f"{path}: `{name}`: site `{site.id}` has no datastream `{target.datastream}`"
                )
    return Foreign(senml=senml, esphome=esphome, units=units)


def _long(names: TargetMap) -> dict[str, Target]:
    return {
        name: entry if isinstance(entry, Target) else Target(datastream=entry)
        for name, entry in names.items()
    }
