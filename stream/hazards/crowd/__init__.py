"""Crowds, car parks and security points, live: from crowd.toml and counts to assessments."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from forewarn.domain.config import load as load_toml
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Place, Site
from stream.hazards.contract import Hazard
from stream.hazards.crowd.plan import CrowdPlan, Zone

MINUTE = timedelta(minutes=1)


def load(folder: Path, site: Site) -> list[Hazard]:
    """Return one hazard for each zone (with its gates), car park and security point."""
    path = folder / "crowd.toml"
    if not path.is_file():
        return []
    plan = load_toml(path, CrowdPlan)
    known = {key for key, _, _ in site.datastreams()}
    places = _Places(path, site)
    found: list[Hazard] = []
    for zone in plan.zones:
        found.append(_zone(zone, plan, site, places, known))
    for parking in plan.parkings:
        from stream.hazards.crowd.parking import ParkingHazard

        keys = [key for key in (parking.occupied, parking.flow_in, parking.flow_out) if key]
        places.streams(parking.place, keys, known)
        found.append(
            ParkingHazard(parking, places.one(parking.place, "occupancy_share"), places.late)
        )
    for point in plan.points:
        from stream.hazards.crowd.points import PointHazard

        keys = [key for key in (point.queue, point.arrivals, point.posts) if key]
        places.streams(point.place, keys, known)
        found.append(
            PointHazard(point, places.one(point.place, "waiting"), site.timezone, places.late)
        )
    return found


def _zone(zone: Zone, plan: CrowdPlan, site: Site, places: "_Places", known: set[str]) -> Hazard:
    from stream.hazards.crowd.doors import Door
    from stream.hazards.crowd.zones import ZoneHazard

    gates = [gate for gate in plan.gates if gate.place in zone.gates]
    flows = [key for gate in gates for key in (gate.flow_in, gate.flow_out)]
    places.streams(zone.place, [*zone.people, *flows], known)
    places.minutely(zone.place, flows)
    doors = [Door(gate, places.one(gate.place, "specific_flow")) for gate in gates]
    events = [event for event in plan.events if event.zone == zone.place]
    return ZoneHazard(
        zone, places.one(zone.place, "density"), doors, events, site.timezone, places.late
    )


class _Places:
    """Looks up what the plan names, and says what is missing."""

    def __init__(self, path: Path, site: Site) -> None:
        self._path, self._places = path, {place.id: place for place in site.places}
        self._intervals = {key: stream.interval for key, _, stream in site.datastreams()}
        self.late = {key: round(3 * step / MINUTE) for key, step in self._intervals.items()}
        """Minutes after which each datastream is called silent."""

    def one(self, name: str, observed_property: str) -> Place:
        """Return the place `name`, which must be judged by `observed_property`."""
        place = self._places.get(name)
        if place is None:
            raise ConfigError(f"{self._path}: no [[place]] `{name}` in site.toml")
        if place.observed_property != observed_property:
            raise ConfigError(
                f"{self._path}: place `{name}` has property `{place.observed_property}` in "
                f'site.toml; give `property = "{observed_property}"`'
            )
        return place

    def minutely(self, name: str, keys: Sequence[str]) -> None:
        """Raise ConfigError where a flow is not told each minute: then the balance has holes."""
        for key in keys:
            if self._intervals[key] != MINUTE:
                raise ConfigError(
                    f"{self._path}: `{name}`: `{key}` comes every {self._intervals[key]}; flows "
                    'through gates are persons in the minute that ended: `interval = "PT1M"`'
                )

    def streams(self, name: str, keys: Sequence[str], known: set[str]) -> None:
        """Raise ConfigError where one of `keys` is no datastream of the site."""
        for key in keys:
            if key not in known:
                raise ConfigError(f"{self._path}: `{name}`: no datastream `{key}` in site.toml")
