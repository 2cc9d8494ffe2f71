"""The desk's questions, and the way by which officers act."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access.guard import permit
from console.access.roles import Permit
from console.access.sessions import Account
from console.body import read_json
from console.desk.acting import AT_ONCE, TOGETHER, Wish, write
from console.desk.details import BadDetail, checked
from console.desk.people import assignable
from console.desk.queue import Queue
from console.desk.runbook import runbook
from console.desk.translate import act_view, delivery_view, incident_view, message_view, told_view
from console.desk.views import CaseView, DoneView
from console.readings import Readings
from console.translate import assessment_view
from forewarn.domain.clock import Clock
from forewarn.domain.codec import encode
from forewarn.domain.desk import Act
from forewarn.domain.station import Site
from forewarn.storage import Connection, incidents, reader
from forewarn.storage.desk import deliveries_of, messages_of
from forewarn.storage.paging import told
from forewarn.storage.receipts import note_read

LARGEST = 65_536
"""Bytes of what an act says."""

TAKES: dict[Act, Permit] = {
    Act.APPROVE: "approve",
    Act.REJECT: "approve",
    Act.CANCEL: "cancel",
}
"""Act → what it takes beyond `act`."""


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/desk/act`: one incident, or several."""

    act: Act
    incident: str = ""
    incidents: list[str] = []
    detail: dict[str, str] = {}
    seen: dict[str, Annotated[int, Meta(ge=0, le=4)]] = {}
    """Incident → the level that was looked at, its draft's if that is higher; what has risen
    above it since is refused as `risen`. Optional."""
    key: Annotated[str, Meta(pattern=r"^([A-Za-z0-9-]{8,64})?$")] = ""
    """New for each press: what is sent again with it is done once. Optional."""


class Seen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/desk/seen`."""

    incident: str
    """Named by itself or by one of its messages."""


class Desk:
    """The answers below `/api/desk`.

    Parameters
    ----------
    site : Site
    readings : Readings
    clock : Clock
    queue : Queue
    people : Path, optional
        The site's people.toml.
    """

    def __init__(
        self,
        site: Site,
        readings: Readings,
        clock: Clock,
        queue: Queue,
        people: Path | None = None,
    ) -> None:
        self._areas = {area.id: area.name for area in site.areas}
        self._readings, self._clock, self._queue = readings, clock, queue
        self._people = people

    def routes(self) -> list[Route]:
        """Return the routes, below `/api/desk`."""
        return [
            Route("/incidents", self.incidents),
            Route("/incident", self.incident),
            Route("/people", self.people),
            Route("/seen", self.seen, methods=["POST"]),
            Route("/act", self.act, methods=["POST"]),
        ]

    @permit("act")
    async def people(self, _: Request) -> Response:
        """Return to whom an incident can be given."""
        found = await self._readings.ask(lambda c: assignable(self._people, c))
        return _json({"people": found})

    @permit("act")
    async def act(self, request: Request) -> Response:
        """Do something about one incident or several; answer the act as it was written.

        Of several: which acts were written, and which incidents refused and why.
        """
        asked = await read_json(request, Asked, LARGEST)
        account: Account = request.state.account
        needed = TAKES.get(asked.act, "act")
        if needed not in account.permits:
            raise HTTPException(
                403, f"the role {account.role} may not do this: it takes `{needed}`"
            )
        if needed == "approve" and account.is_machine:
            reason = "a token may not approve or reject: who has it may have approved already"
            raise HTTPException(403, f"{reason}; sign in as a person")
        names = _names(asked)
        real = request.state.access.now()
        done = await self._readings.ask(lambda c: self._write(c, asked, names, account.id, real))
        self._queue.forget()
        if asked.incidents or not done.refused:
            return _json(done if asked.incidents else done.acts[0])
        [refused] = done.refused
        said = {"error": refused.error, "code": refused.code, "incident": refused.incident}
        return _json(said, 404 if refused.incident is None else 409)

    def _write(
        self, connection: Connection, asked: Asked, names: list[str], author: str, real: datetime
    ) -> DoneView:
        now = self._clock.now()
        known = assignable(self._people, connection) if asked.act is Act.ASSIGN else []
        try:
            detail = checked(asked.act, asked.detail, now=now, people=[p.id for p in known])
        except BadDetail as error:
            raise HTTPException(400, str(error)) from error
        wish = Wish(
            act=asked.act,
            detail=detail,
            author=author,
            at=now,
            real=real,
            seen=asked.seen,
            key=asked.key,
        )
        return write(connection, names, wish, self._areas)

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
        return _json(case)

    @permit("read")
    async def seen(self, request: Request) -> Response:
        """Note that who asks has opened an incident: the messages about it that they got are read.

        Asking for the incident notes nothing: a page that stays open does that by itself.
        """
        name = (await read_json(request, Seen)).incident
        viewer, now = request.state.account.id, self._clock.now()

        def note(connection: Connection) -> bool:
            found = incidents.incident(connection, name)
            if found is not None:
                note_read(connection, found.incident, viewer, now)  # contact and account of one id
            return found is not None

        if not await self._readings.ask(note):
            raise HTTPException(404, f"no incident `{name}`; GET /api/desk/incidents lists them")
        return _json({})

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
            draft_cap=found.draft.cap if found.draft else "",
            assessment=assessment_view(assessment) if assessment else None,
            runbook=runbook(found.hazard, wanted or found.highest),
        )


def _names(asked: Asked) -> list[str]:
    """Return the incidents that are meant, each once; HTTPException 400 says what is wrong."""
    if bool(asked.incident) == bool(asked.incidents):
        raise HTTPException(400, "give `incident`, or `incidents` where there are several")
    if asked.incidents and asked.act not in TOGETHER:
        raise HTTPException(400, f"`{asked.act.value}` is done to one `incident` at a time")
    names = list(dict.fromkeys(asked.incidents or [asked.incident]))
    if len(names) > AT_ONCE:
        raise HTTPException(400, f"{len(names)} incidents; at most {AT_ONCE} at once")
    if any("\0" in name or not name.isprintable() for name in names):
        raise HTTPException(404, "no incident has such a name")
    return names


def _json(message: object, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(encode(message), status, headers, media_type="application/json")
