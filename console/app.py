"""The web application: a page, its assets, and a small JSON API."""

import asyncio
import difflib
import secrets
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from sse_starlette import EventSourceResponse
from sse_starlette.event import ServerSentEvent
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from console.access.guard import Guard, permit, still_signed_in
from console.access.routes import access_pages, access_questions
from console.access.signin import Access
from console.access.trail import Trail
from console.background import Background
from console.calendar import calendar
from console.city import City
from console.counted import Counted
from console.desk.queue import Queue
from console.desk.routes import Desk
from console.errors import DatabaseUnavailable
from console.feed import Feed
from console.feeds import Feeds
from console.foreign.routes import Foreigns
from console.freshness import is_replay, speed_of
from console.headers import SecurityHeaders
from console.inundations import Inundations
from console.log.routes import Logbook
from console.mapping import map_view
from console.openapi.routes import Reference
from console.outcomes.routes import Outcomes
from console.prepared import Prepared
from console.quiet.routes import Quiet
from console.readings import Readings, alert_rows
from console.report.routes import Reports
from console.sensorthings import Api
from console.skills import Skills
from console.stations.routes import Stations
from console.translate import (
    SPARK_HOURS,
    alert_view,
    assessment_view,
    forecast_view,
    site_view,
    spark,
    trace,
    vital,
)
from console.venues.routes import Venues
from console.views import Outlook, StationsView
from console.workshop import Workshop
from forewarn.domain.clock import Clock
from forewarn.domain.codec import encode
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Site
from forewarn.runtime import metrics
from forewarn.storage import reader

STATIC = Path(__file__).parent / "static"

MAX_HOURS = 168.0

SEND_TIMEOUT_S = 20.0
"""A client that takes nothing for this long is dropped."""


class Console:
    """The answers to the page's questions.

    Parameters
    ----------
    site : Site
    readings : Readings
    clock : Clock
    feed : Feed
    inundations : Inundations
    city : City
    chart : Prepared
        The answer to `/api/map`.
    """

    def __init__(
        self,
        site: Site,
        readings: Readings,
        clock: Clock,
        feed: Feed,
        inundations: Inundations,
        city: City,
        chart: Prepared,
    ) -> None:
        self._site, self._readings, self._clock, self._feed = site, readings, clock, feed
        self._inundations, self._city, self._chart = inundations, city, chart
        self._datastreams = {key: d for key, _, d in site.datastreams()}
        self._keys = [*self._datastreams, *(place.key for place in site.places)]
        self._areas = {area.id: area.name for area in site.areas}

    @permit("read")
    async def page(self, _: Request) -> Response:
        """Return the one page."""
        return FileResponse(STATIC / "index.html", media_type="text/html")

    @permit("read")
    async def site(self, _: Request) -> Response:
        """Return what does not change: stations, datastreams, thresholds, what is invented."""
        speed, replay = speed_of(self._clock), is_replay(self._clock)
        return _json(site_view(self._site, speed=speed, replay=replay))

    @permit("read")
    async def map(self, request: Request) -> Response:
        """Return where everything is: areas, stations, places, and the background."""
        return self._chart.answer(request)

    @permit("read")
    async def inundation(self, request: Request) -> Response:
        """Return the newest map of inundation of each area."""
        return (await self._inundations.newest()).answer(request)

    @permit("read")
    async def city(self, request: Request) -> Response:
        """Return the vital signs, the venues' programmes and the gateways, as they are now."""
        return (await self._city.newest()).answer(request)

    @permit("read")
    async def stations(self, _: Request) -> Response:
        """Return the newest value, sparkline and assessment of every datastream."""
        now, keys = self._clock.now(), list(self._datastreams)
        latest, samples, assessments = await self._readings.ask(
            lambda connection: (
                reader.latest(connection, keys),
                reader.recent(connection, keys, now - timedelta(hours=SPARK_HOURS)),
                reader.assessment_latest(connection),
            )
        )
        known = [row for row in latest if row.datastream in self._datastreams]
        return _json(
            StationsView(
                world_time=to_milliseconds(now),
                vitals=[vital(row, self._datastreams[row.datastream].thresholds) for row in known],
                sparks=[spark(key, rows) for key, rows in samples.items()],
                assessments=[assessment_view(assessment) for assessment in assessments],
            )
        )

    @permit("read")
    async def series(self, request: Request) -> Response:
        """Return `?datastream=KEY&hours=H`: the observations of the last H world hours."""
        key, now = self._key(request), self._clock.now()
        start = now - timedelta(hours=_hours(request))
        samples = await self._readings.ask(lambda c: reader.series(c, key, start, now))
        return _json(trace(key, samples))

    @permit("read")
    async def forecast(self, request: Request) -> Response:
        """Return `?datastream=KEY`: its newest forecast and assessment, each null if none."""
        key = self._key(request)
        forecast, assessments = await self._readings.ask(
            lambda c: (reader.forecast_at(c, key), reader.assessment_latest(c))
        )
        assessment = next((a for a in assessments if a.datastream == key), None)
        return _json(
            Outlook(
                key=key,
                forecast=forecast_view(forecast) if forecast else None,
                assessment=assessment_view(assessment) if assessment else None,
            )
        )

    @permit("read")
    async def alerts(self, _: Request) -> Response:
        """Return the newest alert messages, newest first, without their CAP text."""
        rows = await self._readings.ask(alert_rows)
        return _json({"alerts": [alert_view(row, self._areas) for row in rows]})

    @permit("read")
    async def cap(self, request: Request) -> Response:
        """Return `?identifier=ID`: the CAP 1.2 XML of one alert message."""
        identifier = request.query_params.get("identifier", "")
        row = await self._readings.ask(lambda c: reader.alert(c, identifier))
        if row is None:
            raise HTTPException(404, f"no alert message `{identifier}`")
        return Response(row.cap, media_type="application/xml")

    @permit("read")
    async def venue(self, request: Request) -> Response:
        """Return the programme of one venue as an iCalendar feed."""
        venue = request.path_params["venue"]
        programmes = await self._readings.ask(reader.programmes_latest)
        programme = next((p for p in programmes if p.venue == venue), None)
        if programme is None:
            known = ", ".join(p.venue for p in programmes) or "none yet"
            raise HTTPException(404, f"no programme of a venue `{venue}`; there are: {known}")
        text = calendar(programme, domain=f"{self._site.id}.forewarn")
        headers = {"Cache-Control": "no-store"}
        return Response(text, 200, headers, media_type="text/calendar")

    @permit("read")
    async def events(self, request: Request) -> Response:
        """Return the stream of events; `Last-Event-ID` resumes a broken one."""
        if self._feed.clients >= self._feed.max_clients:
            error = f"{self._feed.max_clients} pages are open, which is the limit; close some"
            raise HTTPException(503, error, {"Retry-After": "10"})
        last = request.headers.get("last-event-id")

        async def events() -> AsyncIterator[ServerSentEvent]:
            async with aclosing(self._feed.stream(last)) as stream:
                async for identifier, event in stream:
                    if not await still_signed_in(request):
                        return
                    yield ServerSentEvent(
                        data=event.payload.decode(), event=event.kind, id=identifier, retry=2000
                    )

        stream: Response = EventSourceResponse(events(), ping=3600, send_timeout=SEND_TIMEOUT_S)
        return stream

    async def health(self, _: Request) -> Response:
        """Return 200 while the database answers, else 503 and why."""
        error = self._feed.error()
        return _json(
            {"database": error or "ok", "clients": self._feed.clients}, 503 if error else 200
        )

    def _key(self, request: Request) -> str:
        key = request.query_params.get("datastream", "")
        if key not in self._keys:
            close = difflib.get_close_matches(key, self._keys, n=1)
            hint = f"did you mean `{close[0]}`?" if close else "GET /api/site lists them"
            raise HTTPException(404, f"no datastream `{key}`; {hint}")
        return key


def create_app(
    site: Site,
    database_url: str,
    clock: Clock,
    *,
    access: Access | None = None,
    background: Background | None = None,
    background_error: str = "",
    hosts: Collection[str] = (),
    interval_s: float = 1.0,
    heartbeat_s: float = 5.0,
    capacity: int = 1000,
    max_clients: int = 64,
    inundation_s: float = 5.0,
    mqtt_url: str = "",
    people: Path | None = None,
) -> Starlette:
    """Return the application; its poller runs from start-up to shutdown.

    `access` is who may sign in, by default nobody without an account reads anything;
    `background` is what the map is drawn on, `background_error` why there is none; `hosts` are
    the names it answers to (empty: any); `inundation_s` is how often at most a map of inundation
    is looked for; `mqtt_url` is where observations of the data API are sent; `people` is the
    site's people.toml; the rest as in `Feed`. The feed is at `app.state.feed`; close it before
    the server waits for open streams to end.
    """
    readings = Readings(database_url)
    things = Api(site, database_url, mqtt_url, clock)
    papers = Readings(database_url)
    skills = Skills(site, database_url, clock)
    access = access or Access(site.id, database_url)
    inundations = Inundations(site, readings, inundation_s)
    city = City(site, readings, interval_s)
    queue = Queue(site, readings, clock, interval_s)
    chart = Prepared(map_view(site, background, background_error))
    feed = Feed(
        site,
        readings,
        clock,
        inundations,
        city,
        queue,
        start=secrets.token_hex(4),
        interval_s=interval_s,
        heartbeat_s=heartbeat_s,
        capacity=capacity,
        max_clients=max_clients,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        poller = asyncio.create_task(feed.run())
        things.open()
        try:
            yield
        finally:
            poller.cancel()
            with suppress(asyncio.CancelledError):
                await poller
            readings.close()
            things.close()
            papers.close()
            skills.close()
            access.close()

    console = Console(site, readings, clock, feed, inundations, city, chart)
    reference = Reference(site)
    parts: list[Route | Mount] = [
        *Workshop(site, readings, clock).routes(),
        *Venues(site, readings, clock, 2 * interval_s).routes(),
        *Outcomes(site, readings, clock).routes(),
        *skills.routes(),
        *Stations(site, readings, clock).routes(),
        *Trail(site.timezone).routes(),
        *Foreigns(site, readings, clock).routes(),
        *reference.questions(),
        *Quiet(site, readings, clock).routes(),
        *Logbook(site, papers, clock).routes(),
        Mount("/desk", routes=Desk(site, readings, clock, queue, people).routes()),
    ]
    app = Starlette(
        routes=[
            *reference.pages(),
            *_routes(console, parts),
            *Feeds(site, readings, clock).routes(),
            *Reports(site, papers, clock).routes(),
            Mount("/v1.1", routes=things.routes()),
        ],
        middleware=[
            Middleware(Counted),
            Middleware(SecurityHeaders, hosts=hosts),
            Middleware(Guard, access=access),
        ],
        exception_handlers={HTTPException: _refuse, DatabaseUnavailable: _unavailable},
        lifespan=lifespan,
    )
    metrics.streams_open.set_function(lambda: feed.clients)
    app.state.feed = feed
    return app


def _routes(console: Console, parts: Sequence[Route | Mount]) -> list[Route | Mount]:
    compressed = [Middleware(GZipMiddleware, minimum_size=1000)]
    questions: list[Route | Mount] = [
        Route("/site", console.site),
        Route("/map", console.map),
        Route("/inundation", console.inundation),
        Route("/city", console.city),
        Route("/stations", console.stations),
        Route("/series", console.series),
        Route("/forecast", console.forecast),
        Route("/alerts", console.alerts),
        Route("/cap", console.cap),
        *access_questions(),
        *parts,
    ]
    return [
        Route("/", console.page),
        *access_pages(),
        Route("/events", console.events),
        Route("/healthz", console.health),
        Route("/venues/{venue}.ics", console.venue),
        Mount("/api", routes=questions, middleware=compressed),
        Mount("/static", StaticFiles(directory=STATIC), middleware=compressed),
    ]


def _json(message: object, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(encode(message), status, headers, media_type="application/json")


def _hours(request: Request) -> float:
    text = request.query_params.get("hours", "24")
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0 < hours <= MAX_HOURS:
        raise HTTPException(400, f"hours=`{text}` is not between 0 and {MAX_HOURS:.0f}")
    return hours


async def _refuse(_: Request, error: Any) -> Response:
    answer = _json({"error": error.detail}, error.status_code)
    answer.headers.update(error.headers or {})
    return answer


async def _unavailable(_: Request, error: Exception) -> Response:
    return _json({"error": f"the database does not answer: {error}"}, 503)
