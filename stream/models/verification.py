"""Skill scores of forecasts. NaN in either series means: not compared.

References: WWRP/WGNE forecast verification (2015); Gneiting & Raftery (2007), Strictly proper
scoring rules; Kitanidis & Bras (1980) for the persistence index; Kling et al. (2012) for KGE'.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def rmse(forecast: Array, observed: Array) -> float:
    """Return the root mean square error, in the unit of the series; NaN if nothing compares."""
    forecast, observed = _both(forecast, observed)
    return float(np.sqrt(np.mean((forecast - observed) ** 2))) if len(observed) else float("nan")


def persistence_index(forecast: Array, observed: Array, present: Array) -> float:
    """Return 1 − SSE / SSE of "it stays as it is": 1 perfect, 0 no better (Kitanidis & Bras).

    `present` holds the value that was observed when each forecast was issued.
    """
    known = np.isfinite(forecast) & np.isfinite(observed) & np.isfinite(present)
    still = float(np.sum((present[known] - observed[known]) ** 2))
    error = float(np.sum((forecast[known] - observed[known]) ** 2))
    return 1.0 - error / still if still > 0 else float("nan")


def kge(forecast: Array, observed: Array) -> float:
    """Return the modified Kling–Gupta efficiency, 1 − √((r−1)² + (β−1)² + (γ−1)²).

    β is the ratio of the means, γ that of the coefficients of variation. NaN where either
    series is constant or the observed mean is 0.
    """
    forecast, observed = _both(forecast, observed)
    if len(observed) < 2 or not forecast.std() or not observed.std() or not observed.mean():
        return float("nan")
    correlation = float(np.corrcoef(forecast, observed)[0, 1])
    bias = float(forecast.mean() / observed.mean())
    spread = float((forecast.std() / forecast.mean()) / (observed.std() / observed.mean()))
    return 1.0 - float(np.hypot(np.hypot(correlation - 1, bias - 1), spread - 1))


def pinball(quantiles: Array, observed: Array, probabilities: Array) -> Array:
    """Return (n_probabilities,) mean pinball loss of quantiles (n, n_probabilities).

    (y − q)·p where the observation y lies above the quantile q, (q − y)·(1 − p) below.
    """
    known = np.isfinite(observed) & np.isfinite(quantiles).all(axis=1)
    if not known.any():
        return np.full(len(probabilities), np.nan)
    above = observed[known, None] - quantiles[known]
    return np.asarray(np.mean(np.maximum(probabilities * above, (probabilities - 1) * above), 0))


def crps(quantiles: Array, observed: Array, probabilities: Array) -> float:
    """Return the continuous ranked probability score from quantiles, in their unit.

    Twice the integral of the pinball loss over the probability; the loss is taken to be
    linear between the quantiles and constant beyond them. So the score of a point forecast
    is its absolute error.
    """
    loss = pinball(quantiles, observed, probabilities)
    loss = np.concatenate([loss[:1], loss, loss[-1:]])
    return float(2 * np.trapezoid(loss, np.concatenate([[0.0], probabilities, [1.0]])))


def coverage(low: Array, high: Array, observed: Array) -> float:
    """Return the part of observations within [low, high]; NaN if nothing compares."""
    known = np.isfinite(low) & np.isfinite(high) & np.isfinite(observed)
    if not known.any():
        return float("nan")
    return float(np.mean((low[known] <= observed[known]) & (observed[known] <= high[known])))


def brier(probability: Array, happened: Array) -> float:
    """Return the Brier score, the mean of (p − o)²: 0 perfect, 0.25 for a coin."""
    probability, happened = _both(probability, np.asarray(happened, dtype=float))
    return float(np.mean((probability - happened) ** 2)) if len(happened) else float("nan")


class Contingency(NamedTuple):
    """Warnings against events."""

    hits: int
    false_alarms: int
    misses: int

    @property
    def pod(self) -> float:
        """Return the probability of detection, hits / (hits + misses)."""
        return _ratio(self.hits, self.hits + self.misses)

    @property
    def far(self) -> float:
        """Return the false alarm ratio, false alarms / (hits + false alarms)."""
        return _ratio(self.false_alarms, self.hits + self.false_alarms)

    @property
    def csi(self) -> float:
        """Return the critical success index, hits / (hits + misses + false alarms)."""
        return _ratio(self.hits, self.hits + self.misses + self.false_alarms)


def contingency(warned: NDArray[np.bool_], happened: NDArray[np.bool_]) -> Contingency:
    """Count hits, false alarms and misses of paired warnings and events."""
    return Contingency(
        int(np.sum(warned & happened)),
        int(np.sum(warned & ~happened)),
        int(np.sum(~warned & happened)),
    )


def _both(forecast: Array, observed: Array) -> tuple[Array, Array]:
    known = np.isfinite(forecast) & np.isfinite(observed)
    return forecast[known], observed[known]


def _ratio(part: int, total: int) -> float:
    return part / total if total else float("nan")
