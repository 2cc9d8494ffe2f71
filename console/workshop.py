"""What technicians and modellers ask: gateways with their values and rejections; forecast skill."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access.guard import permit
from console.doubts import TRUSTED, DoubtView, doubt
from console.readings import Readings
from console.translate import forecast_view
from console.views import ForecastView
from forewarn.domain.clock import Clock
from forewarn.domain.codec import encode
from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.observation import AwareTime, to_milliseconds
from forewarn.domain.station import Site
from forewarn.storage import Connection, GatewayRow, Latest, RejectionCount, RejectionRow, reader
from forewarn.storage.skill import LeadSkill, issued, skill

MAX_DAYS = 14.0
MAX_SPAN = timedelta(days=7)
REJECTED_SINCE = timedelta(days=7)
REJECTED_SHOWN = 50
DOUBTS_EXPLAINED = 40
LOOK_BACK = timedelta(hours=3)
"""Of the values by which a doubt is explained."""


class ValueView(Struct, frozen=True, kw_only=True):
    """The newest value of a datastream, in its unit, and as the instrument gave it."""

    key: str
    time: int
    received: int
    result: float | None
    quality: int
    doubt: DoubtView | None
    """Why it is doubted; None where it is not."""
    raw: float | None
    """As the gateway told it last, before scaling; it may be newer or older than `result`."""
    scaling: str
    """What is done to `raw`: `×-1 +12.5`; empty: nothing, or there is no `raw`."""


class ReasonView(Struct, frozen=True, kw_only=True):
    """How often a gateway's observations were refused for one reason in the last 7 days."""

    reason: str
    count: int
    newest: int


class WorkView(Struct, frozen=True, kw_only=True):
    """One gateway as a technician wants it."""

    gateway: str
    heard: int | None
    """None: it has never said anything."""
    status: GatewayStatus | None
    """Drivers, backlog, clock error, battery, findings; as it said last."""
    values: list[ValueView]
    """Of the stations that its instruments name."""
    rejected: list[ReasonView]


class RefusedView(Struct, frozen=True, kw_only=True):
    """One refused observation."""

    gateway: str
    received: int
    reason: str
    detail: str
    datastream: str | None
    result: float | None


class TechnicalView(Struct, frozen=True, kw_only=True):
    """All gateways, those of the site that were never heard of included."""

    world_time: int
    gateways: list[WorkView]
    refused: list[RefusedView]
    """The newest 50, newest first."""


class SkillView(Struct, frozen=True, kw_only=True):
    """Skill of one datastream by lead."""

    key: str
    start: int
    end: int
    leads: list[LeadSkill]


class IssuedView(Struct, frozen=True, kw_only=True):
    """Forecasts of one datastream, oldest first, thinned to 200 at most."""

    key: str
    forecasts: list[ForecastView]


class Workshop:
    """The answers to technicians and modellers."""

    def __init__(self, site: Site, readings: Readings, clock: Clock) -> None:
        self._site, self._readings, self._clock = site, readings, clock
        self._intervals = {key: d.interval for key, _, d in site.datastreams()}

    def routes(self) -> list[Route]:
        """Return the routes under `/api`."""
        return [
            Route("/technical", self.technical),
            Route("/rejections", self.rejections),
            Route("/skill", self.skill),
            Route("/issued", self.issued),
        ]

    @permit("read")
    async def technical(self, _: Request) -> Response:
        """Return gateways with drivers, last values, backlog, clock error and rejections."""
        now = self._clock.now()
        rows, latest, counts, refused, doubts = await self._readings.ask(
            lambda c: (
                reader.gateways(c),
                latest := reader.latest(c),
                reader.rejection_counts(c, since=now - REJECTED_SINCE),
                reader.rejections(c, REJECTED_SHOWN),
                self._doubts(c, latest),
            )
        )
        expected = self._site.gateways
        return _json(technical_view(now, expected, rows, latest, counts, refused, doubts))

    @permit("read")
    async def rejections(self, request: Request) -> Response:
        """Return `?gateway=G&datastream=PART`, each optional: the newest 50 that were refused."""
        wanted = {name: request.query_params.get(name, "") for name in ("gateway", "datastream")}
        if any("\0" in text for text in wanted.values()):
            raise HTTPException(400, "no gateway and no datastream has a zero byte in its name")
        found = await self._readings.ask(lambda c: reader.rejections(c, REJECTED_SHOWN, **wanted))
        return _json({"refused": [_refused(row) for row in found]})

    def _doubts(self, connection: Connection, latest: Sequence[Latest]) -> dict[str, DoubtView]:
        """Return why newest values are doubted, of the first 40 of them; the rest say `other`."""
        streams = {key: stream for key, _, stream in self._site.datastreams()}
        asked = [v for v in latest if v.datastream in streams and v.quality not in TRUSTED]
        found = {v.datastream: DoubtView(test="other") for v in asked}
        for value in asked[:DOUBTS_EXPLAINED]:
            end = value.phenomenon_time
            lately = reader.series(
                connection, value.datastream, end - LOOK_BACK, end + timedelta(milliseconds=1)
            )
            why = doubt(streams[value.datastream], lately) if lately else None
            found[value.datastream] = why or found[value.datastream]
        return found

    @permit("read")
    async def skill(self, request: Request) -> Response:
        """Return `?datastream=KEY&days=D`: RMSE, bias, coverage and persistence index by lead."""
        key, days, end = self._key(request), asked_days(request), self._clock.now()
        start, tolerance = end - timedelta(days=days), self._intervals[key]
        found = await self._readings.ask(lambda c: skill(c, key, start, end, tolerance=tolerance))
        at = {"start": to_milliseconds(start), "end": to_milliseconds(end)}
        return _json(SkillView(key=key, leads=found, **at))

    @permit("read")
    async def issued(self, request: Request) -> Response:
        """Return `?datastream=KEY&from=T&to=T`: forecasts by issue time, a week at most."""
        key, start, end = self._key(request), asked_time(request, "from"), asked_time(request, "to")
        if not timedelta(0) < end - start <= MAX_SPAN:
            raise HTTPException(400, f"`to` must be after `from`, by {MAX_SPAN.days} days at most")
        found = await self._readings.ask(lambda c: issued(c, key, start, end))
        return _json(IssuedView(key=key, forecasts=[forecast_view(f) for f in found]))

    def _key(self, request: Request) -> str:
        key = request.query_params.get("datastream", "")
        if key not in self._intervals:
            close = difflib.get_close_matches(key, self._intervals, n=1)
            hint = f"did you mean `{close[0]}`?" if close else "GET /api/site lists them"
            raise HTTPException(404, f"no observed datastream `{key}`; {hint}")
        return key


def technical_view(
    now: datetime,
    expected: Iterable[str],
    rows: Sequence[GatewayRow],
    latest: Sequence[Latest],
    counts: Sequence[RejectionCount],
    refused: Sequence[RejectionRow],
    doubts: Mapping[str, DoubtView],
) -> TechnicalView:
    """Return what a technician is told; `expected` are the site's gateways."""
    heard = {row.status.gateway: row for row in rows}
    names = sorted({*expected, *heard, *(c.gateway for c in counts)})
    return TechnicalView(
        world_time=to_milliseconds(now),
        gateways=[_gateway(name, heard.get(name), latest, counts, doubts) for name in names],
        refused=[_refused(row) for row in refused],
    )


def _refused(row: RejectionRow) -> RefusedView:
    return RefusedView(
        gateway=row.gateway,
        received=to_milliseconds(row.received),
        reason=row.reason,
        detail=row.detail,
        datastream=row.datastream,
        result=row.result,
    )


def _gateway(
    name: str,
    row: GatewayRow | None,
    latest: Sequence[Latest],
    counts: Sequence[RejectionCount],
    doubts: Mapping[str, DoubtView],
) -> WorkView:
    raw = row.status.raw if row else {}
    stations = {key.partition("/")[0] for key in row.status.instruments} if row else set()
    mine = [v for v in latest if v.datastream.partition("/")[0] in stations]
    return WorkView(
        gateway=name,
        heard=to_milliseconds(row.heard) if row else None,
        status=row.status if row else None,
        values=[
            ValueView(
                key=v.datastream,
                time=to_milliseconds(v.phenomenon_time),
                received=to_milliseconds(v.received),
                result=v.result,
                quality=int(v.quality),
                doubt=doubts.get(v.datastream),
                raw=raw[v.datastream][0] if v.datastream in raw else None,
                scaling=raw[v.datastream][1] if v.datastream in raw else "",
            )
            for v in mine
        ],
        rejected=[
            ReasonView(reason=c.reason, count=c.count, newest=to_milliseconds(c.newest))
            for c in counts
            if c.gateway == name
        ],
    )


def asked_days(request: Request) -> float:
    """Return `?days=`, by default 7; 400 where it is not between 0 and 14."""
    text = request.query_params.get("days", "7")
    try:
        days = float(text)
    except ValueError:
        days = 0.0
    if not 0 < days <= MAX_DAYS:
        raise HTTPException(400, f"days=`{text}` is not between 0 and {MAX_DAYS:.0f}")
    return days


def asked_time(request: Request, name: str) -> datetime:
    """Return the instant that the parameter `name` says; 400 where it is none with a zone."""
    text = request.query_params.get(name, "")
    try:
        return msgspec.convert(text, AwareTime)
    except msgspec.ValidationError:
        error = f"{name}=`{text}` is no time with a zone; give one like 2026-07-11T12:00:00Z"
        raise HTTPException(400, error) from None


def _json(message: object) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(encode(message), 200, headers, media_type="application/json")
