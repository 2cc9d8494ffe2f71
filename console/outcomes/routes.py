"""The month's outcomes, their CSV, and officers' remarks."""

from collections.abc import Sequence
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access.guard import permit
from console.access.signin import Access
from console.body import read_json
from console.outcomes.views import MonthView, event_views, score_view
from console.readings import Readings
from forewarn.domain.clock import Clock
from forewarn.domain.codec import encode
from forewarn.domain.errors import ForewarnError
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.scores import as_csv, month_span, scores
from forewarn.domain.station import Site
from forewarn.domain.verdict import EventOutcome, Remark
from forewarn.storage import Connection, StorageError, outcomes
from forewarn.storage.audit import append_audit
from forewarn.storage.incidents import incident


class RemarkSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an officer says of an event afterwards: as `forewarn alerts remark`."""

    event: Annotated[str, Meta(min_length=1, max_length=300)]
    """An incident, one of its messages, or the id of a miss."""
    text: Annotated[str, Meta(min_length=1, max_length=4000, pattern=r"\S")]
    outcome: Literal["", "confirmed", "not-confirmed"] = ""
    """Whether the hazard happened; empty: the remark does not say."""


class Outcomes:
    """The answers below `/api/outcomes`."""

    def __init__(self, site: Site, readings: Readings, clock: Clock) -> None:
        self._areas = {area.id: area.name for area in site.areas}
        self._site, self._readings, self._clock = site, readings, clock

    def routes(self) -> Sequence[Route]:
        """Return the routes, below `/api`."""
        return [
            Route("/outcomes", self.month),
            Route("/outcomes.csv", self.csv),
            Route("/outcomes/remark", self.remark, methods=["POST"]),
        ]

    @permit("read")
    async def month(self, request: Request) -> Response:
        """Return `?month=2026-11`: scores, and every warning that ended with its verdicts."""
        month = self._month(request)
        return _json(await self._readings.ask(lambda c: self._view(c, month)))

    @permit("read")
    async def csv(self, request: Request) -> Response:
        """Return the scores of `?month=2026-11` as `forewarn alerts outcomes --csv` does."""
        month = self._month(request)
        found = await self._readings.ask(lambda c: self._outcomes(c, month))
        name = f"forewarn-{self._site.id}-{month}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        headers["Cache-Control"] = "no-store"
        return Response(as_csv(scores(found)), 200, headers, media_type="text/csv")

    @permit("act")
    async def remark(self, request: Request) -> Response:
        """Write a remark, with its row of the audit trail; return how many levels it settled."""
        told = await read_json(request, RemarkSaid)
        access: Access = request.state.access
        account, at, real = request.state.account.id, self._clock.now(), access.now()

        def write(connection: Connection) -> tuple[Remark, int]:
            with connection.transaction():
                known = incident(connection, told.event)
                remark = Remark(
                    event=known.incident if known else told.event,
                    at=at,
                    author=account,
                    text=told.text.strip(),
                    confirmed=_CONFIRMED[told.outcome],
                )
                try:
                    written, settled = outcomes.add_remark(connection, remark)
                except StorageError as error:
                    raise HTTPException(404, str(error)) from error
                append_audit(
                    connection,
                    at=real,
                    actor=account,
                    action="outcome.remark",
                    subject=written.event,
                    detail={"number": written.number, "outcome": told.outcome, "settled": settled},
                )
            return written, settled

        written, settled = await access.ask(write)
        return _json({"event": written.event, "number": written.number, "settled": settled})

    def _month(self, request: Request) -> str:
        zone = ZoneInfo(self._site.timezone)
        month = request.query_params.get("month") or f"{self._clock.now().astimezone(zone):%Y-%m}"
        try:
            month_span(month, self._site.timezone)
        except (ForewarnError, OverflowError, ValueError) as error:
            raise HTTPException(400, str(error)) from error
        return month

    def _outcomes(self, connection: Connection, month: str) -> list[EventOutcome]:
        return outcomes.outcomes_between(connection, *month_span(month, self._site.timezone))

    def _view(self, connection: Connection, month: str) -> MonthView:
        found = self._outcomes(connection, month)
        ended = outcomes.ended_between(connection, *month_span(month, self._site.timezone))
        names = {*(o.event for o in found), *(i.incident for i in ended)}
        remarks = outcomes.remarks_on(connection, sorted(names))
        return MonthView(
            month=month,
            world_time=to_milliseconds(self._clock.now()),
            scores=[score_view(score) for score in scores(found)],
            events=event_views(ended, found, remarks, self._areas),
        )


_CONFIRMED = {"": None, "confirmed": True, "not-confirmed": False}


def _json(message: object) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(encode(message), 200, headers, media_type="application/json")
