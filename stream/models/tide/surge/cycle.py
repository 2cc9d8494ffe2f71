"""The sun's own rhythm in the residual: sea breeze, radiation, and their seasons.

Constituents of tide tables stop at S1, S2, S4, S6. What the sun drives at all whole cycles a day,
stronger in one season than in another, stays in the residual as lines at k cycles a day and a
year's sidebands. They are fitted to the residual by least squares with a little ridge.
"""

import numpy as np
from numpy.typing import NDArray

from stream.models.tide.constants import YEAR_S

Array = NDArray[np.float64]

PER_DAY = 12
DAY_S = 86_400.0
SEASONS_FROM_S = 1.5 * YEAR_S
"""A record shorter than this cannot tell a season from its weather: no sidebands."""
PER_YEAR = 2
RIDGE = 50.0
"""Observations' worth of belief that there is none."""


def fit(times_s: Array, residual: Array, step_s: float) -> Array:
    """Return (2 PER_YEAR + 1, PER_DAY, 2) coefficients [m], zero where they are not fitted."""
    known = np.isfinite(residual)
    times = times_s[known]
    found = np.zeros((2 * PER_YEAR + 1, PER_DAY, 2))
    seasons = times[-1] - times[0] >= SEASONS_FROM_S if len(times) else False
    sides = range(-PER_YEAR, PER_YEAR + 1) if seasons else range(1)
    days = [k for k in range(1, PER_DAY + 1) if 2 * k * step_s < DAY_S]
    lines = [(side, k) for side in sides for k in days]
    waves = np.concatenate([_waves(times, side, k) for side, k in lines], axis=1)
    normal = waves.T @ waves + RIDGE * np.eye(waves.shape[1])
    wanted = residual[known] - residual[known].mean()
    solution = np.linalg.solve(normal, waves.T @ wanted).reshape(-1, 2)
    for (side, k), pair in zip(lines, solution, strict=True):
        found[side + PER_YEAR, k - 1] = pair
    return found


def predict(coefficients: Array, times_s: Array) -> Array:
    """Return (n,) the cycle at Unix times [s]."""
    level = np.zeros(len(times_s))
    for side, k in np.argwhere(np.any(coefficients != 0.0, axis=2)):
        level += _waves(times_s, int(side) - PER_YEAR, int(k) + 1) @ coefficients[side, k]
    return level


def _waves(times_s: Array, per_year: int, per_day: int) -> Array:
    angle = 2 * np.pi * times_s * (per_day / DAY_S + per_year / YEAR_S)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)
