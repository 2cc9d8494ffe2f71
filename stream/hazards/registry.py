"""Which hazards a site has: each file of this room that finds its plan there."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Site
from stream.hazards.contract import Hazard

ROOMS = ("landslide", "tide", "marine", "crowd", "underground", "venues", "vitals")
"""Files of this room with a `load`, in the order in which they judge: who borrows comes last."""


def find_hazards(
    folder: Path, site: Site, rooms: Sequence[str] = ROOMS
) -> tuple[list[Hazard], list[str]]:
    """Return the hazards of `site` that can be judged, and what is wrong with the others."""
    found: list[Hazard] = []
    mistakes: list[str] = []
    for room in rooms:
        try:
            found += import_module(f"stream.hazards.{room}").load(folder, site)
        except ConfigError as error:
            mistakes.append(str(error))
    fit: list[Hazard] = []
    judged: dict[str, str] = {}
    for hazard in found:
        wrong = list(_misfits(hazard, site, judged))
        mistakes += [f"{folder}: {hazard.name}: {mistake}" for mistake in wrong]
        if not wrong:
            fit.append(hazard)
            judged |= dict.fromkeys(hazard.targets, hazard.name)
    return fit, mistakes


def _misfits(hazard: Hazard, site: Site, judged: Mapping[str, str]) -> Iterator[str]:
    streams = {key for key, _, _ in site.datastreams()}
    if hazard.area not in {area.id for area in site.areas}:
        yield f"no area `{hazard.area}` in site.toml"
    for key in hazard.inputs:
        if key not in streams:
            yield f"no datastream `{key}` in site.toml"
    for key in hazard.targets:
        if key not in streams and key not in {place.key for place in site.places}:
            yield f"no datastream or place `{key}` in site.toml"
        if key in judged:
            yield f"`{key}` is judged by {judged[key]} already"
