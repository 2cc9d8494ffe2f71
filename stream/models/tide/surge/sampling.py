"""Residuals on an even grid: sampled from minutes, short gaps bridged, none of it from ahead."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WINDOW_MIN = 5
"""Values of so many minutes up to a grid time are one sample, their median."""
BRIDGE_S = 12 * 3600.0
"""Gaps no longer than this are bridged by a straight line, longer ones by the mean, zero."""


class Grid(NamedTuple):
    """A residual at even times."""

    times_s: Array
    """(n,) Unix times, one step apart."""
    residual: Array
    """(n,) observed − tide, NaN where nothing was observed."""
    filled: Array
    """(n,) the same, gaps filled."""

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n,) where something was observed."""
        return np.isfinite(self.residual)


def grid(times_s: Array, residual: Array, step_s: float) -> Grid:
    """Return `residual` (n,) at even `times_s` with its gaps filled."""
    known = np.flatnonzero(np.isfinite(residual))
    if len(known) == 0:
        return Grid(times_s, residual, np.zeros(len(residual)))
    at = np.arange(len(residual))
    filled = np.interp(at, known, residual[known], left=0.0, right=0.0)
    after = np.searchsorted(known, at)
    inside = (after > 0) & (after < len(known))
    width = known[np.minimum(after, len(known) - 1)] - known[np.maximum(after - 1, 0)]
    filled[inside & (width * step_s > BRIDGE_S) & ~np.isfinite(residual)] = 0.0
    return Grid(times_s, residual, filled)


def from_minutes(minutes: Array, back: NDArray[np.intp]) -> Array:
    """Return samples of a minute series `back` minutes before its last one.

    Each is the median of `WINDOW_MIN` minutes that end there, NaN where all are missing.
    """
    last = len(minutes) - 1
    at = last - back[:, None] - np.arange(WINDOW_MIN)
    values = np.where(at >= 0, minutes[np.maximum(at, 0)], np.nan)
    known = np.isfinite(values).sum(axis=1)
    ordered = np.sort(values, axis=1)
    low = np.take_along_axis(ordered, np.maximum(known - 1, 0)[:, None] // 2, axis=1)[:, 0]
    high = np.take_along_axis(ordered, np.minimum(known // 2, WINDOW_MIN - 1)[:, None], axis=1)
    return np.where(known > 0, (low + high[:, 0]) / 2, np.nan)


def even(times_s: Array, levels: Array, step_s: float) -> tuple[Array, Array]:
    """Return even times and levels of an observed record: the last value of each step.

    A step that nothing was observed in is NaN. Times that are on whole steps stay.
    """
    place = np.ceil(times_s / step_s - 1e-6).astype(np.int64)
    known = np.isfinite(levels)
    first, last = int(place[0]), int(place[-1])
    found = np.full(last - first + 1, np.nan)
    found[place[known] - first] = levels[known]
    return np.asarray(step_s * np.arange(first, last + 1), dtype=np.float64), found
