"""A small metric grid around the catchments of a site, onto which fields of rain are brought."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import CRSError, RasterioError

from stream.grids.frame import Frame
from stream.grids.place import Transform, onto, project
from stream.models.flood.basin import Catchment
from stream.models.flood.rain.areal import zonal_means
from stream.models.flood.rain.climate import MOST_MM_H

Array = NDArray[np.float64]

REACH_KM = 80.0
"""The grid goes so far beyond the catchments: fast rain is there in an hour [km]."""
MOST_CELLS = 160 * 160
"""Cells beyond which a nowcast takes too long for a live map."""
LEAST_SEEN = 0.5
"""A catchment's mean needs rain known over this share of it."""


class RainGrid:
    """Cells around catchments, each of them a disc of its area around its centre.

    Raises ValueError for a coordinate system that is not metric, or a grid that is too large.
    """

    def __init__(self, catchments: Sequence[Catchment], *, crs: str, cell_km: float) -> None:
        _check_metric(crs)
        self._crs, self.cell_km = crs, cell_km
        centres = self.places_km([(c.latitude, c.longitude) for c in catchments])
        radii = np.sqrt([c.area_km2 / np.pi for c in catchments])
        margin = (radii + REACH_KM)[:, None]
        west, south = (centres - margin).min(axis=0)
        east, north = (centres + margin).max(axis=0)
        columns, rows = (int(np.ceil(far / cell_km)) for far in (east - west, north - south))
        if columns * rows > MOST_CELLS:
            least = cell_km * np.sqrt(columns * rows / MOST_CELLS)
            raise ValueError(
                f"grids: cell_km {cell_km:g} makes a grid of {rows} × {columns} cells around the "
                f"catchments; at most {MOST_CELLS:,} can be used: cell_km {least:.1f} or more"
            )
        self.x_km = west + cell_km * (np.arange(columns) + 0.5)
        self.y_km = north - cell_km * (np.arange(rows) + 0.5)
        size = 1000.0 * cell_km
        self._transform: Transform = (size, 0.0, 1000.0 * west, 0.0, -size, 1000.0 * north)
        self._discs = [
            _disc(self.x_km, self.y_km, centre, float(radius))
            for centre, radius in zip(centres, radii, strict=True)
        ]

    def places_km(self, places: Sequence[tuple[float, float]]) -> Array:
        """Return (n, 2) x and y [km] of (latitude, longitude)."""
        found = [project(self._crs, longitude, latitude) for latitude, longitude in places]
        metres: Array = np.array(found, dtype=np.float64).reshape(-1, 2)
        return metres / 1000.0

    def bring(self, frame: Frame) -> Array:
        """Return `frame` on this grid (y, x) [mm/h], rows from the north; NaN: not covered.

        What is beyond `MOST_MM_H` is hail or a fault and counts as that. Raises ValueError where
        the frame's coordinates cannot be brought here.
        """
        shape = (len(self.y_km), len(self.x_km))
        try:
            rain = onto(frame, crs=self._crs, transform=self._transform, shape=shape)
        except RasterioError as wrong:
            raise ValueError(f"cannot be brought to {self._crs}: {wrong}") from wrong
        return np.asarray(np.minimum(rain, MOST_MM_H), dtype=np.float64)

    def means(self, rate: NDArray[np.floating]) -> Array:
        """Return (…, n) means of `rate` (…, y, x) over the catchments.

        NaN where less than `LEAST_SEEN` of a catchment is known.
        """
        means = [zonal_means(np.asarray(rate), disc, 1)[..., 0] for disc in self._discs]
        known = np.isfinite(rate).astype(float)
        shares = [zonal_means(known, disc, 1)[..., 0] for disc in self._discs]
        enough = np.stack(shares, axis=-1) >= LEAST_SEEN
        return np.where(enough, np.stack(means, axis=-1), np.nan)


def _check_metric(crs: str) -> None:
    helps = "name a metric one, EPSG:32651 for example"
    try:
        found = CRS.from_user_input(crs)
    except (CRSError, ValueError) as wrong:
        raise ValueError(f"grids: no coordinate system `{crs}`; {helps}") from wrong
    if not found.is_projected or found.linear_units_factor[1] != 1.0:
        raise ValueError(f"grids: crs `{crs}` is not in metres; {helps}")


def _disc(x_km: Array, y_km: Array, centre: Array, radius_km: float) -> NDArray[np.int_]:
    """Return (y, x) 0 in the cells whose centre lies in the disc, at least in one; else −1."""
    across, down = np.meshgrid(x_km - centre[0], y_km - centre[1])
    far = np.hypot(across, down)
    return np.where(far <= max(radius_km, float(far.min())), 0, -1)
