"""All rivers of a basin: hill reaches that run downhill, and the network that the sea backs up."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.basin import Basin, Rating, Reach
from stream.models.flood.chain.layout import Cells, Entry, Looks, hills
from stream.models.flood.chain.state import STEP_S, Water
from stream.models.flood.rivers import muskingum_cunge, network, structures
from stream.models.flood.rivers.channels import Network

Array = NDArray[np.float64]

BASEFLOW_MM_H = 0.04
"""What catchments give in dry weather [mm/h]."""
FREE_STEPS = 10
"""Without a sea the level below the last cell follows its flow every so many minutes."""
LOWEST_M = -1e4
FLATTEST = 1e-4
"""Slope of the water [-] there, where the bed falls less."""


class Seen(NamedTuple):
    """What the gauges would see, at the end of each minute."""

    water: Water
    stage: Array
    """(members, n_gauges, t) [m]; NaN where the model knows no stage."""
    discharge: Array
    """(members, n_gauges, t) [m3/s]."""


class River:
    """The rivers of a basin, for any number of members."""

    def __init__(self, basin: Basin, cells: Cells, entry: Entry, looks: Looks) -> None:
        self._entry, self._looks = entry, looks
        self._hills = hills(basin)
        self._flat = [reach for reach in basin.reaches if reach.routing == "inertial"]
        self._network = _join(self._flat, cells) if self._flat else None
        self._tidal = basin.sea is not None
        self._works = _structures(basin, cells, self._network) if self._network else None
        fed = (entry.cells > 0).any(axis=0) | (entry.outlets > 0).any(axis=0)
        self._sources = np.flatnonzero(fed).astype(np.int64)
        self._ratings = [gauge.rating for gauge in basin.gauges]

    @property
    def hill_cells(self) -> int:
        """Return how many cells the hill reaches have."""
        return self._hills.n_cells if self._hills else 0

    @property
    def hill_reach_of_cell(self) -> NDArray[np.int64]:
        """Return (n_hill_cells,) the hill reach of each hill cell."""
        if self._hills is None:
            return np.zeros(0, dtype=np.int64)
        return np.repeat(np.arange(len(self._hills.length_m)), np.diff(self._hills.first_cell))

    def rest(self, runoff: Array, discharge: Array, level_m: Array) -> Water:
        """Return the rivers that long carried `discharge` (members, n_catchments) [m3/s].

        Backed up to `level_m` (members,) at the mouth; `runoff` is put in as it is.
        """
        members = len(runoff)
        hill, arriving = np.zeros((members, 0)), np.zeros((members, len(self._entry.outlets)))
        if self._hills:
            head, along = discharge @ self._entry.head, discharge @ self._entry.along
            hill = muskingum_cunge.steady(self._hills, head, along)
            arriving = muskingum_cunge.route(
                self._hills, hill, dt_s=STEP_S, head=head[..., None], lateral=along[..., None]
            ).outflow[..., 0]
        if self._network is None:
            none = np.zeros((members, 0))
            return Water(runoff, hill, none, none, none)
        inflow = discharge @ self._entry.cells + arriving @ self._entry.outlets
        flow = _gathered(self._network, inflow)
        normal = _normal_depth(self._network, flow)
        still = network.still(self._network, level_m[:, None], members, self._works)
        depth = np.maximum(still.depth, normal)
        return Water(runoff, hill, depth, flow, still.working)

    def run(self, water: Water, discharge: Array, level_m: Array) -> Seen:
        """Let `discharge` (members, n_catchments, t) [m3/s] down to the sea, minute by minute.

        `level_m` (members, t) is the level at the mouth; not looked at where there is no sea.
        """
        members, _, minutes = discharge.shape
        arriving = np.zeros((members, len(self._entry.outlets), minutes))
        hill = water.hill
        if self._hills:
            routed = muskingum_cunge.route(
                self._hills,
                hill,
                dt_s=STEP_S,
                head=_spread(self._entry.head, discharge),
                lateral=_spread(self._entry.along, discharge),
            )
            arriving, hill = routed.outflow, routed.storage
        stage, flow = np.full((2, members, len(self._ratings), minutes), np.nan)
        self._at_catchments(stage, flow, discharge, arriving)
        moved = water._replace(hill=hill)
        if self._network is not None:
            lateral = _spread(self._entry.cells, discharge)
            lateral += _spread(self._entry.outlets, arriving)
            moved = self._down_network(moved, lateral, level_m, stage, flow)
        return Seen(moved, stage, flow)

    def dry_stage(self, discharge: Array) -> Array:
        """Return (n_gauges,) stage [m] of steady `discharge` (n_catchments,) without the sea.

        NaN where the model knows no stage.
        """
        one = discharge[None, :, None]
        water = self.rest(np.zeros((1, 0, 0)), discharge[None], np.array([LOWEST_M]))
        stage, flow = np.full((2, 1, len(self._ratings), 1), np.nan)
        arriving = np.zeros((1, len(self._entry.outlets), 1))
        if self._hills:
            arriving = muskingum_cunge.route(
                self._hills,
                water.hill,
                dt_s=STEP_S,
                head=_spread(self._entry.head, one),
                lateral=_spread(self._entry.along, one),
            ).outflow
        self._at_catchments(stage, flow, one, arriving)
        if self._network is not None:
            on = self._looks.cell >= 0
            cell = self._looks.cell[on]
            stage[0, on, 0] = self._network.bed[cell] + water.depth[0, cell]
        return np.asarray(stage[0, :, 0])

    def volume(self, water: Water) -> Array:
        """Return (members,) water in all rivers [m3]."""
        held = water.hill.sum(axis=1)
        if self._network is not None:
            held = held + network.volume(self._network, water.depth).sum(axis=1)
        return np.asarray(held)

    def _at_catchments(self, stage: Array, flow: Array, discharge: Array, arriving: Array) -> None:
        for gauge, rating in enumerate(self._ratings):
            if self._looks.catchment[gauge] >= 0:
                flow[:, gauge] = discharge[:, self._looks.catchment[gauge]]
            elif self._looks.hill[gauge] >= 0:
                flow[:, gauge] = arriving[:, self._looks.hill[gauge]]
            else:
                continue
            if rating is not None:
                stage[:, gauge] = rated(rating, flow[:, gauge])

    def _down_network(
        self, water: Water, lateral: Array, level_m: Array, stage: Array, flow: Array
    ) -> Water:
        assert self._network is not None
        on = np.flatnonzero(self._looks.cell >= 0)
        watched = self._looks.cell[on]
        now = network.Water(water.depth, water.flow, water.working)
        minutes = lateral.shape[2]
        for first in range(0, minutes, minutes if self._tidal else FREE_STEPS):
            last = minutes if self._tidal else min(first + FREE_STEPS, minutes)
            sea = level_m[:, first:last]
            if not self._tidal:
                free = self._network.bed[-1] + _normal_depth(self._network, now.flow)[:, -1]
                sea = np.repeat(free[:, None], last - first, axis=1)
            ran = network.run(
                self._network,
                now,
                lateral=np.ascontiguousarray(lateral[:, self._sources, first:last]),
                sea_m=sea[:, None, :],
                dt_s=STEP_S,
                sources=self._sources,
                watched=watched,
                structures=self._works,
            )
            now = ran.water
            stage[:, on, first:last], flow[:, on, first:last] = ran.stage, ran.flow
        return water._replace(depth=now.depth, flow=now.flow, working=now.working)


def rated(rating: Rating, discharge: Array) -> Array:
    """Return the stage [m] of `discharge` [m3/s]; of none the stage of no flow."""
    ratio = np.maximum(discharge, 0.0) / rating.coefficient
    return np.asarray(rating.zero_m + ratio ** (1.0 / rating.exponent))


def _spread(shares: Array, flow: Array) -> Array:
    """Return (members, n, t) of `shares` (m, n) and `flow` (members, m, t)."""
    return np.ascontiguousarray(np.matmul(shares.T, flow))


def _join(reaches: list[Reach], cells: Cells) -> Network:
    """Return the inertial reaches as a network whose widths and banks change along them."""
    index = {reach.id: number for number, reach in enumerate(reaches)}
    joined = network.join(
        length_m=[1000.0 * reach.length_km for reach in reaches],
        cell_m=[1000.0 * reach.length_km / cells.numbers[reach.id] for reach in reaches],
        width_m=[reach.width_m[0] for reach in reaches],
        bed_top_m=[reach.bed_m[0] for reach in reaches],
        bed_end_m=[reach.bed_m[1] for reach in reaches],
        bank_height_m=[reach.bank_m[0] - reach.bed_m[0] for reach in reaches],
        manning=[reach.manning for reach in reaches],
        plain_m=[reach.plain_m for reach in reaches],
        plain_manning=[reach.plain_manning for reach in reaches],
        downstream=[index.get(reach.into, -1) for reach in reaches],
    )
    width, bank = (
        np.concatenate(
            [
                ends[0] + (ends[1] - ends[0]) * (np.arange(n) + 0.5) / n
                for reach in reaches
                for ends, n in [(getattr(reach, name), cells.numbers[reach.id])]
            ]
        )
        for name in ("width_m", "bank_m")
    )
    below = np.where(joined.down < len(width), joined.down, joined.up)
    return joined._replace(
        width=width,
        bank=bank,
        link_width=np.minimum(width, width[below]),
        link_bank=np.maximum(bank, bank[below]),
    )


def _structures(basin: Basin, cells: Cells, joined: Network) -> structures.Structures:
    reaches = {reach.id: reach for reach in basin.reaches}

    def at(reach: str, km: float) -> int:
        return cells.at(reaches[reach], km) if reach else joined.mouth(0)

    gates = [
        structures.Gate(
            at(g.reach, g.km),
            at(g.to_reach, g.to_km),
            g.sill_m,
            g.width_m,
            g.opening_m,
            g.coefficient,
            g.reopen_m,
        )
        for g in basin.gates
    ]
    pumps = [
        structures.Pump(
            at(p.reach, p.km), at(p.to_reach, p.to_km), p.start_m, p.stop_m, p.capacity_m3_s
        )
        for p in basin.pumps
    ]
    return structures.build(joined, [*gates, *pumps])


def _gathered(joined: Network, inflow: Array) -> Array:
    """Return (members, n_links) what flows in a river at rest with `inflow` to its cells."""
    flow = inflow.copy()
    for cell in range(len(joined.bed)):
        if joined.down[cell] < len(joined.bed):
            flow[:, joined.down[cell]] += flow[:, cell]
    return flow


def _normal_depth(joined: Network, flow: Array) -> Array:
    """Return (…, n_cells) depth of uniform flow [m] in wide cells, on a slope of 1e-4 at least."""
    below = np.where(joined.down < len(joined.bed), joined.down, joined.up)
    fall = np.maximum((joined.bed - joined.bed[below]) / joined.distance, FLATTEST)
    fall[-1] = fall[max(len(fall) - 2, 0)]
    slab = joined.manning * np.maximum(flow, 0.0) / (joined.width * np.sqrt(fall))
    return np.asarray(slab**0.6)
