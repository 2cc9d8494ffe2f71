"""Skill of every datastream at once, and what was observed around a forecast of long ago.

Questions that take long have a connection of their own: no page waits for them.
"""

import asyncio
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access.guard import permit
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

PATIENCE_S = 5.0
"""Real seconds after which an answer is given though not all is computed."""

KEPT_S = 300.0
"""Real seconds for which an answer about all datastreams is given again."""


class SkillsView(Struct, frozen=True, kw_only=True):
    """Skill of every observed datastream that has forecasts with observations."""

    start: int
    end: int
    every_s: float
    skills: list[SkillView]
    left: int
    """Datastreams that are not computed yet: ask again."""


class Batch:
    """The skill of all datastreams over one span, as far as it is computed."""

    def __init__(self, start: datetime, end: datetime, keys: Iterable[str]) -> None:
        self.start, self.end = start, end
        self.made = time.monotonic()
        self.left = list(keys)
        self.found: list[SkillView] = []

    def view(self) -> SkillsView:
        """Return what is known by now."""
        return SkillsView(
            start=to_milliseconds(self.start),
            end=to_milliseconds(self.end),
            every_s=EVERY.total_seconds(),
            skills=self.found,
            left=len(self.left),
        )


class Skills:
    """The answers to `/api/skills` and `/api/observed`; close it at the end."""

    def __init__(self, site: Site, database_url: str, clock: Clock) -> None:
        self._readings, self._clock = Readings(database_url), clock
        self._intervals = {key: d.interval for key, _, d in site.datastreams()}
        self._kept: dict[float, Batch] = {}
        self._one_at_a_time = asyncio.Lock()

    def routes(self) -> list[Route]:
        """Return the routes under `/api`."""
        return [Route("/skills", self.skills), Route("/observed", self.observed)]

    def close(self) -> None:
        """Let the question under way end, and close the connection."""
        self._readings.close()

    @permit("read")
    async def skills(self, request: Request) -> Response:
        """Return `?days=D`: the skill by lead of every datastream, computed every 5 minutes.

        After 5 s the answer is what is known by then, and how much is `left`.
        """
        days = asked_days(request)
        if days not in DAYS:
            raise HTTPException(400, "days of all datastreams are 1, 7 or 14")
        async with self._one_at_a_time:
            batch = self._kept.get(days)
            if batch is None or time.monotonic() - batch.made > KEPT_S:
                end = self._clock.now()
                batch = Batch(end - timedelta(days=days), end, self._intervals)
                self._kept[days] = batch
            await self._go_on(batch)
        return _json(batch.view())

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
        return _json(trace(key, samples))

    async def _go_on(self, batch: Batch) -> None:
        until = time.monotonic() + PATIENCE_S
        while batch.left:
            key = batch.left[0]
            view = await self._readings.ask(lambda c, key=key: self._one(c, key, batch))  # type: ignore[misc]
            batch.left.pop(0)
            if view.leads:
                batch.found.append(view)
            if time.monotonic() >= until:
                return

    def _one(self, connection: Connection, key: str, batch: Batch) -> SkillView:
        start, end, tolerance = batch.start, batch.end, self._intervals[key]
        leads = skill(connection, key, start, end, tolerance=tolerance, every=EVERY)
        at = {"start": to_milliseconds(start), "end": to_milliseconds(end)}
        return SkillView(key=key, leads=leads, **at)


def _json(message: object) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(encode(message), 200, headers, media_type="application/json")
