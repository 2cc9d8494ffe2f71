"""Which hazards a site has: each file of this room that finds its plan there."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Site
from stream.hazards.contract import Hazard

ROOMS = ("landslide", "tide", "marine", "crowd", "underground", "venues", "vitals")
"""Files of this room with a `load`, in the order in which they judge: who borrows comes last."""


def load_hazards(folder: Path, site: Site, rooms: Sequence[str] = ROOMS) -> list[Hazard]:
    """Return all hazards of `site`; ConfigError names the plan and what in it does not fit."""
    found: list[Hazard] = []
    for room in rooms:
        found += import_module(f"stream.hazards.{room}").load(folder, site)
    areas = {area.id for area in site.areas}
    known = {key for key, _, _ in site.datastreams()}
    known |= {place.key for place in site.places}
    judged: dict[str, str] = {}
    for hazard in found:
        if hazard.area not in areas:
            raise ConfigError(f"{folder}: {hazard.name}: no area `{hazard.area}` in site.toml")
        for key in hazard.targets:
            if key not in known:
                raise ConfigError(
                    f"{folder}: {hazard.name}: no datastream or place `{key}` in site.toml"
                )
            if key in judged:
                raise ConfigError(f"{folder}: `{key}` is judged by {judged[key]} and {hazard.name}")
            judged[key] = hazard.name
    return found
