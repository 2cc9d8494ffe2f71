"""Skill of every datastream at once, and what was observed around a forecast of long ago.

Questions that take long have a connection of their own: no page waits for them.
"""

import asyncio
import time
from datetime import timedelta

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access.guard import permit
from console.prepared import Prepared
from console.readings import Readings
from console.translate import trace
from console.workshop import MAX_SPAN, SkillView, asked_days, asked_time
from forewarn.domain.clock import Clock
from forewarn.domain.codec import encode
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Site
from forewarn.storage import Connection, reader
from forewarn.storage.skill import skill

EVERY = timedelta(hours=1)
"""One forecast of each hour is enough to compare datastreams."""

DAYS = (1, 7, 14)

KEPT_S = 300.0
"""Real seconds for which an answer about all datastreams is given again."""


class SkillsView(Struct, frozen=True, kw_only=True):
    """Skill of every observed datastream that has forecasts with observations."""

    start: int
    end: int
    every_s: float
    skills: list[SkillView]


class Skills:
    """The answers to `/api/skills` and `/api/observed`; close it at the end."""

    def __init__(self, site: Site, database_url: str, clock: Clock) -> None:
        self._readings, self._clock = Readings(database_url), clock
        self._intervals = {key: d.interval for key, _, d in site.datastreams()}
        self._kept: dict[float, tuple[float, Prepared | None]] = {}
        self._one_at_a_time = asyncio.Lock()

    def routes(self) -> list[Route]:
        """Return the routes under `/api`."""
        return [Route("/skills", self.skills), Route("/observed", self.observed)]

    def close(self) -> None:
        """Let the question under way end, and close the connection."""
        self._readings.close()

    @permit("read")
    async def skills(self, request: Request) -> Response:
        """Return `?days=D`: the skill by lead of every datastream, computed every 5 minutes."""
        days = asked_days(request)
        if days not in DAYS:
            raise HTTPException(400, "days of all datastreams are 1, 7 or 14")
        async with self._one_at_a_time:
            made, answer = self._kept.get(days, (0.0, None))
            if answer is None or time.monotonic() - made > KEPT_S:
                answer = await self._compute(days)
                self._kept[days] = time.monotonic(), answer
        return answer.answer(request)

    @permit("read")
    async def observed(self, request: Request) -> Response:
        """Return `?datastream=KEY&from=T&to=T`: the observations of a week at most."""
        key = request.query_params.get("datastream", "")
        start, end = asked_time(request, "from"), asked_time(request, "to")
        if key not in self._intervals:
            raise HTTPException(404, f"no observed datastream `{key}`; GET /api/site lists them")
        if not timedelta(0) < end - start <= MAX_SPAN:
            raise HTTPException(400, f"`to` must be after `from`, by {MAX_SPAN.days} days at most")
        samples = await self._readings.ask(lambda c: reader.series(c, key, start, end))
        headers = {"Cache-Control": "no-store"}
        body = encode(trace(key, samples))
        return Response(body, 200, headers, media_type="application/json")

    async def _compute(self, days: float) -> Prepared:
        end = self._clock.now()
        start = end - timedelta(days=days)
        at = {"start": to_milliseconds(start), "end": to_milliseconds(end)}

        def each(connection: Connection, key: str) -> SkillView:
            tolerance = self._intervals[key]
            leads = skill(connection, key, start, end, tolerance=tolerance, every=EVERY)
            return SkillView(key=key, leads=leads, **at)

        found = []
        for key in self._intervals:  # each by itself: `/api/observed` comes between
            found.append(await self._readings.ask(lambda c, key=key: each(c, key)))  # type: ignore[misc]
        known = [view for view in found if view.leads]
        return Prepared(SkillsView(every_s=EVERY.total_seconds(), skills=known, **at))
