"""A city ready to be flooded: its ground, rivers, drains and places on one raster."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation import rivers, terrain
from stream.models.flood.inundation.chart import Chart
from stream.models.flood.inundation.forcing import Breach, Forcing
from stream.models.flood.inundation.ground import Ground
from stream.models.flood.inundation.plan import InundationPlan, Outfall, Surface

Floats = NDArray[np.float64]


class Spot(NamedTuple):
    """A place and the cells in which water threatens it."""

    id: str
    cells: NDArray[np.int64]
    """Indices into the flattened raster; none if the place lies off it."""


class Drains(NamedTuple):
    """What one zone of the raster has in common: whose rain falls, where its drains end."""

    rain: int
    """Index into `plan.rain`."""
    outfall: Outfall | None


@dataclass(frozen=True, eq=False)
class City:
    """A site's ground with everything on it; built once, used by each forecast."""

    plan: InundationPlan
    chart: Chart
    ground: Ground
    land: NDArray[np.bool_]
    """(ny, nx) cells that can be flooded: ground that is no river."""
    holes: terrain.Holes
    channels: tuple[rivers.Channel, ...]
    series: rivers.Series
    weak: tuple[rivers.Weak, ...]
    zone: NDArray[np.int16]
    """(ny, nx) index into `drains`."""
    drains: tuple[Drains, ...]
    loss_mm_h: NDArray[np.float32]
    drain_mm_h: NDArray[np.float32]
    spots: tuple[Spot, ...]

    def dry(self) -> NDArray[np.float32]:
        """Return depths (ny, nx) of a city without water [m]."""
        return np.zeros(self.ground.shape, np.float32)


class Drive(NamedTuple):
    """What one member does to the city, over its times."""

    times_s: Floats
    """(t,) Unix time, ascending."""
    rain: dict[str, Floats]
    """Catchment → (t,) intensity [mm/h]."""
    stage: dict[str, Floats]
    """Datastream → (t,) stage [m above datum]; NaN where it is not known."""


def build(
    plan: InundationPlan,
    bed: Floats,
    chart: Chart,
    places: Sequence[tuple[str, float, float]] = (),
) -> City:
    """Return the city of `plan` on the ground `bed` (ny, nx) [m], NaN where there is none.

    `places` are (id, latitude, longitude). TerrainError if nothing is ground.
    """
    bed, holes = terrain.fill_holes(bed, int(plan.largest_hole_m2 / chart.cell_m**2))
    found = rivers.channels(plan.rivers, chart)
    bed = _built(plan, bed, chart)
    bed = rivers.lifted_beds(bed, found)
    crests = terrain.open_faces(chart.shape)
    for wall in plan.walls:
        xy = chart.project(wall.path)
        crests = terrain.wall(chart, crests, xy, _sloped(xy, wall.crest_m))
    crests, weak = rivers.embank(crests, found) if found else (crests, [])
    series = rivers.series(found, chart.shape)
    zone, drains, surfaces = _zones(plan, chart)
    manning = terrain.porous(
        _painted(surfaces, zone, "manning"), _painted(surfaces, zone, "built_share")
    )
    land = np.isfinite(bed) & (series.number < 0)
    ground = Ground(
        bed=bed.astype(np.float32),
        dx_m=chart.cell_m,
        manning=manning.astype(np.float32),
        crest_east=_float32(crests.east),
        crest_south=_float32(crests.south),
        edge=np.where(np.isfinite(bed), series.number, -1).astype(np.int16),
    )
    return City(
        plan=plan,
        chart=chart,
        ground=ground,
        land=land,
        holes=holes,
        channels=tuple(found),
        series=series,
        weak=tuple(weak),
        zone=zone,
        drains=drains,
        loss_mm_h=_painted(surfaces, zone, "infiltration_mm_h").astype(np.float32),
        drain_mm_h=_painted(surfaces, zone, "drain_mm_h").astype(np.float32),
        spots=tuple(_spot(place, plan.place_radius_m, chart, land) for place in places),
    )


def _built(plan: InundationPlan, bed: Floats, chart: Chart) -> Floats:
    for block in plan.buildings:
        roofs = terrain.inside(chart, chart.project(block.polygon))
        bed = terrain.raise_blocks(bed, roofs, block.height_m)
    for underpass in plan.underpasses:
        dip = terrain.crossed(chart, chart.project(underpass.path))
        bed = terrain.lower(bed, dip, underpass.floor_m)
    return bed


def _sloped(xy: Floats, ends: tuple[float, float]) -> Floats:
    """Return the crest at each point of a polyline that slopes evenly from end to end."""
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    return np.asarray(np.interp(lengths, [0.0, lengths[-1]], ends))


def _float32(crest: Floats) -> NDArray[np.float32]:
    """Return crests as the kernel wants them: NaN where nothing stands."""
    return np.where(np.isfinite(crest), crest, np.nan).astype(np.float32)


def _zones(
    plan: InundationPlan, chart: Chart
) -> tuple[NDArray[np.int16], tuple[Drains, ...], tuple[Surface, ...]]:
    """Return the zone of each cell, and of each zone its drains and its surface."""
    district = np.full(chart.shape, -1)
    for row, drained in enumerate(plan.districts):
        district[terrain.inside(chart, chart.project(drained.polygon))] = row
    centres = chart.project([(rain.latitude, rain.longitude) for rain in plan.rain])
    x, y = np.meshgrid(*chart.centres())
    away = [np.hypot(x - east, y - north) for east, north in centres]
    rain = np.argmin(away, axis=0)
    pairs, zone = np.unique(
        np.column_stack([rain.ravel(), district.ravel()]), axis=0, return_inverse=True
    )
    drains, surfaces = [], []
    for fed, number in pairs.tolist():
        planned = plan.districts[number] if number >= 0 else None
        drains.append(Drains(fed, planned.outfall if planned else None))
        surfaces.append(planned.surface if planned else plan.surface)
    return zone.reshape(chart.shape).astype(np.int16), tuple(drains), tuple(surfaces)


def _painted(surfaces: tuple[Surface, ...], zone: NDArray[np.int16], field: str) -> Floats:
    return np.array([getattr(surface, field) for surface in surfaces], float)[zone]


def _spot(
    place: tuple[str, float, float], radius_m: float, chart: Chart, land: NDArray[np.bool_]
) -> Spot:
    name, latitude, longitude = place
    ((x, y),) = chart.project([(latitude, longitude)])
    if chart.cell(x, y) is None:
        return Spot(name, np.zeros(0, np.int64))
    return Spot(name, np.flatnonzero(chart.near(x, y, radius_m) & land))


def gaps(city: City, stage: dict[str, Floats]) -> list[str]:
    """Return in words which gauges and rivers lack a stage, and what is done without."""
    said: list[str] = []
    for channel in city.channels:
        missing = [
            gauge.datastream
            for gauge in channel.plan.gauges
            if not np.isfinite(stage.get(gauge.datastream, np.nan)).all()
        ]
        if len(missing) == len(channel.plan.gauges):
            said.append(f"river {channel.plan.id}: no stage at any gauge; taken as brimful")
        else:
            said += [f"river {channel.plan.id}: without {name}" for name in missing]
    return said


def forcing_of(city: City, drive: Drive) -> Forcing:
    """Return what the kernel needs to let `drive` act on `city`.

    A river without any stage is taken as brimful: no drain runs into it by gravity, and
    nothing overflows. A catchment without rain counts as the mean of those with it.
    """
    count = len(drive.times_s)
    rain = _rain(city, drive)
    stage = np.empty((count, len(city.series.km)))
    names = np.array(city.series.river)
    for channel in city.channels:
        mine = names == channel.plan.id
        stage[:, mine] = _stage(channel, drive, city.series.km[mine])
    return Forcing(
        times_s=drive.times_s,
        rain_mm_h=np.column_stack([rain[:, drains.rain] for drains in city.drains]),
        zone=city.zone,
        loss_mm_h=city.loss_mm_h,
        drain_mm_h=city.drain_mm_h,
        drain_open=np.column_stack([_open(city, drains, drive) for drains in city.drains]),
        stage_m=stage,
        breaches=[failing for weak in city.weak for failing in _broken(city, weak, drive)],
    )


def _rain(city: City, drive: Drive) -> Floats:
    """Return the rain of each catchment of the plan (t, n) [mm/h]; gaps take the others' mean."""
    nothing = np.full(len(drive.times_s), np.nan)
    rain = np.column_stack([drive.rain.get(r.catchment, nothing) for r in city.plan.rain])
    known = np.isfinite(rain)
    total = np.where(known, rain, 0.0).sum(axis=1)
    mean = total / np.maximum(known.sum(axis=1), 1)
    return np.where(known, rain, mean[:, None])


def _stage(channel: rivers.Channel, drive: Drive, km: Floats) -> Floats:
    stage = rivers.stage_along(channel.plan, drive.stage, km)
    if stage is None:
        return np.full((len(drive.times_s), len(km)), channel.brim_m)
    return stage


def _open(city: City, drains: Drains, drive: Drive) -> Floats:
    """Return the share of the drains' capacity that is left at each time (t,).

    Out of a pipe flows sqrt(head): the share is sqrt((closes - stage) / head), at most 1, and
    never less than what the pumps carry.
    """
    if drains.outfall is None:
        return np.ones(len(drive.times_s))
    outfall = drains.outfall
    channel = next(c for c in city.channels if c.plan.id == outfall.river)
    stage = _stage(channel, drive, np.array([outfall.km]))[:, 0]
    head = np.clip((outfall.closes_m - stage) / outfall.head_m, 0.0, 1.0)
    return np.asarray(np.maximum(np.sqrt(head), outfall.pumped_share))


def _broken(city: City, weak: rivers.Weak, drive: Drive) -> list[Breach]:
    """Return the faces that give way, from when on; none if the river stays below."""
    channel = next(c for c in city.channels if c.plan.id == weak.river)
    stage = _stage(channel, drive, np.array([sum(weak.plan.km) / 2]))[:, 0]
    failed = np.flatnonzero(stage >= weak.plan.fails_m)
    if not len(failed):
        return []
    begin = float(drive.times_s[failed[0]])
    over = weak.plan.over.total_seconds()
    return [Breach(face, begin, weak.plan.crest_m, over) for face in weak.faces]
