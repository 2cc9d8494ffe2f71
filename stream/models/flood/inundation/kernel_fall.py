"""What falls on the cells and leaves them downwards, and the record of the peaks.

Rain and losses come in parcels every `solver.PARCEL_S` seconds instead of every step: a parcel of
300 mm/h is 1.7 mm. A parcel of rain is a multiple of `QUANTUM_M`, so adding it to a depth below
16 m is exact in float32; the rest waits for the next parcel.

A `prange` here only calls a function: numba 0.68 loses what the loop's own body writes into
arrays that are members of a tuple.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from stream.models.flood.inundation.kernel import bits_of, extremes, float_of
from stream.models.flood.inundation.kernel_sweep import BAND, PARALLEL_CELLS, TILE, Held

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

QUANTUM_M = 2.0**-20
"""The step of float32 between 8 and 16 [m], about 1 µm."""
MIXED = -2
"""A tile with several zones."""

_ZERO = np.float32(0)
_DEEP = np.float32(0.5)
_FLAGS = {"contract", "nsz"}
_SUMS = {"contract", "nsz", "reassoc"}


class Sky(NamedTuple):
    """Where rain falls and where water leaves downwards; stays during a run."""

    zone: NDArray[np.int16]
    """(ny, nx) zone + 1, 0 = no rain (no ground, held); or (1, 1) if `tile_zone` is enough."""
    tile_zone: NDArray[np.int64]
    """(bands, tiles) the same if it is one for the whole tile, else `MIXED`."""
    loss: Float32
    """(ny, nx) infiltration capacity [m/s], 0 on held cells and off the ground; or (1, 1)."""
    drain: Float32
    """(ny, nx) the drains' capacity [m/s], likewise; or (1, 1)."""
    held: NDArray[np.bool_]
    """(bands, tiles) holds cells whose stage is given."""
    waiting: Float32
    """(bands, tiles) rain not yet given to a tile that is too dry to flow [m]."""
    lost: Float64
    """(bands,) infiltrated since the start, summed over the cells [m]."""
    drained: Float64
    """(bands,) taken by drains, likewise."""


class Record(NamedTuple):
    """What is remembered of a run, (ny, nx) each."""

    peak: Float32
    """[m]"""
    speed: Float32
    """[m/s]"""
    arrival: Float32
    """[s] since the start; NaN = never."""
    fastest: NDArray[np.int32]
    """(bands, tiles) bits of the largest speed [m/s] of water deeper than 0.5 m."""
    flow: Float32
    """(bands, TILE) a row of |q| while a tile is looked at."""
    flow_bits: NDArray[np.int32]
    """The same memory as int32."""


@njit(cache=True, _nrt=False, fastmath=_FLAGS)  # type: ignore[untyped-decorator]
def _add_row(depth: Float32, amount: np.float32) -> None:
    for i in range(depth.shape[0]):
        depth[i] += amount


@njit(cache=True, _nrt=False, fastmath=_FLAGS)  # type: ignore[untyped-decorator]
def _add_row_zones(depth: Float32, zone: NDArray[np.int16], amounts: Float32) -> None:
    for i in range(depth.shape[0]):
        depth[i] += amounts[zone[i]]


@njit(cache=True, _nrt=False, fastmath=_SUMS)  # type: ignore[untyped-decorator]
def _take_row(depth: Float32, rate: Float32, seconds: np.float32) -> float:
    """Take up to rate × seconds from `depth`; return the sum of what was taken [m]."""
    taken = 0.0
    for i in range(depth.shape[0]):
        before = depth[i]
        after = before - rate[i] * seconds
        after = after if after > _ZERO else _ZERO
        after = after if before > _ZERO else before
        depth[i] = after
        taken += np.float64(before) - np.float64(after)
    return taken


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def _fall_tile(
    water: Any, sky: Sky, amounts: Float32, loss_s: np.float32, drain_s: np.float32, b: int, c: int
) -> None:
    """Give one tile its rain, waiting and new, and take what goes down."""
    rows, columns = water.depth.shape
    left, right = c * TILE, min((c + 1) * TILE, columns)
    zone = sky.tile_zone[b, c]
    amount = _ZERO
    if zone != MIXED:
        amount = amounts[zone] + sky.waiting[b, c]
        sky.waiting[b, c] = _ZERO
    deepest = np.int32(0)
    for j in range(b * BAND, min((b + 1) * BAND, rows)):
        depth = water.depth[j, left:right]
        if zone == MIXED:
            _add_row_zones(depth, sky.zone[j, left:right], amounts)
        elif amount > 0:
            _add_row(depth, amount)
        if sky.loss.shape == water.depth.shape:
            sky.lost[b] += _take_row(depth, sky.loss[j, left:right], loss_s)
        if sky.drain.shape == water.depth.shape:
            sky.drained[b] += _take_row(depth, sky.drain[j, left:right], drain_s)
        deepest = max(deepest, extremes(water.bits[j, left:right])[0])
    if sky.held[b, c]:
        most = _ZERO
        for z in range(amounts.shape[0]):
            most = max(most, amounts[z])
        deepest = bits_of(float_of(water.deepest[b, c]) + most)
    water.deepest[b, c] = deepest


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def _may_wait(water: Any, sky: Sky, amounts: Float32, dry_m: float, b: int, c: int) -> bool:
    """Tell whether a tile with no active neighbour stays too dry to flow with the new rain.

    Losses need no water to be taken from, so a tile with losses waits only while it is empty
    and nothing falls.
    """
    bands, tiles = water.active.shape
    for row in range(max(b - 1, 0), min(b + 2, bands)):
        for column in range(max(c - 1, 0), min(c + 2, tiles)):
            if water.active[row, column]:
                return False
    zone = sky.tile_zone[b, c]
    if zone == MIXED:
        return False
    deep = np.float64(float_of(water.deepest[b, c]))
    if sky.loss.shape == water.depth.shape or sky.drain.shape == water.depth.shape:
        return bool(deep == 0 and amounts[zone] == 0)
    return bool(deep + sky.waiting[b, c] + amounts[zone] <= dry_m)


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def _fall_band(
    water: Any,
    sky: Sky,
    amounts: Float32,
    loss_s: np.float32,
    drain_s: np.float32,
    dry_m: float,
    everywhere: bool,
    b: int,
) -> None:
    for c in range(water.warm.shape[1]):
        if not everywhere and _may_wait(water, sky, amounts, dry_m, b, c):
            sky.waiting[b, c] += amounts[sky.tile_zone[b, c]]
        else:
            _fall_tile(water, sky, amounts, loss_s, drain_s, b, c)


@njit(cache=True, parallel=True, nogil=True)  # type: ignore[untyped-decorator]
def fall(
    water: Any,
    sky: Sky,
    amounts: Float32,
    loss_s: float,
    drain_s: float,
    dry_m: float,
    everywhere: bool,
) -> None:
    """Let a parcel of rain fall, then infiltrate, then drain.

    `amounts` (n_zones + 1,) [m], the first 0; `loss_s`, `drain_s` seconds of losses (drains: times
    the share that is open). Tiles that stay below `dry_m` wait, unless `everywhere`.
    """
    loss, drain = np.float32(loss_s), np.float32(drain_s)
    bands = water.warm.shape[0]
    if water.depth.size > PARALLEL_CELLS:
        for b in prange(bands):
            _fall_band(water, sky, amounts, loss, drain, dry_m, everywhere, np.int64(b))
    else:
        for b in range(bands):
            _fall_band(water, sky, amounts, loss, drain, dry_m, everywhere, b)


@njit(cache=True, _nrt=False, fastmath=_FLAGS)  # type: ignore[untyped-decorator]
def _leaving_row(
    flow: Float32, west: Float32, east: Float32, north: Float32, south: Float32
) -> None:
    """Set `flow` (n,) to the |q| [m²/s] that leaves each cell.

    What leaves runs on the cell's own depth; what falls in over a step in the bed does not.
    """
    for i in range(flow.shape[0]):
        x = (east[i] if east[i] > _ZERO else _ZERO) - (west[i] if west[i] < _ZERO else _ZERO)
        y = (south[i] if south[i] > _ZERO else _ZERO) - (north[i] if north[i] < _ZERO else _ZERO)
        flow[i] = np.sqrt(x * x + y * y)


@njit(cache=True, _nrt=False, fastmath=_FLAGS, error_model="numpy")  # type: ignore[untyped-decorator]
def _record_row(
    depth: Float32,
    flow: Float32,
    peak: Float32,
    speed: Float32,
    shallowest: np.float32,
    k: np.float32,
) -> None:
    """Keep the greatest depth and speed, `k` = Δt/Δx: no cell gave more in a step than it had."""
    for i in range(depth.shape[0]):
        h = depth[i]
        peak[i] = h if h > peak[i] else peak[i]
        had = k * flow[i]
        had = had if had > h else h
        u = flow[i] / (had if had > shallowest else shallowest)
        u = u if h >= shallowest else _ZERO
        speed[i] = u if u > speed[i] else speed[i]


@njit(cache=True, _nrt=False, fastmath=_FLAGS, error_model="numpy")  # type: ignore[untyped-decorator]
def _speed_row(flow: Float32, depth: Float32) -> None:
    """Turn `flow` (n,) into |q|/h [m/s] where the water is deeper than 0.5 m, else 0."""
    for i in range(depth.shape[0]):
        u = flow[i] / (depth[i] if depth[i] > _DEEP else _DEEP)
        flow[i] = u if depth[i] > _DEEP else _ZERO


@njit(cache=True, _nrt=False, fastmath=_FLAGS)  # type: ignore[untyped-decorator]
def _arrive_row(depth: Float32, arrival: Float32, wet: np.float32, now: np.float32) -> None:
    for i in range(depth.shape[0]):
        seen = arrival[i]
        first = now if depth[i] >= wet else seen
        arrival[i] = seen if seen >= _ZERO else first


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def _remember_tile(
    water: Any,
    record: Record,
    held: Held,
    wet: np.float32,
    shallowest: np.float32,
    now: np.float32,
    k: np.float32,
    b: int,
    c: int,
) -> None:
    rows, columns = water.depth.shape
    left, right = c * TILE, min((c + 1) * TILE, columns)
    flow, bits = record.flow[b, : right - left], record.flow_bits[b, : right - left]
    fastest = np.int32(0)
    for j in range(b * BAND, min((b + 1) * BAND, rows)):
        depth = water.depth[j, left:right]
        east, south = water.east[j], water.south[:, left:right]
        _leaving_row(flow, east[left:right], east[left + 1 : right + 1], south[j], south[j + 1])
        for e in range(held.first[j], held.first[j + 1]):
            if left <= held.column[e] < right:
                flow[held.column[e] - left] = _ZERO
        peak, speed = record.peak[j, left:right], record.speed[j, left:right]
        _record_row(depth, flow, peak, speed, shallowest, k)
        _arrive_row(depth, record.arrival[j, left:right], wet, now)
        _speed_row(flow, depth)
        fastest = max(fastest, extremes(bits)[0])
    record.fastest[b, c] = fastest


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def _remember_band(
    water: Any,
    record: Record,
    held: Held,
    wet: np.float32,
    shallowest: np.float32,
    now: np.float32,
    k: np.float32,
    everywhere: bool,
    b: int,
) -> None:
    for c in range(water.active.shape[1]):
        if everywhere or water.active[b, c] or water.deepest[b, c] >= bits_of(wet):
            _remember_tile(water, record, held, wet, shallowest, now, k, b, c)


@njit(cache=True, parallel=True, nogil=True)  # type: ignore[untyped-decorator]
def remember(
    water: Any,
    record: Record,
    held: Held,
    wet_m: float,
    shallowest_m: float,
    now_s: float,
    k: float,
    everywhere: bool,
) -> None:
    """Update peaks and arrivals of the active tiles, or of all; held cells have no speed."""
    wet, shallowest, now = np.float32(wet_m), np.float32(shallowest_m), np.float32(now_s)
    rate = np.float32(k)
    bands = water.warm.shape[0]
    if water.depth.size > PARALLEL_CELLS:
        for b in prange(bands):
            _remember_band(water, record, held, wet, shallowest, now, rate, everywhere, np.int64(b))
    else:
        for b in range(bands):
            _remember_band(water, record, held, wet, shallowest, now, rate, everywhere, b)
