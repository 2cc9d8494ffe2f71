"""Where the cells of a raster lie: rows and columns, metres, latitude and longitude."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Chart(NamedTuple):
    """A north-up raster of square cells in a metric coordinate system."""

    crs: str
    west: float
    """x of its western edge [m]."""
    north: float
    """y of its northern edge [m]."""
    cell_m: float
    shape: tuple[int, int]
    """Rows (the first one is the northernmost) and columns."""

    def centres(self) -> tuple[Floats, Floats]:
        """Return x of the columns' and y of the rows' centres [m]."""
        rows, columns = self.shape
        x = self.west + (np.arange(columns) + 0.5) * self.cell_m
        y = self.north - (np.arange(rows) + 0.5) * self.cell_m
        return np.asarray(x, np.float64), np.asarray(y, np.float64)

    def project(self, points: Sequence[tuple[float, float]]) -> Floats:
        """Return x, y [m] of (latitude, longitude) `points`: (n, 2)."""
        from rasterio.warp import transform

        places = np.asarray(points, float).reshape(-1, 2)
        x, y = transform("EPSG:4326", self.crs, places[:, 1].tolist(), places[:, 0].tolist())
        return np.column_stack([x, y])

    def unproject(self, xy: Floats) -> Floats:
        """Return latitude and longitude [deg] of (n, 2) `xy` [m]: (n, 2)."""
        from rasterio.warp import transform

        longitude, latitude = transform(self.crs, "EPSG:4326", xy[:, 0].tolist(), xy[:, 1].tolist())
        return np.column_stack([latitude, longitude])

    def cell(self, x: float, y: float) -> tuple[int, int] | None:
        """Return row and column of the cell at x, y [m]; None off the raster."""
        row = int(np.floor((self.north - y) / self.cell_m))
        column = int(np.floor((x - self.west) / self.cell_m))
        rows, columns = self.shape
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None

    def near(self, x: float, y: float, radius_m: float) -> NDArray[np.bool_]:
        """Return the cells whose centre is within `radius_m` of x, y, its own cell included."""
        across, down = self.centres()
        found = np.hypot(across[None, :] - x, down[:, None] - y) <= radius_m
        own = self.cell(x, y)
        if own is not None:
            found[own] = True
        return np.asarray(found)
