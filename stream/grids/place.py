"""Where a grid lies, and how to bring it onto another one."""

import numpy as np
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.crs import CRS
from rasterio.warp import Resampling, reproject, transform

from stream.grids.frame import Frame

Transform = tuple[float, float, float, float, float, float]


def project(crs: str, longitude: float, latitude: float) -> tuple[float, float]:
    """Return x and y of a point on the globe in `crs`."""
    x, y = transform(CRS.from_epsg(4326), CRS.from_user_input(crs), [longitude], [latitude])
    return float(x[0]), float(y[0])


def onto(
    frame: Frame, *, crs: str, transform: Transform, shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Return the rain of `frame` on another grid, (y, x) = `shape` [mm/h]; NaN: not covered.

    Bilinear between cells; means over the cells inside where the new ones are larger, so that
    no rain is lost.
    """
    rain = np.full(shape, np.nan, np.float32)
    coarser = _cell_m(crs, transform) > 1.5 * _cell_m(frame.crs, frame.transform)
    reproject(
        frame.rate_mm_h,
        rain,
        src_transform=Affine(*frame.transform),
        src_crs=CRS.from_user_input(frame.crs),
        src_nodata=np.nan,
        dst_transform=Affine(*transform),
        dst_crs=CRS.from_user_input(crs),
        dst_nodata=np.nan,
        resampling=Resampling.average if coarser else Resampling.bilinear,
    )
    return rain


def _cell_m(crs: str, transform: Transform) -> float:
    """Return the rough width of a cell [m]."""
    size = float(np.sqrt(abs(transform[0] * transform[4] - transform[1] * transform[3])))
    return size * 111_000.0 if CRS.from_user_input(crs).is_geographic else size
