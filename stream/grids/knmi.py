"""Radar composites of KNMI: HDF5 after the KNMI specification (IR 2003-05), version 3.5.

`image1` holds counts PV and a formula, `GEO=0.01*PV+0.0` mm in 5 minutes or dBZ; `geographic` an
offset in cells and a PROJ string whose ellipsoid is in kilometres.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream.grids.frame import Frame, GridError, checked_size, from_reflectivity
from stream.grids.hdf5 import opened, text

_FORMULA = re.compile(r"GEO\s*=\s*([-+.\deE]+)\s*\*\s*PV\s*([-+]\s*[.\deE]+)?")
_KILOMETRES = re.compile(r"\+(a|b|R|x_0|y_0)=([-.\d]+)")
_A, _B = 200.0, 1.6
"""Z = 200 R^1.6 (Marshall & Palmer 1948), as KNMI uses it."""


def read(path: Path) -> Frame:
    """Return the composite in a KNMI file; raises GridError."""
    with opened(path, "an HDF5 file of KNMI") as file:
        counts = np.asarray(file["image1/image_data"])
        if counts.ndim != 2:
            raise GridError(path, f"image_data has shape {counts.shape}", "one image is needed")
        checked_size(path, *counts.shape)
        began = _time(file["overview"].attrs["product_datetime_start"])
        ended = _time(file["overview"].attrs["product_datetime_end"])
        rate = _rate(path, file["image1"], counts, (ended - began).total_seconds() / 3600.0)
        crs, transform = _place(file["geographic"])
    return Frame(ended, rate, crs, transform)


def _rate(path: Path, image: Any, counts: NDArray[Any], hours: float) -> NDArray[np.float32]:
    calibration = image["calibration"].attrs
    found = _FORMULA.search(text(calibration["calibration_formulas"]))
    if found is None:
        raise GridError(path, "no calibration formula `GEO=a*PV+b`", "ask for image products")
    gain, offset = float(found[1]), float((found[2] or "0").replace(" ", ""))
    value = gain * counts.astype(np.float32) + offset
    quantity = text(image.attrs["image_geo_parameter"])
    if "DBZ" in quantity.upper():
        rate = from_reflectivity(value, a=_A, b=_B)
    elif "[MM]" in quantity.upper() and hours > 0:
        rate = (value / hours).astype(np.float32)
    else:
        raise GridError(path, f"it holds {quantity}", "rain in mm or reflectivity in dBZ is read")
    missing = {int(np.ravel(calibration[name])[0]) for name in _MISSING if name in calibration}
    rate[np.isin(counts, list(missing))] = np.nan
    return rate


_MISSING = ("calibration_missing_data", "calibration_out_of_image")


def _place(geographic: Any) -> tuple[str, tuple[float, float, float, float, float, float]]:
    """Return the coordinate system in metres and the transform."""
    attrs = geographic.attrs
    proj = text(geographic["map_projection"].attrs["projection_proj4_params"])
    metres = _KILOMETRES.sub(lambda part: f"+{part[1]}={1000 * float(part[2]):.10g}", proj)
    across, down = (1000.0 * float(attrs[f"geo_pixel_size_{axis}"][0]) for axis in "xy")
    column, row = float(attrs["geo_column_offset"][0]), float(attrs["geo_row_offset"][0])
    return metres, (across, 0.0, column * across, 0.0, down, row * down)


def _time(stamp: object) -> datetime:
    found = datetime.strptime(text(stamp).partition(".")[0], "%d-%b-%Y;%H:%M:%S")
    return found.replace(tzinfo=UTC)
