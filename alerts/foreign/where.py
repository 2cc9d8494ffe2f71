"""Which areas of the site a foreign area meets: rings, circles and codes.

Coordinates are taken as plane, which is good enough within a few hundred kilometres; what only
touches counts as met, for to warn of too much is the lesser fault.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from forewarn.domain.station import Area

MOST_PAIRS = 1_000_000
"""Edges that lie near each other; more take seconds, and rings so entangled are taken to meet."""

Point = tuple[float, float]
"""Latitude and longitude [°]."""
Box = tuple[float, float, float, float]

KM_PER_DEGREE = 111.2
DIVISIONS = "2260"
"""In the name of the list of Chinese administrative divisions, however it is written."""
MOST_POINTS = 5_000
"""A ring of more is taken for the box around it, which meets no less."""


def rings_meet(one: Sequence[Point], other: Sequence[Point]) -> bool:
    """Return whether two closed rings share a point, edges and what they enclose included."""
    first, second = (ring if len(ring) <= MOST_POINTS else _corners(ring) for ring in (one, other))
    box_one, box_other = _box(first), _box(second)
    if not _boxes_meet(box_one, box_other):
        return False
    if inside(first[0], second) or inside(second[0], first):
        return True
    near = [edge for edge in pairwise(first) if _boxes_meet(_box(edge), box_other)]
    far = [edge for edge in pairwise(second) if _boxes_meet(_box(edge), box_one)]
    if len(near) * len(far) > MOST_PAIRS:
        return True
    return any(_cross(a, b, c, d) for a, b in near for c, d in far)


def circle_meets(centre: Point, radius_km: float, ring: Sequence[Point]) -> bool:
    """Return whether the circle shares a point with a closed ring; radius 0 is a point."""
    if inside(centre, ring):
        return True
    scale = math.cos(math.radians(centre[0]))
    flat = [((p[0] - centre[0]), (p[1] - centre[1]) * scale) for p in ring]
    nearest = min(_distance(a, b) for a, b in pairwise(flat))
    return nearest * KM_PER_DEGREE <= radius_km


def codes_meet(name: str, code: str, area: Area) -> bool:
    """Return whether `code` of the list `name` is one of the area's, or holds one, or is in one.

    Codes of Chinese divisions (GB/T 2260 and longer ones) end in zeros where they mean all of
    a province or city; others must be equal.
    """
    divisions = _listed(name) == DIVISIONS
    for known, codes in area.geocodes.items():
        if _listed(known) != _listed(name):
            continue
        if code in codes:
            return True
        if divisions and any(_holds(code, c) or _holds(c, code) for c in codes):
            return True
    return False


def knows_codes(name: str, areas: Sequence[Area]) -> bool:
    """Return whether any of `areas` has codes of the list `name`."""
    return any(_listed(known) == _listed(name) for area in areas for known in area.geocodes)


def inside(point: Point, ring: Sequence[Point]) -> bool:
    """Return whether `point` lies within a closed ring; on its edge either may be said."""
    y, x = point
    odd = False
    for (y1, x1), (y2, x2) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            odd = not odd
    return odd


def _listed(name: str) -> str:
    """Return what list of codes is meant: `GB/T 2260` and `CN-GB2260` are the same."""
    return DIVISIONS if DIVISIONS in name else name.casefold()


def _holds(whole: str, part: str) -> bool:
    stem = whole
    while len(stem) > 2 and stem.endswith("00"):
        stem = stem[:-2]
    return len(stem) >= 2 and part.startswith(stem)


def _box(points: Sequence[Point]) -> Box:
    first, second = [p[0] for p in points], [p[1] for p in points]
    return min(first), min(second), max(first), max(second)


def _corners(points: Sequence[Point]) -> list[Point]:
    low_y, low_x, high_y, high_x = _box(points)
    return [(low_y, low_x), (low_y, high_x), (high_y, high_x), (high_y, low_x), (low_y, low_x)]


def _boxes_meet(a: Box, b: Box) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    across = _turn(a, b, c) * _turn(a, b, d) <= 0 and _turn(c, d, a) * _turn(c, d, b) <= 0
    return across and _boxes_meet(_box((a, b)), _box((c, d)))


def _distance(a: Point, b: Point) -> float:
    """Return how far the origin is from the segment a–b."""
    along = (b[0] - a[0], b[1] - a[1])
    length = along[0] ** 2 + along[1] ** 2
    share = -(a[0] * along[0] + a[1] * along[1]) / length if length else 0.0
    share = min(1.0, max(0.0, share))
    return math.hypot(a[0] + share * along[0], a[1] + share * along[1])
