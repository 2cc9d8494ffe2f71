"""The ground that water runs over: bed, roughness, walls and the cells whose stage is given."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation.failure import GroundError

Float32 = NDArray[np.float32]
HIGHEST_M = 9_000.0
"""A bed beyond ±9,000 m is a missing value that was not declared as one."""


@dataclass(frozen=True, eq=False)
class Ground:
    """A grid of square cells; row 0 is the north, column 0 the west."""

    bed: Float32
    """(ny, nx) bed above datum [m]; NaN = no ground: nothing falls, flows or stays there."""
    dx_m: float
    """Side of a cell [m]."""
    manning: Float32 | float
    """(ny, nx) or one number: Manning's n [s/m^(1/3)], 0.01 (concrete) … 0.15 (bushes)."""
    crest_east: Float32 | None = None
    """(ny, nx − 1) crest [m] of the wall between a cell and its eastern neighbour; NaN = none."""
    crest_south: Float32 | None = None
    """(ny − 1, nx) crest [m] of the wall between a cell and its southern neighbour."""
    edge: NDArray[np.int16] | None = None
    """(ny, nx) −1 = free cell, k ≥ 0 = cell whose stage is given by series k (sea, river)."""

    def __post_init__(self) -> None:
        bed = np.asarray(self.bed)
        if bed.ndim != 2 or min(bed.shape) < 1 or not np.isfinite(bed).any():
            raise GroundError(f"bed: an array (ny, nx) with some ground is needed, not {bed.shape}")
        if not (np.isfinite(self.dx_m) and self.dx_m > 0):
            raise GroundError(f"dx_m: cells need a side above 0 m, not {self.dx_m}")
        with np.errstate(invalid="ignore"):
            _refuse("bed", bed, np.abs(bed) > HIGHEST_M, "declare missing values as NaN")
        _refuse_shape("crest_east", self.crest_east, (bed.shape[0], bed.shape[1] - 1))
        _refuse_shape("crest_south", self.crest_south, (bed.shape[0] - 1, bed.shape[1]))
        _refuse_shape("edge", self.edge, bed.shape)
        self._check_manning()

    def _check_manning(self) -> None:
        manning = np.asarray(self.manning)
        if manning.ndim:
            _refuse_shape("manning", manning, self.shape)
        land = np.broadcast_to(manning, self.shape)
        bad = np.isfinite(self.bed) & ~((land > 0) & (land < 10))
        _refuse("manning", land, bad, "Manning's n lies between 0.01 and 0.2 on land")

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        rows, columns = self.bed.shape
        return rows, columns

    @property
    def cell_m2(self) -> float:
        """Area of one cell [m²]."""
        return float(self.dx_m) ** 2


def _refuse(name: str, values: NDArray[np.generic], bad: NDArray[np.bool_], advice: str) -> None:
    if bad.any():
        row, column = (int(axis[0]) for axis in np.nonzero(bad))
        raise GroundError(
            f"{name}: {values[row, column]} in row {row}, column {column} "
            f"({int(bad.sum())} such cells): {advice}"
        )


def _refuse_shape(name: str, values: NDArray[np.generic] | None, shape: tuple[int, ...]) -> None:
    if values is not None and values.shape != shape:
        raise GroundError(f"{name}: shape {shape} is needed for this bed, not {values.shape}")
