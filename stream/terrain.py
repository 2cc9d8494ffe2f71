"""Reading the ground of a site: any raster, brought into the site's metric system."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.config import load
from forewarn.domain.errors import ForewarnError
from forewarn.domain.station import Place
from stream.models.flood.inundation.chart import Chart
from stream.models.flood.inundation.city import City, build
from stream.models.flood.inundation.plan import InundationPlan
from stream.models.flood.inundation.terrain import TerrainError

LOWEST_M, HIGHEST_M = -500.0, 9000.0
"""Heights outside of these are no heights in metres."""
METRES = {"", "m", "metre", "metres", "meter", "meters"}


class TerrainFileError(ForewarnError):
    """A raster that cannot be the ground of a site; names the file and what would help."""


class Raster(NamedTuple):
    """Ground as it was read."""

    bed: NDArray[np.float64]
    """(rows, columns) [m above datum]; NaN where there is none."""
    chart: Chart
    holes: int
    """Cells without ground."""


def load_city(folder: Path, places: Sequence[Place] = ()) -> City:
    """Return the city of `folder`/inundation.toml with those `places` that are in its area.

    ForewarnError says what is wrong with the plan or the raster.
    """
    plan = load(folder / "inundation.toml", InundationPlan)
    raster = read(
        folder / plan.terrain, crs=plan.crs, cell_m=plan.cell_m, assumed_crs=plan.terrain_crs
    )
    try:
        spots = [
            (p.id, p.latitude, p.longitude) for p in places if p.floods and p.area == plan.area
        ]
        return build(plan, raster.bed, raster.chart, spots)
    except TerrainError as error:
        raise TerrainFileError(f"{folder / plan.terrain}: {error}") from error


def read(
    path: Path,
    *,
    crs: str,
    cell_m: float,
    within: tuple[float, float, float, float] | None = None,
    assumed_crs: str = "",
) -> Raster:
    """Read the ground at `path` (GeoTIFF, AAIGrid, … with the scale and nodata it declares).

    It is resampled to square cells of `cell_m` in `crs`: by averages where the raster is
    finer, else bilinearly; as it is where it fits already. `within` (west, south, east, north
    in `crs`) cuts out a part; `assumed_crs` is that of a file that names none.
    TerrainFileError if the file has no CRS, no overlap with `within`, no ground, or heights
    that are not metres.
    """
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(path) as raster:
            _check(raster, path, crs, assumed_crs)
            source = raster.crs or assumed_crs
            bed, chart = _resampled(raster, path, source, crs, cell_m, within)
    except RasterioError as error:
        raise TerrainFileError(
            f"{path}: {error}; a raster of heights is needed, e.g. GeoTIFF"
        ) from error
    holes = int(np.isnan(bed).sum())
    if holes == bed.size:
        raise TerrainFileError(
            f"{path}: no cell has a height; is its nodata value {raster.nodata} right?"
        )
    low, high = float(np.nanmin(bed)), float(np.nanmax(bed))
    if low < LOWEST_M or high > HIGHEST_M:
        raise TerrainFileError(
            f"{path}: heights from {low:g} to {high:g} are not metres; give the raster a scale "
            "(gdal_edit.py -scale 0.01 for centimetres) or its nodata value (-a_nodata)"
        )
    return Raster(bed, chart, holes)


def _check(raster: Any, path: Path, crs: str, assumed_crs: str) -> None:
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    try:
        wanted = CRS.from_user_input(crs)
        if assumed_crs:
            CRS.from_user_input(assumed_crs)
    except CRSError as error:
        raise TerrainFileError(f"crs `{crs}`: {error}; give e.g. `EPSG:32651`") from error
    if not wanted.is_projected or wanted.linear_units_factor[1] != 1.0:
        raise TerrainFileError(
            f"crs `{crs}` is not in metres; give a metric one, e.g. the UTM zone `EPSG:32651`"
        )
    if raster.crs is None and not assumed_crs:
        raise TerrainFileError(
            f"{path}: the raster does not say where it is (no CRS); set it, e.g. "
            f"`gdal_edit.py -a_srs {crs} {path.name}`, or `terrain_crs` in inundation.toml"
        )
    unit = (raster.units[0] or "").strip().lower()
    if unit not in METRES:
        raise TerrainFileError(
            f"{path}: heights are in `{unit}`; give metres, e.g. `gdal_calc.py` with A*0.3048"
        )


def _resampled(
    raster: Any,
    path: Path,
    source: Any,
    crs: str,
    cell_m: float,
    within: tuple[float, float, float, float] | None,
) -> tuple[NDArray[np.float64], Chart]:
    from rasterio import Affine
    from rasterio.crs import CRS
    from rasterio.enums import Resampling
    from rasterio.warp import reproject, transform_bounds

    heights = _heights(raster)
    west, south, east, north = transform_bounds(source, crs, *raster.bounds)
    same = CRS.from_user_input(source) == CRS.from_user_input(crs)
    if same:
        west, south, east, north = raster.bounds
    if within is not None:
        if within[0] >= east or within[2] <= west or within[1] >= north or within[3] <= south:
            raise TerrainFileError(
                f"{path}: covers x {west:.0f}…{east:.0f}, y {south:.0f}…{north:.0f} of {crs}, "
                f"none of the site's {_spell(within)}; is it another place, or another CRS?"
            )
        west, south, east, north = within
    rows = max(1, round((north - south) / cell_m))
    columns = max(1, round((east - west) / cell_m))
    chart = Chart(crs, west, north, cell_m, (rows, columns))
    target = Affine(cell_m, 0.0, west, 0.0, -cell_m, north)
    fits = same and raster.transform.almost_equals(target, 1e-6 * cell_m)
    if fits and heights.shape[0] >= rows and heights.shape[1] >= columns:
        return heights[:rows, :columns], chart
    bed = np.full((rows, columns), np.nan)
    finer = (
        abs(raster.transform.a) * (111_000 if CRS.from_user_input(source).is_geographic else 1)
        < cell_m
    )
    reproject(
        heights,
        bed,
        src_transform=raster.transform,
        src_crs=source,
        src_nodata=np.nan,
        dst_transform=target,
        dst_crs=crs,
        dst_nodata=np.nan,
        resampling=Resampling.average if finer else Resampling.bilinear,
    )
    return bed, chart


def _heights(raster: Any) -> NDArray[np.float64]:
    """Return the first band in its unit, NaN where it has no value."""
    stored = raster.read(1, masked=True)
    heights = stored.astype(np.float64) * raster.scales[0] + raster.offsets[0]
    return np.asarray(heights.filled(np.nan))


def _spell(bounds: Sequence[float]) -> str:
    west, south, east, north = bounds
    return f"x {west:.0f}…{east:.0f}, y {south:.0f}…{north:.0f}"
