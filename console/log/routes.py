"""What the log's page asks, and the ways to write into the log and to hand a shift over."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access.guard import permit
from console.access.sessions import Account
from console.body import read_json
from console.freshness import is_replay, speed_of
from console.log import asked
from console.log.views import HandedView, HandoverView, ItemView, LogView, ShiftView
from console.log.writing import Writer, as_written, give, mark_of, receivers, take, write_entry
from console.readings import Readings
from console.report.facts import Facts
from console.report.gather import World, gather
from console.report.outlooks import highlights
from forewarn.domain.clock import Clock
from forewarn.domain.codec import encode
from forewarn.domain.logbook import Category, Entry, Handover, Item
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Site
from forewarn.storage import Connection, log

AT_ONCE = 100
"""Items in one answer."""


class Written(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/log`."""

    key: str
    """New for each entry: one that is sent again is written once."""
    text: str
    category: Category = Category.NOTE
    incident: str | None = None
    corrects: int | None = None
    """Number of the entry that this one takes the place of."""
    clock: str = ""
    """When it happened, `02:40` in the site's zone; empty: now."""


class Given(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/handover`."""

    key: str
    receiver: str
    open_points: str
    mark: str
    """Of what the giver looked at."""


class Taken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/handover/taken`."""

    number: int


class Logbook:
    """The answers about the shift log.

    Parameters
    ----------
    site : Site
    readings : Readings
    clock : Clock
    """

    def __init__(self, site: Site, readings: Readings, clock: Clock) -> None:
        self._site, self._readings, self._clock = site, readings, clock
        self._areas = {area.id: area.name for area in site.areas}

    def routes(self) -> list[Route]:
        """Return the routes, below `/api`."""
        return [
            Route("/log", self.log),
            Route("/log", self.write, methods=["POST"]),
            Route("/handover", self.shift),
            Route("/handover", self.give, methods=["POST"]),
            Route("/handover/taken", self.take, methods=["POST"]),
            Route("/handover/{number:int}", self.handed),
        ]

    @permit("read")
    async def log(self, request: Request) -> Response:
        """Return `?from&to&before&kind&text&incident`: a hundred items at most, newest first."""
        start, end = asked.span_in(request, self._clock.now())
        before, kinds = asked.cursor_in(request), asked.kinds_in(request)
        text, about = (request.query_params.get(n, "") for n in ("text", "incident"))
        if "\0" in text + about:
            raise HTTPException(400, "a text has no character with the number 0")
        found, waiting = await self._readings.ask(
            lambda c: (
                log.logged(
                    c,
                    start,
                    end,
                    before=before,
                    kinds=kinds,
                    text=text,
                    incident=about,
                    limit=AT_ONCE + 1,
                ),
                log.open_handovers(c),
            )
        )
        further = asked.cursor_of(found[AT_ONCE - 1]) if len(found) > AT_ONCE else ""
        items = [item_view(item, self._areas) for item in found[:AT_ONCE]]
        return _json(LogView(items=items, next=further, open=[handover_view(h) for h in waiting]))

    @permit("act")
    async def write(self, request: Request) -> Response:
        """Write an entry, or a correction of one; answer its number."""
        said, now = await read_json(request, Written), self._clock.now()
        account: Account = request.state.account
        entry = Entry(
            key=asked.key_of(said.key),
            at=asked.at_clock(said.clock, now, self._site.timezone),
            noted=now,
            author=account.id,
            category=said.category,
            text=asked.text_of("text", said.text),
            incident=said.incident or None,
            corrects=said.corrects,
        )
        real = request.state.access.now()
        written = await self._readings.ask(lambda c: write_entry(c, entry, real))
        return _json({"number": written.number, "at": to_milliseconds(written.at)})

    @permit("act")
    async def shift(self, request: Request) -> Response:
        """Return what is to be handed over now, and to whom it can be."""
        giver = request.state.account.id
        facts, others = await self._readings.ask(
            lambda c: (self._facts(c), receivers(c, self._site.id, giver))
        )
        return _json(ShiftView(facts=facts, mark=mark_of(facts), accounts=others))

    @permit("act")
    async def give(self, request: Request) -> Response:
        """Hand the shift over; 409 where something changed since it was looked at."""
        said = await read_json(request, Given)
        asked.key_of(said.key)
        points = asked.text_of("open_points", said.open_points, needed=False)
        giver, real = request.state.account.id, request.state.access.now()

        def written(connection: Connection) -> Handover:
            if there := log.handover_by_key(connection, said.key):
                return as_written(there, giver, receiver=said.receiver, open_points=points)
            if said.receiver not in [a.id for a in receivers(connection, self._site.id, giver)]:
                raise HTTPException(400, f"`{said.receiver}` cannot take over a shift here")
            facts = self._facts(connection)
            if mark_of(facts) != said.mark:
                raise HTTPException(409, "something changed since you looked: look again")
            shown = msgspec.to_builtins(facts)
            handover = Handover(
                key=said.key,
                at=facts.at,
                author=giver,
                receiver=said.receiver,
                open_points=points,
                shown=shown,
            )
            return give(connection, handover, real)

        return _json(handover_view(await self._readings.ask(written)))

    @permit("act")
    async def take(self, request: Request) -> Response:
        """Confirm a handover with one's own account."""
        said = await read_json(request, Taken)
        if not 0 < said.number < 2**63:
            raise HTTPException(404, f"no handover {said.number}")
        author, real = request.state.account.id, request.state.access.now()
        writer = Writer(author=author, now=self._clock.now(), real=real)
        return _json(
            handover_view(await self._readings.ask(lambda c: take(c, said.number, writer)))
        )

    @permit("read")
    async def handed(self, request: Request) -> Response:
        """Return one handover as it was shown then."""
        number = request.path_params["number"]
        wanted = number if number < 2**63 else 0
        found = await self._readings.ask(lambda c: log.handover(c, wanted))
        if found is None:
            raise HTTPException(404, f"no handover {number}")
        return _json(HandedView(handover=handover_view(found), facts=found.shown))

    def _facts(self, connection: Connection) -> Facts:
        world = World(
            now=self._clock.now(), speed=speed_of(self._clock), replay=is_replay(self._clock)
        )
        try:
            facts = gather(connection, self._site, world)
        except msgspec.ValidationError as error:
            raise HTTPException(
                500, f"an incident that is stored cannot be read: {error}"
            ) from error
        return msgspec.structs.replace(facts, outlooks=highlights(facts.outlooks))


def item_view(item: Item, areas: Mapping[str, str]) -> ItemView:
    """Return one line of the log; `areas` are the names of areas by id."""
    detail = {key: value for key, value in item.detail.items() if value is not None}
    if "area" in detail:
        detail["area"] = areas.get(detail["area"], detail["area"])
    return ItemView(
        id=f"{item.rank}_{item.id}",
        number=item.id,
        at=to_milliseconds(item.at),
        kind=item.kind.value,
        what=item.what,
        author=item.author,
        incident=item.incident,
        level=item.level,
        text=item.text,
        detail=detail,
    )


def handover_view(handover: Handover) -> HandoverView:
    """Return `handover` without what was shown then."""
    return HandoverView(
        number=handover.number,
        at=to_milliseconds(handover.at),
        author=handover.author,
        receiver=handover.receiver,
        open_points=handover.open_points,
        taken=to_milliseconds(handover.taken) if handover.taken else None,
    )


def _json(message: object) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(encode(message), 200, headers, media_type="application/json")
