"""Ground made ready for water: holes, walls, blocks, dips."""

from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stream.models.flood.inundation import terrain
from stream.models.flood.inundation.chart import Chart

SIZE = 24
CHART = Chart("EPSG:32651", 360_000.0, 3_306_000.0, 25.0, (SIZE, SIZE))


@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.0, 0.6))
@settings(max_examples=60, deadline=None)
def test_a_filled_hole_stays_between_the_heights_around_it(seed: int, share: float) -> None:
    random = np.random.default_rng(seed)
    bed = random.normal(3.0, 2.0, (SIZE, SIZE))
    hole = random.random(bed.shape) < share
    hole[0, 0] = False
    holed = np.where(hole, np.nan, bed)
    filled, holes = terrain.fill_holes(holed, largest_cells=30)
    assert np.array_equal(filled[~hole], bed[~hole])
    assert holes.filled + holes.left == hole.sum()
    assert np.isnan(filled).sum() == holes.left
    there = filled[np.isfinite(filled)]
    assert there.min() >= bed[~hole].min() - 1e-9
    assert there.max() <= bed[~hole].max() + 1e-9


def test_a_hole_in_a_plane_is_filled_with_the_plane() -> None:
    # A plane solves Laplace's equation, so nothing else may come out.
    rows, columns = np.indices((SIZE, SIZE))
    plane = 2.0 + 0.3 * rows - 0.1 * columns
    holed = plane.copy()
    holed[5:9, 6:12] = np.nan
    filled, holes = terrain.fill_holes(holed, largest_cells=24)
    assert holes == (24, 0)
    np.testing.assert_allclose(filled, plane, atol=1e-12)


def test_large_holes_and_those_open_to_the_edge_stay_and_are_counted() -> None:
    bed = np.ones((SIZE, SIZE))
    bed[4:10, 4:10] = np.nan
    bed[15, 15] = np.nan
    bed[0, 20] = np.nan
    filled, holes = terrain.fill_holes(bed, largest_cells=35)
    assert holes == (1, 37)
    assert np.isnan(filled[4:10, 4:10]).all()
    assert np.isnan(filled[0, 20])


def test_no_ground_at_all_is_said() -> None:
    with pytest.raises(terrain.TerrainError, match="no cell has a height"):
        terrain.fill_holes(np.full((4, 4), np.nan), 10)


@given(
    seed=st.integers(0, 2**32 - 1),
    corners=st.integers(3, 12),
    snapped=st.booleans(),
)
@settings(max_examples=120, deadline=None)
def test_no_water_finds_a_way_through_a_closed_wall(seed: int, corners: int, snapped: bool) -> None:
    """Snapped to half cells, corners and edges run exactly through centres."""
    random = np.random.default_rng(seed)
    angles = np.sort(random.uniform(0, 2 * np.pi, corners))
    reach = random.uniform(40, 280, corners)
    middle = (CHART.west + SIZE * 12.5, CHART.north - SIZE * 12.5)
    xy = np.column_stack([middle[0] + reach * np.cos(angles), middle[1] + reach * np.sin(angles)])
    if snapped:
        xy = np.round(xy / 12.5) * 12.5
    closed = np.vstack([xy, xy[:1]])
    crests = terrain.wall(CHART, terrain.open_faces(CHART.shape), closed, np.full(len(closed), 5.0))
    inner = terrain.inside(CHART, xy + 25.0 * np.array(terrain.SHIFT) * (1, -1))
    outside = _reached(crests, ~inner)
    assert not (outside & inner).any()


def _reached(crests: terrain.Crests, begin: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the cells to which a walk over free faces leads."""
    found = begin.copy()
    queue = deque(zip(*np.nonzero(begin), strict=True))
    while queue:
        i, j = queue.popleft()
        for di, dj in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            k, m = i + di, j + dj
            if not (0 <= k < SIZE and 0 <= m < SIZE) or found[k, m]:
                continue
            face = crests.east[i, min(j, m)] if di == 0 else crests.south[min(i, k), j]
            if face == -np.inf:
                found[k, m] = True
                queue.append((k, m))
    return found


def test_the_crest_of_a_wall_slopes_from_end_to_end() -> None:
    y = CHART.north - 10 * 25.0
    xy = np.array([[CHART.west, y], [CHART.west + SIZE * 25.0, y]])
    crests = terrain.wall(CHART, terrain.open_faces(CHART.shape), xy, np.array([4.0, 6.4]))
    np.testing.assert_allclose(crests.south[9], 4.0 + 0.1 * (np.arange(SIZE) + 0.5), atol=1e-6)
    assert (np.delete(crests.south, 9, axis=0) == -np.inf).all()
    assert (crests.east == -np.inf).all()


def test_a_higher_wall_is_not_lowered_by_one_across_it() -> None:
    xy = np.array([[CHART.west, CHART.north - 250.0], [CHART.west + 600.0, CHART.north - 250.0]])
    crests = terrain.wall(CHART, terrain.open_faces(CHART.shape), xy, np.array([6.0, 6.0]))
    crests = terrain.wall(CHART, crests, xy, np.array([4.0, 4.0]))
    assert (crests.south[9] == 6.0).all()


def test_sides_distances_and_chainage_along_a_line() -> None:
    x = CHART.west + 300.0
    xy = np.array([[x, CHART.north], [x, CHART.north - 600.0]])
    seen = terrain.along(CHART, xy)
    assert seen.length_m == 600.0
    assert seen.left[:, 12:].all()  # looking south, east is to the left
    assert not seen.left[:, :12].any()
    np.testing.assert_allclose(seen.away_m[:, 12], 12.5)
    np.testing.assert_allclose(seen.along_m[:, 5], 12.5 + 25.0 * np.arange(SIZE))


def test_blocks_are_raised_and_dips_are_cut_but_never_filled() -> None:
    bed = np.full((SIZE, SIZE), 3.0)
    bed[4, 4] = 0.5
    square = np.array([[50.0, -50.0], [150.0, -50.0], [150.0, -150.0], [50.0, -150.0]])
    inside = terrain.inside(CHART, square + np.array([CHART.west, CHART.north]))
    assert inside.sum() == 16
    raised = terrain.raise_blocks(bed, inside, 2.5)
    assert (raised[inside] == bed[inside] + 2.5).all()
    assert (raised[~inside] == bed[~inside]).all()
    dipped = terrain.lower(bed, inside, 1.0)
    assert dipped[4, 4] == 0.5
    assert dipped[3, 3] == 1.0


@given(angle=st.floats(0, 2 * np.pi), length=st.floats(30, 280))
@settings(max_examples=60, deadline=None)
def test_a_dip_along_a_road_is_one_piece(angle: float, length: float) -> None:
    from scipy import ndimage

    middle = np.array([CHART.west + 300.0, CHART.north - 300.0])
    xy = np.vstack([middle, middle + length * np.array([np.cos(angle), np.sin(angle)])])
    cells = terrain.crossed(CHART, xy)
    assert ndimage.label(cells)[1] == 1
    assert cells.sum() * 25.0 >= length * 0.7


def test_dense_buildings_slow_the_water_as_a_narrower_street_would() -> None:
    # Manning: q = h^(5/3) S^(1/2) / n; with 30 % of the width barred 70 % of it is left.
    n = terrain.porous(np.array(0.03), np.array(0.3))
    assert (0.2 ** (5 / 3) / n) / (0.2 ** (5 / 3) / 0.03) == pytest.approx(0.7)
    assert terrain.porous(np.array(0.03), np.array(0.0)) == 0.03


def test_the_chart_finds_its_way_to_the_globe_and_back() -> None:
    chart = Chart("EPSG:32651", 357_700.0, 3_309_300.0, 25.0, (256, 256))
    points = [(29.878, 121.560), (29.86, 121.54)]
    xy = chart.project(points)
    np.testing.assert_allclose(chart.unproject(xy), points, atol=1e-8)
    assert chart.cell(*xy[0]) is not None
    assert chart.cell(chart.west - 1, chart.north - 1) is None
    assert chart.near(*xy[0], 30.0).sum() in range(3, 7)
    assert chart.near(*xy[0], 0.1).sum() == 1
