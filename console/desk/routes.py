"""The desk's questions."""

from datetime import datetime

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access.guard import permit
from console.desk.queue import Queue
from console.desk.runbook import runbook
from console.desk.translate import act_view, delivery_view, incident_view, message_view, told_view
from console.desk.views import CaseView
from console.readings import Readings
from console.translate import assessment_view
from forewarn.domain.clock import Clock
from forewarn.domain.codec import encode
from forewarn.domain.station import Site
from forewarn.storage import Connection, incidents, reader
from forewarn.storage.desk import deliveries_of, messages_of
from forewarn.storage.paging import told


class Desk:
    """The answers below `/api/desk`; it only reads."""

    def __init__(self, site: Site, readings: Readings, clock: Clock, queue: Queue) -> None:
        self._areas = {area.id: area.name for area in site.areas}
        self._readings, self._clock, self._queue = readings, clock, queue

    def routes(self) -> list[Route]:
        """Return the routes, below `/api/desk`."""
        return [Route("/incidents", self.incidents), Route("/incident", self.incident)]

    @permit("read")
    async def incidents(self, request: Request) -> Response:
        """Return the live incidents and those that ended within 24 hours."""
        return (await self._queue.newest()).answer(request)

    @permit("read")
    async def incident(self, request: Request) -> Response:
        """Return `?id=`: one incident, named by itself or by one of its messages."""
        name, now = request.query_params.get("id", ""), self._clock.now()
        try:
            case = await self._readings.ask(lambda c: self._case(c, name, now))
        except msgspec.ValidationError as error:
            raise HTTPException(
                500, f"what is stored of `{name}` cannot be read: {error}"
            ) from error
        if case is None:
            raise HTTPException(404, f"no incident `{name}`; GET /api/desk/incidents lists them")
        headers = {"Cache-Control": "no-store"}
        return Response(encode(case), headers=headers, media_type="application/json")

    def _case(self, connection: Connection, name: str, now: datetime) -> CaseView | None:
        # A text of PostgreSQL holds no NUL: such a name is nobody's.
        found = None if "\0" in name else incidents.incident(connection, name)
        if found is None:
            return None
        messages = messages_of(connection, found.incident)
        newest = next((m for m in reversed(messages) if m.identifier == found.identifier), None)
        judged = reader.newest_judgements(connection, [found.datastream])[1]
        assessment = judged.get(found.datastream)
        wanted = max(found.level, found.draft.level) if found.draft else found.level
        return CaseView(
            incident=incident_view(found, newest, self._areas, now),
            messages=[message_view(m) for m in messages],
            acts=[act_view(a) for a in incidents.actions(connection, found.incident)],
            deliveries=[delivery_view(d) for d in deliveries_of(connection, found.incident)],
            told=[told_view(t) for t in told(connection, found.incident)],
            assessment=assessment_view(assessment) if assessment else None,
            runbook=runbook(found.hazard, wanted or found.highest),
        )
