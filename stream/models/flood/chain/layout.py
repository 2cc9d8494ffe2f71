"""A basin as arrays: what flows where, and where the gauges look."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.basin import Basin, Catchment, Reach
from stream.models.flood.rivers.reaches import Reaches, tree
from stream.models.flood.runoff.parameters import Parameters
from stream.models.flood.updating.localisation import taper, to_gauges

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

KM_PER_DEGREE = 111.2
CATCHMENT_KM = 5.0
"""How far a catchment counts as being from its river, for the localisation [km]."""


class Cells(NamedTuple):
    """The cells of the inertial reaches, reach after reach, upstream first; (n_cells,) arrays."""

    numbers: dict[str, int]
    """Reach → number of cells."""
    first: dict[str, int]
    """Reach → index of its first cell."""
    length_m: Array
    downstream: Integers
    """Index of the next cell; n_cells for the sea."""

    @property
    def n(self) -> int:
        """Return the number of cells."""
        return len(self.downstream)

    def at(self, reach: Reach, km: float) -> int:
        """Return the index of the cell at `km` of `reach`."""
        number = int(km / reach.length_km * self.numbers[reach.id])
        return self.first[reach.id] + min(number, self.numbers[reach.id] - 1)


class Entry(NamedTuple):
    """Which share of what goes where."""

    head: Array
    """(n_catchments, n_hill_reaches) into the upper end of hill reaches."""
    along: Array
    """(n_catchments, n_hill_reaches) evenly along them."""
    cells: Array
    """(n_catchments, n_cells) into cells of the inertial network."""
    outlets: Array
    """(n_hill_reaches, n_cells) of what leaves the hill reaches."""


class Looks(NamedTuple):
    """Where each gauge looks; arrays of (n_gauges,), −1 where it does not."""

    cell: Integers
    hill: Integers
    """A gauge on a hill reach sees what leaves that reach."""
    catchment: Integers


def local_km(places: list[tuple[float, float]], origin: tuple[float, float]) -> Array:
    """Return (n, 2) east and north [km] of (latitude, longitude) on a plane at `origin`."""
    found = np.array(places, dtype=float).reshape(-1, 2) - np.array(origin)
    east = found[:, 1] * np.cos(np.radians(origin[0]))
    return np.asarray(np.stack([east, found[:, 0]], axis=1) * KM_PER_DEGREE)


def runoff_parameters(basin: Basin) -> Parameters:
    """Return the runoff parameters of all catchments; RunoffError names one that cannot be."""
    names = sorted({name for catchment in basin.catchments for name in catchment.runoff})
    usual = {name: float(value[0]) for name, value in Parameters.of(1)._asdict().items()}
    values = {
        name: np.array([c.runoff.get(name, usual.get(name, 0.0)) for c in basin.catchments])
        for name in names
    }
    return Parameters.of(len(basin.catchments), **values)


def hill_reaches(basin: Basin) -> list[Reach]:
    """Return the Muskingum–Cunge reaches."""
    return [reach for reach in basin.reaches if reach.routing == "muskingum-cunge"]


def hills(basin: Basin) -> Reaches | None:
    """Return the Muskingum–Cunge reaches as a tree; None if there are none."""
    reaches = hill_reaches(basin)
    if not reaches:
        return None
    index = {reach.id: number for number, reach in enumerate(reaches)}
    return tree(
        length_m=np.array([1000.0 * reach.length_km for reach in reaches]),
        slope=np.array([(r.bed_m[0] - r.bed_m[1]) / (1000.0 * r.length_km) for r in reaches]),
        width_m=np.array([0.5 * sum(reach.width_m) for reach in reaches]),
        manning=np.array([reach.manning for reach in reaches]),
        downstream=[index.get(reach.into, -1) for reach in reaches],
    )


def cells(basin: Basin) -> Cells:
    """Return the cells of the inertial reaches."""
    reaches = [reach for reach in basin.reaches if reach.routing == "inertial"]
    count = {r.id: max(2, round(r.length_km / basin.cell_km)) for r in reaches}
    first, total = {}, 0
    for reach in reaches:
        first[reach.id] = total
        total += count[reach.id]
    length, downstream = np.zeros(total), np.arange(1, total + 1)
    for reach in reaches:
        own = slice(first[reach.id], first[reach.id] + count[reach.id])
        length[own] = 1000.0 * reach.length_km / count[reach.id]
        downstream[own.stop - 1] = first[reach.into] if reach.into else total
    return Cells(count, first, length, downstream)


def entry(basin: Basin, river: Cells) -> Entry:
    """Return where the catchments and the hill reaches drain."""
    steep = hill_reaches(basin)
    index = {reach.id: number for number, reach in enumerate(steep)}
    reaches = {reach.id: reach for reach in basin.reaches}
    head, along = np.zeros((2, len(basin.catchments), len(steep)))
    into = np.zeros((len(basin.catchments), river.n))
    for row, catchment in enumerate(basin.catchments):
        if catchment.reach in index:
            target = along if catchment.km[1] > catchment.km[0] else head
            target[row, index[catchment.reach]] = 1.0
        elif catchment.reach:
            own = _cells_of(catchment, reaches[catchment.reach], river)
            into[row, own] = 1.0 / len(own)
    outlets = np.zeros((len(steep), river.n))
    for row, reach in enumerate(steep):
        if reach.into in river.first:
            outlets[row, river.first[reach.into]] = 1.0
    return Entry(head, along, into, outlets)


def looks(basin: Basin, river: Cells) -> Looks:
    """Return where the gauges look."""
    index = {reach.id: number for number, reach in enumerate(hill_reaches(basin))}
    reaches = {reach.id: reach for reach in basin.reaches}
    names = [catchment.id for catchment in basin.catchments]
    found = np.full((3, len(basin.gauges)), -1)
    for column, gauge in enumerate(basin.gauges):
        if gauge.catchment:
            found[2, column] = names.index(gauge.catchment)
        elif gauge.reach in index:
            found[1, column] = index[gauge.reach]
        else:
            found[0, column] = river.at(reaches[gauge.reach], gauge.km)
    return Looks(*found)


class Tapers(NamedTuple):
    """How much each gauge may correct; each (…, n_gauges), 0 … 1."""

    catchment: Array
    hill: Array
    cell: Array
    gauge: Array
    """Between gauges."""
    mouth: Array
    """(n_gauges,) the level at the mouth."""


def tapers(basin: Basin, river: Cells, ends: Entry, seen: Looks) -> Tapers:
    """Return the localisation by the tree of catchments, hill reaches and cells."""
    steep = hill_reaches(basin)
    c, h = len(basin.catchments), len(steep)
    n = c + h + river.n
    below, length = np.full(n, n, dtype=np.int64), np.zeros(n)
    first = [_first(ends, row, c, h, n) for row in range(c)]
    below[:c], length[:c] = first, CATCHMENT_KM
    names = [reach.id for reach in steep]
    for row, reach in enumerate(steep):
        to: int = c + names.index(reach.into) if reach.into in names else n
        below[c + row] = c + h + river.first[reach.into] if reach.into in river.first else to
        length[c + row] = reach.length_km
    below[c + h :], length[c + h :] = c + h + river.downstream, river.length_m / 1000.0
    at = np.where(
        seen.cell >= 0, c + h + seen.cell, np.where(seen.hill >= 0, c + seen.hill, seen.catchment)
    )
    order, rank = _downstream_order(below)
    moved = np.append(rank, n)
    distance, upstream = to_gauges(moved[below[order]], length[order], moved[at])
    weight = taper(
        distance,
        upstream,
        reach_km=basin.updating.reach_km,
        upstream_km=basin.updating.upstream_km,
    )[rank]
    spread = ends.cells > 0
    for catchment in np.flatnonzero(spread.any(axis=1)):
        weight[catchment] = weight[c + h + np.flatnonzero(spread[catchment])].mean(axis=0)
    mouth = weight[-1] if river.n else np.zeros(len(at))
    return Tapers(weight[:c], weight[c : c + h], weight[c + h :], weight[at], mouth)


def _cells_of(catchment: Catchment, reach: Reach, river: Cells) -> Integers:
    low, high = (river.at(reach, km) for km in sorted(catchment.km))
    return np.arange(low, high + 1)


def _first(ends: Entry, row: int, c: int, h: int, n: int) -> int:
    """Return the node that catchment `row` drains into; n for none."""
    steep = np.flatnonzero(ends.head[row] + ends.along[row])
    if len(steep):
        return c + int(steep[0])
    flat = np.flatnonzero(ends.cells[row])
    return c + h + int(flat[0]) if len(flat) else n


def _downstream_order(below: Integers) -> tuple[Integers, Integers]:
    """Return the nodes ordered so that each comes before the one below it, and their ranks."""
    n = len(below)
    steps = np.zeros(n, dtype=np.int64)
    for node in range(n):
        under = int(below[node])
        while under < n:
            under = int(below[under])
            steps[node] += 1
    order = np.argsort(-steps, kind="stable").astype(np.int64)
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    return order, rank
