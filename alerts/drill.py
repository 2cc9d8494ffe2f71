"""What a drill pretends: assessments that call for its level; pure.

They go to a desk of the drill's own and never to that of the world.
"""

from datetime import datetime, timedelta

from forewarn.domain.drill import Drill, target_of
from forewarn.domain.hazard import Assessment, Exceedance, Level, Outcome
from forewarn.domain.station import Site

AHEAD = timedelta(hours=1)
"""The threshold is expected this long after the beginning of the drill."""
EVERY = timedelta(minutes=1)
"""World time between two assessments of a drill, as of the world."""


def key_of(drill: Drill, site: Site) -> tuple[str, str, str]:
    """Return (area, hazard, datastream) of the drill's standing."""
    target = target_of(drill, site)
    return drill.area, drill.hazard, target.datastream if target else f"drill/{drill.id}"


def assess(drill: Drill, site: Site, now: datetime) -> Assessment:
    """Return what the drill pretends at `now`: its level and those below are certain.

    The onset is an hour after the drill's beginning; from then on it is observed. A failed
    assessment where the site has no such threshold any more.
    """
    target, onset = target_of(drill, site), drill.start + AHEAD
    area, hazard, datastream = key_of(drill, site)
    exceedances = [
        Exceedance(
            level=Level.parse(threshold.level),
            threshold=threshold.value,
            label=threshold.label,
            probability=1.0,
            observed=now >= onset,
            onset=onset,
        )
        for threshold in sorted(target.thresholds if target else (), key=lambda t: t.value)
        if Level.parse(threshold.level) <= drill.level
    ]
    return Assessment(
        area=area,
        hazard=hazard,
        datastream=datastream,
        issue_time=now,
        outcome=Outcome.OK if exceedances else Outcome.FAILED,
        reason="" if exceedances else "the site has no such threshold any more",
        exceedances=exceedances,
        drill=str(drill.id),
    )
