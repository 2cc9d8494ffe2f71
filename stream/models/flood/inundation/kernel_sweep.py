"""One time step over the active tiles, and many time steps in a row.

The grid is cut into bands of `BAND` rows and tiles of `TILE` columns. A step has two parallel
parts: the faces between bands, then each band on its own, row by row: eastern faces, southern
faces, depths. A row of depths is updated in place as soon as nobody needs its old values, so
every array is read and written once a step. Which thread takes which band changes nothing:
bands share nothing within a part, so the result is the same, bit for bit, on any number of
threads.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from stream.models.flood.inundation.kernel import (
    GRAVITY,
    bits_of,
    blend_row,
    copy_row,
    extremes,
    float_of,
    flux_row,
    flux_row_walled,
    level_row,
)
from stream.models.flood.inundation.kernel_repair import repair

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]

BAND, TILE = 16, 128
"""Rows of a band, columns of a tile."""
SHALLOWEST_M = 0.02
"""The time step is that of water at least this deep."""
LONGEST_S = 20.0
"""The time step is never longer [s]."""
PARALLEL_CELLS = 250_000
"""Up to this many active cells a step (0.5 ms) is too short to be shared: where other work wants
the cores, waiting for the slower thread costs more. Run several members side by side instead."""


class Terrain(NamedTuple):
    """What stays during a run."""

    bed: Float32
    """(ny, nx) bed [m]; 1e6 where there is no ground."""
    manning: Float32
    """(ny, nx), or (1, 1) if no tile is walled."""
    sill_east: Float32
    """(ny, nx − 1) the greatest of both beds and the crest [m], or (1, 1)."""
    sill_south: Float32
    """(ny − 1, nx), or (1, 1)."""
    walled: NDArray[np.bool_]
    """(bands, tiles) walls in the tile or on its rim, or roughness that varies."""
    roughness: Float32
    """(bands, tiles) Manning's n of the tiles that are not walled."""


class Water(NamedTuple):
    """What changes during a run."""

    depth: Float32
    """(ny, nx) [m]"""
    bits: Int32
    """The same memory as int32."""
    east: Float32
    """(ny, nx + 1) discharge per width [m²/s] through the western face of cell i at [.., i]."""
    south: Float32
    """(ny + 1, nx) the same through the northern face of row j at [j, ..]."""
    deepest: Int32
    """(bands, tiles) bits of the largest depth of the tile."""
    signs: Int32
    """(bands, tiles) below 0 if a depth of the tile is."""
    warm: NDArray[np.int8]
    """(bands, tiles) 2 = water that can flow, 1 = had it one step ago, 0 = none."""
    active: NDArray[np.bool_]
    """(bands, tiles) swept in this step."""
    border: Float32
    """(bands + 1, nx) `south` between the bands, one step ago."""
    work: Float32
    """(bands, 3, nx + 1) new discharges of a row, and old ones of two rows of `south`."""
    volumes: Float64
    """(3,) came in, went out, made by the repair [m³]."""


class Held(NamedTuple):
    """Cells whose stage is given, in row order."""

    mask: NDArray[np.bool_]
    """(ny, nx), or (1, 1) False if there are none."""

    first: NDArray[np.int64]
    """(ny + 1,) where the cells of each row begin."""
    column: NDArray[np.int64]
    """(n,)"""
    series: NDArray[np.int64]
    """(n,) which stage."""
    sill: Float32
    """(n,) lowest bed over which it meets a free cell [m]; 1e6 = meets none."""
    face: NDArray[np.int64]
    """(m, 4) faces between held and free cells: 0 east or 1 south, row, column in `Water.east`
    or `.south`, and the sign of a flow out of the free cells."""
    stage: Float64
    """(k,) stage at the start of the window [m]."""
    slope: Float64
    """(k,) its change [m/s]."""


class Taps(NamedTuple):
    """Point sources."""

    cell: NDArray[np.int64]
    """(n, 2)"""
    flow: Float64
    """(n,) at the start of the window [m³/s]."""
    slope: Float64
    """(n,) its change [m³/s²]."""
    owed: Float64
    """(n,) depth not yet given because float32 could not hold it [m]."""


class Window(NamedTuple):
    """How far to go, and how."""

    begin_s: float
    """Now, since the start of the run."""
    soft_s: float
    """Stop at the first step that reaches this."""
    hard_s: float
    """Never step beyond this."""
    dx_m: float
    cfl: float
    theta: float
    """Weight of a face's own discharge, the rest is its two neighbours'."""
    threshold_m: float
    limit_m: float
    """A depth beyond this is not believed."""
    steps: int
    """At most."""


class Step(NamedTuple):
    """The numbers of one time step, in float32."""

    theta: np.float32
    threshold: np.float32
    """[m]"""
    pull: np.float32
    """g Δt/Δx [m/s]"""
    fall: np.float32
    """g Δt [m/s]"""
    k: np.float32
    """Δt/Δx [s/m]"""


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def _mark_active(water: Water, threshold: np.float32) -> int:
    """Mark tiles that hold water that can flow, or border on one; return how many cells."""
    bands, tiles = water.warm.shape
    rows, columns = water.depth.shape
    limit = bits_of(threshold)
    for b in range(bands):
        for c in range(tiles):
            if water.deepest[b, c] > limit:
                water.warm[b, c] = 2
            elif water.warm[b, c] > 0:
                water.warm[b, c] -= 1
    count = 0
    for b in range(bands):
        for c in range(tiles):
            on = water.warm[b, c] > 0
            on |= b > 0 and water.warm[b - 1, c] > 0
            on |= b + 1 < bands and water.warm[b + 1, c] > 0
            on |= c > 0 and water.warm[b, c - 1] > 0
            on |= c + 1 < tiles and water.warm[b, c + 1] > 0
            water.active[b, c] = on
            if on:
                count += min(BAND, rows - b * BAND) * min(TILE, columns - c * TILE)
    return count


@njit(cache=True, _nrt=False, forceinline=True)  # type: ignore[untyped-decorator]
def _alike(water: Water, terrain: Terrain, b: int, c: int, other: int) -> bool:
    """Tell whether two tiles of a band are active and served by the same kernel."""
    if not (water.active[b, c] and water.active[b, other]):
        return False
    if terrain.walled[b, c] or terrain.walled[b, other]:
        return bool(terrain.walled[b, c] and terrain.walled[b, other])
    return bool(terrain.roughness[b, c] == terrain.roughness[b, other])


@njit(cache=True, _nrt=False, forceinline=True)  # type: ignore[untyped-decorator]
def _run_end(water: Water, terrain: Terrain, b: int, c: int) -> int:
    """Return the tile after the run of tiles alike that begins with `c`; `c` if none does."""
    if not water.active[b, c] or (c > 0 and _alike(water, terrain, b, c, c - 1)):
        return c
    end = c + 1
    while end < water.active.shape[1] and _alike(water, terrain, b, c, end):
        end += 1
    return end


@njit(cache=True, _nrt=False, forceinline=True)  # type: ignore[untyped-decorator]
def _south_faces(
    water: Water,
    terrain: Terrain,
    step: Step,
    b: int,
    c: int,
    j: int,
    before: Float32,
    after: Float32,
    left: int,
    right: int,
) -> None:
    """Put the new discharges between rows j − 1 and j, columns left to right, in `work[b, 0]`.

    `before` and `after` (≥ nx,) are the old ones one row north and south.
    """
    depth, bed, here = water.depth, terrain.bed, water.south[j, left:right]
    threshold, pull, fall = step.threshold, step.pull, step.fall
    q = water.work[b, 0, left:right]
    north, south = depth[j - 1, left:right], depth[j, left:right]
    bed_north, bed_south = bed[j - 1, left:right], bed[j, left:right]
    behind, ahead = before[left:right], after[left:right]
    if terrain.walled[b, c]:
        blend_row(q, behind, here, ahead, step.theta)
        rough, sill = terrain.manning, terrain.sill_south[j - 1, left:right]
        flux_row_walled(
            q, north, south, bed_north, bed_south,
            rough[j - 1, left:right], rough[j, left:right], sill, threshold, pull, fall,
        )  # fmt: skip
    else:
        drag = fall * terrain.roughness[b, c] * terrain.roughness[b, c]
        flux_row(
            q, behind, here, ahead, north, south, bed_north, bed_south,
            step.theta, threshold, pull, drag,
        )  # fmt: skip


@njit(cache=True, _nrt=False, forceinline=True)  # type: ignore[untyped-decorator]
def _east_faces(
    water: Water, terrain: Terrain, step: Step, b: int, c: int, j: int, left: int, right: int
) -> None:
    """Put the new eastern discharges of row j, columns left to right, in `work[b, 0]`."""
    depth, bed, flow = water.depth[j], terrain.bed[j], water.east[j]
    threshold, pull, fall = step.threshold, step.pull, step.fall
    q = water.work[b, 0, left + 1 : right + 1]
    behind, here, ahead = flow[left:right], flow[left + 1 : right + 1], flow[left + 2 : right + 2]
    west, east = depth[left:right], depth[left + 1 : right + 1]
    bed_west, bed_east = bed[left:right], bed[left + 1 : right + 1]
    if terrain.walled[b, c]:
        blend_row(q, behind, here, ahead, step.theta)
        rough, sill = terrain.manning[j], terrain.sill_east[j, left:right]
        flux_row_walled(
            q, west, east, bed_west, bed_east,
            rough[left:right], rough[left + 1 : right + 1], sill, threshold, pull, fall,
        )  # fmt: skip
    else:
        drag = fall * terrain.roughness[b, c] * terrain.roughness[b, c]
        flux_row(
            q, behind, here, ahead, west, east, bed_west, bed_east,
            step.theta, threshold, pull, drag,
        )  # fmt: skip


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def _between_bands(water: Water, terrain: Terrain, step: Step, b: int) -> None:
    """Advance the faces between bands b − 1 and b; none north of band 0."""
    tiles, columns = water.active.shape[1], water.depth.shape[1]
    j, south = b * BAND, water.south
    copy_row(water.border[b], south[j])
    if b == 0:
        return
    for c in range(tiles):
        end = _run_end(water, terrain, b, c)
        if end > c:
            left, right = c * TILE, min(end * TILE, columns)
            _south_faces(water, terrain, step, b, c, j, south[j - 1], south[j + 1], left, right)
            copy_row(south[j, left:right], water.work[b, 0, left:right])


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def _within_band(
    water: Water, terrain: Terrain, held: Held, step: Step, stage: Float64, b: int
) -> None:
    """Advance everything of band b but the faces to its neighbours."""
    tiles, (rows, columns) = water.active.shape[1], water.depth.shape
    any_active = False
    for c in range(tiles):
        if water.active[b, c]:
            any_active = True
            water.deepest[b, c] = 0
            water.signs[b, c] = 0
    if not any_active:
        return
    for j in range(b * BAND, min((b + 1) * BAND, rows)):
        _sweep_east(water, terrain, step, b, j)
        for c in range(tiles):
            end = _run_end(water, terrain, b, c)
            if end > c:
                left, right = c * TILE, min(end * TILE, columns)
                _keep_east(water, b, j, left, min(right, columns - 1))
                _sweep_south(water, terrain, step, b, c, j + 1, left, right)
                _level(water, terrain, held, step, stage, b, j, c, end)


@njit(cache=True, _nrt=False, forceinline=True)  # type: ignore[untyped-decorator]
def _sweep_east(water: Water, terrain: Terrain, step: Step, b: int, j: int) -> None:
    """Put all new eastern discharges of row j in `work[b, 0]`, before any depth of it changes."""
    tiles, columns = water.active.shape[1], water.depth.shape[1]
    for c in range(tiles):
        end = _run_end(water, terrain, b, c)
        if end > c:
            _east_faces(water, terrain, step, b, c, j, c * TILE, min(end * TILE, columns - 1))


@njit(cache=True, _nrt=False, forceinline=True)  # type: ignore[untyped-decorator]
def _keep_east(water: Water, b: int, j: int, left: int, right: int) -> None:
    """Bring the new eastern discharges of row j, columns left to right, to their place."""
    q = water.work[b, 0, left + 1 : right + 1]
    copy_row(water.east[j, left + 1 : right + 1], q)


@njit(cache=True, _nrt=False, forceinline=True)  # type: ignore[untyped-decorator]
def _sweep_south(
    water: Water, terrain: Terrain, step: Step, b: int, c: int, j: int, left: int, right: int
) -> None:
    """Advance the faces between rows j − 1 and j, if both are of band b.

    Those of the row before are already new: their old values wait in `work[b, 1]` or `work[b, 2]`,
    turn by turn; those of the borders in `border`.
    """
    top, bottom = b * BAND, min((b + 1) * BAND, water.depth.shape[0])
    if j >= bottom:
        return
    before = water.border[b] if j == top + 1 else water.work[b, 1 + (j - 1) % 2]
    after = water.border[b + 1] if j + 1 == bottom else water.south[j + 1]
    here = water.south[j, left:right]
    _south_faces(water, terrain, step, b, c, j, before, after, left, right)
    copy_row(water.work[b, 1 + j % 2, left:right], here)
    copy_row(here, water.work[b, 0, left:right])


@njit(cache=True, _nrt=False, forceinline=True)  # type: ignore[untyped-decorator]
def _level(
    water: Water,
    terrain: Terrain,
    held: Held,
    step: Step,
    stage: Float64,
    b: int,
    j: int,
    c: int,
    end: int,
) -> None:
    """Advance the depths of row j in tiles c to end, and find their extremes."""
    columns = water.depth.shape[1]
    left, right = c * TILE, min(end * TILE, columns)
    west, east = water.east[j, left:right], water.east[j, left + 1 : right + 1]
    north, south = water.south[j, left:right], water.south[j + 1, left:right]
    level_row(water.depth[j, left:right], west, east, north, south, step.k)
    _empty_row(water, held, j, left, right)
    for tile in range(c, end):
        span = water.bits[j, tile * TILE : min((tile + 1) * TILE, columns)]
        largest, signs = extremes(span)
        water.deepest[b, tile] = max(water.deepest[b, tile], largest)
        water.signs[b, tile] |= signs
    _hold_row(water, held, stage, terrain.bed, j, left, right)


@njit(cache=True, _nrt=False, forceinline=True)  # type: ignore[untyped-decorator]
def _empty_row(water: Water, held: Held, j: int, left: int, right: int) -> None:
    """Take the held cells of a row out of the count of the largest depth."""
    for e in range(held.first[j], held.first[j + 1]):
        if left <= held.column[e] < right:
            water.depth[j, held.column[e]] = np.float32(0)


@njit(cache=True, _nrt=False, forceinline=True)  # type: ignore[untyped-decorator]
def _hold_row(
    water: Water, held: Held, stage: Float64, bed: Float32, j: int, left: int, right: int
) -> None:
    """Set the held cells of a row to their stage.

    A held cell's own depth needs no time step; the water over its sill to a free cell does.
    """
    for e in range(held.first[j], held.first[j + 1]):
        i = held.column[e]
        if left <= i < right:
            level = stage[held.series[e]]
            water.depth[j, i] = np.float32(max(level - bed[j, i], 0.0))
            over = np.float32(max(level - held.sill[e], 0.0))
            b, c = j // BAND, i // TILE
            water.deepest[b, c] = max(water.deepest[b, c], bits_of(over))


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def _count_exchange(water: Water, held: Held, width_s: float) -> None:
    for f in range(held.face.shape[0]):
        kind, row, column, sign = held.face[f]
        q = water.east[row, column] if kind == 0 else water.south[row, column]
        out = sign * np.float64(q) * width_s
        if out > 0:
            water.volumes[1] += out
        else:
            water.volumes[0] -= out


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def _pour(water: Water, taps: Taps, since_s: float, dt: float, area: float) -> None:
    """Let the point sources in; what float32 cannot hold yet is owed."""
    for s in range(taps.flow.shape[0]):
        row, column = taps.cell[s]
        flow = taps.flow[s] + taps.slope[s] * (since_s + 0.5 * dt)
        before = water.depth[row, column]
        taps.owed[s] += flow * dt / area
        if taps.owed[s] < -before:
            taps.owed[s] = -np.float64(before)
        after = np.float32(before + taps.owed[s])
        water.depth[row, column] = after
        given = np.float64(after) - np.float64(before)
        taps.owed[s] -= given
        water.volumes[0 if given > 0 else 1] += abs(given) * area
        b, c = row // BAND, column // TILE
        water.deepest[b, c] = max(water.deepest[b, c], bits_of(after))


@njit(cache=True, _nrt=False)  # type: ignore[untyped-decorator]
def _time_step(deepest: float, taps: Taps, window: Window, now: float) -> float:
    """CFL over the deepest free water, the sources of the step included, in equal steps to the end.

    Equal, because steps that are cut short now and then drive the shortest waves by parametric
    resonance: with three long steps and one short one, again and again, they grew at CFL 0.7.
    """
    rise = 0.0
    for s in range(taps.flow.shape[0]):
        rise = max(rise, taps.flow[s] / window.dx_m**2)
    dt = 0.0
    for _ in range(2):
        deep = max(deepest + rise * dt, SHALLOWEST_M)
        dt = min(window.cfl * window.dx_m / np.sqrt(GRAVITY * deep), LONGEST_S)
    left = window.hard_s - now
    return float(left / np.ceil(left / dt))


@njit(cache=True, parallel=True, nogil=True)  # type: ignore[untyped-decorator]
def advance(
    water: Water,
    terrain: Terrain,
    held: Held,
    taps: Taps,
    window: Window,
    order: NDArray[np.int64],
) -> tuple[float, float, int, int, bool]:
    """Step until `window` ends; return the time reached, the last step [s], how many steps, how
    many cells were swept, and if all is well.

    `order` (bands,) is the order in which bands are dealt to threads, in equal parts.
    """
    bands = water.active.shape[0]
    threshold = np.float32(window.threshold_m)
    limit = bits_of(np.float32(window.limit_m))
    now, dt, steps, swept = window.begin_s, 0.0, 0, 0
    stage = held.stage.copy()
    while now < window.soft_s and steps < window.steps:
        deepest = np.float64(float_of(water.deepest.max()))
        dt = _time_step(deepest, taps, window, now)
        count = _mark_active(water, threshold)
        k = np.float32(dt / window.dx_m)
        pull, fall = np.float32(GRAVITY * dt / window.dx_m), np.float32(GRAVITY * dt)
        step = Step(np.float32(window.theta), threshold, pull, fall, k)
        for e in range(stage.shape[0]):
            stage[e] = held.stage[e] + held.slope[e] * (now + dt - window.begin_s)
        if count > PARALLEL_CELLS:
            for b in prange(bands):
                _between_bands(water, terrain, step, order[b])
            for b in prange(bands):
                _within_band(water, terrain, held, step, stage, order[b])
        else:
            for b in range(bands):
                _between_bands(water, terrain, step, b)
            for b in range(bands):
                _within_band(water, terrain, held, step, stage, b)
        if water.signs.min() < 0:
            water.volumes[2] += repair(water, held.mask, k, BAND, TILE) * window.dx_m**2
        _count_exchange(water, held, dt * window.dx_m)
        _pour(water, taps, now - window.begin_s, dt, window.dx_m**2)
        now = window.hard_s if now + dt > window.hard_s - 1e-6 else now + dt
        steps += 1
        swept += count
        if water.deepest.max() > limit:
            return now, dt, steps, swept, False
    return now, dt, steps, swept, True
