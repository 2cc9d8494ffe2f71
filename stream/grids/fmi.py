"""Radar composites of FMI: PGM images with a header that says what they show, gzipped or not.

Counts are reflectivity, dBZ = (count − 64) / 2; 255 is not covered. Rain by Z = 223 R^1.53
(Leinonen et al. 2012, J. Hydrometeorol. 13:1103), the relation FMI uses.
"""

import gzip
import re
import zlib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from stream.grids.frame import Frame, GridError, checked_size, from_reflectivity
from stream.grids.place import project

_A, _B = 223.0, 1.53
_OUTSIDE = 255
_SIZES = re.compile(rb"^P5\s(?:#[^\n]*\n|\s)*(\d+)\s+(\d+)\s+(\d+)\s")
_WANTED = (
    ("time", r"obstime (\d{12})"),
    ("longitude", r"centrallongitude (\S+)"),
    ("latitude", r"centrallatitude (\S+)"),
    ("true", r"truelatitude (\S+)"),
    ("left bottom", r"bottomleft (\S+) (\S+)"),
    ("cell x", r"metersperpixel_x (\S+)"),
    ("cell y", r"metersperpixel_y (\S+)"),
)
_RADIUS_M = 6_371_288.0


def read(path: Path) -> Frame:
    """Return the composite in an FMI file; raises GridError."""
    content = _content(path)
    sizes = _SIZES.match(content)
    if sizes is None:
        raise GridError(path, "no PGM image (P5)", "FMI's radar composites as PGM are read")
    columns, rows, most = (int(part) for part in sizes.groups())
    checked_size(path, rows, columns)
    body = content[sizes.end() :]
    if most != _OUTSIDE or len(body) < rows * columns:
        raise GridError(
            path,
            f"{len(body):,} of {rows * columns:,} bytes of an image up to {most}",
            "an 8-bit image is read, once it is whole",
        )
    header = _header(path, content[: sizes.end()].decode("ascii", "replace"))
    counts = np.frombuffer(body, np.uint8, rows * columns).reshape(rows, columns)
    rate = from_reflectivity((counts.astype(np.float32) - 64.0) / 2.0, a=_A, b=_B)
    rate[counts == _OUTSIDE] = np.nan
    crs = (
        f"+proj=stere +lat_0={header['latitude'][0]} +lon_0={header['longitude'][0]} "
        f"+lat_ts={header['true'][0]} +R={_RADIUS_M:.0f} +units=m +no_defs"
    )
    across, down = float(header["cell x"][0]), float(header["cell y"][0])
    left, bottom = project(crs, *(float(part) for part in header["left bottom"]))
    when = datetime.strptime(header["time"][0], "%Y%m%d%H%M").replace(tzinfo=UTC)
    return Frame(when, rate, crs, (across, 0.0, left, 0.0, -down, bottom + rows * down))


def _content(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (EOFError, zlib.error, OSError) as torn:
        raise GridError(path, f"cannot be read: {torn}", "copy it again, whole") from torn


def _header(path: Path, lines: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, pattern in _WANTED:
        match = re.search(pattern, lines)
        if match is None:
            raise GridError(
                path, f"its header lacks `{pattern.split()[0]}`", "FMI's own headers are read"
            )
        found[name] = match.groups()
    return found
