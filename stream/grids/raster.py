"""Files that GDAL reads, opened so that what is wrong with one is said in words."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from stream.grids.frame import GridError, checked_size
from stream.grids.place import Transform


@contextmanager
def opened(path: Path, driver: str, *, part: str = "") -> Iterator[Any]:
    """Open `path` with one driver of GDAL; `part` names a variable. Raises GridError."""
    name = f"{driver}:{path}:{part}" if part else str(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(name, driver=driver) as file:
                checked_size(path, file.height, file.width)
                yield file
    except (RasterioError, ValueError, KeyError, OSError) as wrong:
        if isinstance(wrong, GridError):
            raise
        raise GridError(
            path, f"not a whole {driver} file: {wrong}", "copy it again, or check the product"
        ) from wrong


def band(file: Any, index: int) -> NDArray[np.float64]:
    """Return one band, scaled, in its unit; NaN where it is masked."""
    masked = file.read(index, masked=True)
    scaled = masked.astype(np.float64) * file.scales[index - 1] + file.offsets[index - 1]
    return np.asarray(np.ma.filled(scaled, np.nan))


def place(path: Path, file: Any) -> tuple[str, Transform]:
    """Return the coordinate system and transform; raises GridError where there are none."""
    if file.transform.is_identity:
        raise GridError(
            path, "a grid without regular coordinates", "regrid it: `cdo remapbil` or gdalwarp"
        )
    if file.crs is None and not _looks_geographic(file):
        raise GridError(path, "no coordinate system", "CF names it by `grid_mapping`")
    crs = "EPSG:4326" if file.crs is None else file.crs.to_wkt()
    return crs, tuple(file.transform)[:6]


def _looks_geographic(file: Any) -> bool:
    box = file.bounds
    return bool(-180 <= box.left < box.right <= 360 and -90 <= box.bottom < box.top <= 90)


def northward(rate: NDArray[Any], transform: Transform) -> tuple[NDArray[Any], Transform]:
    """Return a field and its transform with row 0 in the north."""
    a, b, c, d, e, f = transform
    if e <= 0:
        return rate, transform
    return rate[::-1], (a, b, c, d, -e, f + e * len(rate))
