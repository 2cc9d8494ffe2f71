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

CORNERS_PER_POINT = 2.0
"""Simplifying leaves at least about half of the corners of a ragged outline."""
COARSEST_CELLS = 16
"""A map of so few cells a side is not coarsened further."""

Ring = list[tuple[float, float]]
Mask = NDArray[np.bool_]


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
    beyond; where that takes more than `most_points`, they are drawn on cells twice as wide,
    and again.
    """
    meant: list[tuple[int, float, float]] = []
    masks: list[Mask] = []
    for number, lead in enumerate(forecast.zone_leads_s):
        for level, depth_m in enumerate(depths_m):
            over = exceedance(forecast, number, level)
            for probability in probabilities:
                meant.append((int(lead), depth_m, probability))
                masks.append(without_specks(over >= probability - 1e-9))
    shapes = _drawn(masks, chart, most_points)
    return [Zone(*what, rings(shape, chart)) for what, shape in zip(meant, shapes, strict=True)]


def _drawn(masks: list[Mask], chart: Chart, most_points: int) -> list[Any]:
    """Return the outlines of `masks`, on cells doubled until they have few enough points."""
    while True:
        last = max(chart.shape) <= COARSEST_CELLS
        if last or sum(corners(mask) for mask in masks) <= CORNERS_PER_POINT * most_points:
            drawn: dict[bytes, Any] = {}
            for mask in masks:
                if mask.tobytes() not in drawn:
                    drawn[mask.tobytes()] = outline(mask, chart)
            shapes = [drawn[mask.tobytes()] for mask in masks]
            if last or sum(_points(shape) for shape in shapes) <= most_points:
                return shapes
        masks = [without_specks(doubled(mask)) for mask in masks]
        rows, columns = masks[0].shape
        chart = chart._replace(cell_m=2 * chart.cell_m, shape=(rows, columns))


def doubled(mask: Mask) -> Mask:
    """Return `mask` on cells of twice the side; one is set if any of its four was."""
    rows, columns = mask.shape
    even = np.pad(mask, ((0, rows % 2), (0, columns % 2)))
    return np.asarray(even.reshape((rows + 1) // 2, 2, (columns + 1) // 2, 2).any(axis=(1, 3)))


def corners(mask: Mask) -> int:
    """Return how many corners the outlines of `mask` have before they are simplified."""
    padded = np.pad(mask, 1).astype(np.int8)
    windows = padded[:-1, :-1] + padded[1:, :-1] + padded[:-1, 1:] + padded[1:, 1:]
    crossed = (windows == 2) & (padded[:-1, :-1] == padded[1:, 1:])
    return int((windows % 2 == 1).sum() + 2 * crossed.sum())


def without_specks(mask: Mask) -> Mask:
    """Return `mask` without islands, and without holes, of fewer than `SMALLEST_CELLS`."""
    from scipy import ndimage

    for keep in (True, False):
        label, count = ndimage.label(mask == keep)
        sizes = np.bincount(label.ravel(), minlength=count + 1)
        small = sizes < SMALLEST_CELLS
        small[0] = False
        mask = np.where(small[label], not keep, mask)
    return np.asarray(mask)


def outline(mask: Mask, chart: Chart) -> Any:
    """Return a shapely geometry in metres that covers the cells of `mask` (ny, nx).

    The outline of the cells is moved outwards by half a cell, then simplified by as much
    (Douglas and Peucker 1973); where that cuts into a cell, the cell is added again.
    """
    import shapely
    from rasterio import Affine
    from rasterio.features import shapes

    if not mask.any():
        return shapely.MultiPolygon()
    place = Affine(chart.cell_m, 0.0, chart.west, 0.0, -chart.cell_m, chart.north)
    parts = [
        shapely.geometry.shape(part)
        for part, _ in shapes(mask.astype(np.uint8), mask=mask, connectivity=4, transform=place)
    ]
    tolerance_m = chart.cell_m / 2
    grown = shapely.union_all(shapely.buffer(parts, tolerance_m + 1.0, join_style="mitre"))
    simple = shapely.simplify(grown, tolerance_m)
    cells = shapely.union_all(shapely.buffer(parts, 1.0, join_style="mitre"))
    # At the end of a ring the simplification may reach a little further than its tolerance.
    return simple if simple.covers(cells) else shapely.union(simple, cells)


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
