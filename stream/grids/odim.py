"""Radar composites after ODIM_H5, the information model of OPERA (Michelson et al., 2.0 to 2.4).

Read: Cartesian images and composites (object COMP, IMAGE) of RATE, ACRR, DBZH or TH. `nodata` is
not covered, `undetect` is dry.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream.grids.frame import Frame, GridError, checked_size, from_reflectivity
from stream.grids.hdf5 import opened, text
from stream.grids.place import project

PREFERRED = ("RATE", "ACRR", "DBZH", "TH")
"""Quantities that are read, the best first."""
_A, _B = 200.0, 1.6
"""Z = 200 R^1.6 where a file names no other (`how/zr_a`, `how/zr_b`)."""


def read(path: Path) -> Frame:
    """Return the composite in an ODIM file; raises GridError."""
    with opened(path, "an ODIM_H5 file") as file:
        kind = text(file["what"].attrs["object"])
        if kind not in ("COMP", "IMAGE"):
            raise GridError(
                path, f"object {kind} is not a map", "COMP or IMAGE is read, no polar scans"
            )
        entry, quantity = _chosen(path, file)
        counts = np.asarray(entry["data"])
        checked_size(path, *counts.shape)
        what = _merged(file, entry, "what")
        hours = (_time(what, "end") - _time(what, "start")).total_seconds() / 3600.0
        rate = _rate(path, counts, what, _merged(file, entry, "how"), quantity, hours)
        where = _merged(file, entry, "where")
        crs, transform = _place(where, rows=counts.shape[0])
        return Frame(_time(what, "end"), rate, crs, transform)


def _chosen(path: Path, file: Any) -> tuple[Any, str]:
    """Return the group of the best quantity, and its name."""
    found: dict[str, Any] = {}
    for dataset in (name for name in file if re.fullmatch(r"dataset\d+", name)):
        for name in (name for name in file[dataset] if re.fullmatch(r"data\d+", name)):
            entry = file[dataset][name]
            found.setdefault(text(_merged(file, entry, "what")["quantity"]), entry)
    for quantity in PREFERRED:
        if quantity in found:
            return found[quantity], quantity
    raise GridError(path, f"quantities {sorted(found)}", f"one of {', '.join(PREFERRED)} is needed")


def _merged(file: Any, entry: Any, group: str) -> dict[str, Any]:
    """Return the attributes of a group: the data's before the dataset's before the file's."""
    attributes: dict[str, Any] = {}
    for level in (file, entry.parent, entry):
        if group in level:
            attributes.update(level[group].attrs)
    return attributes


def _rate(
    path: Path,
    counts: NDArray[Any],
    what: dict[str, Any],
    how: dict[str, Any],
    quantity: str,
    hours: float,
) -> NDArray[np.float32]:
    value = float(what.get("gain", 1.0)) * counts.astype(np.float64) + float(what.get("offset", 0))
    if quantity == "RATE":
        rate = value.astype(np.float32)
    elif quantity == "ACRR":
        if hours <= 0:
            raise GridError(path, "an accumulation without a period", "startdate … endtime")
        rate = (value / hours).astype(np.float32)
    else:
        a, b = float(how.get("zr_a", _A)), float(how.get("zr_b", _B))
        rate = from_reflectivity(value, a=a, b=b)
    if "undetect" in what:
        rate[counts == what["undetect"]] = 0.0
    rate[counts == what.get("nodata", np.nan)] = np.nan
    return np.where(rate < 0, np.float32(np.nan), rate)


def _time(what: dict[str, Any], edge: str) -> datetime:
    """Return the `start` or `end` of the data, or the nominal time of the product."""
    day = what.get(f"{edge}date", what["date"])
    clock = what.get(f"{edge}time", what["time"])
    return datetime.strptime(text(day) + text(clock), "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _place(
    where: dict[str, Any], *, rows: int
) -> tuple[str, tuple[float, float, float, float, float, float]]:
    crs = text(where["projdef"])
    across, down = float(where["xscale"]), float(where["yscale"])
    left, bottom = project(crs, float(where["LL_lon"]), float(where["LL_lat"]))
    return crs, (across, 0.0, left, 0.0, -down, bottom + rows * down)
