"""The queue of incidents: one answer for all pages."""

import logging
from datetime import timedelta

import msgspec

from console.desk.translate import incident_view
from console.desk.views import QueueView
from console.polled import Polled
from console.prepared import Prepared
from console.readings import Readings
from forewarn.domain.clock import Clock
from forewarn.domain.logs import fields
from forewarn.domain.station import Site
from forewarn.storage import Connection, incidents
from forewarn.storage.desk import expected, newest_act

log = logging.getLogger("console.desk")

KEPT = timedelta(hours=24)
"""World time for which an ended incident stays in the queue."""

AT_MOST = 500
"""Live ones, and ended ones, that are shown; `cut` says that there are more."""


class Queue(Polled):
    """All live incidents and those that ended lately, as they are at the world's time."""

    def __init__(
        self, site: Site, readings: Readings, clock: Clock, interval_s: float = 1.0
    ) -> None:
        self._areas = {area.id: area.name for area in site.areas}
        self._clock = clock
        super().__init__(readings, interval_s, _unreadable("not asked yet"), log)

    def _read(self, connection: Connection) -> Prepared:
        try:
            return Prepared(self._view(connection))
        except msgspec.ValidationError as error:
            log.error("an incident cannot be read", extra=fields(error=error))
            return _unreadable(str(error))

    def _view(self, connection: Connection) -> QueueView:
        now = self._clock.now()
        live = incidents.incidents(connection, live_only=True, limit=AT_MOST + 1)
        lately = incidents.incidents(connection, since=now - KEPT, limit=2 * AT_MOST + 1)
        cut = len(live) > AT_MOST or len(lately) > 2 * AT_MOST
        found = {i.incident: i for i in [*live[:AT_MOST], *lately[: 2 * AT_MOST]]}
        newest = expected(connection, [i.identifier for i in found.values() if i.identifier])
        views = [
            incident_view(i, newest.get(i.identifier), self._areas, now) for i in found.values()
        ]
        return QueueView(incidents=views, cut=cut, newest_act=newest_act(connection), unreadable="")


def _unreadable(why: str) -> Prepared:
    return Prepared(QueueView(incidents=[], cut=False, newest_act=0, unreadable=why))
