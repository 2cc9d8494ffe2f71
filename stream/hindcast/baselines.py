"""What a forecast must beat: it stays as it is, and autoregression alone."""

import numpy as np

from stream.hindcast.past import Past
from stream.models.flood.gauges.grid import Array

LAGS = 12
"""Past changes that the autoregression sees, one a step of the recording."""
RIDGE = 1e-3


def persistence(past: Past, target: int) -> Array:
    """Return (n, n_leads) forecasts that repeat what was observed at the issue."""
    return np.repeat(past.present(target)[:, None], len(past.leads_s), axis=1)


def autoregression(past: Past, target: int) -> Array:
    """Return (n, n_leads) forecasts of a linear regression on the gauge's own last changes.

    It is fitted on the very recording that it is judged by, which flatters it.
    """
    level = past.present(target)
    changes = np.diff(level, prepend=np.nan)
    lagged = np.stack([_shifted(changes, lag) for lag in range(LAGS)], axis=1)
    design = np.concatenate([lagged, np.ones((len(level), 1))], axis=1)
    found = np.full((len(level), len(past.leads_s)), np.nan)
    for number in range(len(past.leads_s)):
        wanted = past.observed[:, target, number] - level
        rows = np.isfinite(design).all(axis=1) & np.isfinite(wanted)
        if rows.sum() <= design.shape[1]:
            continue
        inner = design[rows].T @ design[rows] + RIDGE * np.eye(design.shape[1])
        weights = np.linalg.solve(inner, design[rows].T @ wanted[rows])
        usable = np.isfinite(design).all(axis=1)
        found[usable, number] = level[usable] + design[usable] @ weights
    return found


def _shifted(values: Array, lag: int) -> Array:
    return np.concatenate([np.full(lag, np.nan), values[: len(values) - lag]])
