"""What the page of drills and silences asks, and the ways to begin and end one.

What is begun or ended and its entry in the audit trail are one transaction.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access.guard import permit
from console.access.sessions import Account
from console.body import read_json
from console.quiet.translate import choices, drill_view, silence_view, touched_view
from console.quiet.views import DrillView, QuietView, SilenceView, TouchedView
from console.readings import Readings
from forewarn.domain.clock import Clock
from forewarn.domain.codec import encode
from forewarn.domain.desk import Silence, SilenceKind
from forewarn.domain.drill import Drill, Taken, Unfit, fit_drill
from forewarn.domain.hazard import Level
from forewarn.domain.maintenance import fit_silence
from forewarn.domain.station import Site
from forewarn.storage import Connection, reader
from forewarn.storage.audit import append_audit
from forewarn.storage.drills import add_drill, drills, end_drill, find_drill, recent_channels
from forewarn.storage.incidents import add_silence, end_silence, find_silence, silences

T = TypeVar("T")


class DrillAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/quiet/drill`; times as in the answers."""

    area: str
    hazard: str
    level: int
    reason: str
    end: int
    start: int | None = None
    """None: now."""
    siren: bool = False


class SilenceAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/quiet/silence`."""

    kind: SilenceKind
    reason: str
    end: int
    start: int | None = None
    area: str = ""
    hazard: str = ""
    datastream: str = "*"
    up_to: int = int(Level.ORANGE)


class Ended(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/quiet/drill/end` and `/api/quiet/silence/end`."""

    id: int


class Quiet:
    """The answers below `/api/quiet`."""

    def __init__(self, site: Site, readings: Readings, clock: Clock) -> None:
        self._site, self._readings, self._clock = site, readings, clock
        self._areas = {area.id: area for area in site.areas}
        self._keys = [*(k for k, _, _ in site.datastreams()), *(p.key for p in site.places)]
        self._choices = choices(site)
        self._hazards = sorted({hazard for found in self._choices for hazard in found.hazards})

    def routes(self) -> list[Route]:
        """Return the routes, below `/api`."""
        return [
            Route("/quiet", self.quiet),
            Route("/quiet/preview", self.preview),
            Route("/quiet/drill", self.start_drill, methods=["POST"]),
            Route("/quiet/drill/end", self.end_drill, methods=["POST"]),
            Route("/quiet/silence", self.start_silence, methods=["POST"]),
            Route("/quiet/silence/end", self.end_silence, methods=["POST"]),
        ]

    @permit("read")
    async def quiet(self, _: Request) -> Response:
        """Return the drills, silences and maintenances that run now or are planned."""
        return _json(await self._readings.ask(self._view))

    @permit("read")
    async def preview(self, request: Request) -> Response:
        """Return `?datastream=PATTERN`: what it matches, and which forecasts rest on that."""
        pattern, now = request.query_params.get("datastream", ""), self._clock.now()
        if len(pattern) > 200:
            raise HTTPException(400, "a pattern has at most 200 characters")
        silence = Silence(
            kind=SilenceKind.MAINTENANCE,
            author="",
            reason="",
            start=now,
            end=now,
            datastream=pattern,
        )
        return _json(await self._readings.ask(lambda c: self._touched(c, silence)))

    @permit("drill")
    async def start_drill(self, request: Request) -> Response:
        """Begin a drill; answer it with its id."""
        asked, now = await read_json(request, DrillAsked), self._clock.now()
        drill = Drill(
            author=request.state.account.id,
            reason=_text(asked.reason),
            start=_begin(asked.start, now),
            end=_time(asked.end),
            area=asked.area,
            hazard=asked.hazard,
            level=_level(asked.level),
            siren=asked.siren,
        )
        _fits(lambda: fit_drill(drill, self._site, now))

        def write(connection: Connection) -> DrillView:
            made = add_drill(connection, drill)
            _audit(connection, request, "drill.start", str(made.id), asked)
            return drill_view(made, self._areas)

        return _json(await self._written(write))

    @permit("drill")
    async def end_drill(self, request: Request) -> Response:
        """End a drill before its time; everybody who was told of it hears that it is over."""
        asked, now = await read_json(request, Ended), self._clock.now()
        author: Account = request.state.account

        def write(connection: Connection) -> DrillView:
            if _known(find_drill, connection, asked.id) is None:
                raise HTTPException(404, f"no drill {asked.id}; GET /api/quiet lists them")
            if not end_drill(connection, asked.id, author=author.id, at=now):
                raise HTTPException(409, f"drill {asked.id} is over already")
            _audit(connection, request, "drill.end", str(asked.id), asked)
            found = find_drill(connection, asked.id)
            assert found is not None
            return drill_view(found, self._areas)

        return _json(await self._written(write))

    @permit("silence")
    async def start_silence(self, request: Request) -> Response:
        """Begin a silence or a maintenance; answer it with its id."""
        asked, now = await read_json(request, SilenceAsked), self._clock.now()
        silence = Silence(
            kind=asked.kind,
            author=request.state.account.id,
            reason=_text(asked.reason),
            start=_begin(asked.start, now),
            end=_time(asked.end),
            area=asked.area,
            hazard=asked.hazard,
            datastream=_text(asked.datastream),
            up_to=_level(asked.up_to),
        )
        _fits(lambda: self._fit(silence, now))

        def write(connection: Connection) -> SilenceView:
            running = silences(connection, after=now)
            if same := next((s for s in running if _is_same(s, silence)), None):
                kind = same.kind.value
                raise Taken(f"{kind} {same.id} by {same.author} says this already: end that first")
            made = add_silence(connection, silence)
            _audit(connection, request, f"{asked.kind.value}.start", str(made.id), asked)
            return self._silence(connection, made)

        return _json(await self._written(write))

    @permit("silence")
    async def end_silence(self, request: Request) -> Response:
        """End a silence or a maintenance before its time."""
        asked, now = await read_json(request, Ended), self._clock.now()
        author: Account = request.state.account

        def write(connection: Connection) -> SilenceView:
            found = _known(find_silence, connection, asked.id)
            if found is None:
                raise HTTPException(404, f"no silence {asked.id}; GET /api/quiet lists them")
            if not end_silence(connection, asked.id, author=author.id, at=now):
                raise HTTPException(409, f"{found.kind.value} {asked.id} is over already")
            _audit(connection, request, f"{found.kind.value}.end", str(asked.id), asked)
            ended = find_silence(connection, asked.id)
            assert ended is not None
            return self._silence(connection, ended)

        return _json(await self._written(write))

    def _view(self, connection: Connection) -> QuietView:
        now = self._clock.now()
        found = silences(connection, after=now)
        working = any(silence.kind is SilenceKind.MAINTENANCE for silence in found)
        judged = reader.assessment_latest(connection) if working else []  # every page asks this
        return QuietView(
            drills=[drill_view(d, self._areas) for d in drills(connection, after=now)],
            silences=[silence_view(s, self._areas, self._keys, judged) for s in found],
            choices=self._choices,
            hazards=self._hazards,
            channels=recent_channels(connection),
        )

    def _silence(self, connection: Connection, silence: Silence) -> SilenceView:
        judged = reader.assessment_latest(connection)
        return silence_view(silence, self._areas, self._keys, judged)

    def _touched(self, connection: Connection, silence: Silence) -> TouchedView:
        return touched_view(silence, self._keys, reader.assessment_latest(connection))

    def _fit(self, silence: Silence, now: datetime) -> None:
        fit_silence(silence, now)
        if silence.kind is SilenceKind.MAINTENANCE and (silence.area or silence.hazard):
            raise Unfit("a maintenance is of instruments: name them with `datastream` alone")
        if silence.area and silence.area not in self._areas:
            raise Unfit(f"no area `{silence.area}`; there are: {', '.join(self._areas)}")
        if silence.hazard and silence.hazard not in self._hazards:
            raise Unfit(f"no hazard `{silence.hazard}`; there are: {', '.join(self._hazards)}")

    async def _written(self, write: Callable[[Connection], T]) -> T:
        def whole(connection: Connection) -> T:
            with connection.transaction():
                return write(connection)

        try:
            return await self._readings.ask(whole)
        except Taken as error:
            raise HTTPException(409, str(error)) from error


def _known(
    find: Callable[[Connection, int], T | None], connection: Connection, number: int
) -> T | None:
    """Return what has this id; a number that no row can have is nobody's."""
    return find(connection, number) if 0 < number < 2**63 else None


def _is_same(one: Silence, other: Silence) -> bool:
    """Return whether both keep the same quiet, and at some time together."""
    what = ("kind", "area", "hazard", "datastream", "up_to")
    return (
        all(getattr(one, name) == getattr(other, name) for name in what)
        and one.start < other.end
        and other.start < one.end
    )


def _fits(check: Callable[[], None]) -> None:
    try:
        check()
    except Unfit as error:
        raise HTTPException(400, str(error)) from error


def _text(text: str) -> str:
    """Return `text` on one line."""
    return " ".join(text.split())


def _level(number: int) -> Level:
    try:
        return Level(number)
    except ValueError:
        raise HTTPException(400, f"level {number}: 1 is blue, 2 yellow, 3 orange, 4 red") from None


def _begin(milliseconds: int | None, now: datetime) -> datetime:
    """Return when something begins: not before now, whatever was asked for."""
    return now if milliseconds is None else max(now, _time(milliseconds))


def _time(milliseconds: int) -> datetime:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise HTTPException(400, f"{milliseconds} is no time: milliseconds since 1970") from None


def _audit(
    connection: Connection, request: Request, action: str, subject: str, said: Struct
) -> None:
    detail = {
        name: value.value if isinstance(value, SilenceKind) else value
        for name in said.__struct_fields__
        if (value := getattr(said, name)) is not None
    }
    append_audit(
        connection,
        at=request.state.access.now(),
        actor=request.state.account.id,
        action=action,
        subject=subject,
        detail=detail,
    )


def _json(message: object) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(encode(message), headers=headers, media_type="application/json")
