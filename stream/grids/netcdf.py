"""Rain in NetCDF after the CF conventions, by GDAL: radar composites and predictions.

The variable is chosen by its `standard_name`, else by its name; its `units` say whether it is a
rate or an amount over the step that ends at its time.
"""

import re
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import netcdf_file

from stream.grids.amounts import AMOUNTS, RATES, Amount, to_rates
from stream.grids.frame import Frame, GridError
from stream.grids.raster import band, northward, opened, place

STANDARD_NAMES = (
    "rainfall_rate",
    "rainfall_flux",
    "precipitation_flux",
    "lwe_precipitation_rate",
    "precipitation_amount",
    "rainfall_amount",
    "lwe_thickness_of_precipitation_amount",
)
"""Standard names that are rain, the best first."""
_NAMES = re.compile(r"^(rain|rainfall|rain_?rate|precip\w*|pr|tp|prate|rr|rainrate)$", re.I)
_SECONDS = {"s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hr": 3600}
_SECONDS |= {"hour": 3600, "d": 86_400, "day": 86_400}


def frames(path: Path) -> list[Frame]:
    """Return the rain of a NetCDF file, by valid time; raises GridError."""
    if _begins(path) == b"CDF":
        _check_classic(path)
    with opened(path, "netCDF") as file:
        parts = [name.rpartition(":")[2] for name in file.subdatasets]
        if not parts:
            return _frames(path, file)
        tags = file.tags()
    for name in _by_choice(path, parts, tags):
        with opened(path, "netCDF", part=name) as file:
            return _frames(path, file)
    raise GridError(path, f"variables {parts}: none is rain", f"name it {STANDARD_NAMES[0]}")


def _begins(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(3)
    except OSError as wrong:
        raise GridError(path, f"cannot be read: {wrong}", "copy it again, whole") from wrong


def _check_classic(path: Path) -> None:
    """Raise GridError for a torn classic file: GDAL would read what is missing as no rain."""
    try:
        with netcdf_file(path, mmap=False) as file:
            found = {name: np.shape(entry.data) for name, entry in file.variables.items()}
        if not found:
            raise ValueError("it has no variables")
    except (OSError, ValueError, TypeError, IndexError, KeyError, struct.error) as torn:
        raise GridError(
            path, f"not a whole classic netCDF file: {torn}", "copy it again; NetCDF-4 is better"
        ) from torn


def _by_choice(path: Path, parts: list[str], tags: dict[str, str]) -> list[str]:
    """Return the variables that are rain, the best first."""
    named = {name: tags.get(f"{name}#standard_name") or _standard(path, name) for name in parts}
    best = [name for want in STANDARD_NAMES for name in parts if named[name] == want]
    return best + [name for name in parts if name not in best and _NAMES.match(name)]


def _standard(path: Path, name: str) -> str:
    with opened(path, "netCDF", part=name) as file:
        return str(file.tags().get(f"{name}#standard_name", ""))


def _frames(path: Path, file: Any) -> list[Frame]:
    tags, first = file.tags(), file.tags(1)
    name = first.get("NETCDF_VARNAME", "")
    unit = " ".join(first.get("units", file.units[0] or "").replace("**", "").split())
    if first.get("standard_name") not in STANDARD_NAMES and not _NAMES.match(name):
        raise GridError(path, f"variable `{name}` is not rain", f"name it {STANDARD_NAMES[0]}")
    crs, transform = place(path, file)
    times = _times(path, file, tags)
    fields = [band(file, index) for index in range(1, file.count + 1)]
    if unit in RATES:
        found = [(when, RATES[unit] * rain) for when, rain in zip(times, fields, strict=True)]
    elif unit in AMOUNTS:
        found = to_rates(_amounts(path, times, [AMOUNTS[unit] * rain for rain in fields]))
    else:
        raise GridError(path, f"unit `{unit}` of `{name}`", f"one of {', '.join(RATES)} or mm")
    made = [(when, *northward(rate, transform)) for when, rate in found]
    made.sort(key=lambda entry: entry[0])
    return [
        Frame(when, np.where(rate < 0, np.nan, rate).astype(np.float32), crs, at)
        for when, rate, at in made
    ]


def _amounts(path: Path, times: list[datetime], fields: list[Any]) -> list[Amount]:
    """Return amounts over the step that ends at each time; the first step is like the second."""
    if len(times) < 2:
        raise GridError(path, "an amount at a single time", "its period is unknown: give a rate")
    starts = [times[0] - (times[1] - times[0]), *times[:-1]]
    return [Amount(*entry) for entry in zip(starts, times, fields, strict=True)]


def _times(path: Path, file: Any, tags: dict[str, str]) -> list[datetime]:
    """Return the valid time of each band, from the dimension or the variable `time`."""
    units = re.match(r"\s*(\w+?)s?\s+since\s+(.+)", tags.get("time#units", ""))
    stamps = [file.tags(index).get("NETCDF_DIM_time") for index in range(1, file.count + 1)]
    if stamps[0] is None:
        single = tags.get("NETCDF_DIM_time_VALUES", "").strip("{}").split(",")
        stamps = single if single[0] else stamps
    if units is None or units[1] not in _SECONDS or None in stamps or len(stamps) != file.count:
        raise GridError(path, "no time for each field", "CF: `time` with units `… since …`")
    origin = datetime.fromisoformat(units[2].strip().replace(" UTC", "").replace("Z", ""))
    origin = origin.replace(tzinfo=UTC) if origin.tzinfo is None else origin.astimezone(UTC)
    step = _SECONDS[units[1]]
    return [origin + timedelta(seconds=step * float(stamp)) for stamp in stamps if stamp]
