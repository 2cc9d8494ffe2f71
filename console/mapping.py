"""From the words of the domain to what the map is told: pure functions."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from console.background import Background
from console.views import (
    AreaView,
    InundationsView,
    InundationView,
    MapView,
    PointView,
    ZoneView,
)
from forewarn.domain.hazard import FloodedZone, Inundation
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Place, Site, Station

DECIMALS = 5
"""Of a degree: about 1 m, which is finer than the city model's cells."""


def map_view(site: Site, background: Background | None, background_error: str) -> MapView:
    """Return where everything of `site` is; it does not change while the console runs."""
    return MapView(
        areas=[AreaView(id=a.id, name=a.name, polygon=list(a.polygon)) for a in site.areas],
        stations=[_point(station) for station in site.stations],
        places=[_point(place) for place in site.places],
        background=background,
        background_error=background_error,
    )


def inundations_view(stored: Sequence[Inundation], areas: Mapping[str, str]) -> InundationsView:
    """Return the newest of `stored` by area; `areas` gives the names.

    Of one area come its newest inundation and, if that one failed, the last good one.
    """
    ordered = sorted(stored, key=lambda i: (i.area, i.issue_time))
    return InundationsView(
        inundations=[
            _inundation(list(of_area), areas.get(area, area))
            for area, of_area in groupby(ordered, key=lambda i: i.area)
        ]
    )


def _inundation(of_area: Sequence[Inundation], name: str) -> InundationView:
    """Return what is shown of one area, from its inundations in order of issue."""
    newest = of_area[-1]
    good = next((i for i in reversed(of_area) if not i.failed), None)
    shown = good or newest
    return InundationView(
        area=newest.area,
        name=name,
        issue_time=to_milliseconds(good.issue_time) if good else None,
        model=shown.model,
        members=shown.members,
        leads_s=shown.leads_s,
        depths_m=shown.depths_m,
        probabilities=shown.probabilities,
        zones=[_zone(zone) for zone in good.zones if zone.polygons] if good else [],
        degraded=shown.degraded,
        failed=newest.failed,
        failed_time=to_milliseconds(newest.issue_time) if newest.failed else None,
    )


def _zone(zone: FloodedZone) -> ZoneView:
    return ZoneView(
        lead_s=zone.lead_s,
        depth_m=zone.depth_m,
        probability=zone.probability,
        polygons=[
            [[(round(y, DECIMALS), round(x, DECIMALS)) for y, x in ring] for ring in polygon]
            for polygon in zone.polygons
        ],
    )


def _point(where: Station | Place) -> PointView:
    return PointView(id=where.id, latitude=where.latitude, longitude=where.longitude)
