"""`GET /api/venues`: asked of the database at most every other second, whoever wants to know."""

import logging
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access.guard import permit
from console.city import programme_view
from console.freshness import speed_of
from console.polled import Polled
from console.prepared import Prepared
from console.readings import Readings
from console.venues.spots import KINDS, spot_view
from console.venues.views import SpotView, VenuesView, VenueView
from forewarn.domain.clock import Clock
from forewarn.domain.station import Site
from forewarn.domain.venue import Programme
from forewarn.storage import Connection, reader
from forewarn.storage.venues import observed

log = logging.getLogger("console.venues")

LATELY = timedelta(hours=1)
STEP = timedelta(minutes=5)


class Venues(Polled):
    """Every venue, with its places."""

    def __init__(
        self, site: Site, readings: Readings, clock: Clock, interval_s: float = 2.0
    ) -> None:
        self._site, self._clock = site, clock
        self._areas = {area.id: area.name for area in site.areas}
        self._places = [place for place in site.places if place.kind in KINDS]
        super().__init__(readings, interval_s, Prepared(VenuesView(venues=[])), log)

    def routes(self) -> list[Route]:
        """Return the route under `/api`."""
        return [Route("/venues", self.venues)]

    @permit("read")
    async def venues(self, request: Request) -> Response:
        """Return each venue's places now, in the last hour and ahead, and its programme."""
        return (await self.newest()).answer(request)

    def _read(self, connection: Connection) -> Prepared:
        now, keys = self._clock.now(), [place.key for place in self._places]
        forecasts, assessments = reader.newest_judgements(connection, keys)
        lately = observed(connection, keys, now - LATELY, now, STEP)
        known = {p.venue: p for p in reader.programmes_latest(connection)}
        speed = speed_of(self._clock)
        spots: dict[str, list[SpotView]] = {}
        for place in self._places:
            spots.setdefault(place.venue, []).append(
                spot_view(
                    place,
                    assessments.get(place.key),
                    forecasts.get(place.key),
                    lately[place.key],
                    area=self._areas[place.area],
                    speed=speed,
                )
            )
        return Prepared(VenuesView(venues=self._venues(spots, known)))

    def _venues(
        self, spots: dict[str, list[SpotView]], known: dict[str, Programme]
    ) -> list[VenueView]:
        found = [
            VenueView(
                id=place.id,
                name=place.name,
                name_zh=place.name_zh,
                spots=spots.get(place.id, []),
                programme=programme_view(known[place.id], bands=True)
                if place.id in known
                else None,
            )
            for place in self._site.places
            if place.kind == "venue"
        ]
        rest = spots.get("", [])
        elsewhere = VenueView(id="", name="", name_zh="", spots=rest, programme=None)
        return [*found, elsewhere] if rest else found
