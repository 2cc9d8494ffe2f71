"""Merewether, 8 June 2007: an urban flood whose stages were observed at five points.

Set-up of ANUGA's validation case, after Australian Rainfall and Runoff, Project 15 (Smith and Wasko
2012): ground of 1 m, houses 3 m high, Manning's n 0.02 on roads and 0.04 elsewhere, a steady
19.7 m³/s that enters over a disc of 10 m radius, water leaves freely in the north and the east,
1,000 s to a steady state. Only that is compared.

The flow is supercritical in places (Froude > 1), where the local-inertial equations do not hold.
Two things are unlike ANUGA's case therefore: the discharge rises over ten minutes instead of
at once, and the Courant number is 0.3. With a sudden front or 0.7 the run may diverge.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation.chart import Chart
from stream.models.flood.inundation.forcing import Forcing
from stream.models.flood.inundation.ground import Ground
from stream.models.flood.inundation.solver import Flooded, simulate
from stream.models.flood.inundation.terrain import fill_holes, inside, raise_blocks
from stream.terrain import read

CRS = "EPSG:32756"
HOUSE_M, ROAD_N, ELSEWHERE_N = 3.0, 0.02, 0.04
INFLOW_M3_S, CENTRE, RADIUS_M = 19.7, (382_265.0, 6_354_280.0), 10.0
RISING_S, STEADY_S = 600.0, 1000.0
CFL = 0.3


class Point(NamedTuple):
    """A point where the flood's highest stage was observed."""

    x: float
    y: float
    number: int
    observed_m: float
    """Stage after the final report [m]."""
    tuflow_m: float
    """What TUFLOW computed for the report [m]."""


class Case(NamedTuple):
    """The ground, what drives the water, and what was observed."""

    chart: Chart
    ground: Ground
    forcing: Forcing
    houses: NDArray[np.bool_]
    points: list[Point]


def load(
    folder: Path, cell_m: float = 1.0, *, house_m: float = HOUSE_M, inflow_m3_s: float = INFLOW_M3_S
) -> Case:
    """Return the case recorded in `folder`, `…/dem/merewether`, on cells of `cell_m`."""
    raster = read(folder / "merewether_1m.tif", crs=CRS, cell_m=cell_m, assumed_crs=CRS)
    bed, _ = fill_holes(raster.bed, 100)
    chart = raster.chart
    houses = np.zeros(chart.shape, bool)
    for outline in sorted((folder / "houses").glob("*.csv")):
        houses |= inside(chart, np.loadtxt(outline, delimiter=","))
    bed = raise_blocks(bed, houses, house_m)
    road = inside(chart, np.loadtxt(folder / "Road" / "RoadPolygon.csv", delimiter=","))
    table = np.loadtxt(folder / "Observations" / "ObservationPoints.csv", delimiter=",", skiprows=1)
    edge = _outflow(bed)
    ground = Ground(
        bed=bed.astype(np.float32),
        dx_m=cell_m,
        manning=np.where(road, ROAD_N, ELSEWHERE_N).astype(np.float32),
        edge=edge,
    )
    points = [Point(x, y, int(n), final, tuflow) for x, y, n, _, final, tuflow in table.tolist()]
    return Case(chart, ground, _forcing(chart, ground, inflow_m3_s), houses, points)


def _outflow(bed: NDArray[np.float64]) -> NDArray[np.int16]:
    """Number the ground's last cells in the north and the east: each is held empty."""
    ground = np.pad(np.isfinite(bed), 1)
    last = ground[1:-1, 1:-1] & ~(ground[:-2, 1:-1] & ground[1:-1, 2:])
    edge = np.full(bed.shape, -1, np.int16)
    edge[last] = np.arange(last.sum())
    return edge


def _forcing(chart: Chart, ground: Ground, inflow_m3_s: float) -> Forcing:
    cells = np.argwhere(chart.near(*CENTRE, RADIUS_M))
    assert ground.edge is not None
    held = np.argwhere(ground.edge >= 0)
    stage = np.empty(len(held))
    stage[ground.edge[tuple(held.T)]] = ground.bed[tuple(held.T)]
    share = np.array([0.0, 1.0, 1.0])
    return Forcing(
        times_s=np.array([0.0, RISING_S, RISING_S + STEADY_S]),
        rain_mm_h=np.zeros((3, 1)),
        stage_m=np.repeat(stage[None], 3, axis=0),
        sources_m3_s=np.repeat(share[:, None], len(cells), axis=1) * inflow_m3_s / len(cells),
        source_cells=cells,
    )


def run(case: Case) -> Flooded:
    """Return the flood when it has become steady."""
    return simulate(
        case.ground,
        np.zeros(case.ground.shape, np.float32),
        case.forcing,
        start_s=0.0,
        duration_s=RISING_S + STEADY_S,
        wet_m=0.05,
        cfl=CFL,
    )


def stages(case: Case, depth: NDArray[np.float32]) -> list[float]:
    """Return the stage at each point [m]: in the nearest wet cell, as ANUGA's comparison has it."""
    x, y = np.meshgrid(*case.chart.centres())
    wet = (depth > 0.01) & ~case.houses
    found = []
    for point in case.points:
        away = np.where(wet, np.hypot(x - point.x, y - point.y), np.inf)
        cell = np.unravel_index(int(away.argmin()), away.shape)
        found.append(float(case.ground.bed[cell] + depth[cell]))
    return found


def misfit(case: Case, found: list[float]) -> tuple[float, float]:
    """Return root mean square and mean of computed less observed stages [m]."""
    off = np.array(found) - [point.observed_m for point in case.points]
    return float(np.sqrt((off**2).mean())), float(off.mean())
