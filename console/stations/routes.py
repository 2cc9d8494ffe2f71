"""`/api/station?id=`: everything about one station."""

import difflib
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.access.guard import permit
from console.readings import Readings
from console.stations.views import (
    StationPageView,
    gateway_views,
    happened_view,
    newest_view,
    quiet_views,
    refused_view,
)
from console.translate import assessment_view
from forewarn.domain.clock import Clock
from forewarn.domain.codec import encode
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Site, Station
from forewarn.storage import Connection, reader
from forewarn.storage.incidents import silences
from forewarn.storage.stations import incidents_on, rejections_of

REFUSED_SINCE = timedelta(days=7)
INCIDENTS_SINCE = timedelta(days=30)


class Stations:
    """The answer to `/api/station`."""

    def __init__(self, site: Site, readings: Readings, clock: Clock) -> None:
        self._stations = {station.id: station for station in site.stations}
        self._readings, self._clock = readings, clock

    def routes(self) -> list[Route]:
        """Return the routes, below `/api`."""
        return [Route("/station", self.station)]

    @permit("read")
    async def station(self, request: Request) -> Response:
        """Return `?id=`: its values with flags, what was refused, incidents, silences, gateway."""
        name = request.query_params.get("id", "")
        station = self._stations.get(name)
        if station is None:
            close = difflib.get_close_matches(name, self._stations, n=1)
            hint = f"did you mean `{close[0]}`?" if close else "GET /api/site lists them"
            raise HTTPException(404, f"no station `{name}`; {hint}")
        view = await self._readings.ask(lambda c: self._view(c, station))
        headers = {"Cache-Control": "no-store"}
        return Response(encode(view), 200, headers, media_type="application/json")

    def _view(self, connection: Connection, station: Station) -> StationPageView:
        now = self._clock.now()
        limits = {f"{station.id}/{d.property}": d.limits for d in station.datastreams}
        keys = list(limits)
        latest = reader.latest(connection, keys)
        _, assessments = reader.newest_judgements(connection, keys)
        refused = rejections_of(connection, station.id, now - REFUSED_SINCE)
        happened = incidents_on(connection, keys, now - INCIDENTS_SINCE)
        return StationPageView(
            id=station.id,
            world_time=to_milliseconds(now),
            latitude=station.latitude,
            longitude=station.longitude,
            newest=[newest_view(row, limits[row.datastream]) for row in latest],
            assessments=[assessment_view(assessment) for assessment in assessments.values()],
            refused=[refused_view(row) for row in refused],
            quiet=quiet_views(silences(connection, after=now), keys, station.area),
            incidents=[happened_view(incident, now) for incident in happened],
            gateways=gateway_views(reader.gateways(connection), station.id),
        )
