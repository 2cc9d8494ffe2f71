"""Which format a file has is told by its first bytes, never by its name."""

import gzip
import zlib
from pathlib import Path

from stream.grids import fmi, grib, knmi, netcdf, odim
from stream.grids.frame import Frame, GridError
from stream.grids.hdf5 import opened

_READ = "KNMI HDF5, ODIM HDF5, FMI PGM, NetCDF (CF) and GRIB are read"


def frames(path: Path) -> list[Frame]:
    """Return every field of rain in a file, by valid time; raises GridError."""
    head = _head(path)
    if head.startswith(b"GRIB"):
        return grib.frames(path)
    if head.startswith(b"CDF"):
        return netcdf.frames(path)
    if head.startswith(b"P5"):
        return [fmi.read(path)]
    if head.startswith(b"\x89HDF\r\n"):
        return _from_hdf5(path)
    raise GridError(path, f"unknown format, it begins with {head[:8]!r}", _READ)


def read(path: Path) -> Frame:
    """Return the newest field of rain in a file; raises GridError."""
    return frames(path)[-1]


def _from_hdf5(path: Path) -> list[Frame]:
    with opened(path, "an HDF5 file") as file:
        names = set(file)
    if {"overview", "image1"} <= names:
        return [knmi.read(path)]
    if "what" in names:
        return [odim.read(path)]
    return netcdf.frames(path)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(16)
        if head[:2] == b"\x1f\x8b":
            with gzip.open(path) as file:
                head = file.read(16)
    except (OSError, EOFError, zlib.error) as wrong:
        raise GridError(path, f"cannot be read: {wrong}", "copy it again, whole") from wrong
    if not head:
        raise GridError(path, "it is empty", "is it still being written?")
    return head
