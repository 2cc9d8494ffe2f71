"""Underground places, live: sensors joined with the inundation forecast, to a time to close."""

from pathlib import Path

from forewarn.domain.config import load as load_toml
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Site
from stream.hazards.contract import Hazard
from stream.hazards.underground.closure import UndergroundHazard
from stream.hazards.underground.plan import UndergroundPlan

PLAN = "underground.toml"
PROPERTY = "closing"


def load(folder: Path, site: Site) -> list[Hazard]:
    """Return one hazard for each closure; none without underground.toml."""
    path = folder / PLAN
    if not path.is_file():
        return []
    plan = load_toml(path, UndergroundPlan)
    places = {place.id: place for place in site.places}
    units = {key: stream.unit for key, _, stream in site.datastreams()}
    found: list[Hazard] = []
    for closure in plan.closures:
        where = f"{path}: closure `{closure.place}`"
        place = places.get(closure.place)
        if place is None or (place.observed_property, place.unit) != (PROPERTY, "min"):
            raise ConfigError(
                f"{where}: site.toml needs a [[place]] with this id, "
                'property = "closing" and unit = "min"'
            )
        for name, unit in (("water_depth", "m"), ("inflow", "m3/s"), ("rain", "mm")):
            key = getattr(closure, name)
            if key is not None and units.get(key) != unit:
                told = f"has unit {units[key]}" if key in units else "is not in site.toml"
                raise ConfigError(f"{where}: {name} = `{key}` {told}; it needs one in {unit}")
        for name in ("street", "inside"):
            other = places.get(getattr(closure, name) or "")
            if getattr(closure, name) and (other is None or other.observed_property != "depth"):
                raise ConfigError(
                    f"{where}: {name} = `{getattr(closure, name)}`: site.toml needs a [[place]] "
                    "with this id whose property is `depth`"
                )
        found.append(UndergroundHazard(closure, place))
    return found
