"""What stands, for whoever subscribes: Atom and JSON, of the site and of each area, and each CAP.

RFC 4287. Only what is in force now and meant for the public; what is gone from a feed has ended.
"""

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
from forewarn.storage.foreign import ForeignRow, foreign_live, relayed_cap

ATOM = "http://www.w3.org/2005/Atom"
CAP_TYPE = "application/cap+xml"
MOST = 1_000
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor")
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


class Relayed(Struct, frozen=True, kw_only=True):
    """One message of another authority that stands, published unchanged. Times are UTC."""

    source: str
    """Through which of our sources it came."""
    sender: str
    """Who answers for it."""
    identifier: str
    msg_type: str
    sent: datetime
    expires: datetime
    areas: list[str]
    """Ids of our areas that it meets."""
    severity: str
    """The gravest, in CAP's words."""
    headline: str
    cap: str
    """Where its CAP 1.2 XML is, byte for byte as it came, relative to the feed."""


class AreaFeed(Struct, frozen=True, kw_only=True):
    """All that stands in one area, worst first, drills last; empty: no warning is in force."""

    area: str
    name: str
    alerts: list[Entry]
    relayed: list[Relayed]
    """Warnings of other authorities, as they came; the newest first."""


class Standing(Struct, frozen=True):
    """What a feed is made of."""

    ours: list[AlertRow]
    relayed: list[ForeignRow]
    newest: datetime
    """When last anything was sent, gone or not."""


class Feeds:
    """The answers to subscribers; for anybody, signed in or not."""

    def __init__(self, site: Site, readings: Readings, clock: Clock) -> None:
        self._site, self._readings, self._clock = site, readings, clock
        self._areas = {area.id: area.name for area in site.areas}
        self._relays = [source.id for source in site.foreign if source.use == "relay"]

    def routes(self) -> list[Route]:
        """Return the routes of `/feeds/` and `/cap/`."""
        return [
            Route("/feeds/cap.atom", self.everything),
            Route("/feeds/{area}.atom", self.atom),
            Route("/feeds/{area}.json", self.json),
            Route("/feeds/relay/{number:int}.xml", self.relayed),
            Route("/cap/{identifier:path}.xml", self.message),
        ]

    async def everything(self, request: Request) -> Response:
        """Return the Atom feed of the whole site."""
        found = await self._standing()
        body = atom(found, name=self._site.name, file="cap", site=self._site)
        return _answer(request, body, "application/atom+xml")

    async def atom(self, request: Request) -> Response:
        """Return the Atom feed of one area."""
        area = self._area(request)
        found = await self._standing(area)
        body = atom(found, name=self._areas[area], file=area, site=self._site)
        return _answer(request, body, "application/atom+xml")

    async def json(self, request: Request) -> Response:
        """Return `AreaFeed` of one area."""
        area = self._area(request)
        standing = await self._standing(area)
        worst = sorted(standing.ours, key=lambda row: (row.drill, -row.level, row.identifier))
        found = AreaFeed(
            area=area,
            name=self._areas[area],
            alerts=[entry(row) for row in worst],
            relayed=[relayed(row) for row in standing.relayed],
        )
        return _answer(request, msgspec.json.encode(found), "application/json")

    async def message(self, request: Request) -> Response:
        """Return one message as it was sent, signature and all, also when it has ended."""
        identifier = request.path_params["identifier"]
        row = await self._readings.ask(lambda c: reader.alert(c, identifier))
        if row is None or row.hazard in STAFF_HAZARDS:
            raise HTTPException(404, f"no public message `{identifier}`")
        return _answer(request, row.cap.encode(), CAP_TYPE)

    async def relayed(self, request: Request) -> Response:
        """Return one message of another authority, byte for byte as it came."""
        number: int = request.path_params["number"]
        found = None
        if number < 2**63:
            found = await self._readings.ask(lambda c: relayed_cap(c, number, self._relays))
        if found is None:
            raise HTTPException(404, f"no relayed message {number}")
        return _answer(request, found, CAP_TYPE)

    def _area(self, request: Request) -> str:
        area: str = request.path_params["area"]
        if area not in self._areas:
            known = ", ".join(self._areas)
            raise HTTPException(404, f"no area `{area}`; there are: {known}")
        return area

    async def _standing(self, area: str = "") -> Standing:
        """Return what stands in `area` (empty: anywhere)."""
        now = self._clock.now()
        rows, last, foreign = await self._readings.ask(
            lambda c: (
                reader.alerts(c, active_only=True, limit=MOST),
                reader.alerts(c, limit=1),
                foreign_live(c, now, self._relays, limit=MOST) if self._relays else [],
            )
        )
        passed = [f for f in foreign if f.scope == "Public" and f.areas]
        return Standing(
            ours=[row for row in rows if is_live(row, now) and area in ("", row.area)],
            relayed=[row for row in passed if not area or area in row.areas],
            newest=max([row.sent for row in last] + [row.sent for row in passed], default=NEVER),
        )


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


def relayed(row: ForeignRow) -> Relayed:
    """Return what a feed says of a message that is relayed."""
    severities = [info.severity for info in row.infos]
    return Relayed(
        source=row.source,
        sender=row.sender,
        identifier=row.identifier,
        msg_type=row.msg_type,
        sent=row.sent,
        expires=row.expires,
        areas=row.areas,
        severity=next((name for name in SEVERITIES if name in severities), "Unknown"),
        headline=next((info.headline or info.event for info in row.infos), row.identifier),
        cap=f"relay/{row.number}.xml",
    )


def atom(found: Standing, *, name: str, file: str, site: Site) -> bytes:
    """Return the Atom feed of `found`, called `name` for people and `file` in its address."""
    feed = ElementTree.Element("feed", xmlns=ATOM)
    _add(feed, "id", f"urn:forewarn:feed:{site.id}:{file}")
    _add(feed, "title", f"{name}: warnings in force")
    _add(feed, "updated", found.newest.isoformat(timespec="seconds"))
    _add(_add(feed, "author"), "name", site.name)
    _add(feed, "link").attrib |= {"rel": "self", "href": f"{file}.atom"}
    if site.invented:
        _add(feed, "subtitle", site.invented)
    for row in found.ours:
        urn, href = f"urn:forewarn:alert:{row.identifier}", entry(row).cap
        _entry(feed, title=row.headline, urn=urn, href=href, updated=row.sent)
    for other in found.relayed:
        told = relayed(other)
        urn = f"urn:forewarn:relay:{site.id}:{other.number}"
        item = _entry(feed, title=told.headline, urn=urn, href=told.cap, updated=told.sent)
        _add(_add(item, "author"), "name", told.sender)
        _add(item, "category").attrib |= {"term": "relay", "label": told.source}
    written: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _entry(
    feed: ElementTree.Element, *, title: str, urn: str, href: str, updated: datetime
) -> ElementTree.Element:
    item = _add(feed, "entry")
    _add(item, "title", title)
    _add(item, "id", urn)
    _add(item, "link").attrib |= {"rel": "alternate", "type": CAP_TYPE, "href": href}
    _add(item, "updated", updated.isoformat(timespec="seconds"))
    return item


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
