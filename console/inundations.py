"""The newest maps of inundation: read seldom, for they are long."""

import logging
from datetime import datetime

from console.mapping import inundations_view
from console.polled import Polled
from console.prepared import Prepared
from console.readings import Readings
from forewarn.domain.station import Site
from forewarn.storage import Connection, reader

log = logging.getLogger("console.inundations")


class Inundations(Polled):
    """The newest map of each area.

    Parameters
    ----------
    site : Site
    readings : Readings
    interval_s : float
        A map of 400 kB takes the database and this process about 20 ms to read.
    """

    def __init__(self, site: Site, readings: Readings, interval_s: float = 5.0) -> None:
        self._areas = {area.id: area.name for area in site.areas}
        self._issues: list[tuple[str, datetime, str]] = []
        super().__init__(readings, interval_s, Prepared(inundations_view([], self._areas)), log)

    def _read(self, connection: Connection) -> Prepared:
        stored = reader.inundation_latest(connection)
        issues = [(i.area, i.issue_time, i.failed) for i in stored]
        if issues == self._issues:
            return self._newest
        prepared = Prepared(inundations_view(stored, self._areas))
        self._issues = issues
        return prepared
