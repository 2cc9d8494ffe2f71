"""Rings with few points, against shapely."""

import math
import random

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.covering import MARGIN, MOST_POINTS, Point, cover

EPS = 1e-9


def star(count: int, seed: int, roughness: float) -> list[Point]:
    """Return a ragged ring around a point: it never crosses itself."""
    dice = random.Random(seed)
    points = []
    for k in range(count):
        radius = 0.1 * (1 - roughness * dice.random())
        angle = 2 * math.pi * k / count
        points.append((29.9 + radius * math.sin(angle), 121.5 + radius * math.cos(angle)))
    return [*points, points[0]]


def check(ring: list[Point], most: int = MOST_POINTS) -> shapely.Polygon:
    covering = cover(ring, most)
    assert len(covering) <= most
    assert covering[0] == covering[-1]
    shape = shapely.Polygon(covering)
    assert shape.is_valid
    assert shape.area > 0
    assert shape.buffer(EPS).covers(shapely.MultiPoint(ring))
    return shape


@settings(max_examples=60, deadline=None)
@given(
    st.integers(4, 240),
    st.integers(0, 10**6),
    st.floats(0.0, 0.95),
    st.integers(12, 100),
    st.booleans(),
)
def test_it_covers_with_few_points_and_does_not_cross_itself(
    count: int, seed: int, roughness: float, most: int, backwards: bool
) -> None:
    ring = star(count, seed, roughness)[:: -1 if backwards else 1]
    shape = check(ring, most)
    assert shape.buffer(EPS).covers(shapely.Polygon(ring))
    assert shape.area <= 1.6 * shapely.Polygon(ring).convex_hull.area


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=40))
def test_whatever_comes_is_covered(points: list[tuple[int, int]]) -> None:
    check([(29 + a / 10, 121 + b / 10) for a, b in [*points, points[0]]], 12)


def test_a_winding_river_is_not_covered_by_its_hull() -> None:
    way = [(29.8 + 0.0002 * k, 121.5 + 0.02 * math.sin(k / 60)) for k in range(600)]
    ring = list(shapely.LineString(way).buffer(0.002, quad_segs=4).exterior.coords)
    assert len(ring) > 1_000
    shape, river = check(ring), shapely.Polygon(ring)
    assert shape.buffer(EPS).covers(river)
    assert shape.area < 1.3 * river.area
    assert river.convex_hull.area > 3 * river.area


def test_a_sound_short_ring_stays_as_it_is() -> None:
    ring = [(29.4, 121.8), (29.4, 122.0), (29.52, 122.0), (29.4, 121.8)]
    assert cover(ring) == tuple(ring)


@pytest.mark.parametrize(
    "ring",
    [
        [(29.0, 121.0)] * 4,
        [(29.0, 121.0), (29.1, 121.1), (29.2, 121.2), (29.0, 121.0)],
    ],
)
def test_what_has_no_area_gets_a_box(ring: list[Point]) -> None:
    assert check(ring).area >= 4 * MARGIN**2 * 0.99


def test_a_bow_tie_is_covered_whole() -> None:
    check([(29.0, 121.0), (30.0, 122.0), (30.0, 121.0), (29.0, 122.0), (29.0, 121.0)])


def test_far_too_many_points_are_covered_too() -> None:
    check(star(20_000, 1, 0.3))
