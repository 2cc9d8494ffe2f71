"""Reaches of rivers that run downhill: a tree of trapezoidal channels, cut into cells.

A cross-section has bottom width b, banks that lean out by `side_slope` m (horizontal for each
metre of height; 0 is a rectangle), Manning's n and bed slope S. With A the wetted area::

    B = (b² + 4 m A)^½     surface width        y = 2 A / (b + B)           depth
    P = b + 2 y (1 + m²)^½ wetted perimeter     Q = A (A/P)^(2/3) S^½ / n   normal discharge
    c = dQ/dA = v (5/3 − (4/3) (1 + m²)^½ A / (P B))                        celerity of a wave

References: Chow (1959), Open-Channel Hydraulics, ch. 2 and 5; Ponce (1994), Engineering Hydrology,
sec. 9.4 (how short a cell has to be).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

OUTLET = -1
"""What `downstream` says of a reach whose water leaves the tree."""


class BadReachError(ValueError):
    """A reach of a river cannot be what its numbers say."""


class Reaches(NamedTuple):
    """A tree of reaches; build it with `tree`. Arrays are (n_reaches,) unless said."""

    length_m: Array
    slope: Array
    """Bed slope [-], above 0."""
    width_m: Array
    """Bottom width [m]."""
    side_slope: Array
    """Horizontal for each metre of height [-]; 0 is a rectangle."""
    manning: Array
    """Manning's n [s m^-1/3]."""
    downstream: Integers
    """Index of the reach that takes the water; −1 where it leaves the tree."""
    order: Integers
    """Indices of the reaches, every one before the reach it runs into."""
    first_cell: Integers
    """(n_reaches + 1,): cells of reach r are `first_cell[r]:first_cell[r + 1]`, upstream first."""

    @property
    def n_cells(self) -> int:
        """How many cells all reaches have together."""
        return int(self.first_cell[-1])

    @property
    def cell_m(self) -> Array:
        """(n_reaches,) length of each reach's cells [m]."""
        return self.length_m / np.diff(self.first_cell)


def tree(
    *,
    length_m: ArrayLike,
    slope: ArrayLike,
    width_m: ArrayLike,
    manning: ArrayLike,
    downstream: Sequence[int] | Integers,
    side_slope: ArrayLike = 0.0,
    cells: ArrayLike | None = None,
    dt_s: float = 60.0,
    typical_m3_s: ArrayLike = 10.0,
) -> Reaches:
    """Return reaches in any order as a tree, cut into cells.

    Scalars stand for all reaches. `cells` (n_reaches,) says how many each has; without it a cell is
    short enough for a smooth rise at time step `dt_s` and discharge `typical_m3_s` (Ponce 1994)::

        Δx ≤ c Δt + Q / (B S c)       (Courant number + cell Reynolds number ≥ 1)

    Raises
    ------
    BadReachError
        If a number is not positive and finite, or if water would run in a circle.
    """
    to = np.asarray(downstream, dtype=np.int64)
    shape = {"length_m": length_m, "slope": slope, "width_m": width_m, "manning": manning}
    columns = {name: _column(name, value, len(to), 0.0) for name, value in shape.items()}
    side = _column("side_slope", side_slope, len(to), -1e-300)
    reaches = Reaches(
        **columns,
        side_slope=side,
        downstream=to,
        order=_order(to),
        first_cell=to,  # replaced below
    )
    if cells is None:
        typical = _column("typical_m3_s", typical_m3_s, len(to), 0.0)
        count = np.ceil(reaches.length_m / longest_cell_m(reaches, typical, dt_s))
    else:
        count = np.broadcast_to(np.asarray(cells), to.shape)
    count = np.maximum(count, 1).astype(np.int64)
    return reaches._replace(first_cell=np.concatenate([[0], np.cumsum(count)]).astype(np.int64))


def cells_of(reaches: Reaches) -> Reaches:
    """Return the cells of all reaches as a row of reaches of their own, for the formulas below."""
    counts = np.diff(reaches.first_cell)
    return Reaches(
        length_m=np.repeat(reaches.cell_m, counts),
        slope=np.repeat(reaches.slope, counts),
        width_m=np.repeat(reaches.width_m, counts),
        side_slope=np.repeat(reaches.side_slope, counts),
        manning=np.repeat(reaches.manning, counts),
        downstream=np.full(reaches.n_cells, OUTLET),
        order=np.arange(reaches.n_cells),
        first_cell=np.arange(reaches.n_cells + 1),
    )


def longest_cell_m(reaches: Reaches, discharge: Array, dt_s: float) -> Array:
    """Return (n_reaches,) the longest cell [m] in which a rise stays smooth, c Δt + Q / (B S c)."""
    area = normal_area(reaches, discharge)
    top = np.sqrt(reaches.width_m**2 + 4 * reaches.side_slope * area)
    celerity = normal_flow(reaches, area)[1]
    return np.asarray(celerity * dt_s + discharge / (top * reaches.slope * celerity))


def normal_flow(reaches: Reaches, area: Array) -> tuple[Array, Array]:
    """Return discharge [m3/s] and celerity [m/s] of uniform flow with wetted `area` (…, n) [m2]."""
    top = np.sqrt(reaches.width_m**2 + 4 * reaches.side_slope * area)
    lean = np.sqrt(1 + reaches.side_slope**2)
    perimeter = reaches.width_m + 4 * lean * area / (reaches.width_m + top)
    speed = np.sqrt(reaches.slope) / reaches.manning * np.cbrt(area / perimeter) ** 2
    share = 5 / 3 - 4 / 3 * lean * area / (perimeter * top)
    return speed * area, speed * share


def normal_area(reaches: Reaches, discharge: Array) -> Array:
    """Return the wetted area [m2] of uniform flow at `discharge` (…, n_reaches) [m3/s], by Newton.

    Q(A) is increasing and, but for the shallowest trickle, convex: from far above, Newton's steps
    come down to the root and do not pass it.
    """
    target = np.maximum(np.asarray(discharge, dtype=np.float64), 0.0)
    slab = reaches.manning * target / (np.sqrt(reaches.slope) * reaches.width_m)
    depth = 2 * slab**0.6 + 1e-9
    area = depth * (reaches.width_m + reaches.side_slope * depth) + 1e-9
    for _ in range(60):
        flow, celerity = normal_flow(reaches, area)
        change = (flow - target) / celerity
        area = np.maximum(area - change, 0.1 * area)
        if np.all(np.abs(change) <= 1e-13 * area):
            break
    return np.where(target > 0, area, 0.0)


def depth_of(reaches: Reaches, area: Array) -> Array:
    """Return depth [m] for wetted `area` (…, n_reaches) [m2]."""
    top = np.sqrt(reaches.width_m**2 + 4 * reaches.side_slope * area)
    return np.asarray(2 * area / (reaches.width_m + top))


def _column(name: str, value: ArrayLike, n: int, above: float) -> Array:
    column = np.broadcast_to(np.asarray(value, dtype=np.float64), (n,)).copy()
    bad = np.flatnonzero(~(np.isfinite(column) & (column > above)))
    if len(bad):
        hint = (
            ": a flat reach has no Muskingum–Cunge routing, make it part of the tidal network"
            if name == "slope"
            else ""
        )
        raise BadReachError(f"reach {bad[0]}: {name} is {column[bad[0]]:g}, not positive{hint}")
    return column


def _order(downstream: Integers) -> Integers:
    n = len(downstream)
    bad = np.flatnonzero((downstream < OUTLET) | (downstream >= n))
    if len(bad):
        raise BadReachError(
            f"reach {bad[0]}: runs into reach {downstream[bad[0]]}, but there are {n} reaches "
            f"(0 to {n - 1}; {OUTLET} where the water leaves)"
        )
    waiting = np.bincount(downstream[downstream >= 0], minlength=n)
    ready = [int(r) for r in np.flatnonzero(waiting == 0)]
    for reach in ready:  # grows while it is walked
        below = int(downstream[reach])
        if below != OUTLET:
            waiting[below] -= 1
            if not waiting[below]:
                ready.append(below)
    if len(ready) < n:
        circle = sorted(set(range(n)) - set(ready))
        raise BadReachError(f"reaches {circle[:10]}: their water runs in a circle")
    return np.array(ready, dtype=np.int64)
