"""The audit trail for those who may see it: page by page, filtered, checked, and as a file."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from console.access.answers import answer
from console.access.guard import permit
from console.access.signin import Access
from forewarn.domain.codec import encode
from forewarn.storage.audit import (
    AuditFilter,
    audit_rows,
    audit_rows_after,
    verify_part,
)

AT_ONCE = 100
"""Rows on a page."""

CHECKED_AT_ONCE = 10_000
"""Rows that one question checks: some 0.2 s; the page asks again until all are."""

LONGEST_FILTER = 100


class Trail:
    """The answers below `/api/audit`; days are those of the site's zone."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def routes(self) -> list[Route]:
        """Return the routes, below `/api`."""
        return [
            Route("/audit", self.rows),
            Route("/audit/verify", self.verify),
            Route("/audit/export", self.export),
        ]

    @permit("audit")
    async def rows(self, request: Request) -> Response:
        """Return `?before=NUMBER&actor=&action=&subject=&day=`: the newest 100 rows of these."""
        access: Access = request.state.access
        before, wanted = _number(request, "before"), self._wanted(request)
        found = await access.ask(
            lambda c: audit_rows(c, before=before, limit=AT_ONCE + 1, wanted=wanted)
        )
        return answer({"rows": found[:AT_ONCE], "more": len(found) > AT_ONCE})

    @permit("audit")
    async def verify(self, request: Request) -> Response:
        """Return `?from=NUMBER`: whether 10 000 rows from there are unbroken, and what is next."""
        access: Access = request.state.access
        first = _number(request, "from") or 1
        found = await access.ask(lambda c: verify_part(c, first=first, at_most=CHECKED_AT_ONCE))
        whole = found.broken is None and found.rows < CHECKED_AT_ONCE
        return answer(
            {
                "checked": first + found.rows - 1,
                "next": None if whole or found.broken is not None else first + found.rows,
                "newest": found.newest,
                "broken": found.broken,
                "reason": found.reason,
            }
        )

    @permit("audit")
    async def export(self, request: Request) -> Response:
        """Return the rows that `rows` would, all of them, oldest first, as lines of JSON."""
        headers = {"Cache-Control": "no-store"}
        headers["Content-Disposition"] = 'attachment; filename="forewarn-audit.jsonl"'
        lines = _lines(request.state.access, self._wanted(request))
        return StreamingResponse(lines, 200, headers, media_type="application/jsonl")

    def _wanted(self, request: Request) -> AuditFilter:
        asked = {
            name: request.query_params.get(name, "") for name in ("actor", "action", "subject")
        }
        if any(len(text) > LONGEST_FILTER or "\0" in text for text in asked.values()):
            raise HTTPException(400, f"a filter has at most {LONGEST_FILTER} characters")
        start, end = self._day(request.query_params.get("day", ""))
        return AuditFilter(**asked, start=start, end=end)

    def _day(self, text: str) -> tuple[datetime | None, datetime | None]:
        if not text:
            return None, None
        try:
            first = date.fromisoformat(text)
            after = first + timedelta(days=1)
            start, end = (
                datetime(d.year, d.month, d.day, tzinfo=self._zone) for d in (first, after)
            )
        except (ValueError, OverflowError):
            raise HTTPException(400, f"day=`{text}` is no day; give one like 2026-07-12") from None
        return start, end


async def _lines(access: Access, wanted: AuditFilter) -> AsyncIterator[bytes]:
    number = 0
    while rows := await access.ask(lambda c, n=number: audit_rows_after(c, n, wanted=wanted)):  # type: ignore[misc]
        yield b"".join(encode(row) + b"\n" for row in rows)
        number = rows[-1].number


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 19 and int(text)):
        raise HTTPException(400, f"{name}=`{text}` is not the number of a row")
    return int(text) if text else None
