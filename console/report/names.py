"""What things of a site are called, in both languages, and how long their silence is normal."""

from datetime import timedelta

from console.freshness import GAP_INTERVALS, PLACE_OLD
from console.report.facts import Named
from forewarn.domain.hazard import Threshold
from forewarn.domain.station import Site

LATE = timedelta(minutes=10)
"""How much longer than its observations an assessment may take."""


class Names:
    """Looks up names of a site by their ids.

    Parameters
    ----------
    site : Site
    """

    rejected = timedelta(hours=24)
    """For how long back rejected observations are counted."""

    def __init__(self, site: Site) -> None:
        self._areas = {a.id: Named(a.name, a.name_zh or a.name) for a in site.areas}
        self._places: dict[str, tuple[Named, str]] = {}
        self.units: dict[str, str] = {}
        self.thresholds: dict[str, tuple[Threshold, ...]] = {}
        self.stale: dict[str, timedelta] = {}
        """Of everything with thresholds: age that an assessment may have, without what it takes."""
        self.observed: list[str] = []
        """Keys of all datastreams of instruments."""
        for key, station, stream in site.datastreams():
            name = Named(station.name, station.name_zh or station.name)
            allowed = GAP_INTERVALS * stream.interval
            self._put(key, name, station.area, stream.unit, stream.thresholds, allowed)
            self.observed.append(key)
        for place in site.places:
            name = Named(place.name, place.name_zh or place.name)
            self._put(place.key, name, place.area, place.unit, place.thresholds, PLACE_OLD)

    def _put(
        self,
        key: str,
        name: Named,
        area: str,
        unit: str,
        thresholds: tuple[Threshold, ...],
        allowed: timedelta,
    ) -> None:
        self._places[key] = (name, area)
        self.units[key] = unit
        if thresholds:
            self.thresholds[key] = thresholds
            self.stale[key] = allowed

    def area(self, name: str) -> Named:
        """Return the name of the area, its id where the site has none such."""
        return self._areas.get(name, Named(name, name))

    def place(self, key: str) -> Named:
        """Return the name of the station or place of the datastream `key`."""
        return self._places.get(key, (Named(key, key), ""))[0]

    def area_of(self, key: str) -> Named:
        """Return the name of the area in which `key` is."""
        return self.area(self._places.get(key, (None, ""))[1])

    def label(self, key: str, level: int, label: str) -> Named:
        """Return what the threshold of `key` called `label` is called in both languages."""
        chinese = next((t.label_zh for t in self.thresholds.get(key, ()) if t.label == label), "")
        return Named(label, chinese or label)
