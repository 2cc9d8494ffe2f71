"""The physical flood chain of a site in a process of its own: from observations to a map.

The worker imports this file without the numerics; `load` and `draw` run in the process.
"""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forewarn.domain.config import load as load_toml
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Site
from stream.forecasting import Forecaster
from stream.maps import Drawn, Outline
from stream.models.flood.basin import Basin
from stream.models.flood.inundation.plan import InundationPlan

if TYPE_CHECKING:
    from stream.citymap import CityMap

log = logging.getLogger("stream.flooding")

BASIN_FILE, INUNDATION_FILE = "basin.toml", "inundation.toml"
HISTORY_MINUTES = 24 * 60
"""What the chain is warmed up with after a start."""
PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
NICE = 10
"""Warnings at gauges, and everything that must not lose an observation, go first."""
TIMEOUT_S = 60.0
"""Real seconds after which a map is given up and its process killed."""


def plans_of(folder: Path, site: Site) -> tuple[Basin, InundationPlan] | None:
    """Return the plans in `folder`, None where there is no map to draw.

    ConfigError names the file and what in it does not fit the site.
    """
    path = folder / INUNDATION_FILE
    if not path.is_file():
        return None
    plan, basin = load_toml(path, InundationPlan), load_toml(folder / BASIN_FILE, Basin)
    if plan.area not in {area.id for area in site.areas}:
        known = ", ".join(area.id for area in site.areas)
        raise ConfigError(f"{path}: no area `{plan.area}` in site.toml; there are: {known}")
    known_keys = {key for key, _, _ in site.datastreams()}
    for key in basin.inputs:
        if key not in known_keys:
            raise ConfigError(f"{folder / BASIN_FILE}: no datastream `{key}` in site.toml")
    return basin, plan


def inputs_of(basin: Basin, also: Sequence[str]) -> tuple[str, ...]:
    """Return the datastreams that a map rests on: those of the chain, and `also`."""
    return tuple(dict.fromkeys((*basin.inputs, *also)))


def outline_of(folder: Path, site: Site, also: Sequence[str]) -> Outline | None:
    """Return what the worker must know of the site's map; None where there is none.

    `also` are the inputs of the site's gauge model, which the map uses too.

    Plans that cannot be used are said in the log; observations and gauges go on without.
    """
    try:
        plans = plans_of(folder, site)
    except ConfigError as error:
        log.error("no maps: %s", error)
        return None
    if plans is None:
        return None
    basin, plan = plans
    horizon, step, zone_step = (
        int(span.total_seconds()) for span in (plan.horizon, plan.step, plan.zone_step)
    )
    return Outline(
        name=plan.name,
        area=plan.area,
        inputs=inputs_of(basin, also),
        history_minutes=HISTORY_MINUTES,
        leads_s=tuple(range(0, horizon + 1, step)),
        probabilities=PROBABILITIES,
        zone_leads_s=tuple(range(0, horizon + 1, zone_step)),
        zone_depths_m=plan.depths_m,
        zone_probabilities=plan.probabilities,
    )


def flood_forecaster(folder: Path) -> Forecaster[Drawn]:
    """Return the process that draws the maps of the site in `folder`."""
    return Forecaster(str(folder).encode(), load=_load, predict=_draw, timeout_s=TIMEOUT_S)


def _load(folder: bytes) -> "CityMap":
    from stream.citymap import CityMap

    os.nice(NICE)
    city = CityMap.load(Path(folder.decode()))
    city.rehearse()
    return city


def _draw(city: "CityMap", history: object, issue_s: float) -> Drawn:
    return city.draw(history, issue_s)  # type: ignore[arg-type]
