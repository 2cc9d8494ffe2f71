"""Outlines: valid, covering, small enough, and absent where nothing is flooded."""

import json
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from stream.models.flood.inundation.chart import Chart
from stream.models.flood.inundation.members import CityForecast
from stream.models.flood.inundation.zones import (
    Zone,
    around,
    exceedance,
    without_specks,
    zones,
)

CHART = Chart("EPSG:32651", 360_000.0, 3_306_000.0, 25.0, (40, 40))
DEPTHS = (0.15, 0.3, 0.5, 1.0)
PROBABILITIES = (0.2, 0.5, 0.8)


def a_forecast(reached: NDArray[Any], weights: Any = None) -> CityForecast:
    """Return a forecast of `reached` (members, leads, ny, nx)."""
    members, leads, *shape = reached.shape
    return CityForecast(
        leads_s=np.arange(leads) * 600,
        zone_leads_s=np.arange(leads) * 1800,
        members=tuple(range(members)),
        weights=np.full(members, 1 / members) if weights is None else np.asarray(weights),
        reached=reached.astype(np.uint8),
        spot_depth=np.zeros((members, 0, leads)),
        arrival_s=np.full((members, *shape), np.nan, np.float32),
        peak_speed=np.zeros(shape, np.float32),
        degraded=[],
    )


def blobs(seed: int, shape: tuple[int, ...], wide: float = 3.0) -> NDArray[np.float64]:
    noise = np.random.default_rng(seed).standard_normal(shape)
    smooth = ndimage.gaussian_filter(noise, (0,) * (len(shape) - 2) + (wide, wide))
    return np.asarray(smooth / smooth.std())


def metres(zone: Zone, chart: Chart = CHART) -> Any:
    """Return the geometry of `zone` in metres."""

    def turned(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        return chart.project([(y, x) for x, y in degrees])

    shapes = [
        shapely.Polygon(
            [(x, y) for y, x in rings[0]], [[(x, y) for y, x in ring] for ring in rings[1:]]
        )
        for rings in zone.polygons
    ]
    for shape in shapes:
        assert shape.is_valid
    return shapely.transform(shapely.union_all(shapes), turned)


@given(seed=st.integers(0, 2**32 - 1), level=st.floats(-1.5, 2.5), wide=st.floats(0.4, 5.0))
@settings(max_examples=40, deadline=None)
def test_outlines_are_valid_and_cover_every_cell(seed: int, level: float, wide: float) -> None:
    wet = blobs(seed, CHART.shape, wide) > level
    zone = zones(a_forecast(wet[None, None]), CHART, (0.15,), (0.5,))[0]
    meant = without_specks(wet)
    shape = metres(zone)
    for rings in zone.polygons:
        for ring in rings:
            assert ring[0] == ring[-1]
            assert len(ring) >= 4
    x, y = np.meshgrid(*CHART.centres())
    boxes = shapely.box(x - 12.5, y - 12.5, x + 12.5, y + 12.5)
    assert shapely.covers(shape.buffer(0.8), boxes[meant]).all()
    near = ndimage.binary_dilation(meant, iterations=2, structure=np.ones((3, 3)))
    assert not shapely.contains_xy(shape, x[~near], y[~near]).any()


def test_small_islands_and_small_holes_are_left_out() -> None:
    wet = np.zeros(CHART.shape, bool)
    wet[2, 2:5] = True  # three cells
    wet[10:20, 10:20] = True
    wet[14, 14] = False
    kept = without_specks(wet)
    assert kept.sum() == 100
    assert kept[14, 14]
    assert not kept[2].any()


def test_a_large_dry_island_is_a_hole() -> None:
    wet = np.zeros(CHART.shape, bool)
    wet[5:30, 5:30] = True
    wet[12:20, 12:20] = False
    (zone,) = zones(a_forecast(wet[None, None]), CHART, (0.15,), (0.5,))
    ((outer, hole),) = zone.polygons
    assert len(outer) == len(hole) == 5
    assert metres(zone).area == pytest.approx((25 * 25 - 8 * 8) * 625, rel=0.15)


def test_probability_is_the_weight_of_the_members_that_are_so_deep() -> None:
    reached = np.zeros((3, 1, 40, 40))
    reached[0, 0, 5:15, 5:15] = 2
    reached[1, 0, 5:15, 5:25] = 1
    forecast = a_forecast(reached, weights=[0.5, 0.3, 0.2])
    assert exceedance(forecast, 0, 0)[10, 10] == pytest.approx(0.8)
    assert exceedance(forecast, 0, 0)[10, 20] == pytest.approx(0.3)
    assert exceedance(forecast, 0, 1)[10, 10] == pytest.approx(0.5)
    found = {
        (zone.depth_m, zone.probability): metres(zone).area / 625
        for zone in zones(forecast, CHART, DEPTHS, PROBABILITIES)
    }
    assert found[0.15, 0.2] == pytest.approx(200, rel=0.2)
    assert found[0.15, 0.8] == pytest.approx(100, rel=0.25)
    assert found[0.3, 0.5] == pytest.approx(100, rel=0.25)
    assert found[0.3, 0.8] == 0
    assert found[1.0, 0.2] == 0


def test_a_dry_city_has_no_outlines() -> None:
    found = zones(a_forecast(np.zeros((2, 7, 40, 40))), CHART, DEPTHS, PROBABILITIES)
    assert len(found) == 7 * 4 * 3
    assert not any(zone.polygons for zone in found)
    assert around(found, (29.87, 121.56), CHART, within_m=30.0) == []


def test_a_city_that_is_wet_to_its_edges_has_one_outline() -> None:
    (zone,) = zones(a_forecast(np.full((1, 1, 40, 40), 4)), CHART, (1.0,), (0.8,))
    ((ring,),) = zone.polygons
    assert len(ring) == 5


def test_a_ragged_flood_of_a_large_city_fits_into_a_message() -> None:
    chart = Chart("EPSG:32651", 357_700.0, 3_309_300.0, 25.0, (256, 256))
    depth = np.clip(blobs(3, (6, 7, 256, 256), wide=1.5) * 2 + 1.0, 0, 4)
    found = zones(a_forecast(depth), chart, DEPTHS, PROBABILITIES)
    assert sum(bool(zone.polygons) for zone in found) > 40
    text = json.dumps([zone.polygons for zone in found], separators=(",", ":"))
    assert len(text) < 400_000


def test_a_warning_encloses_the_water_around_its_place() -> None:
    reached = np.zeros((2, 2, 40, 40))
    reached[:, 1, 5:15, 5:15] = 1
    reached[0, 1, 25:35, 25:35] = 1
    found = zones(a_forecast(reached), CHART, DEPTHS, PROBABILITIES)
    inside, beside, away = (
        tuple(map(float, row))
        for row in CHART.unproject(
            np.array([CHART.west, CHART.north])
            + np.array([[250.0, -250.0], [750.0, -750.0], [900.0, -100.0]])
        )
    )
    (sure,) = around(found, inside, CHART, within_m=30.0)
    (likely,) = around(found, beside, CHART, within_m=30.0)
    assert sure != likely
    assert around(found, away, CHART, within_m=30.0) == []
    assert sure[0] == sure[-1]
