"""Where the report is asked for: as a page, and as a PDF."""

import asyncio
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from console.access.guard import permit
from console.errors import NoSuchIncident
from console.freshness import is_replay, speed_of
from console.log.asked import time_in
from console.readings import Readings
from console.report.document import Document
from console.report.dossier import compile_report
from console.report.gather import World
from console.report.page import page
from console.report.paper import paper
from console.report.words import WORDS, Language
from console.report.writing import write
from forewarn.domain.clock import Clock
from forewarn.domain.station import Site

NO_STORE = {"Cache-Control": "no-store"}

OLDEST = timedelta(days=400)


class Reports:
    """The answers with a report.

    Parameters
    ----------
    site : Site
    readings : Readings
    clock : Clock
    """

    def __init__(self, site: Site, readings: Readings, clock: Clock) -> None:
        self._site, self._readings, self._clock = site, readings, clock

    def routes(self) -> list[Route]:
        """Return the routes of the page and of the PDF."""
        return [Route("/report", self.page), Route("/report.pdf", self.paper)]

    @permit("read")
    async def page(self, request: Request) -> Response:
        """Return the report of now, or of `?at=`, of the site or of `?incident=`, as a page."""
        language = language_of(request)
        document = await self._document(request, language)
        other: Language = "zh" if language == "en" else "en"
        words = tuple(WORDS[name][language == "zh"] for name in ("pdf", "other"))
        html = page(
            document,
            pdf=_address("/report.pdf", request, language),
            other=_address("/report", request, other),
            words=(words[0], words[1]),
        )
        return HTMLResponse(html, headers=NO_STORE | {"Vary": "Accept-Language"})

    @permit("read")
    async def paper(self, request: Request) -> Response:
        """Return the same as a PDF."""
        document = await self._document(request, language_of(request))
        made = await asyncio.to_thread(paper, document)
        name = f"{self._site.id}-{self._clock.now():%Y%m%dT%H%MZ}-{document.language}.pdf"
        headers = NO_STORE | {"Content-Disposition": f'inline; filename="{name}"'}
        return Response(made, headers=headers, media_type="application/pdf")

    async def _document(self, request: Request, language: Language) -> Document:
        world = World(
            now=self._clock.now(), speed=speed_of(self._clock), replay=is_replay(self._clock)
        )
        at, about = _at(request, world.now), request.query_params.get("incident", "")
        account = request.state.account
        by = f"{account.name} ({account.id})" if account.id else ""
        if "\0" in about:
            raise HTTPException(404, "no incident has such a name")
        try:
            report = await self._readings.ask(
                lambda c: compile_report(c, self._site, world, by=by, at=at, about=about)
            )
        except NoSuchIncident as error:
            raise HTTPException(404, str(error)) from error
        except msgspec.ValidationError as error:
            raise HTTPException(
                500, f"an incident that is stored cannot be read: {error}"
            ) from error
        return write(report, language)


def language_of(request: Request) -> Language:
    """Return `?language=`, else the first of ours that the browser asks for, else English."""
    said = request.query_params.get("language", "")
    if said and said not in ("en", "zh"):
        raise HTTPException(400, f"language=`{said}`; there are: en, zh")
    wanted = request.headers.get("accept-language", "").lower()
    names = [said] if said else [part.strip()[:2] for part in wanted.split(",")]
    for name in names:
        if name == "zh":
            return "zh"
        if name == "en":
            return "en"
    return "en"


def _at(request: Request, now: datetime) -> datetime | None:
    at = time_in(request, "at")
    if at is not None and at > now:
        raise HTTPException(400, "`at` is still to come: a report tells what is known")
    if at is not None and at < now - OLDEST:
        raise HTTPException(400, f"`at` is more than {OLDEST.days} days ago")
    return at


def _address(path: str, request: Request, language: Language) -> str:
    kept = {k: v for k, v in request.query_params.items() if k in ("at", "incident")}
    return f"{path}?{urlencode(kept | {'language': language})}"
