"""Draws of a Gaussian vector of which some values are known and others only known to be low.

Gibbs sampling of a truncated normal distribution (Geweke 1991): each dry value in turn is drawn
from its normal distribution given all others, cut off at the threshold (Robert 1995, Stat.
Comput. 5:121 for the draw in the tail).
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

SWEEPS = 60
"""Rounds over all dry values: twice as many change the scores by less than their noise."""


def draw(
    values: Array,
    wet: NDArray[np.bool_],
    threshold: float,
    covariance: Array,
    members: int,
    random: np.random.Generator,
    *,
    sweeps: int = SWEEPS,
) -> tuple[Array, Array]:
    """Return (members, k) latent values and the (k, k) precision, the inverse of `covariance`.

    `values` (k,) are exact where `wet`; elsewhere the member's value lies below `threshold`.
    """
    precision = np.linalg.inv(covariance)
    precision = 0.5 * (precision + precision.T)
    start = np.where(wet, values, threshold - 0.5)
    latent = np.repeat(start[None, :], members, axis=0)
    dry = np.flatnonzero(~wet)
    if len(dry):
        _sweep(latent, dry, precision, threshold, sweeps, random)
    return latent, precision


@njit(cache=True)  # type: ignore[untyped-decorator]
def _below(limit: float, random: np.random.Generator) -> float:
    """Return a standard normal draw below `limit`."""
    if limit > -0.4:
        while True:
            value = random.standard_normal()
            if value < limit:
                return value
    rate = 0.5 * (-limit + math.sqrt(limit * limit + 4.0))
    while True:
        value = -limit + random.standard_exponential() / rate
        if random.random() <= math.exp(-0.5 * (value - rate) ** 2):
            return -value


@njit(cache=True)  # type: ignore[untyped-decorator]
def _sweep(
    latent: Array,
    dry: NDArray[np.intp],
    precision: Array,
    threshold: float,
    sweeps: int,
    random: np.random.Generator,
) -> None:
    """Draw the `dry` columns of `latent` (members, k) float64 anew, `sweeps` times, in place."""
    members, count = latent.shape
    for member in range(members):
        row = latent[member]
        for _ in range(sweeps):
            for one in dry:
                weight = precision[one, one]
                pull = 0.0
                for other in range(count):
                    pull += precision[one, other] * row[other]
                mean = row[one] - pull / weight
                deviation = 1.0 / math.sqrt(weight)
                row[one] = mean + deviation * _below((threshold - mean) / deviation, random)
