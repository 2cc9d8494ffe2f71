"""No cell gives more than it has: the rare cell that did takes some of it back."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

PASSES = 200
"""Taking back may empty the next cell, which then takes back too; this often at most."""


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def repair(water: Any, held: NDArray[np.bool_], k: np.float32, band: int, tile: int) -> float:
    """Bring every depth of a flagged tile back to at least 0; return the depth made of nothing [m].

    A cell below 0 m reduces all its outflows of the last step by the same share, the neighbours
    lose what they had got: volume is kept. What rounding leaves (1e-8 m) is set to 0 and counted.
    Cells whose stage is given (`held`, (ny, nx) or (1, 1) if there are none) give what they must.
    Runs on one thread, in the order of the tiles: the result does not depend on threads.
    """
    made = 0.0
    bands, tiles = water.signs.shape
    for _ in range(PASSES):
        found = False
        for b in range(bands):
            for c in range(tiles):
                if water.signs[b, c] < 0:
                    water.signs[b, c] = 0
                    found = True
                    made += _repair_tile(water, held, k, b, c, band, tile)
        if not found:
            break
    return made


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def _repair_tile(
    water: Any, held: Any, k: np.float32, b: int, c: int, band: int, tile: int
) -> float:
    made = 0.0
    rows, columns = water.depth.shape
    for j in range(b * band, min((b + 1) * band, rows)):
        for i in range(c * tile, min((c + 1) * tile, columns)):
            if water.depth[j, i] < 0:
                made += _repair_cell(water, held, k, j, i, band, tile)
    return made


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def _repair_cell(
    water: Any, held: Any, k: np.float32, j: int, i: int, band: int, tile: int
) -> float:
    east, south, depth = water.east, water.south, water.depth
    given = (
        max(east[j, i + 1], np.float32(0))
        + max(-east[j, i], np.float32(0))
        + max(south[j + 1, i], np.float32(0))
        + max(-south[j, i], np.float32(0))
    ) * k
    short = -depth[j, i]
    depth[j, i] = np.float32(0)
    if given <= 0:
        return float(short)
    share = min(short / given, np.float32(1))
    if east[j, i + 1] > 0:
        east[j, i + 1] -= _take(water, held, j, i + 1, share * east[j, i + 1], k, band, tile)
    if east[j, i] < 0:
        east[j, i] += _take(water, held, j, i - 1, -share * east[j, i], k, band, tile)
    if south[j + 1, i] > 0:
        south[j + 1, i] -= _take(water, held, j + 1, i, share * south[j + 1, i], k, band, tile)
    if south[j, i] < 0:
        south[j, i] += _take(water, held, j - 1, i, -share * south[j, i], k, band, tile)
    return max(float(short) - float(given), 0.0)


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def _take(
    water: Any, held: Any, j: int, i: int, q: np.float32, k: np.float32, band: int, tile: int
) -> np.float32:
    """Take a flow back from the neighbour that got it; return the flow [m²/s]."""
    if held.shape == water.depth.shape and held[j, i]:
        return q
    water.depth[j, i] -= q * k
    if water.depth[j, i] < 0:
        water.signs[j // band, i // tile] = -1
    return q
