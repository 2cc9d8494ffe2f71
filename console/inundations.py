"""The newest maps of inundation: read seldom, for they are long, and kept ready for all pages."""

import asyncio
import logging
import time
from datetime import datetime

import msgspec

from console.mapping import inundations_view
from console.prepared import Prepared
from console.readings import Readings
from forewarn.domain.logs import fields
from forewarn.domain.station import Site
from forewarn.storage import Connection, reader

log = logging.getLogger("console.inundations")


class Inundations:
    """Asks the database at most once in `interval_s` real seconds, whoever wants to know.

    Parameters
    ----------
    site : Site
    readings : Readings
    interval_s : float
        A map of 400 kB takes the database and this process about 20 ms to read.
    """

    def __init__(self, site: Site, readings: Readings, interval_s: float = 5.0) -> None:
        self._areas = {area.id: area.name for area in site.areas}
        self._readings, self._interval_s = readings, interval_s
        self._asking = asyncio.Lock()
        self._due = float("-inf")
        self._issues: list[tuple[str, datetime, str]] = []
        self._newest = Prepared(inundations_view([], self._areas))

    @property
    def version(self) -> str:
        """Of the newest maps that were read; at the start that of none."""
        return self._newest.version

    async def newest(self) -> Prepared:
        """Return the newest maps; DatabaseUnavailable where the database does not answer.

        A stored map that cannot be read is logged, and the ones before it stay, with their age.
        """
        async with self._asking:
            if time.monotonic() >= self._due:
                try:
                    self._newest = await self._readings.ask(self._read)
                except msgspec.ValidationError as error:
                    log.error("a stored inundation cannot be read", extra=fields(error=error))
                self._due = time.monotonic() + self._interval_s
            return self._newest

    def _read(self, connection: Connection) -> Prepared:
        """Runs in the database's thread, the compression included."""
        stored = reader.inundation_latest(connection)
        issues = [(i.area, i.issue_time, i.failed) for i in stored]
        if issues == self._issues:
            return self._newest
        prepared = Prepared(inundations_view(stored, self._areas))
        self._issues = issues
        return prepared
