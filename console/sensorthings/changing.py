"""`POST`, `PATCH`, `PUT` and `DELETE` below `/v1.1`."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from console.body import PATIENCE_S
from console.sensorthings import trail
from console.sensorthings.bodies import FIELDS, Bodies
from console.sensorthings.errors import BodyRefused, Conflict, NotHere, TooLarge, TooSlow, Unsettled
from console.sensorthings.observed import read_arrays, read_observation
from console.sensorthings.patches import patched
from console.sensorthings.paths import Resource, read_path
from console.sensorthings.questions import Questions
from console.sensorthings.sending import Note, Outcome, Pair, Sending
from console.sensorthings.shapes import answered, base
from forewarn.domain.clock import Clock
from forewarn.storage import Connection
from forewarn.storage.things import Absent, Creation, Draft, ask, change, remove
from forewarn.storage.things.question import Options
from forewarn.storage.things.tables import exists

MAX_BODY = 1_000_000
MAX_ARRAYS = 8_000_000
"""Bytes of a body of CreateObservations."""
JSON_PATCH = "application/json-patch+json"
MAX_REASONS = 1_000
"""Characters of the header that tells why elements of CreateObservations are `error`."""

INVERSE = {
    ("Things", "Datastreams"): "Thing",
    ("Things", "Locations"): "Things",
    ("Things", "HistoricalLocations"): "Thing",
    ("Locations", "Things"): "Locations",
    ("Sensors", "Datastreams"): "Sensor",
    ("ObservedProperties", "Datastreams"): "ObservedProperty",
}
"""What an entity is told of its owner, where it is created below it."""


class Changes:
    """What changes things, each with its entry in the audit trail.

    Parameters
    ----------
    questions : Questions
        The way to the database.
    sending : Sending
        The way of observations.
    clock : Clock
    """

    def __init__(self, questions: Questions, sending: Sending, clock: Clock) -> None:
        self._questions, self._sending, self._clock = questions, sending, clock

    async def answer(self, request: Request) -> Response:
        """Return the answer to any request that changes something."""
        path = request.path_params["path"]
        resource = read_path(path)
        if resource.links or resource.named:
            raise NotHere(f"{path[:80]}: only entities are changed, and sets of them added to")
        if request.method == "POST":
            return await self._post(request, resource)
        if len(resource.way) != 1 or not resource.one:
            raise NotHere(f"{request.method} is for one entity by its id: Things(1)")
        number = resource.way[0].id or 0
        if request.method == "DELETE":
            return await self._delete(request, resource.kind, number)
        return await self._patch(request, resource, number)

    async def arrays(self, request: Request) -> Response:
        """Create observations from arrays; `error` stands for each that was not."""
        raw = await _decoded(request, MAX_ARRAYS)
        rows = await asyncio.to_thread(read_arrays, raw, self._clock.now())
        said = [row.said for row in rows if row.said is not None]
        sent = await self._sending.send(said, _noting(request))
        outcomes = iter(sent)
        found = [next(outcomes) if row.said else Outcome(0, row.reason) for row in rows]
        root = base(request)
        links = [f"{root}/Observations({o.id})" if o.id else "error" for o in found]
        return answered(links, 201, _reasons(found))

    async def _post(self, request: Request, resource: Resource) -> Response:
        way, kind = resource.way, resource.kind
        if resource.one or len(way) > 2:
            raise NotHere("POST is for a set: Things, or Things(1)/Datastreams")
        raw = await _decoded(request, MAX_BODY)
        if kind == "Observations":
            return await self._observation(request, resource, raw)
        owner = (way[0].name, way[0].id or 0) if len(way) == 2 else None
        back = INVERSE.get((way[0].name, kind), "") if owner else ""
        if owner and not back:
            raise NotHere(f"POST is not for {way[0].name}({owner[1]})/{kind}")
        draft = Bodies().entity(raw, kind, given=(back,) if back else ())
        if owner:
            links = {**draft.links, back: (owner[1],)}
            draft = msgspec.structs.replace(draft, links=links)
        return await self._create(request, draft, owner)

    async def _create(
        self, request: Request, draft: Draft, owner: tuple[str, int] | None
    ) -> Response:
        now = self._clock.now()
        if _observations(draft):
            self._sending.check()

        def create(connection: Connection) -> tuple[int, list[Pair]]:
            if owner and not exists(connection, *owner):
                raise Absent(f"there is no {owner[0]}({owner[1]})")
            creation = Creation(connection, now)
            number = creation.create(draft)
            pairs = [(stream, said) for stream, many in creation.observations for said in many]
            detail = trail.of_entity(draft.values)
            detail |= trail.of_observations(pairs) if pairs else {}
            trail.note(connection, request, "create", f"{draft.kind}({number})", detail)
            return number, pairs

        number, pairs = await self._changed(create)
        subject = f"{draft.kind}({number})"
        try:
            outcomes = await self._sending.send_to(pairs)
        except Unsettled as error:
            raise Unsettled(f"{subject} is created; of its observations: {error}") from error
        if refused := [o.reason for o in outcomes if not o.id]:
            many = f"{len(refused)} of its observations are not: {refused[0]}"
            raise Conflict(f"{subject} is created, but {many}")
        return _created(request, subject)

    async def _observation(self, request: Request, resource: Resource, raw: Any) -> Response:
        way = resource.way
        if len(way) == 2 and way[0].name != "Datastreams":
            raise NotHere("POST observations to Observations, or to those of a Datastream")
        stream = (way[0].id or 0) if len(way) == 2 else 0
        said = read_observation(raw, stream=stream, now=self._clock.now())
        [outcome] = await self._sending.send([said], _noting(request))
        if outcome.conflict:
            raise Conflict(f"Datastreams({said.datastream}): {outcome.reason}")
        if outcome.reason:
            raise BodyRefused(outcome.reason)
        return _created(request, f"Observations({outcome.id})")

    async def _patch(self, request: Request, resource: Resource, number: int) -> Response:
        kind = resource.kind
        if kind == "Observations":
            raise NotHere("an observation stays as it came: remove it, and create another")
        raw = await _decoded(request, MAX_BODY)
        now = self._clock.now()
        given = request.headers.get("content-type", "").partition(";")[0].strip().lower()

        def patch(connection: Connection) -> None:
            said = raw
            if given == JSON_PATCH:
                page = ask(connection, resource.way, Options(), now)
                if not page.rows:
                    raise Absent(f"there is no {kind}({number})")
                named = (*FIELDS[kind], "properties")
                said = patched({n: v for n, v in page.rows[0].items() if n in named}, raw)
            draft = Bodies(partly=True).entity(said, kind)
            change(connection, number, draft, now)
            detail = trail.of_entity(draft.values)
            trail.note(connection, request, "change", f"{kind}({number})", detail)

        await self._changed(patch)
        return answered(_named(request, f"{kind}({number})"), 200)

    async def _delete(self, request: Request, kind: str, number: int) -> Response:
        def delete(connection: Connection) -> None:
            remove(connection, kind, number)
            trail.note(connection, request, "remove", f"{kind}({number})", trail.of_entity({}))

        await self._changed(delete)
        return Response(status_code=200)

    async def _changed(self, work: Callable[[Connection], Any]) -> Any:
        def whole(connection: Connection) -> Any:
            with connection.transaction():
                return work(connection)

        return await self._questions.ask(whole)


def _noting(request: Request) -> Note:
    """Return what writes down that somebody sends observations."""

    def write(connection: Connection, pairs: Sequence[Pair]) -> None:
        detail = trail.of_observations(pairs)
        trail.note(connection, request, "create", "Observations", detail)

    return write


def _observations(draft: Draft) -> bool:
    """Return whether any observations come along."""
    links = [link for many in draft.links.values() for link in many if isinstance(link, Draft)]
    return bool(draft.observations) or any(map(_observations, links))


async def _decoded(request: Request, limit: int) -> Any:
    """Return the JSON of the body; TooLarge, TooSlow or BodyRefused say why there is none."""
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise TooLarge(
                        f"the body has more than {limit} bytes, which are the most that are read"
                    )
    except TimeoutError as error:
        raise TooSlow(
            f"the body was not here within {PATIENCE_S:g} s; send less at once"
        ) from error
    try:
        return await asyncio.to_thread(msgspec.json.decode, bytes(body))
    except (msgspec.DecodeError, RecursionError) as error:
        raise BodyRefused(f"body: is no JSON: {error}") from error


def _created(request: Request, subject: str) -> Response:
    said = _named(request, subject)
    return answered(said, 201, {"Location": said["@iot.selfLink"]})


def _named(request: Request, subject: str) -> dict[str, Any]:
    number = int(subject.partition("(")[2][:-1])
    return {"@iot.id": number, "@iot.selfLink": f"{base(request)}/{subject}"}


def _reasons(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Return the header that tells why, of the first that were not created."""
    said = "; ".join(f"{place}: {o.reason}" for place, o in enumerate(outcomes) if not o.id)
    plain = said.encode("ascii", "backslashreplace").decode().replace("\n", " ")
    return {"Forewarn-Errors": plain[:MAX_REASONS]} if said else {}
