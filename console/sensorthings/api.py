"""`/v1.1` over HTTP: reads only."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access.guard import permit
from console.errors import ConsoleError, DatabaseUnavailable
from console.sensorthings import shapes
from console.sensorthings.errors import NoSuchPath, Overloaded, QueryRefused
from console.sensorthings.options import read_options
from console.sensorthings.paths import Resource, read_path
from console.sensorthings.questions import Questions
from forewarn.domain.clock import Clock
from forewarn.storage import Connection
from forewarn.storage.things import Page, Unanswerable, ask
from forewarn.storage.things.question import Options

MAX_OPTIONS = 10

STATUS: Sequence[tuple[type[ConsoleError], int]] = (
    (QueryRefused, 400),
    (NoSuchPath, 404),
    (Overloaded, 503),
    (DatabaseUnavailable, 503),
)


class Api:
    """The answers of `/v1.1`.

    Parameters
    ----------
    questions : Questions
    clock : Clock
        Whose time `now()` is.
    """

    def __init__(self, questions: Questions, clock: Clock) -> None:
        self._questions, self._clock = questions, clock

    def routes(self) -> list[Route]:
        """Return the routes below `/v1.1`."""
        return [
            Route("/", self.root, methods=["GET"]),
            Route("/{path:path}", self.entities, methods=["GET"]),
        ]

    @permit("read")
    async def root(self, request: Request) -> Response:
        """Return the sets of entities and the requirements that are met."""
        return _json(shapes.root(_base(request)))

    @permit("read")
    async def entities(self, request: Request) -> Response:
        """Return what the path is the address of, shaped by the query options."""
        try:
            return await self._answer(request)
        except ConsoleError as error:
            status = next(code for kind, code in STATUS if isinstance(error, kind))
            said = {"code": status, "type": "error", "message": str(error)}
            return _json(said, status)

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


def _shaped(
    found: Page,
    resource: Resource,
    options: Options,
    pairs: Sequence[tuple[str, str]],
    request: Request,
) -> Response:
    base, kind = _base(request), resource.kind
    if resource.named:
        return _property(found.rows[0][resource.named], resource)
    if resource.one and not resource.links:
        return _json(shapes.entity(found.rows[0], kind, options, base))
    answer = (
        shapes.references(found, kind, base)
        if resource.links
        else shapes.page(found, kind, options, base)
    )
    if found.more and not resource.one:
        this = f"{base}/{request.path_params['path'].strip('/')}"
        answer["@iot.nextLink"] = shapes.next_link(this, pairs, options.skip + len(found.rows))
    return _json(answer)


def _property(value: Any, resource: Resource) -> Response:
    if value is None:
        return Response(status_code=204)
    if not resource.raw:
        return _json({resource.named: value})
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


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}/v1.1"


def _json(answer: object, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(msgspec.json.encode(answer), status, headers, media_type="application/json")
