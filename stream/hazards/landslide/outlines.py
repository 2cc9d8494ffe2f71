"""Where slopes may give way, as outlines with few points."""

from collections.abc import Sequence
from math import cos, radians
from typing import Any

from forewarn.domain.hazard import Ring
from stream.hazards.landslide.plan import SlopeUnit
from stream.models.flood.inundation.coarse import DEGREE_M, coarse

GAP_M = 60.0
"""Units this near to each other are drawn as one [m]."""


def outlines(units: Sequence[SlopeUnit]) -> list[Ring]:
    """Return at most three rings that cover the greatest groups of neighbouring `units`."""
    if not units:
        return []
    from shapely import box, polygons, unary_union

    east = DEGREE_M * cos(radians(units[0].latitude))
    shapes: list[Any] = []
    for unit in units:
        if unit.outline:
            shapes.append(polygons([(lon * east, lat * DEGREE_M) for lat, lon in unit.outline]))
            continue
        x, y, half = unit.longitude * east, unit.latitude * DEGREE_M, unit.width_m / 2
        shapes.append(box(x - half, y - half, x + half, y + half))
    joined = unary_union([shape.buffer(GAP_M, join_style="mitre") for shape in shapes])
    parts = getattr(joined, "geoms", [joined])
    rings = [[(y / DEGREE_M, x / east) for x, y in part.exterior.coords] for part in parts]
    return coarse(rings)
