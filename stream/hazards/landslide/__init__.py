"""Landslides and debris flow, live: rain, ground and instruments to an index for each slope."""

from pathlib import Path

from forewarn.domain.config import load as load_toml
from forewarn.domain.station import Site
from stream.hazards.contract import Hazard
from stream.hazards.landslide.hazard import Landslides
from stream.hazards.landslide.plan import PLAN_FILE, LandslidePlan, check
from stream.hazards.landslide.slope_units import read_units


def load(folder: Path, site: Site) -> list[Hazard]:
    """Return the landslide hazard of the site in `folder`; none where there is no plan."""
    path = folder / PLAN_FILE
    if not path.is_file():
        return []
    plan = load_toml(path, LandslidePlan)
    units = [*plan.unit, *(read_units(folder / plan.units) if plan.units else [])]
    check(path, plan, site, {unit.group for unit in units})
    return [Landslides(plan, site, units)]
