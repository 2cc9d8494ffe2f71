"""One field of rain at one time, whatever file it came from."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MOST_CELLS = 50_000_000
"""Cells beyond which a file is refused: no composite has as many."""


class GridError(ValueError):
    """A file of gridded rain that cannot be used."""

    def __init__(self, path: Path, why: str, helps: str) -> None:
        super().__init__(f"{path.name}: {why}; {helps}")
        self.path = path
        self.why = why


@dataclass(frozen=True, eq=False)
class Frame:
    """A field of rain, row 0 in the north."""

    time: datetime
    """Valid time, UTC: of an accumulation, its end."""
    rate_mm_h: NDArray[np.float32]
    """(y, x) [mm/h]; NaN: not covered."""
    crs: str
    """Coordinate system, as WKT, PROJ string or authority code."""
    transform: tuple[float, float, float, float, float, float]
    """(a, b, c, d, e, f): x = a·column + b·row + c, y = d·column + e·row + f, upper left corner
    of a cell, in metres or degrees of `crs`."""
    issued: datetime | None = None
    """When a prediction was made, UTC; None for an observation."""


def from_reflectivity(dbz: NDArray[np.floating], *, a: float, b: float) -> NDArray[np.float32]:
    """Return mm/h of reflectivity [dBZ] by Z = a·R^b; below 5 dBZ (0.05 mm/h) it is dry.

    Above 55 dBZ it is hail: rain is taken as at 55 dBZ (about 100 mm/h at a 200, b 1.6).
    """
    linear = 10.0 ** (np.minimum(dbz, 55.0) / 10.0)
    rate = (linear / a) ** (1.0 / b)
    return np.where(dbz < 5.0, 0.0, rate).astype(np.float32)


def checked_size(path: Path, rows: int, columns: int) -> None:
    """Raise GridError for a grid without cells or with more than `MOST_CELLS`."""
    if rows < 1 or columns < 1 or rows * columns > MOST_CELLS:
        raise GridError(
            path,
            f"a grid of {rows} × {columns} cells",
            f"1 to {MOST_CELLS:,} cells can be read: is the header damaged?",
        )
