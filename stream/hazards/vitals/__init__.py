"""Vital signs, live: each indicator of vitals.toml, each minute."""

from pathlib import Path

from forewarn.domain.config import load as load_toml
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Level
from forewarn.domain.station import Site
from stream.hazards.contract import Hazard
from stream.hazards.vitals.area import Sign, VitalsHazard
from stream.hazards.vitals.plan import VitalsPlan
from stream.models.vitals import Bounds, FormulaError, Names, parse, reach

PLAN = "vitals.toml"


def load(folder: Path, site: Site) -> list[Hazard]:
    """Return one hazard for each area with indicators; none without vitals.toml.

    ConfigError names file, indicator, place in the formula, and what would help; all at once.
    """
    path = folder / PLAN
    if not path.is_file():
        return []
    plan = load_toml(path, VitalsPlan)
    names, problems, limits = _names(site), list[str](), _limits(site)
    places = {place.id: place for place in site.places}
    areas = {area.id for area in site.areas}
    signs: dict[str, list[Sign]] = {}
    for indicator in plan.indicators:
        where = f"{path}: indicator `{indicator.id}`"
        if indicator.area not in areas:
            problems.append(f"{where}: no area `{indicator.area}` in site.toml")
        if [other.id for other in plan.indicators].count(indicator.id) > 1:
            problems.append(f"{where}: the id is there twice")
        place = places.get(indicator.place) if indicator.place else None
        if indicator.place and (place is None or place.kind != "indicator"):
            problems.append(
                f"{where}: site.toml needs a [[place]] `{indicator.place}` of kind `indicator`"
            )
        try:
            formula = parse(indicator.formula, names)
        except FormulaError as error:
            problems.append(f"{where}: formula, {error}")
            continue
        low, high = reach(formula, names, limits)
        if never := Bounds(indicator.near, indicator.overload).beyond(low, high):
            problems.append(
                f"{where}: {never}: within the `fail` limits of its datastreams in site.toml the "
                f"formula lies between {low:g} and {high:g}; correct the formula, the bounds or "
                "the limits"
            )
        signs.setdefault(indicator.area, []).append(Sign(indicator, formula, place))
    if problems:
        raise ConfigError("\n".join(dict.fromkeys(problems)))
    intervals = {key: stream.interval.total_seconds() / 60 for key, _, stream in site.datastreams()}
    return [VitalsHazard(area, found, names, intervals) for area, found in signs.items()]


def _names(site: Site) -> Names:
    thresholds: dict[tuple[str, str], float] = {}
    for key, _, stream in site.datastreams():
        for threshold in stream.thresholds:
            at = key, Level.parse(threshold.level).name.lower()
            thresholds[at] = min(threshold.value, thresholds.get(at, threshold.value))
    areas = {key: station.area for key, station, _ in site.datastreams()}
    forecast = frozenset(areas) | {place.key for place in site.places}
    return Names(areas=areas, thresholds=thresholds, forecast=forecast)


def _limits(site: Site) -> dict[str, tuple[float, float]]:
    """Return between which values the trusted observations of each datastream lie."""
    streams = ((key, stream.limits) for key, _, stream in site.datastreams())
    return {key: limits.fail for key, limits in streams if limits.fail}
