"""One poller for all clients: what changed in the database goes out as events."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from console.changes import Changes, Look
from console.city import City
from console.cityviews import CityNews
from console.desk.queue import Queue
from console.desk.views import IncidentNews
from console.errors import DatabaseUnavailable
from console.events import Event, EventLog
from console.freshness import speed_of, stale_since
from console.inundations import Inundations
from console.readings import Readings, alert_rows
from console.views import Heartbeat, InundationNews
from forewarn.domain.clock import Clock
from forewarn.domain.codec import encode
from forewarn.domain.logs import fields
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Site
from forewarn.storage import Connection, migrate, reader

log = logging.getLogger("console.feed")

SILENCE_S = 10.0
"""A poll that takes longer than this reads as a database that does not answer."""

NOT_ASKED = "not asked yet"


class Feed:
    """Polls the database and tells the clients.

    Parameters
    ----------
    site : Site
    readings : Readings
    clock : Clock
    inundations : Inundations
    city : City
    queue : Queue
    start : str
        Names this start of the console in event ids.
    interval_s, heartbeat_s : float
        Real seconds between polls, and between heartbeats to each client.
    capacity, max_clients : int
        Events remembered for clients that come back; clients served at once.
    """

    def __init__(
        self,
        site: Site,
        readings: Readings,
        clock: Clock,
        inundations: Inundations,
        city: City,
        queue: Queue,
        *,
        start: str,
        interval_s: float = 1.0,
        heartbeat_s: float = 5.0,
        capacity: int = 1000,
        max_clients: int = 64,
    ) -> None:
        self._readings, self._clock = readings, clock
        self._inundations, self._city, self._queue = inundations, city, queue
        self._interval_s, self._heartbeat_s = interval_s, heartbeat_s
        self.max_clients = max_clients
        self.clients = 0
        """Streams open now."""
        self._keys = [key for key, _, _ in site.datastreams()]
        intervals = (d.interval for _, _, d in site.datastreams())
        self._shortest = min(intervals, default=timedelta(minutes=1))
        self._changes = Changes(site)
        self._versions = {
            "inundation": inundations.version,
            "city": city.version,
            "incidents": queue.version,
        }
        self._log = EventLog(start, capacity)
        self._news = asyncio.Event()
        self._condition: tuple[str, bool, bool] | None = None
        self._closed = self._migrated = False
        self._polled_at = time.monotonic()
        self._error = NOT_ASKED

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            began = time.monotonic()
            await self.poll()
            await asyncio.sleep(max(0.05, self._interval_s - (time.monotonic() - began)))

    async def poll(self) -> None:
        """Look once; announce what changed, or that the database does not answer."""
        try:
            look = await self._readings.ask(self._look)
            map_version = (await self._inundations.newest()).version
            city_version = (await self._city.newest()).version
            queue_version = (await self._queue.newest()).version
        except (DatabaseUnavailable, msgspec.ValidationError) as error:
            if self._error in ("", NOT_ASKED):
                log.warning("the database has no answer", extra=fields(error=error))
            self._error = str(error)
        else:
            if self._error not in ("", NOT_ASKED):
                log.info("the database answers again")
            self._error, self._polled_at = "", time.monotonic()
            for kind, message in self._changes.take(look, to_milliseconds(self._clock.now())):
                self._announce(kind, message)
            self._announce_version("inundation", map_version, InundationNews(version=map_version))
            self._announce_version("city", city_version, CityNews(version=city_version))
            news = IncidentNews(version=queue_version)
            self._announce_version("incidents", queue_version, news)
        never = self._changes.newest is None
        condition = (self.error(), self._stale_since() is not None, never)
        if condition != self._condition:
            self._condition = condition
            self._wake()

    async def stream(self, last_event_id: str | None) -> AsyncGenerator[tuple[str, Event]]:
        """Yield (id, event) for one client: what it missed, then what comes, and heartbeats.

        Every event carries an id, heartbeats that of the event before them: a client that has
        heard nothing but heartbeats can be resumed too.
        """
        self.clients += 1
        try:
            number = self._log.newest
            if last_event_id:
                number = self._log.position(last_event_id)
            due, condition = 0.0, self._condition
            while not self._closed:
                news = self._news
                events = self._log.after(number)
                number = self._log.newest
                identifier = self._log.identifier(number)
                if events is None:
                    yield identifier, Event(kind="reset", payload=b"{}")
                for event in events or ():
                    yield self._log.identifier(event.number), event
                told = condition == self._condition and time.monotonic() < due
                if not told and self._error != NOT_ASKED:
                    condition, due = self._condition, time.monotonic() + self._heartbeat_s
                    yield identifier, self.heartbeat()
                wait_s = due - time.monotonic() if due else None
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), wait_s and max(0.0, wait_s))
        finally:
            self.clients -= 1

    def close(self) -> None:
        """End all streams, so that the server can stop."""
        self._closed = True
        self._wake()

    def error(self) -> str:
        """Return why the database does not answer; empty if it does."""
        silent_s = time.monotonic() - self._polled_at
        if not self._error and silent_s > SILENCE_S:
            return "no answer for more than 10 s"
        return self._error

    def heartbeat(self) -> Event:
        """Return how the console and its sources are now."""
        newest, since = self._changes.newest, self._stale_since()
        beat = Heartbeat(
            world_time=to_milliseconds(self._clock.now()),
            speed=speed_of(self._clock),
            database=self.error(),
            newest=None if newest is None else to_milliseconds(newest),
            stale_since=None if since is None else to_milliseconds(since),
        )
        return Event(kind="heartbeat", payload=encode(beat))

    def _look(self, connection: Connection) -> Look:
        """Ask everything in one go; runs in the database's thread."""
        if not self._migrated:
            migrate(connection)
            self._migrated = True
        assessments = reader.assessment_latest(connection)
        wanted = [a.datastream for a in assessments if self._changes.wants_forecast(a)]
        return Look(
            latest=reader.latest(connection, self._keys),
            assessments=assessments,
            alerts=alert_rows(connection),
            forecasts={key: reader.forecast_at(connection, key) for key in wanted},
        )

    def _stale_since(self) -> datetime | None:
        now, speed = self._clock.now(), speed_of(self._clock)
        return stale_since(self._changes.newest, now=now, interval=self._shortest, speed=speed)

    def _announce(self, kind: str, message: object) -> None:
        self._log.append(kind, encode(message))
        self._wake()

    def _announce_version(self, kind: str, version: str, message: object) -> None:
        """Announce what is too long for an event, if it is new."""
        if self._versions[kind] != version:
            self._versions[kind] = version
            self._announce(kind, message)

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
