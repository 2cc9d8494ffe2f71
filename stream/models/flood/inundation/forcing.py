"""What drives the water: rain, losses, drains, prescribed stages, point sources, breaches."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation.failure import ForcingError
from stream.models.flood.inundation.ground import Ground

Array = NDArray[np.float64]
MM_PER_H = 1 / 3.6e6
"""1 mm/h in m/s."""


class Face(NamedTuple):
    """The face of a cell towards its eastern or southern neighbour."""

    side: Literal["east", "south"]
    row: int
    column: int


class Breach(NamedTuple):
    """A wall that gives way: its crest falls, linearly, to a new height and stays there."""

    face: Face
    from_s: float
    """Unix second at which it begins to fail."""
    crest_after_m: float
    """Crest when it has failed [m above datum]; at or below the bed = nothing left."""
    over_s: float = 0.0
    """How long failing takes [s]; embankments take 10 to 60 minutes."""


def _no_breaches() -> tuple[Breach, ...]:
    return ()


@dataclass(frozen=True, eq=False)
class Forcing:
    """Series over `times_s`: stages, sources and drains are linear in time between them;
    row k of the rain holds from time k to time k + 1. Before the first and after the last time
    the first and the last row hold."""

    times_s: Array
    """(t,) Unix seconds, increasing."""
    rain_mm_h: Array
    """(t, n_zones) intensity [mm/h]."""
    zone: NDArray[np.int16] | None = None
    """(ny, nx) column of `rain_mm_h` for each cell, −1 = none; no array = all zone 0."""
    loss_mm_h: NDArray[np.float32] | None = None
    """(ny, nx) infiltration capacity [mm/h]; takes what is there, and first."""
    drain_mm_h: NDArray[np.float32] | None = None
    """(ny, nx) capacity of the drains [mm/h]."""
    drain_open: Array | None = None
    """(t,), or (t, n_zones) by `zone`: share 0…1 of the drains' capacity; no array = open."""
    stage_m: Array | None = None
    """(t, n_edges) stage [m above datum] of the cells with `Ground.edge` ≥ 0."""
    sources_m3_s: Array | None = None
    """(t, n_sources) discharge let in (or, below 0, taken out as long as there is water)."""
    source_cells: NDArray[np.int64] | None = None
    """(n_sources, 2) row and column of each source."""
    breaches: tuple[Breach, ...] | list[Breach] = field(default_factory=_no_breaches)

    def check(self, ground: Ground) -> None:
        """Raise `ForcingError` if this forcing does not fit `ground`."""
        self._check_series()
        for name in ("zone", "loss_mm_h", "drain_mm_h"):
            values = getattr(self, name)
            if values is not None and values.shape != ground.shape:
                raise ForcingError(f"{name}: shape {ground.shape} is needed, not {values.shape}")
        if self.zone is not None and int(self.zone.max()) >= self.rain_mm_h.shape[1]:
            raise ForcingError(
                f"zone: zone {int(self.zone.max())} has no column in rain_mm_h "
                f"{self.rain_mm_h.shape}"
            )
        self._check_edges(ground)
        self._check_sources(ground)
        self._check_breaches(ground)

    def _check_series(self) -> None:
        length = len(self.times_s)
        if length < 1 or not np.isfinite(self.times_s).all() or (np.diff(self.times_s) <= 0).any():
            raise ForcingError("times_s: at least one time is needed, finite and increasing")
        for name in ("rain_mm_h", "drain_open", "stage_m", "sources_m3_s"):
            values = getattr(self, name)
            if values is None:
                continue
            dimensions = (1, 2) if name == "drain_open" else (2,)
            if values.ndim not in dimensions or len(values) != length:
                raise ForcingError(f"{name}: {values.shape} does not go with {length} times")
            if not np.isfinite(values).all():
                row = int(np.argwhere(~np.isfinite(values))[0][0])
                raise ForcingError(
                    f"{name}: not finite at time {row} ({self.times_s[row]:.0f}): fill gaps before"
                )
        shares = self.drain_open
        if shares is not None and shares.ndim == 2 and shares.shape != self.rain_mm_h.shape:
            raise ForcingError(
                f"drain_open: {shares.shape}; by zone it goes with rain_mm_h {self.rain_mm_h.shape}"
            )
        if (self.rain_mm_h < 0).any():
            raise ForcingError("rain_mm_h: below zero; losses go into loss_mm_h")
        for name in ("loss_mm_h", "drain_mm_h", "drain_open"):
            values = getattr(self, name)
            if values is not None and (~(values >= 0)).any():
                raise ForcingError(f"{name}: below zero or NaN; use 0 where there is none")

    def _check_edges(self, ground: Ground) -> None:
        wanted = 0 if ground.edge is None else int(ground.edge.max()) + 1
        given = 0 if self.stage_m is None else self.stage_m.shape[1]
        if wanted > given:
            raise ForcingError(
                f"stage_m: the ground's edge cells need {wanted} series of stages, {given} given"
            )

    def _check_sources(self, ground: Ground) -> None:
        cells = np.empty((0, 2)) if self.source_cells is None else self.source_cells
        series = 0 if self.sources_m3_s is None else self.sources_m3_s.shape[1]
        if cells.shape != (series, 2):
            raise ForcingError(f"source_cells: {cells.shape} does not go with {series} sources")
        for number, (row, column) in enumerate(cells):
            inside = 0 <= row < ground.shape[0] and 0 <= column < ground.shape[1]
            if not inside or not np.isfinite(ground.bed[row, column]):
                raise ForcingError(
                    f"source {number}: row {row}, column {column} is not on the ground"
                )

    def _check_breaches(self, ground: Ground) -> None:
        for breach in self.breaches:
            side, row, column = breach[0]
            crest = {"east": ground.crest_east, "south": ground.crest_south}[side]
            if crest is None:
                raise ForcingError(f"breach {breach}: the ground has no crest_{side} to fail")
            if not (0 <= row < crest.shape[0] and 0 <= column < crest.shape[1]):
                raise ForcingError(f"breach {breach}: no such face in crest_{side} {crest.shape}")
