"""From depths to outlines on a map: where water is at least so deep, at least so probably."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation.chart import Chart
from stream.models.flood.inundation.members import CityForecast

SMALLEST_CELLS = 4
"""Islands of water, and dry holes, of fewer cells (joined by sides) are left out."""
DEGREES = 1e-5
"""Coordinates are rounded to this: about 1 m."""
MOST_POINTS = 15_000
"""All outlines of one map together: at about 20 bytes each below 400 kB of JSON."""

Ring = list[tuple[float, float]]


class Zone(NamedTuple):
    """Where water is at least `depth_m` deep at `lead_s` with at least `probability`."""

    lead_s: int
    depth_m: float
    probability: float
    polygons: list[list[Ring]]
    """Polygons of closed rings of (latitude, longitude): an outer one, then its holes."""


def exceedance(forecast: CityForecast, lead: int, level: int) -> NDArray[np.float64]:
    """Return P(depth >= class `level`) at zone lead number `lead`: (ny, nx)."""
    over = forecast.reached[:, lead] > level
    return np.tensordot(forecast.weights, over, axes=1)


def zones(
    forecast: CityForecast,
    chart: Chart,
    depths_m: tuple[float, ...],
    probabilities: tuple[float, ...],
    *,
    most_points: int = MOST_POINTS,
) -> list[Zone]:
    """Return the outlines for each zone lead, depth class and probability, in this order.

    They cover every cell that is meant, less small islands, and reach at most about a cell
    beyond; where that takes more than `most_points`, they are drawn more coarsely.
    """
    masks = []
    for number, lead in enumerate(forecast.zone_leads_s):
        for level, depth_m in enumerate(depths_m):
            chance = exceedance(forecast, number, level)
            masks += [
                (int(lead), depth_m, p, without_specks(chance >= p - 1e-9)) for p in probabilities
            ]
    tolerance = chart.cell_m / 2
    while True:
        shapes = [outline(mask, chart, tolerance) for *_, mask in masks]
        points = sum(_points(shape) for shape in shapes)
        if points <= most_points or tolerance > 8 * chart.cell_m:
            break
        tolerance *= 1.5
    return [
        Zone(lead, depth_m, p, rings(shape, chart))
        for (lead, depth_m, p, _), shape in zip(masks, shapes, strict=True)
    ]


def without_specks(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return `mask` without islands, and without holes, of fewer than `SMALLEST_CELLS`."""
    from scipy import ndimage

    for keep in (True, False):
        label, count = ndimage.label(mask == keep)
        sizes = np.bincount(label.ravel(), minlength=count + 1)
        small = sizes < SMALLEST_CELLS
        small[0] = False
        mask = np.where(small[label], not keep, mask)
    return np.asarray(mask)


def outline(mask: NDArray[np.bool_], chart: Chart, tolerance_m: float) -> Any:
    """Return a shapely geometry in metres that covers the cells of `mask` (ny, nx).

    The outline of the cells is moved outwards by `tolerance_m`, then simplified by as much
    (Douglas and Peucker 1973), which cannot cut into the cells.
    """
    import shapely
    from rasterio.features import shapes
    from rasterio.transform import from_origin

    if not mask.any():
        return shapely.MultiPolygon()
    place = from_origin(chart.west, chart.north, chart.cell_m, chart.cell_m)
    parts = [
        shapely.geometry.shape(part)
        for part, _ in shapes(mask.astype(np.uint8), mask=mask, connectivity=4, transform=place)
    ]
    grown = shapely.union_all(shapely.buffer(parts, tolerance_m + 1.0, join_style="mitre"))
    return shapely.simplify(grown, tolerance_m)


def _points(shape: Any) -> int:
    import shapely

    return int(shapely.get_num_coordinates(shape))


def rings(shape: Any, chart: Chart) -> list[list[Ring]]:
    """Return the polygons of `shape` as rings of (latitude, longitude), closed and valid."""
    import shapely

    if shape.is_empty:
        return []

    def turned(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return chart.unproject(xy)[:, ::-1]

    degrees = shapely.set_precision(shapely.transform(shape, turned), DEGREES)
    polygons = [p for p in shapely.get_parts(degrees) if p.geom_type == "Polygon"]
    return [[_ring(p.exterior), *map(_ring, p.interiors)] for p in polygons if not p.is_empty]


def _ring(line: Any) -> Ring:
    return [(round(y, 5), round(x, 5)) for x, y in line.coords]


def around(
    found: list[Zone], place: tuple[float, float], chart: Chart, *, within_m: float
) -> list[Ring]:
    """Return outer rings of the water that comes within `within_m` of `place` (lat, lon).

    Of the shallowest class, at the lead at which that water is widest: what a warning for the
    place encloses. The most probable zones that reach the place are taken; none if none do.
    """
    import shapely

    ((x, y),) = chart.project([place])
    reach = chart.unproject(np.array([[x - within_m, y - within_m], [x + within_m, y + within_m]]))
    near = shapely.box(reach[0, 1], reach[0, 0], reach[1, 1], reach[1, 0])
    shallowest = min((zone.depth_m for zone in found), default=0.0)
    for probability in sorted({zone.probability for zone in found}, reverse=True):
        best: list[Ring] = []
        widest = 0.0
        for zone in found:
            if zone.depth_m != shallowest or zone.probability != probability:
                continue
            hit = [rings[0] for rings in zone.polygons if _polygon(rings).intersects(near)]
            area = sum(_polygon([ring]).area for ring in hit)
            if area > widest:
                best, widest = hit, area
        if best:
            return best
    return []


def _polygon(rings: list[Ring]) -> Any:
    import shapely

    shells = [[(longitude, latitude) for latitude, longitude in ring] for ring in rings]
    return shapely.Polygon(shells[0], shells[1:])
