"""What stands, for whoever subscribes: Atom and JSON, of the site and of each area, and each CAP.

RFC 4287. Only what is in force now and meant for the public; what is gone from a feed has ended.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from urllib.parse import quote
from xml.etree import ElementTree

import msgspec
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.readings import Readings
from forewarn.domain.clock import Clock
from forewarn.domain.hazard import STAFF_HAZARDS
from forewarn.domain.station import Site
from forewarn.storage import AlertRow, reader

ATOM = "http://www.w3.org/2005/Atom"
CAP_TYPE = "application/cap+xml"
MOST = 1_000
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Entry(Struct, frozen=True, kw_only=True):
    """One message that stands. Times are UTC."""

    identifier: str
    incident: str
    msg_type: str
    status: str
    """`Actual`; anything else is no real warning."""
    sent: datetime
    expires: datetime
    area: str
    hazard: str
    level: str
    headline: str
    onset: datetime | None
    probability: float | None
    cap: str
    """Where its CAP 1.2 XML is, relative to the feed."""


class AreaFeed(Struct, frozen=True, kw_only=True):
    """All that stands in one area, worst first; empty: no warning is in force."""

    area: str
    name: str
    alerts: list[Entry]


class Feeds:
    """The answers to subscribers; for anybody, signed in or not."""

    def __init__(self, site: Site, readings: Readings, clock: Clock) -> None:
        self._site, self._readings, self._clock = site, readings, clock
        self._areas = {area.id: area.name for area in site.areas}

    def routes(self) -> list[Route]:
        """Return the routes of `/feeds/` and `/cap/`."""
        return [
            Route("/feeds/cap.atom", self.everything),
            Route("/feeds/{area}.atom", self.atom),
            Route("/feeds/{area}.json", self.json),
            Route("/cap/{identifier:path}.xml", self.message),
        ]

    async def everything(self, request: Request) -> Response:
        """Return the Atom feed of the whole site."""
        rows, newest = await self._standing()
        body = atom(rows, name=self._site.name, file="cap", site=self._site, newest=newest)
        return _answer(request, body, "application/atom+xml")

    async def atom(self, request: Request) -> Response:
        """Return the Atom feed of one area."""
        area = self._area(request)
        rows, newest = await self._standing(area)
        body = atom(rows, name=self._areas[area], file=area, site=self._site, newest=newest)
        return _answer(request, body, "application/atom+xml")

    async def json(self, request: Request) -> Response:
        """Return `AreaFeed` of one area."""
        area = self._area(request)
        rows, _ = await self._standing(area)
        worst = sorted(rows, key=lambda row: (-row.level, row.identifier))
        found = AreaFeed(area=area, name=self._areas[area], alerts=[entry(row) for row in worst])
        return _answer(request, msgspec.json.encode(found), "application/json")

    async def message(self, request: Request) -> Response:
        """Return one message as it was sent, signature and all, also when it has ended."""
        identifier = request.path_params["identifier"]
        row = await self._readings.ask(lambda c: reader.alert(c, identifier))
        if row is None or row.hazard in STAFF_HAZARDS:
            raise HTTPException(404, f"no public message `{identifier}`")
        return _answer(request, row.cap.encode(), CAP_TYPE)

    def _area(self, request: Request) -> str:
        area: str = request.path_params["area"]
        if area not in self._areas:
            known = ", ".join(self._areas)
            raise HTTPException(404, f"no area `{area}`; there are: {known}")
        return area

    async def _standing(self, area: str = "") -> tuple[list[AlertRow], datetime]:
        """Return what stands in `area` (empty: anywhere), and when last anything was sent."""
        now = self._clock.now()
        rows, last = await self._readings.ask(
            lambda c: (reader.alerts(c, active_only=True, limit=MOST), reader.alerts(c, limit=1))
        )
        standing = [row for row in rows if is_live(row, now) and area in ("", row.area)]
        return standing, last[0].sent if last else NEVER


def is_live(row: AlertRow, now: datetime) -> bool:
    """Return whether the public is to be told of `row` at world time `now`."""
    ended = row.msg_type == "Cancel" or row.expires <= now
    return not ended and row.hazard not in STAFF_HAZARDS


def entry(row: AlertRow) -> Entry:
    """Return what a feed says of `row`."""
    return Entry(
        identifier=row.identifier,
        incident=row.incident,
        msg_type=row.msg_type,
        status=row.status,
        sent=row.sent,
        expires=row.expires,
        area=row.area,
        hazard=row.hazard,
        level=row.level.name.lower(),
        headline=row.headline,
        onset=row.onset,
        probability=row.probability,
        cap=f"../cap/{quote(row.identifier)}.xml",
    )


def atom(rows: Sequence[AlertRow], *, name: str, file: str, site: Site, newest: datetime) -> bytes:
    """Return the Atom feed of `rows`, called `name` for people and `file` in its address."""
    feed = ElementTree.Element("feed", xmlns=ATOM)
    _add(feed, "id", f"urn:forewarn:feed:{site.id}:{file}")
    _add(feed, "title", f"{name}: warnings in force")
    _add(feed, "updated", newest.isoformat(timespec="seconds"))
    _add(_add(feed, "author"), "name", site.name)
    _add(feed, "link").attrib |= {"rel": "self", "href": f"{file}.atom"}
    if site.invented:
        _add(feed, "subtitle", site.invented)
    for row in rows:
        found = _add(feed, "entry")
        _add(found, "title", row.headline)
        _add(found, "id", f"urn:forewarn:alert:{row.identifier}")
        link = _add(found, "link")
        link.attrib |= {"rel": "alternate", "type": CAP_TYPE, "href": entry(row).cap}
        _add(found, "updated", row.sent.isoformat(timespec="seconds"))
    written: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _add(parent: ElementTree.Element, tag: str, text: str = "") -> ElementTree.Element:
    child = ElementTree.SubElement(parent, tag)
    child.text = text or None
    return child


def _answer(request: Request, body: bytes, kind: str) -> Response:
    """Return `body`; 304 without one for a client that has it already."""
    tag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    known = request.headers.get("if-none-match", "").split(",")
    if tag in (part.strip().removeprefix("W/") for part in known):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=kind)
