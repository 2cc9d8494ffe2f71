"""Venues, live: from venues.toml, weather, crowds and forecasts to a programme each minute."""

from pathlib import Path

from forewarn.domain.config import load as load_toml
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Site
from stream.hazards.contract import Hazard
from stream.hazards.venues.plan import VenuePlan


def load(folder: Path, site: Site) -> list[Hazard]:
    """Return one hazard for each venue; none where there is no venues.toml."""
    path = folder / "venues.toml"
    if not path.is_file():
        return []
    from stream.hazards.venues.venue import VenueHazard

    plan = load_toml(path, VenuePlan)
    observed = {
        key: max(1, round(stream.interval.total_seconds() / 60))
        for key, _, stream in site.datastreams()
    }
    places = {place.id: place for place in site.places}
    forecast = {place.key for place in site.places}
    found: list[Hazard] = []
    for venue in plan.venues:
        place = places.get(venue.place)
        if place is None or place.observed_property != "severity":
            raise ConfigError(
                f"{path}: venue `{venue.place}`: site.toml needs a [[place]] with this id and "
                'property = "severity"'
            )
        hazard = VenueHazard(venue, place, observed, site.timezone)
        for key in (*hazard.inputs, *hazard.borrowed):
            if key not in observed and key not in forecast:
                raise ConfigError(
                    f"{path}: venue `{venue.place}`: no datastream or place `{key}` in site.toml"
                )
        found.append(hazard)
    return found
