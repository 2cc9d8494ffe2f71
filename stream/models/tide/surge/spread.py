"""How wide: from how restless the sea is, how the last days' forecasts did, and what is missing.

The usual size of an error is a sum, with weights that are not negative, of a constant, the
residual's own size, its changes over 1, 3 and 6 hours and its restlessness over 6 and 24 hours
(`features.restlessness`): in a surge beyond all that was recorded it goes on growing. The shape,
quantiles of error / size, is that of forecasts which had not seen the weeks they are judged by
(split conformal prediction), and the last three days' errors widen or narrow it (Gibbs & Candès
2021, Adaptive conformal inference under distribution shift), without a state: they are found
anew from the history at each issue.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]

ROUNDS = 300
WINDOW_H = 72
"""Forecasts of so many hours count …"""
PRIOR_H = 36.0
"""… against so many hours of the usual errors."""
WORST = 16.0
"""A squared scaled error counts as no more than this."""
NARROWEST, WIDEST = 0.75, 2.0


def fit_size(drivers: Array, errors: Array) -> Array:
    """Return (leads, k) weights ≥ 0 of `drivers` (n, k) for the size of `errors` (n, leads).

    Least squares of |error| under the sign constraint, by multiplicative updates (Lee & Seung
    2001), each observation weighed by its usual size so that storms do not rule alone.
    """
    found = np.empty((errors.shape[1], drivers.shape[1]))
    for lead in range(errors.shape[1]):
        known = np.isfinite(errors[:, lead])
        seen, wanted = drivers[known], np.abs(errors[known, lead])
        weigh = 1.0 / (seen @ (seen.T @ wanted / np.maximum((seen**2).sum(0), 1e-12)) + 1e-6)
        normal, right = (seen * weigh[:, None]).T @ seen, (seen * weigh[:, None]).T @ wanted
        weights = np.full(seen.shape[1], wanted.mean() / max(float(seen.sum(1).mean()), 1e-9))
        for _ in range(ROUNDS):
            weights = weights * right / np.maximum(normal @ weights, 1e-12)
        found[lead] = weights
    return np.asarray(np.maximum.accumulate(found, axis=0) * 0.25 + found * 0.75)


def size(weights: Array, drivers: Array) -> Array:
    """Return (n, leads) the usual size of errors."""
    return np.maximum(drivers @ weights.T, 1e-4)


def fit_shape(scaled: Array, probabilities: Array) -> Array:
    """Return (leads, p) quantiles of scaled errors (n, leads), by the finite-sample rule."""
    found = np.empty((scaled.shape[1], len(probabilities)))
    for lead in range(scaled.shape[1]):
        known = scaled[np.isfinite(scaled[:, lead]), lead]
        outer = np.abs(probabilities - 0.5) * (1.0 + 1.0 / max(len(known), 1))
        rule = np.clip(0.5 + np.sign(probabilities - 0.5) * outer, 0.0, 1.0)
        found[lead] = np.quantile(known, rule)
    return found


def usual(scaled: Array) -> Array:
    """Return (leads,) mean of the squared scaled errors, none above `WORST`."""
    return np.asarray(np.maximum(np.nanmean(np.minimum(scaled**2, WORST), axis=0), 1e-3))


def lately(scaled: Array, usually: Array, leads: Index, per_hour: int) -> Array:
    """Return (n, leads) factors on the size of forecasts issued at n consecutive steps.

    `scaled` (n, leads) errors / size of the forecast issued at each step, NaN where it is not
    known. Of the forecasts with a lead of `leads` steps only those count that have come true.
    """
    count = len(scaled)
    squared = np.minimum(scaled**2, WORST) / usually
    known = np.isfinite(squared)
    zero = np.zeros((1, scaled.shape[1]))
    total = np.concatenate([zero, np.cumsum(np.where(known, squared, 0.0), axis=0)])
    number = np.concatenate([zero, np.cumsum(known, axis=0)])
    found = np.empty(scaled.shape)
    for column, lead in enumerate(leads):
        end = np.maximum(np.arange(count) - lead + 1, 0)
        start = np.maximum(end - WINDOW_H * per_hour, 0)
        prior = PRIOR_H * per_hour
        seen = number[end, column] - number[start, column]
        error = total[end, column] - total[start, column]
        found[:, column] = np.sqrt((error + prior) / (seen + prior))
    return np.clip(found, NARROWEST, WIDEST)
