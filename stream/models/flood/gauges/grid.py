"""From minute series with gaps to the step grid of a model."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HOLD = 1.5
"""A value stands for this many intervals after it was observed …"""
BRIDGE = 3.5
"""… and between two values no further apart than this the line between them is taken."""


def sample(series: Array, minutes: Array, *, interval: float) -> Array:
    """Return `series` at `minutes`: interpolated over short gaps, held for a short while.

    Parameters
    ----------
    series : (n_minutes,) array
        Values on a 1-minute grid, NaN where there is none.
    minutes : (n,) array
        Where to look, in minutes after the first of `series`.
    interval : float
        Usual time between two values [min].

    Returns
    -------
    (n,) array, NaN where the last value is older than 1.5 intervals and no other follows
    within 3.5 intervals of it.
    """
    known = np.flatnonzero(np.isfinite(series))
    if not len(known):
        return np.full(minutes.shape, np.nan)
    after = np.searchsorted(known, minutes, side="right")
    earlier = known[np.maximum(after - 1, 0)]
    later = known[np.minimum(after, len(known) - 1)]
    between = (after > 0) & (after < len(known)) & (later - earlier <= BRIDGE * interval)
    held = (after > 0) & (minutes - earlier <= HOLD * interval)
    line = np.interp(minutes, known, series[known])
    return np.where(between, line, np.where(held, series[earlier], np.nan))


def sample_rain(series: Array, minutes: Array, *, interval: float, step: float) -> Array:
    """Return the rain that fell in the `step` [min] before each of `minutes`, in mm.

    `series` holds amounts [mm], each at the end of its interval; an amount is spread evenly
    over the time since the one before it. NaN where `sample` would find nothing.
    """
    total = np.where(np.isfinite(series), np.cumsum(np.nan_to_num(series)), np.nan)
    return sample(total, minutes, interval=interval) - sample(
        total, minutes - step, interval=interval
    )


def age(series: Array, minute: float) -> float:
    """Return how old the newest value is at `minute` [min]; inf where there is none."""
    known = np.flatnonzero(np.isfinite(series[: int(minute) + 1]))
    return float(minute - known[-1]) if len(known) else float("inf")
