"""How wide lately: forecasts of the last hours, judged by what came, widen or narrow the next.

In the spirit of adaptive conformal inference (Gibbs & Candès 2021, *Adaptive conformal
inference under distribution shift*), but without a state: at each issue the forecasts of the
hours before are computed anew from the history, so that live and in hindcast the same is found.
"""

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.gauges.grid import Array

WINDOW = 72
"""Forecasts of this many steps, the latest that can be judged at each lead, count."""
PRIOR = 36
"""The factor begins as if so many forecasts had had their usual error."""
NARROWEST, WIDEST = 0.8, 1.25
WORST = 9.0
"""A squared scaled error counts as no more than this: one spike does not widen for hours."""


def squares(change: Array, scale: Array, present: Array) -> Array:
    """Return (n, t, l) squared scaled errors of the forecasts issued at n consecutive steps.

    `change` and `scale` (n, t, l) [m] of the forecasts, `present` (n, t) the observed levels
    [m]. NaN where a forecast is NaN, or where what came is not known.
    """
    came = np.full(change.shape, np.nan)
    for lead in range(min(change.shape[2], len(present))):
        came[: len(present) - lead, :, lead] = present[lead:]
    return np.asarray(((came - present[:, :, None] - change) / scale) ** 2)


def capped_mean(squared: Array) -> Array:
    """Return (t, l) mean over a record of squared errors (n, t, l), none above `WORST`."""
    known = np.isfinite(squared)
    total = np.where(known, np.minimum(squared, WORST), 0.0).sum(axis=0)
    found = np.divide(total, known.sum(axis=0), where=known.any(axis=0), out=np.ones(total.shape))
    return np.asarray(np.maximum(found, 1e-3))


def factor(squared: Array, usual: Array, *, first: int = 0) -> Array:
    """Return (n − first, t, l) factors on the scale of the forecasts issued at steps from `first`.

    `squared` as `squares` gives it, for n consecutive steps; `usual` (t, l) its mean in the
    record. At lead l the forecasts that count are those issued l to l + WINDOW steps before:
    nothing that came later is used.
    """
    count, targets, leads = squared.shape
    capped = np.minimum(squared, WORST) / usual
    known = np.isfinite(capped)
    error = _running(np.where(known, capped, 0.0))
    number = _running(known.astype(float))
    issued = np.arange(first, count)
    found = np.empty((len(issued), targets, leads))
    for lead in range(leads):
        end = np.maximum(issued - lead + 1, 0)
        start = np.maximum(end - WINDOW, 0)
        seen = number[end, :, lead] - number[start, :, lead]
        sum_ = error[end, :, lead] - error[start, :, lead]
        found[:, :, lead] = np.sqrt((sum_ + PRIOR) / (seen + PRIOR))
    return np.clip(found, NARROWEST, WIDEST)


def unsure(found: Array, share: Array) -> Array:
    """Return `found` (n, t, l) moved towards `WIDEST` by what is missing, (n, n_inputs) shares.

    So the loss of an input can never narrow a forecast by changing its past.
    """
    part = np.minimum(1.0, share.sum(axis=1))[:, None, None]
    return np.asarray(np.sqrt(found**2 + part * (WIDEST**2 - found**2)))


def _running(values: NDArray[np.float64]) -> Array:
    """Return (n + 1, …) sums of all rows before each."""
    return np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
