"""Outlines for messages cover what they leave out."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon

from stream.models.flood.inundation.coarse import coarse

METRE = 1 / 111_320


def blot(seed: int, points: int, size_m: float) -> list[tuple[float, float]]:
    """Return a ragged ring around 29.9 N, 121.5 E."""
    random = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    radius = size_m * METRE * random.uniform(0.5, 1.0, points)
    ring = [
        (29.9 + float(r * np.sin(a)), 121.5 + float(r * np.cos(a) / np.cos(np.radians(29.9))))
        for a, r in zip(angle, radius, strict=True)
    ]
    return [*ring, ring[0]]


@given(st.integers(0, 10_000), st.integers(5, 400), st.floats(100, 5000))
@settings(max_examples=60, deadline=None)
def test_a_coarse_outline_covers_with_few_points(seed: int, points: int, size_m: float) -> None:
    ring = blot(seed, points, size_m)
    [found] = coarse([ring])
    assert len(found) <= max(40, len(ring) if len(ring) <= 40 else 0)
    assert found[0] == found[-1]
    rounding = 1.5e-5
    assert Polygon(found).buffer(rounding).covers(Polygon(ring))
    assert Polygon(found).area <= 3.0 * Polygon(ring).convex_hull.area + rounding * size_m * METRE


def test_the_largest_outlines_are_kept() -> None:
    rings = [blot(1, 12, size) for size in (100.0, 900.0, 300.0, 500.0)]
    kept = [Polygon(ring).area for ring in coarse(rings)]
    assert kept == sorted(kept, reverse=True)
    assert len(kept) == 3
    assert kept[-1] > Polygon(rings[0]).area


def test_no_water_has_no_outline() -> None:
    assert coarse([]) == []
