"""The queue of incidents: one answer for all pages."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from console.desk.translate import incident_view
from console.desk.views import QueueView
from console.polled import Polled
from console.prepared import Prepared
from console.readings import Readings
from forewarn.domain.clock import Clock
from forewarn.domain.desk import Incident, IncidentState
from forewarn.domain.logs import fields
from forewarn.domain.station import Site
from forewarn.storage import Connection, incidents
from forewarn.storage.desk import expected, newest_act, queue_mark

log = logging.getLogger("console.desk")

KEPT = timedelta(hours=24)
"""World time for which an ended incident stays in the queue."""

AT_MOST = 500
"""Live ones, and ended ones, that are shown; `cut` says that there are more."""


class Queue(Polled):
    """All live incidents and those that ended lately, as they are at the world's time.

    They are read only when one of them changed, or time changes one: with 1,500 incidents that
    takes 88 ms; to ask whether anything changed takes half a millisecond (benchmarks/desk.py).
    """

    def __init__(
        self, site: Site, readings: Readings, clock: Clock, interval_s: float = 1.0
    ) -> None:
        self._areas = {area.id: area.name for area in site.areas}
        self._clock = clock
        self._mark: tuple[int, ...] = ()
        self._until: datetime | None = None
        super().__init__(readings, interval_s, _unreadable("not asked yet"), log)

    def _read(self, connection: Connection) -> Prepared:
        now = self._clock.now()
        mark = queue_mark(connection, now - KEPT)
        if mark == self._mark and (self._until is None or now < self._until):
            return self._newest
        try:
            read = Prepared(self._view(connection, now))
        except msgspec.ValidationError as error:
            log.error("an incident cannot be read", extra=fields(error=error))
            read = _unreadable(str(error))
        self._mark = mark  # only now: what could not be read is asked for again
        return read

    def _view(self, connection: Connection, now: datetime) -> QueueView:
        live = incidents.incidents(connection, live_only=True, limit=AT_MOST + 1)
        lately = incidents.incidents(connection, since=now - KEPT, limit=2 * AT_MOST + 1)
        cut = len(live) > AT_MOST or len(lately) > 2 * AT_MOST
        found = {i.incident: i for i in [*live[:AT_MOST], *lately[: 2 * AT_MOST]]}
        self._until = _next_change(found.values(), now)
        newest = expected(connection, [i.identifier for i in found.values() if i.identifier])
        views = [
            incident_view(i, newest.get(i.identifier), self._areas, now) for i in found.values()
        ]
        return QueueView(incidents=views, cut=cut, newest_act=newest_act(connection), unreadable="")


def _next_change(found: Iterable[Incident], now: datetime) -> datetime | None:
    """Return when time alone next changes one of them: it runs out, or its shelving does."""
    issued = (i.expires for i in found if i.state is IncidentState.ISSUED)
    times = [*issued, *(i.shelved_until for i in found)]
    return min((time for time in times if time is not None and time > now), default=None)


def _unreadable(why: str) -> Prepared:
    return Prepared(QueueView(incidents=[], cut=False, newest_act=0, unreadable=why))
