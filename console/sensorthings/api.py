"""`/v1.1` over HTTP."""

from collections.abc import Awaitable, Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access.guard import permit
from console.errors import ConsoleError, DatabaseUnavailable
from console.sensorthings import errors, shapes
from console.sensorthings.changing import Changes
from console.sensorthings.errors import NoSuchPath, QueryRefused
from console.sensorthings.options import read_options
from console.sensorthings.paths import Resource, read_path
from console.sensorthings.questions import Questions
from console.sensorthings.sending import Sending
from console.sensorthings.shapes import answered, base
from console.sensorthings.wire import Wire
from forewarn.domain.clock import Clock
from forewarn.domain.station import Site
from forewarn.storage import Connection
from forewarn.storage.things import Absent, InUse, Page, ReadOnly, Unanswerable, Unchangeable, ask
from forewarn.storage.things.question import Options

MAX_OPTIONS = 10
RETRY_S = "5"

STATUS: Sequence[tuple[type[Exception], int]] = (
    (QueryRefused, 400),
    (errors.BodyRefused, 400),
    (NoSuchPath, 404),
    (errors.NotHere, 405),
    (errors.TooSlow, 408),
    (errors.Conflict, 409),
    (errors.TooLarge, 413),
    (errors.Overloaded, 503),
    (errors.Unsettled, 503),
    (DatabaseUnavailable, 503),
    (Absent, 404),
    (ReadOnly, 403),
    (InUse, 409),
    (Unchangeable, 400),
)


class Api:
    """The answers of `/v1.1`.

    Reading and changing each have a way to the database of their own, so that a costly question
    holds up no observation.

    Parameters
    ----------
    site : Site
    database_url : str
    mqtt_url : str
        Where observations are sent; empty: they cannot be.
    clock : Clock
        Whose time `now()` is.
    """

    def __init__(self, site: Site, database_url: str, mqtt_url: str, clock: Clock) -> None:
        self._clock = clock
        self._questions = Questions(site, database_url, clock)
        self._writing = Questions(site, database_url, clock)
        self._wire = Wire(mqtt_url, clock)
        sending = Sending(self._wire, self._writing, clock)
        self._changes = Changes(self._writing, sending, clock)

    def open(self) -> None:
        """Connect to the MQTT broker; in the event loop that answers."""
        self._wire.open()

    def close(self) -> None:
        """Leave the broker and the database."""
        self._wire.close()
        self._questions.close()
        self._writing.close()

    def routes(self) -> list[Route]:
        """Return the routes below `/v1.1`."""
        return [
            Route("/", self.root, methods=["GET"]),
            Route("/CreateObservations", self.create_observations, methods=["POST"]),
            Route("/{path:path}", self.entities, methods=["GET"]),
            Route("/{path:path}", self.change, methods=["POST", "PATCH", "PUT", "DELETE"]),
        ]

    @permit("read")
    async def root(self, request: Request) -> Response:
        """Return the sets of entities and the requirements that are met."""
        return answered(shapes.root(base(request)))

    @permit("read")
    async def entities(self, request: Request) -> Response:
        """Return what the path is the address of, shaped by the query options."""
        return await _told(self._answer(request))

    @permit("technical")
    async def change(self, request: Request) -> Response:
        """Create, change or remove the entity that the path is the address of."""
        return await _told(self._changes.answer(request))

    @permit("technical")
    async def create_observations(self, request: Request) -> Response:
        """Create many observations from arrays."""
        return await _told(self._changes.arrays(request))

    async def _answer(self, request: Request) -> Response:
        resource = read_path(request.path_params["path"])
        pairs = _pairs(request.url.query)
        options = _suited(read_options(pairs), resource)
        now = self._clock.now()

        def question(connection: Connection) -> Page | None:
            found = ask(connection, resource.way, options, now)
            if found.rows or len(resource.way) == 1:
                return found
            # an empty set has an owner; a set of nobody is not there
            owner = ask(connection, resource.way[:-1], Options(top=1), now)
            return found if owner.rows else None

        try:
            found = await self._questions.ask(question)
        except Unanswerable as error:
            raise QueryRefused(str(error)) from error
        if found is None or (resource.one and not found.rows):
            raise NoSuchPath(f"{request.path_params['path'][:80]}: there is no such entity")
        return _shaped(found, resource, options, pairs, request)


async def _told(answer: Awaitable[Response]) -> Response:
    """Return the answer, or what is wrong as JSON."""
    try:
        return await answer
    except (ConsoleError, Unchangeable) as error:
        status = next(code for kind, code in STATUS if isinstance(error, kind))
        said = {"code": status, "type": "error", "message": str(error)}
        return answered(said, status, {"Retry-After": RETRY_S} if status == 503 else None)


def _shaped(
    found: Page,
    resource: Resource,
    options: Options,
    pairs: Sequence[tuple[str, str]],
    request: Request,
) -> Response:
    root, kind = base(request), resource.kind
    if resource.named:
        return _property(found.rows[0][resource.named], resource)
    if resource.one and not resource.links:
        return answered(shapes.entity(found.rows[0], kind, options, root))
    answer = (
        shapes.references(found, kind, root)
        if resource.links
        else shapes.page(found, kind, options, root)
    )
    if found.more and not resource.one:
        this = f"{root}/{request.path_params['path'].strip('/')}"
        answer["@iot.nextLink"] = shapes.next_link(this, pairs, options.skip + len(found.rows))
    return answered(answer)


def _property(value: Any, resource: Resource) -> Response:
    if value is None:
        return Response(status_code=204)
    if not resource.raw:
        return answered({resource.named: value})
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return Response(text, media_type="text/plain; charset=utf-8")


def _suited(options: Options, resource: Resource) -> Options:
    """Return `options` as this resource takes them; QueryRefused where it cannot."""
    if options.data_array and (resource.kind != "Observations" or resource.one):
        raise QueryRefused("$resultFormat=dataArray is for sets of Observations alone")
    if options.data_array and (options.select or options.expand):
        raise QueryRefused("$resultFormat=dataArray goes without $select and $expand")
    if resource.one:
        return Options(select=options.select, expand=options.expand)
    return options


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query,
            keep_blank_values=True,
            strict_parsing=bool(query),
            errors="strict",
            max_num_fields=MAX_OPTIONS,
        )
    except ValueError as error:
        raise QueryRefused(f"the query `{query[:40]}` cannot be read: {error}") from error
