"""A branched tidal river in one dimension: local inertial waves, with true backwater.

Cells hold water; a link carries it from each cell to the next one downstream, and from the
last into the sea. In a link (Bates, Horritt & Fewtrell 2010, J. Hydrol. 387, 33-45)::

    q' = (q - g h dt d(stage)/dx) / (1 + g dt n^2 |q| / h^(7/3))

with q the discharge per width and h the depth of flow between the two cells. What leaves
a cell enters the next, so the water balance closes to rounding.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.world.place import Place, Reach

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

GRAVITY = 9.81
THINNEST_M = 0.02
"""Below this depth nothing flows [m]."""


class Network(NamedTuple):
    """Cells of all reaches, upstream first; arrays of (n_cells,) unless said."""

    bed: Floats
    bank: Floats
    width: Floats
    """Of the channel [m]."""
    plain: Floats
    """Width that floods above the banks [m]."""
    manning: Floats
    dx: Floats
    """Length of each cell [m]."""
    downstream: Integers
    """Index of the next cell; n_cells for the sea."""
    start: dict[str, int]
    """Index of each reach's first cell."""

    def cell(self, reach: Reach, km: float) -> int:
        """Return the index of the cell of `reach` at `km` from its upper end."""
        count = _count(reach, float(self.dx[self.start[reach.id]]) / 1000)
        return self.start[reach.id] + min(count - 1, int(km / reach.length_km * count))


class Routed(NamedTuple):
    """What the river did."""

    stage: Floats
    """(n_steps, n_watched) [m]."""
    discharge: Floats
    """(n_steps, n_watched): out of each watched cell, positive downstream [m3/s]."""
    volume: tuple[float, float]
    """Water in the river before and after [m3]."""
    entered: float
    """Water that the catchments brought [m3]."""
    left: float
    """Water that went to the sea, less what came from it [m3]."""


def _count(reach: Reach, cell_km: float) -> int:
    return max(2, round(reach.length_km / cell_km))


def build(place: Place) -> Network:
    """Return the cells of `place`, laid end to end."""
    start: dict[str, int] = {}
    total = 0
    for reach in place.reaches:
        start[reach.id] = total
        total += _count(reach, place.cell_km)
    parts: list[tuple[Floats, ...]] = []
    downstream = np.arange(1, total + 1)
    for reach in place.reaches:
        count = _count(reach, place.cell_km)
        along = (np.arange(count) + 0.5) / count
        ends = (reach.bed_m, reach.bank_m, reach.width_m)
        bed, bank, width = (a + (b - a) * along for a, b in ends)
        even = (reach.plain_m, reach.manning, reach.length_km * 1000 / count)
        parts.append((bed, bank, width, *(np.full(count, value) for value in even)))
        downstream[start[reach.id] + count - 1] = start[reach.into] if reach.into else total
    bed, bank, width, plain, manning, dx = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    return Network(bed, bank, width, plain, manning, dx, downstream, start)


def stage_of(network: Network, volume: Floats) -> Floats:
    """Return the stage [m] at which the cells hold `volume` [m3]."""
    area = network.width * network.dx
    full = area * (network.bank - network.bed)
    over = np.maximum(volume - full, 0)
    inside = np.minimum(volume, full)
    return np.asarray(
        network.bed + inside / area + over / ((network.width + network.plain) * network.dx)
    )


def volume_of(network: Network, stage: Floats) -> Floats:
    """Return the water [m3] that the cells hold at `stage` [m]."""
    inside = np.clip(stage, network.bed, network.bank) - network.bed
    over = np.maximum(stage - network.bank, 0)
    wide = network.width + network.plain
    return np.asarray((network.width * inside + wide * over) * network.dx)


def route(
    network: Network,
    inflow: Floats,
    sea: Floats,
    watched: Integers,
    *,
    dt: float,
    substeps: int,
    initial_stage: float,
) -> Routed:
    """Let water through the river.

    Parameters
    ----------
    network : Network
    inflow : (n_steps, n_cells) array
        Water that enters each cell [m3/s], constant over each step.
    sea : (n_steps,) array
        Level of the sea at the end of each step [m].
    watched : (n_watched,) array
        Indices of the cells whose stage and discharge are returned.
    dt : float
        Length of a step [s].
    substeps : int
        The step is cut into so many; dt / substeps must be below dx / sqrt(g h).
    initial_stage : float
        Where the water stands at the start, or 0.3 m above the bed where that is higher [m].
    """
    n, h = len(network.bed), dt / substeps
    down = network.downstream
    bed_down = np.append(network.bed, network.bed[-1])[down]
    highest_bed = np.maximum(network.bed, bed_down)
    dx = 0.5 * (network.dx + np.append(network.dx, network.dx[-1])[down])
    friction = GRAVITY * h * network.manning**2
    q = np.zeros(n)
    held = np.append(volume_of(network, np.maximum(network.bed + 0.3, initial_stage)), np.inf)
    volume = held[:n]
    before, left = float(volume.sum()), 0.0
    outlet = int(np.flatnonzero(down == n)[0])
    levels = np.empty(n + 1)
    stages, discharges = np.empty((2, len(sea), len(watched)))
    previous = sea[0]
    for t, level in enumerate(sea):
        for part in range(substeps):
            levels[:n] = stage_of(network, volume)
            levels[n] = previous + (level - previous) * (part + 1) / substeps
            lower = levels[down]
            depth = np.maximum(levels[:n], lower) - highest_bed
            np.maximum(depth, THINNEST_M, out=depth)
            q -= GRAVITY * depth * h * (lower - levels[:n]) / dx
            q /= 1 + friction * np.abs(q) / depth ** (7 / 3)
            q[depth <= THINNEST_M] = 0
            flow = q * network.width
            _limit(flow, held, down, h)
            volume += h * (inflow[t] - flow + np.bincount(down, flow, n + 1)[:n])
            left += h * float(flow[outlet])
        previous = level
        stages[t], discharges[t] = stage_of(network, volume)[watched], flow[watched]
    entered = float(inflow.sum() * dt)
    return Routed(stages, discharges, (before, float(volume.sum())), entered, left)


def _limit(flow: Floats, held: Floats, down: Integers, h: float) -> None:
    """Let no link take more than half of what the cell it draws from holds, in place."""
    np.minimum(flow, 0.5 * held[:-1] / h, out=flow)
    np.maximum(flow, -0.25 * held[down] / h, out=flow)
