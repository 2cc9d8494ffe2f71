"""What other authorities warn of now, and whether we would know."""

from datetime import UTC, datetime, timedelta

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access.guard import permit
from console.readings import Readings
from forewarn.domain.clock import Clock
from forewarn.domain.codec import encode
from forewarn.domain.foreign import Foreign
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Site
from forewarn.storage.foreign import ForeignRow, SourceRow, foreign_live, foreign_sources

MOST = 200
SILENT_AFTER = 3
"""Looks that a source may miss before it is called silent."""
AT_LEAST = timedelta(minutes=2)


class ForeignInfoView(Struct, frozen=True, kw_only=True):
    """One info block of a message, in one language."""

    language: str
    event: str
    headline: str
    description: str
    instruction: str
    sender_name: str
    where: str
    """As the sender wrote it."""
    severity: str
    urgency: str
    certainty: str
    level: int | None
    """On our scale, 0 to 4; None: nothing in the message says."""
    level_from: str
    """`parameter` or `headline`: the sender named the colour; `severity`: we made it of CAP's
    severity; empty: there is no level."""
    onset: int | None
    expires: int
    expires_given: bool
    """False: the message has no expiry, and stands for 24 hours."""
    areas: list[str]
    """Names of the site's areas that it meets."""


class ForeignView(Struct, frozen=True, kw_only=True):
    """One message that stands. Times are Unix milliseconds of world time."""

    number: int
    source: str
    use: str
    """`evidence`, or `relay`: also on our feeds."""
    sender: str
    identifier: str
    sent: int
    expires: int
    msg_type: str
    note: str
    areas: list[str]
    """Names of the site's areas that it meets."""
    located: bool
    """False: the area is given in words alone; it may be any of ours."""
    signed_by: str
    infos: list[ForeignInfoView]
    """Those that have not expired."""


class SourceView(Struct, frozen=True, kw_only=True):
    """One source, and whether it can be relied on to have told us. Times are real."""

    source: str
    use: str
    asked: int | None
    answered: int | None
    """When it was last read whole; None: never."""
    silent: bool
    """It was not read for too long: that nothing is listed then says nothing."""
    error: str
    refused: list[str]


class ForeignsView(Struct, frozen=True, kw_only=True):
    """All foreign messages that stand, the newest first, and every source of site.toml."""

    world_time: int
    alerts: list[ForeignView]
    cut: bool
    """There are more than these."""
    sources: list[SourceView]


class Foreigns:
    """The answer to `/api/foreign`."""

    def __init__(self, site: Site, readings: Readings, clock: Clock) -> None:
        self._site, self._readings, self._clock = site, readings, clock
        self._areas = {area.id: area.name for area in site.areas}
        self._uses = {source.id: source.use for source in site.foreign}

    def routes(self) -> list[Route]:
        """Return the routes, below `/api`."""
        return [Route("/foreign", self.foreign)]

    @permit("read")
    async def foreign(self, _: Request) -> Response:
        """Return what other authorities warn of now, and how each source fares."""
        now = self._clock.now()
        rows, fared = await self._readings.ask(
            lambda c: (
                foreign_live(c, now, list(self._uses), limit=MOST + 1),
                foreign_sources(c),
            )
        )
        known, real = {row.source: row for row in fared}, datetime.now(UTC)
        view = ForeignsView(
            world_time=to_milliseconds(now),
            alerts=[self._view(row, now) for row in rows[:MOST]],
            cut=len(rows) > MOST,
            sources=[source_view(s, known.get(s.id), real) for s in self._site.foreign],
        )
        headers = {"Cache-Control": "no-store"}
        return Response(encode(view), headers=headers, media_type="application/json")

    def _view(self, row: ForeignRow, now: datetime) -> ForeignView:
        return ForeignView(
            number=row.number,
            source=row.source,
            use=self._uses[row.source],
            sender=row.sender,
            identifier=row.identifier,
            sent=to_milliseconds(row.sent),
            expires=to_milliseconds(row.expires),
            msg_type=row.msg_type,
            note=row.note,
            areas=self._names(row.areas),
            located=row.located,
            signed_by=row.signed_by,
            infos=[
                ForeignInfoView(
                    language=info.language or "en-US",
                    event=info.event,
                    headline=info.headline,
                    description=info.description,
                    instruction=info.instruction,
                    sender_name=info.sender_name,
                    where=info.where,
                    severity=info.severity,
                    urgency=info.urgency,
                    certainty=info.certainty,
                    level=None if info.level is None else int(info.level),
                    level_from=info.level_from,
                    onset=None if info.onset is None else to_milliseconds(info.onset),
                    expires=to_milliseconds(info.expires),
                    expires_given=info.expires_given,
                    areas=self._names(info.areas),
                )
                for info in row.infos
                if info.expires > now
            ],
        )

    def _names(self, areas: "list[str] | tuple[str, ...]") -> list[str]:
        return [self._areas.get(area, area) for area in areas]


def source_view(source: Foreign, row: SourceRow | None, now: datetime) -> SourceView:
    """Return how `source` fares at real time `now`; `row` is None where it was never asked."""
    patience = max(SILENT_AFTER * source.every, AT_LEAST)
    silent = row is None or row.answered is None or now - row.answered > patience
    answered = row.answered if row else None
    return SourceView(
        source=source.id,
        use=source.use,
        asked=to_milliseconds(row.asked) if row else None,
        answered=to_milliseconds(answered) if answered else None,
        silent=silent,
        error=row.error if row else "nobody has looked yet: does `forewarn alerts foreign` run?",
        refused=row.refused if row else [],
    )
