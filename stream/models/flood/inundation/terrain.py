"""Ground made ready for water: holes filled, buildings, walls and underpasses burnt in.

All arrays have their first row in the north; `xy` are metres in the raster's own system.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation.chart import Chart

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SHIFT = (3.1e-7, 1.9e-7)
"""Polylines are moved by this share of a cell, so that none runs exactly through a centre."""


class TerrainError(Exception):
    """Ground on which nothing can be computed; says what is wrong with it."""


class Holes(NamedTuple):
    """What became of cells without ground."""

    filled: int
    """Cells interpolated from their rims."""
    left: int
    """Cells that stay without ground: in large holes, or open to the raster's edge."""


class Crests(NamedTuple):
    """Heights of what stands on the faces between cells; -inf where nothing does [m]."""

    east: Floats
    """(rows, columns - 1): between a cell and its eastern neighbour."""
    south: Floats
    """(rows - 1, columns): between a cell and its southern neighbour."""


def open_faces(shape: tuple[int, int]) -> Crests:
    """Return crests on which nothing stands."""
    rows, columns = shape
    return Crests(np.full((rows, columns - 1), -np.inf), np.full((rows - 1, columns), -np.inf))


def fill_holes(bed: Floats, largest_cells: int) -> tuple[Floats, Holes]:
    """Return `bed` with small holes (NaN) filled, and what was done.

    A hole of up to `largest_cells` cells (neighbours by side) that does not touch the edge of
    the raster gets the solution of Laplace's equation with its rim as boundary, which is
    nowhere above or below the rim. TerrainError if there is no ground at all.
    """
    from scipy import ndimage

    missing = ~np.isfinite(bed)
    if missing.all():
        raise TerrainError("no cell has a height; is the raster's nodata value right?")
    label, count = ndimage.label(missing)
    sizes = np.bincount(label.ravel(), minlength=count + 1)
    edge = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
    small = sizes <= largest_cells
    small[0] = False
    small[edge] = False
    chosen = small[label]
    filled = np.where(missing, np.nan, bed)
    if chosen.any():
        filled[chosen] = _laplace(filled, chosen)
    return filled, Holes(int(chosen.sum()), int(missing.sum() - chosen.sum()))


def _laplace(bed: Floats, hole: Bools) -> Floats:
    """Return the heights of the `hole` cells, each the mean of its neighbours; off the edge."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.linalg import spsolve

    number = np.full(bed.shape, -1)
    rows, columns = np.nonzero(hole)
    number[rows, columns] = np.arange(len(rows))
    here, there, known = [], [], np.zeros(len(rows))
    for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        beside = number[rows + down, columns + right]
        inner = beside >= 0
        here.append(np.nonzero(inner)[0])
        there.append(beside[inner])
        known += np.where(inner, 0.0, bed[rows + down, columns + right])
    n = len(rows)
    i, j = np.concatenate(here), np.concatenate(there)
    system = csr_matrix(
        (
            np.concatenate([np.full(len(i), -1.0), np.full(n, 4.0)]),
            (np.concatenate([i, np.arange(n)]), np.concatenate([j, np.arange(n)])),
        ),
        shape=(n, n),
    )
    return np.asarray(spsolve(system.tocsc(), known))


def inside(chart: Chart, xy: Floats) -> Bools:
    """Return the cells whose centre lies in the polygon `xy` (n, 2)."""
    import shapely

    found = np.zeros(chart.shape, bool)
    x, y = chart.centres()
    across = np.nonzero((x >= xy[:, 0].min()) & (x <= xy[:, 0].max()))[0]
    down = np.nonzero((y >= xy[:, 1].min()) & (y <= xy[:, 1].max()))[0]
    if len(across) and len(down):
        part = np.ix_(down, across)
        east, south = np.meshgrid(x[across], y[down])
        found[part] = shapely.contains_xy(shapely.Polygon(xy), east, south)
    return found


class Along(NamedTuple):
    """Each cell seen from a polyline; arrays of the raster's shape."""

    away_m: Floats
    """Distance of the cell's centre [m]."""
    along_m: Floats
    """Where on the polyline the nearest point lies, from its begin [m]."""
    left: Bools
    """The cell lies to the left, looking along the polyline."""
    length_m: float


def along(chart: Chart, xy: Floats) -> Along:
    """Return distance, position and side of each cell relative to the polyline `xy` (n, 2)."""
    x, y = np.meshgrid(*chart.centres())
    away, at = np.full(chart.shape, np.inf), np.zeros(chart.shape)
    left = np.zeros(chart.shape, bool)
    passed = 0.0
    for (x0, y0), (x1, y1) in pairwise(xy):
        length = float(np.hypot(x1 - x0, y1 - y0))
        if length == 0.0:
            continue
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        s = np.clip((x - x0) * ux + (y - y0) * uy, 0.0, length)
        reach = np.hypot(x - x0 - s * ux, y - y0 - s * uy)
        closer = reach < away
        away[closer] = reach[closer]
        at[closer] = passed + s[closer]
        left[closer] = (ux * (y - y0) - uy * (x - x0))[closer] > 0
        passed += length
    return Along(away, at, left, passed)


def wall(chart: Chart, crests: Crests, xy: Floats, crest_m: Floats) -> Crests:
    """Return `crests` raised along the polyline `xy` (n, 2) to `crest_m` (n,), linear between.

    A face is raised where the line crosses the connection of its two cells' centres. Water
    moves from centre to centre by side, so a closed line is tight however it is turned.
    """
    east, south = crests.east.copy(), crests.south.copy()
    column = (xy[:, 0] - chart.west) / chart.cell_m - 0.5 + SHIFT[0]
    row = (chart.north - xy[:, 1]) / chart.cell_m - 0.5 + SHIFT[1]
    for n in range(len(xy) - 1):
        ends = crest_m[n : n + 2]
        i, between, share = _crossed(row[n : n + 2], column[n : n + 2], east.shape)
        np.maximum.at(east, (i, between), ends[0] + share * (ends[1] - ends[0]))
        j, between, share = _crossed(column[n : n + 2], row[n : n + 2], south.T.shape)
        np.maximum.at(south, (between, j), ends[0] + share * (ends[1] - ends[0]))
    return Crests(east, south)


def _crossed(
    main: Floats, other: Floats, shape: tuple[int, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return which lines of cells a segment crosses, between which cells, and how far along."""
    low, high = sorted(main)
    lines = np.arange(int(np.ceil(max(low, 0.0))), int(np.floor(min(high, shape[0] - 1.0))) + 1)
    if not len(lines):
        return lines, lines, np.zeros(0)
    share = (lines - main[0]) / (main[1] - main[0])
    between = np.floor(other[0] + share * (other[1] - other[0])).astype(np.int64)
    kept = (between >= 0) & (between < shape[1])
    return lines[kept], between[kept], share[kept]


def raise_blocks(bed: Floats, buildings: Bools, height_m: float) -> Floats:
    """Return `bed` with `buildings` raised by `height_m`: water flows around, roofs shed rain."""
    return np.where(buildings, bed + height_m, bed)


def lower(bed: Floats, dip: Bools, floor_m: float) -> Floats:
    """Return `bed` with the cells of an underpass `dip` cut down to `floor_m`, none raised."""
    return np.where(dip, np.minimum(bed, floor_m), bed)


def crossed(chart: Chart, xy: Floats) -> Bools:
    """Return the cells that a polyline `xy` (n, 2) runs through, joined by sides."""
    found = np.zeros(chart.shape, bool)
    for (x0, y0), (x1, y1) in pairwise(xy):
        steps = max(1, int(np.ceil(8 * np.hypot(x1 - x0, y1 - y0) / chart.cell_m)))
        share = np.linspace(0.0, 1.0, steps + 1)
        rows = np.floor((chart.north - y0 - share * (y1 - y0)) / chart.cell_m).astype(int)
        columns = np.floor((x0 + share * (x1 - x0) - chart.west) / chart.cell_m).astype(int)
        for i, j in ((rows, columns), (rows[1:], columns[:-1])):  # the second fills corners
            on = (i >= 0) & (i < chart.shape[0]) & (j >= 0) & (j < chart.shape[1])
            found[i[on], j[on]] = True
    return found


def porous(manning: Floats, built_share: Floats) -> Floats:
    """Return Manning's n that carries as little as a width of which `built_share` is barred.

    q = (1 - share) h^(5/3) S^(1/2) / n, hence n / (1 - share). The water stored is that of
    an open cell: depths between dense buildings rise somewhat late.
    """
    return np.asarray(manning / (1.0 - built_share))
