"""The drills that run, each with a desk of its own: nothing of one can reach the world's desk."""

from collections.abc import Iterator
from datetime import datetime

from alerts.desk import Desk, Step
from alerts.drill import EVERY, assess, key_of
from alerts.lifecycle import Standing, Timing
from forewarn.domain.drill import Drill
from forewarn.domain.station import Site


class Practice:
    """The desks of the drills that began and are not closed.

    Parameters
    ----------
    site : Site
    timing : Timing
        As of the world's desk.
    """

    def __init__(self, site: Site, timing: Timing) -> None:
        self._site, self._timing = site, timing
        self._desks: dict[int, Desk] = {}

    def forget(self) -> None:
        """Begin anew with what the database holds."""
        self._desks.clear()

    def desk_of(self, incident: str) -> Desk | None:
        """Return the desk of the drill that `incident` belongs to."""
        return next((desk for desk in self._desks.values() if desk.concerns(incident)), None)

    def desk(self, drill: Drill, standing: Standing | None, now: datetime) -> Desk:
        """Return the desk of `drill`; `standing` is what the database holds of it, if anything."""
        desk = self._desks.get(drill.id)
        if desk is None:
            desk = Desk(self._site, timing=self._timing, status="", start=now, drill=drill)
            desk.restore({key_of(drill, self._site): standing} if standing else {})
            self._desks[drill.id] = desk
        return desk

    def drop(self, drill: Drill) -> None:
        """Let go of a drill that is closed."""
        self._desks.pop(drill.id, None)

    def steps(self, desk: Desk, drill: Drill, now: datetime) -> Iterator[Step]:
        """Yield what a running drill does at `now`; the caller settles each before the next."""
        heard = max((s.issue_time for s in desk.standings.values() if s.issue_time), default=None)
        if heard is None or now - heard >= EVERY:
            step = desk.take(assess(drill, self._site, now), now)
            if step is not None:
                yield step
        yield from desk.tick(now)
