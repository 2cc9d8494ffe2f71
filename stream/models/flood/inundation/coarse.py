"""Outlines with few points that still cover: what fits into a warning message."""

from math import cos, radians
from typing import Any

Ring = list[tuple[float, float]]

DEGREE_M = 111_320.0
"""Length of a degree of latitude."""
FINEST_M, STEP = 5.0, 1.6
"""Outlines are grown and simplified by this, and by so many times more until they fit."""


def coarse(rings: list[Ring], *, most_rings: int = 3, most_points: int = 40) -> list[Ring]:
    """Return outer rings of (latitude, longitude) that cover `rings` with few points.

    The largest `most_rings` are kept, each grown by a few metres and simplified by as much
    (Douglas & Peucker 1973), more and more until it has at most `most_points`; three rings of
    40 points are about 5 kB in a message of two languages.
    """
    from shapely import Polygon

    shapes = [Polygon(_plane(ring)) for ring in rings]
    largest = sorted(zip(shapes, rings, strict=True), key=lambda pair: -pair[0].area)
    return [_fitted(shape, ring, most_points) for shape, ring in largest[:most_rings]]


def _fitted(shape: Any, ring: Ring, most_points: int) -> Ring:
    from shapely import Polygon

    by, hull = FINEST_M, shape.convex_hull
    found = Polygon(shape.exterior)
    while len(found.exterior.coords) > most_points:
        if by * by > hull.area or len(hull.exterior.coords) <= 4:
            found = hull if len(hull.exterior.coords) <= most_points else shape.envelope
            break
        grown = shape.buffer(1.5 * by, join_style="mitre", mitre_limit=2.0).simplify(by)
        parts = getattr(grown, "geoms", [grown])
        found = Polygon(max(parts, key=lambda part: part.area).exterior)
        by *= STEP
    east = DEGREE_M * cos(radians(ring[0][0]))
    return [(round(y / DEGREE_M, 5), round(x / east, 5)) for x, y in found.exterior.coords]


def _plane(ring: Ring) -> list[tuple[float, float]]:
    east = DEGREE_M * cos(radians(ring[0][0]))
    return [(longitude * east, latitude * DEGREE_M) for latitude, longitude in ring]
