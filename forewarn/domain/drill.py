"""A drill: a warning that people practise with; what of the site it can be about."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from forewarn.domain.errors import ForewarnError
from forewarn.domain.hazard import Level, Threshold, hazard_of
from forewarn.domain.observation import AwareTime
from forewarn.domain.station import Site

LONGEST = timedelta(days=7)
"""A drill, a silence or a maintenance ends within this from now: what is forgotten must end."""
LONGEST_TEXT = 300
"""Characters of a reason: it is read on phones."""


class Unfit(ForewarnError):
    """A drill or a silence that is asked for cannot be; the text says why, and what can."""


class Taken(Unfit):
    """There is one already."""


class Drill(Struct, frozen=True, kw_only=True):
    """A span in which an area is warned of a hazard that is not there, for people to practise."""

    id: int = 0
    """0 before it is written; `Assessment.drill` is this number as text."""
    author: str
    reason: str
    start: AwareTime
    end: AwareTime
    area: str
    hazard: str
    level: Level
    siren: bool = False
    """Whether the sirens of the area sound, as they would for the real thing."""
    ended_by: str = ""
    """Who ended it before its time."""
    closed: AwareTime | None = None
    """World time at which the alert service had told everybody that it is over."""


class Target(Struct, frozen=True):
    """A datastream or place that is judged for one hazard in one area."""

    datastream: str
    hazard: str
    thresholds: tuple[Threshold, ...]

    def has(self, level: Level) -> bool:
        """Return whether one of the thresholds calls for `level`."""
        return any(Level.parse(t.level) is level for t in self.thresholds)


def targets(site: Site, area: str) -> Iterator[Target]:
    """Yield what is judged in `area`: gauges in the order of the site, then places."""
    for key, station, datastream in site.datastreams():
        if station.area == area and datastream.thresholds:
            yield Target(key, hazard_of(key), datastream.thresholds)
    for place in site.places:
        if place.area == area and place.thresholds:
            yield Target(place.key, place.hazard, place.thresholds)


def target_of(drill: Drill, site: Site) -> Target | None:
    """Return what the drill is about: the first of its area and hazard that has its level."""
    found = (t for t in targets(site, drill.area) if t.hazard == drill.hazard)
    return next((t for t in found if t.has(drill.level)), None)


def fit_drill(drill: Drill, site: Site, now: datetime) -> None:
    """Raise Unfit where the site cannot carry out `drill`, or it names nobody or no reason."""
    fit_span(drill.author, drill.reason, drill.start, drill.end, now)
    known = [area.id for area in site.areas]
    if drill.area not in known:
        raise Unfit(f"no area `{drill.area}`; there are: {', '.join(known) or 'none'}")
    if drill.level is Level.NONE:
        raise Unfit("a drill needs a level: blue, yellow, orange or red")
    if target_of(drill, site) is None:
        here = [t for t in targets(site, drill.area) if t.has(drill.level)]
        can = ", ".join(sorted({t.hazard for t in here})) or "none"
        raise Unfit(
            f"nothing in `{drill.area}` has a threshold for {drill.level.name.lower()} of "
            f"`{drill.hazard}`; hazards with one: {can}"
        )


def fit_span(author: str, reason: str, start: datetime, end: datetime, now: datetime) -> None:
    """Raise Unfit where there is no author or reason, or the end is not within seven days."""
    if not author.strip():
        raise Unfit("it needs the name of who does it")
    if not reason.strip():
        raise Unfit("it needs a reason: others will read it at night")
    if len(reason) > LONGEST_TEXT:
        raise Unfit(f"the reason has {len(reason)} characters; at most {LONGEST_TEXT}")
    if end <= max(start, now):
        raise Unfit("it would be over before it begins: give a later end")
    if end - now > LONGEST:
        raise Unfit(f"it would end later than {LONGEST.days} days from now: give an earlier end")
