"""The shape of a branched river: cells that hold water, links that carry it between them.

A cell is a rectangle of width w up to its banks; above them a floodplain of width p is wet too::

    V(h) = L (w h + p max(h − h_bank, 0))

A link runs from each cell to the next one downstream, from the last cell of a reach to the first
of the reach it joins, into the sea, or against a wall. Its bed is the higher of both ends, its
widths are the lesser.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


WALL = -(2**31)
"""What `downstream` says of a reach that ends blind: it empties by gates, weirs and pumps alone."""


class BadNetworkError(ValueError):
    """A reach, a junction, a structure or what is to flow in a network cannot be as given."""


class Network(NamedTuple):
    """A tree of channels; build it with `join`. First (n_cells,), then (n_links,) arrays."""

    length: Array
    """Length of each cell along the river [m]."""
    width: Array
    """Width of the channel [m]."""
    plain: Array
    """Width that is flooded above the banks [m], 0 for walls."""
    bed: Array
    """Level of the bed [m above datum]."""
    bank: Array
    """Level of the banks [m above datum]."""

    up: Integers
    """Cell at the upper end of each link."""
    down: Integers
    """Cell at its lower end; n_cells + k is sea k; the same cell at a wall."""
    distance: Array
    """Between the middles of both cells; from the last cell's middle to its mouth [m]."""
    link_width: Array
    link_plain: Array
    link_bed: Array
    """Level of its bed [m above datum]; ∞ at a wall."""
    link_bank: Array
    manning: Array
    """Manning's n of the channel [s m^-1/3]."""
    plain_manning: Array
    """Manning's n of the floodplain [s m^-1/3]."""
    before: Integers
    """The one link that feeds the upper cell; −1 at heads and junctions."""
    after: Integers
    """The link below; −1 at mouths and above junctions."""

    first_cell: Integers
    """(n_reaches + 1,): cells of reach r are `first_cell[r]:first_cell[r + 1]`."""
    n_seas: int

    def cell(self, reach: int, from_top_m: float) -> int:
        """Return the index of the cell of `reach` at a distance [m] from its upper end."""
        first, last = int(self.first_cell[reach]), int(self.first_cell[reach + 1])
        return first + min(last - first - 1, max(0, int(from_top_m / self.length[first])))

    def mouth(self, sea: int) -> int:
        """Return what stands for a sea where a cell is expected (the end of a structure)."""
        return len(self.bed) + sea


def join(
    *,
    length_m: Sequence[float] | Array,
    cell_m: ArrayLike,
    width_m: ArrayLike,
    bed_top_m: ArrayLike,
    bed_end_m: ArrayLike,
    bank_height_m: ArrayLike,
    manning: ArrayLike,
    downstream: Sequence[int] | Integers,
    plain_m: ArrayLike = 0.0,
    plain_manning: ArrayLike = 0.08,
) -> Network:
    """Return reaches, cut into cells of about `cell_m`, as one network.

    `downstream` names the reach that each joins (at its upper end), or −1 for sea 0, −2 for sea 1
    and so on, or `WALL`. Beds are straight lines between `bed_top_m` and `bed_end_m`; they may be
    level, or rise. Scalars stand for all reaches.

    Raises
    ------
    BadNetworkError
        If a number is not finite, a size not positive, or water would run in a circle.
    """
    n = len(length_m)
    to = np.asarray(downstream, dtype=np.int64)
    length = _column("length_m", length_m, n, positive=True)
    size = _column("cell_m", cell_m, n, positive=True)
    top, end = _column("bed_top_m", bed_top_m, n), _column("bed_end_m", bed_end_m, n)
    counts = np.maximum(np.round(length / size), 1).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    _check_tree(to, n)

    def each(name: str, value: ArrayLike, *, positive: bool = True) -> Array:
        return np.asarray(np.repeat(_column(name, value, n, positive=positive), counts))

    along = np.concatenate([(np.arange(count) + 0.5) / count for count in counts])
    bed = np.repeat(top, counts) + along * np.repeat(end - top, counts)
    bank = bed + each("bank_height_m", bank_height_m)
    width = each("width_m", width_m)
    plain = _not_negative("plain_m", each("plain_m", plain_m, positive=False))
    cells = np.repeat(length / counts, counts)
    down, sea = _downstream(to, first)
    below = np.where(sea, np.arange(first[-1]), down)  # a mouth looks like its own cell
    link_bed = np.maximum(bed, np.where(sea, np.repeat(end, counts), bed[below]))
    link_bed[(first[1:] - 1)[to == WALL]] = np.inf
    before, after = _neighbours(down, int(first[-1]))
    return Network(
        length=cells, width=width, plain=plain, bed=bed, bank=bank,
        up=np.arange(first[-1]), down=down,
        distance=np.where(sea, 0.5 * cells, 0.5 * (cells + cells[below])),
        link_width=np.minimum(width, width[below]),
        link_plain=np.minimum(plain, plain[below]),
        link_bed=link_bed,
        link_bank=np.maximum(bank, bank[below]),
        manning=each("manning", manning),
        plain_manning=each("plain_manning", plain_manning),
        before=before, after=after, first_cell=first,
        n_seas=int(max(-to[to != WALL].min(initial=0), 0)),
    )  # fmt: skip


def volume(network: Network, depth: Array) -> Array:
    """Return the water [m3] in cells whose depth above their bed is `depth` (…, n_cells) [m]."""
    over = np.maximum(depth - (network.bank - network.bed), 0.0)
    return network.length * (network.width * depth + network.plain * over)


def _downstream(to: Integers, first: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """Return the cell below each cell (n_cells + k for sea k), and which run into a sea."""
    n_cells = int(first[-1])
    down = np.arange(1, n_cells + 1)
    ends = first[1:] - 1
    down[ends] = np.where(to >= 0, first[np.maximum(to, 0)], n_cells - 1 - to)
    walls = ends[to == WALL]
    down[walls] = walls
    return down, down >= n_cells


def _neighbours(down: Integers, n_cells: int) -> tuple[Integers, Integers]:
    """Return (link before, link after) for each link, −1 where there is none or more than one."""
    into = np.bincount(down[down < n_cells], minlength=n_cells)  # a wall counts: nothing passes
    before = np.full(n_cells, -1, dtype=np.int64)
    inner = np.flatnonzero((down < n_cells) & (down != np.arange(n_cells)))
    single = inner[into[down[inner]] == 1]
    before[down[single]] = single
    after = np.full(n_cells, -1, dtype=np.int64)
    after[single] = down[single]
    return before, after


def _check_tree(to: Integers, n: int) -> None:
    if len(to) != n:
        raise BadNetworkError(f"network: {n} reaches, but downstream names {len(to)}")
    beyond = np.flatnonzero(to >= n)
    if len(beyond):
        raise BadNetworkError(f"reach {beyond[0]}: joins reach {to[beyond[0]]}, but there are {n}")
    for reach in range(n):
        at, steps = reach, 0
        while at >= 0:
            at, steps = int(to[at]), steps + 1
            if steps > n:
                raise BadNetworkError(f"reach {reach}: its water runs in a circle, not to a sea")


def _column(name: str, value: ArrayLike, n: int, *, positive: bool = False) -> Array:
    column = np.broadcast_to(np.asarray(value, dtype=np.float64), (n,)).copy()
    bad = np.flatnonzero(~np.isfinite(column) | (positive & (column <= 0)))
    if len(bad):
        need = "positive" if positive else "finite"
        raise BadNetworkError(f"reach {bad[0]}: {name} is {column[bad[0]]:g}, it has to be {need}")
    return column


def _not_negative(name: str, column: Array) -> Array:
    if column.min(initial=0.0) < 0:
        raise BadNetworkError(f"network: {name} is {column.min():g}, a width cannot be negative")
    return column
