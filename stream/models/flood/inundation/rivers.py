"""Rivers through the city: which cells they are, how high their banks, how high their water.

A river's cells take their stage from the chain's gauges, interpolated along the river; water
crosses its embankments where the stage is above the crest, and returns where it is below.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation.chart import Chart
from stream.models.flood.inundation.forcing import Face
from stream.models.flood.inundation.plan import Breach, LowSpot, River
from stream.models.flood.inundation.terrain import Along, Crests, along

Floats = NDArray[np.float64]

SERIES_KM = 0.2
"""Cells within this length of a river share one series of stages [km]."""
FREEBOARD_M = 1.0
"""A river's bed counts only to this depth below its lowest crest: what lies deeper bears on
nothing but the time step."""


class Channel(NamedTuple):
    """One river on the raster."""

    plan: River
    cells: NDArray[np.bool_]
    km: Floats
    """Chainage of each cell of the raster, river or not [km]."""
    crest: Floats
    """Height of the embankment that a cell beside the river would have [m]."""
    left: NDArray[np.bool_]
    brim_m: float
    """Its lowest crest [m]."""


class Series(NamedTuple):
    """The series of stages that the river cells follow."""

    number: NDArray[np.int16]
    """(ny, nx) series of each river cell, -1 on land."""
    river: tuple[str, ...]
    km: Floats
    """(n_series,) chainage at which each is taken [km]."""


class Weak(NamedTuple):
    """A stretch of embankment that may give way, and its faces."""

    river: str
    plan: Breach
    faces: tuple[Face, ...]


def channels(rivers: tuple[River, ...], chart: Chart) -> list[Channel]:
    """Return each river's cells, chainage and embankments; a cell belongs to one river."""
    seen = [along(chart, chart.project(river.path)) for river in rivers]
    ratios = [
        2 * s.away_m / np.interp(s.along_m, [0, s.length_m], r.width_m)
        for s, r in zip(seen, rivers, strict=True)
    ]
    nearest = np.argmin(ratios, axis=0) if ratios else None
    return [
        _channel(river, s, (nearest == n) & (ratio < 1))
        for n, (river, s, ratio) in enumerate(zip(rivers, seen, ratios, strict=True))
    ]


def _channel(river: River, seen: Along, cells: NDArray[np.bool_]) -> Channel:
    km = river.from_km + seen.along_m / 1000
    crest = np.interp(seen.along_m, [0, seen.length_m], river.crest_m)
    for spot in river.low_spots:
        crest = np.where(_stretch(spot, km, seen.left), spot.crest_m, crest)
    brim = min([*river.crest_m, *(spot.crest_m for spot in river.low_spots)])
    return Channel(river, cells, km, crest, seen.left, brim)


def _stretch(spot: LowSpot | Breach, km: Floats, left: NDArray[np.bool_]) -> NDArray[np.bool_]:
    on_side = left if spot.side == "left" else ~left
    return np.asarray(on_side & (km >= spot.km[0]) & (km <= spot.km[1]))


def embank(crests: Crests, found: list[Channel]) -> tuple[Crests, list[Weak]]:
    """Return `crests` with the rivers' embankments on the faces between river and land."""
    east, south = crests.east.copy(), crests.south.copy()
    water = np.any([channel.cells for channel in found], axis=0)
    weak: list[Weak] = []
    for channel in found:
        faces: dict[int, list[Face]] = {n: [] for n in range(len(channel.plan.breaches))}
        stretches = [_stretch(b, channel.km, channel.left) for b in channel.plan.breaches]
        for side, crest, down, right in (("east", east, 0, 1), ("south", south, 1, 0)):
            rows, columns = np.indices(crest.shape)
            for wet_first in (True, False):
                wet = (rows, columns) if wet_first else (rows + down, columns + right)
                dry = (rows + down, columns + right) if wet_first else (rows, columns)
                bank = channel.cells[wet] & ~water[dry]
                crest[bank] = np.maximum(crest[bank], channel.crest[dry][bank])
                for n, stretch in enumerate(stretches):
                    i, j = np.nonzero(bank & stretch[dry])
                    where = zip(i.tolist(), j.tolist(), strict=True)
                    faces[n] += [Face("east" if side == "east" else "south", *f) for f in where]
        weak += [
            Weak(channel.plan.id, breach, tuple(faces[n]))
            for n, breach in enumerate(channel.plan.breaches)
        ]
    return Crests(east, south), weak


def series(found: list[Channel], shape: tuple[int, int]) -> Series:
    """Return the series that the rivers' cells follow, one for each `SERIES_KM` of a river."""
    number = np.full(shape, -1, np.int16)
    names: list[str] = []
    kms: list[float] = []
    for channel in found:
        pieces = np.floor(channel.km / SERIES_KM).astype(np.int64)
        for piece in np.unique(pieces[channel.cells]):
            number[channel.cells & (pieces == piece)] = len(names)
            names.append(channel.plan.id)
            kms.append((float(piece) + 0.5) * SERIES_KM)
    return Series(number, tuple(names), np.array(kms))


def lifted_beds(bed: Floats, found: list[Channel]) -> Floats:
    """Return `bed` with river cells no deeper than `FREEBOARD_M` below the lowest crest."""
    bed = bed.copy()
    for channel in found:
        floor = channel.brim_m - FREEBOARD_M
        bed[channel.cells] = np.fmax(bed[channel.cells], floor)
    return bed


def stage_along(river: River, stages: dict[str, Floats], km: Floats) -> Floats | None:
    """Return the stage at `km` (n,) for each time: (t, n) [m]; None if no gauge has one.

    Linear along the river between gauges that have a stage throughout, constant beyond the
    outermost. A gauge with a missing stage (NaN) is left out.
    """
    known = [
        (gauge.km, stages[gauge.datastream])
        for gauge in river.gauges
        if gauge.datastream in stages and np.isfinite(stages[gauge.datastream]).all()
    ]
    if not known:
        return None
    at = np.array([place for place, _ in known])
    values = np.column_stack([stage for _, stage in known])
    if len(known) == 1:
        return np.repeat(values, len(km), axis=1)
    upper = np.clip(np.searchsorted(at, km) - 1, 0, len(at) - 2)
    share = np.clip((km - at[upper]) / (at[upper + 1] - at[upper]), 0.0, 1.0)
    return np.asarray(values[:, upper] * (1 - share) + values[:, upper + 1] * share)
