"""What a drill pretends: assessments that call for its level; pure.

They go to a desk of the drill's own and never to that of the world.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from forewarn.domain.drill import Drill
from forewarn.domain.hazard import Assessment, Exceedance, Level, Outcome, Threshold, hazard_of
from forewarn.domain.station import Site

AHEAD = timedelta(hours=1)
"""The threshold is expected this long after the beginning of the drill."""
EVERY = timedelta(minutes=1)
"""World time between two assessments of a drill, as of the world."""


class Target(Struct, frozen=True):
    """What is judged for one hazard in one area."""

    datastream: str
    thresholds: tuple[Threshold, ...]


def assess(drill: Drill, site: Site, now: datetime) -> Assessment:
    """Return what the drill pretends at `now`: its level and those below are certain.

    The onset is an hour after the drill's beginning; from then on it is observed. Where the
    site has no threshold of that level, the level is called for by name.
    """
    target = target_of(drill, site)
    onset = drill.start + AHEAD
    own = {Level.parse(t.level): t for t in sorted(target.thresholds, key=lambda t: -t.value)}
    exceedances = [
        Exceedance(
            level=level,
            threshold=own[level].value if level in own else float(level),
            label=own[level].label if level in own else f"drill at level {level.name.lower()}",
            probability=1.0,
            observed=now >= onset,
            by_value=level in own,
            onset=onset,
        )
        for level in Level
        if level is drill.level or (level in own and level < drill.level)
    ]
    return Assessment(
        area=drill.area,
        hazard=drill.hazard,
        datastream=target.datastream,
        issue_time=now,
        outcome=Outcome.OK,
        exceedances=exceedances,
        drill=str(drill.id),
    )


def target_of(drill: Drill, site: Site) -> Target:
    """Return the datastream of the site that the drill is about.

    The first of its area and hazard with a threshold of its level, else the first of its area
    and hazard, else a name made of both.
    """
    found = list(_targets(drill, site))
    fits = (t for t in found if any(Level.parse(x.level) is drill.level for x in t.thresholds))
    return next(fits, found[0] if found else Target(f"{drill.area}/{drill.hazard}", ()))


def _targets(drill: Drill, site: Site) -> Iterator[Target]:
    for key, station, datastream in site.datastreams():
        here = station.area == drill.area and hazard_of(key) == drill.hazard
        if here and datastream.thresholds:
            yield Target(key, datastream.thresholds)
    for place in site.places:
        if (place.area, place.hazard) == (drill.area, drill.hazard):
            yield Target(place.key, place.thresholds)
