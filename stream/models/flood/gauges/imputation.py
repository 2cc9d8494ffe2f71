"""What an absent feature probably is, given those that are there."""

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.gauges.grid import Array

RIDGE = 1e-3
"""Added to each variance: features are nearly copies of each other."""


def fill(features: Array, correlation: Array) -> Array:
    """Return standardised `features` with NaN replaced by their conditional mean.

    Parameters
    ----------
    features : (n, n_features) array
        Standardised features; NaN where one is missing.
    correlation : (n_features, n_features) array
        Their correlation in the record the model was fitted on.

    References
    ----------
    The conditional mean of a multivariate normal, e.g. Bishop (2006), eq. 2.81.
    """
    absent = np.isnan(features)
    if not absent.any():
        return features
    filled = features.copy()
    patterns, which = np.unique(absent, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        rows = np.flatnonzero(which.reshape(-1) == number)
        if pattern.any():
            weights = regression(correlation, pattern)
            filled[np.ix_(rows, pattern)] = features[np.ix_(rows, ~pattern)] @ weights
    return filled


def regression(correlation: Array, absent: NDArray[np.bool_]) -> Array:
    """Return (n_present, n_absent) weights that predict absent features from present ones."""
    present = ~absent
    between = correlation[np.ix_(present, present)] + RIDGE * np.eye(int(present.sum()))
    return np.asarray(np.linalg.solve(between, correlation[np.ix_(present, absent)]), float)
