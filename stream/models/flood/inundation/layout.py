"""From ground and forcing to the arrays of the kernels."""

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation.failure import GroundError
from stream.models.flood.inundation.forcing import MM_PER_H, Breach, Forcing
from stream.models.flood.inundation.ground import Float32, Ground
from stream.models.flood.inundation.kernel_fall import MIXED, Record, Sky
from stream.models.flood.inundation.kernel_sweep import BAND, TILE, Held, Taps, Terrain, Water

NO_GROUND_M = 1e6
"""The bed where there is none: nothing climbs it."""

_ONE = np.zeros((1, 1), np.float32)


def tiles_of(shape: tuple[int, int]) -> tuple[int, int]:
    """Return how many bands and tiles cover a grid (ny, nx)."""
    return -(-shape[0] // BAND), -(-shape[1] // TILE)


def dealt(bands: int, threads: int) -> NDArray[np.int64]:
    """Return the bands in an order whose `threads` equal parts hold wet and dry country alike."""
    return np.concatenate([np.arange(first, bands, threads) for first in range(threads)])


def free_cells(ground: Ground) -> NDArray[np.bool_]:
    """Return (ny, nx) True where there is ground whose water is computed."""
    solid = np.isfinite(ground.bed)
    return solid if ground.edge is None else solid & (ground.edge < 0)


def terrain_of(ground: Ground) -> Terrain:
    """Return the kernels' view of `ground`, with walls only where there are any."""
    bed = np.ascontiguousarray(ground.bed, np.float32)
    if not np.isfinite(bed).all():
        bed = np.where(np.isfinite(bed), bed, np.float32(NO_GROUND_M))
    bands, tiles = tiles_of(ground.shape)
    walled = np.zeros((bands, tiles), np.bool_)
    if np.ndim(ground.manning) == 0 and ground.crest_east is None and ground.crest_south is None:
        rough = np.full((bands, tiles), ground.manning, np.float32)
        return Terrain(bed, _ONE, _ONE, _ONE, walled, rough)
    manning = np.array(np.broadcast_to(ground.manning, ground.shape), np.float32)
    manning[~np.isfinite(ground.bed)] = np.float32(0.03)
    east = _sills(bed[:, :-1], bed[:, 1:], ground.crest_east)
    south = _sills(bed[:-1], bed[1:], ground.crest_south)
    east_wall, south_wall = _walls(ground.crest_east), _walls(ground.crest_south)
    for b in range(bands):
        for c in range(tiles):
            rows = slice(max(b * BAND - 1, 0), (b + 1) * BAND)
            columns = slice(c * TILE, (c + 1) * TILE + 1)
            some = manning[rows, columns]
            walled[b, c] = (some != some[0, 0]).any()
            walled[b, c] |= east_wall is not None and east_wall[rows, columns].any()
            walled[b, c] |= south_wall is not None and south_wall[rows, columns].any()
    return Terrain(bed, manning, east, south, walled, manning[::BAND, ::TILE].copy())


def _sills(here: Float32, there: Float32, crest: Float32 | None) -> Float32:
    beds = np.maximum(here, there)
    return beds if crest is None else np.fmax(beds, crest.astype(np.float32))


def _walls(crest: Float32 | None) -> NDArray[np.bool_] | None:
    return None if crest is None else ~np.isnan(crest)


def fail(terrain: Terrain, ground: Ground, breach: Breach, now_s: float) -> None:
    """Lower the sill of a breaching face to its height at the Unix second `now_s`."""
    side, row, column = breach[0]
    crests = ground.crest_east if side == "east" else ground.crest_south
    sills = terrain.sill_east if side == "east" else terrain.sill_south
    if crests is None or now_s < breach[1]:
        return
    over_s = breach[3] if len(breach) > 3 else 0.0
    share = min((now_s - breach[1]) / over_s, 1.0) if over_s > 0 else 1.0
    crest = crests[row, column] + share * (breach[2] - crests[row, column])
    other = (row, column + 1) if side == "east" else (row + 1, column)
    sills[row, column] = max(crest, terrain.bed[row, column], terrain.bed[other])


def water_of(ground: Ground, depth: Float32) -> Water:
    """Return water of the given depth (ny, nx) [m], at rest."""
    rows, columns = ground.shape
    if depth.shape != ground.shape:
        raise GroundError(f"depth: shape {ground.shape} is needed for this bed, not {depth.shape}")
    solid = np.isfinite(ground.bed)
    if not (depth[solid] >= 0).all():
        raise GroundError("depth: below zero or NaN on ground; start from a finite depth")
    depth = np.where(solid, depth, np.float32(0)).astype(np.float32)
    tiles = tiles_of(ground.shape)
    return Water(
        depth=depth,
        bits=depth.view(np.int32),
        east=np.zeros((rows, columns + 1), np.float32),
        south=np.zeros((rows + 1, columns), np.float32),
        deepest=np.zeros(tiles, np.int32),
        signs=np.zeros(tiles, np.int32),
        warm=np.full(tiles, 2, np.int8),
        active=np.ones(tiles, np.bool_),
        border=np.zeros((tiles[0] + 1, columns), np.float32),
        work=np.zeros((tiles[0], 3, columns + 1), np.float32),
        volumes=np.zeros(3),
    )


def deepest_of(water: Water, free: NDArray[np.bool_]) -> None:
    """Set the largest depth of each tile, over its free cells."""
    deep = np.where(free, water.depth, np.float32(0))
    for b in range(water.deepest.shape[0]):
        rows = deep[b * BAND : (b + 1) * BAND]
        starts = np.arange(0, deep.shape[1], TILE)
        water.deepest[b] = np.maximum.reduceat(rows.max(axis=0), starts).view(np.int32)


def held_of(ground: Ground, terrain: Terrain, series: int) -> Held:
    """Return the cells whose stage is given and their faces to free cells."""
    none = np.zeros(0, np.int64)
    stage = np.zeros(series), np.zeros(series)
    if ground.edge is None or not (ground.edge >= 0).any():
        first = np.zeros(ground.shape[0] + 1, np.int64)
        mask = np.zeros((1, 1), np.bool_)
        return Held(mask, first, none, none, none.astype("f4"), none.reshape(0, 4), *stage)
    mask = (ground.edge >= 0) & np.isfinite(ground.bed)
    rows, columns = np.nonzero(mask)
    first = np.searchsorted(rows, np.arange(ground.shape[0] + 1))
    lowest = np.full(ground.shape, NO_GROUND_M, np.float32)
    free = free_cells(ground)
    faces = []
    for kind, here, there in ((0, np.s_[:, :-1], np.s_[:, 1:]), (1, np.s_[:-1], np.s_[1:])):
        sill = np.maximum(terrain.bed[here], terrain.bed[there])
        out, into = free[here] & mask[there], mask[here] & free[there]
        lowest[there] = np.where(out, np.minimum(lowest[there], sill), lowest[there])
        lowest[here] = np.where(into, np.minimum(lowest[here], sill), lowest[here])
        for met, sign in ((out, 1), (into, -1)):
            row, column = np.nonzero(met)
            row, column = (row, column + 1) if kind == 0 else (row + 1, column)
            faces.append(np.stack([np.full_like(row, kind), row, column, np.full_like(row, sign)]))
    return Held(
        mask, first.astype(np.int64), columns.astype(np.int64),
        ground.edge[rows, columns].astype(np.int64), lowest[rows, columns],
        np.ascontiguousarray(np.concatenate(faces, axis=1).T, np.int64), *stage,
    )  # fmt: skip


def taps_of(forcing: Forcing) -> Taps:
    """Return the point sources, closed."""
    cells = forcing.source_cells
    cells = np.zeros((0, 2), np.int64) if cells is None else np.asarray(cells, np.int64)
    flow = np.zeros(len(cells))
    return Taps(np.ascontiguousarray(cells), flow, flow.copy(), flow.copy())


def sky_of(ground: Ground, forcing: Forcing) -> Sky:
    """Return where rain falls and where water leaves downwards."""
    free, (bands, tiles) = free_cells(ground), tiles_of(ground.shape)
    zone = np.zeros((1, 1), np.int16)
    if forcing.zone is None and free.all():
        tile_zone = np.ones((bands, tiles), np.int64)
    else:
        zones = np.int16(0) if forcing.zone is None else forcing.zone
        zone = np.where(free, zones + 1, 0).astype(np.int16)
        tile_zone = _uniform(zone, bands, tiles)
    held = np.zeros((bands, tiles), np.bool_)
    if ground.edge is not None:
        held = _uniform((ground.edge >= 0).astype(np.int16), bands, tiles) != 0
    return Sky(
        zone=zone,
        tile_zone=tile_zone,
        loss=_rate(forcing.loss_mm_h, free),
        drain=_rate(forcing.drain_mm_h, free),
        held=held,
        waiting=np.zeros((bands, tiles), np.float32),
        lost=np.zeros(bands),
        drained=np.zeros(bands),
    )


def _rate(mm_per_h: Float32 | None, free: NDArray[np.bool_]) -> Float32:
    if mm_per_h is None:
        return _ONE
    return np.where(free, mm_per_h * np.float32(MM_PER_H), np.float32(0)).astype(np.float32)


def _uniform(zone: NDArray[np.int16], bands: int, tiles: int) -> NDArray[np.int64]:
    """Return (bands, tiles) the zone of a tile, `MIXED` if it has several."""
    uniform = np.empty((bands, tiles), np.int64)
    for b in range(bands):
        for c in range(tiles):
            some = zone[b * BAND : (b + 1) * BAND, c * TILE : (c + 1) * TILE]
            uniform[b, c] = some[0, 0] if (some == some[0, 0]).all() else MIXED
    return uniform


def zone_sizes(sky: Sky, shape: tuple[int, int], zones: int) -> NDArray[np.int64]:
    """Return (zones + 1,) how many cells get the rain of each zone + 1."""
    if sky.zone.shape != shape:
        sizes = np.zeros(zones + 1, np.int64)
        sizes[int(sky.tile_zone[0, 0])] = shape[0] * shape[1]
        return sizes
    return np.bincount(sky.zone.ravel(), minlength=zones + 1)


def record_of(water: Water, wet_m: float) -> Record:
    """Return the record at the start."""
    arrival = np.where(water.depth >= wet_m, np.float32(0), np.float32(np.nan))
    flow = np.zeros((len(water.warm), TILE), np.float32)
    return Record(
        peak=water.depth.copy(),
        speed=np.zeros_like(water.depth),
        arrival=arrival.astype(np.float32),
        fastest=np.zeros_like(water.deepest),
        flow=flow,
        flow_bits=flow.view(np.int32),
    )
