"""What the filter leaves: the error of a stage, remembered for a while, then lost in the spread.

After a correction the ensemble's mean still misses the gauge by e₀. Ahead of the issue that
error fades, and what no member knew grows in its place (an AR(1) process in lead time)::

    stage(lead) = members' stage + e₀ exp(−(lead + age) / memory) + ε(lead + age)
    sd ε(lead) = spread √(1 − exp(−2 lead / growth))

`age` is that of the newest residual: a gauge that has been silent starts wider. Reference:
Madsen & Skotner (2005), J. Hydrol. 308, 302-312 (error forecasts along a river).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MEMORIES_H = np.geomspace(0.25, 48.0, 16)
GROWTHS_H = np.geomspace(0.5, 24.0, 8)
SPREADS_M = np.concatenate([[0.0], np.geomspace(0.004, 1.0, 24)])
NARROWEST_M = 0.005
"""Nobody is surer than this [m]."""
KNOT_MIN = 30
FEWEST = 30
"""Forecasts below which nothing is fitted."""


class ResidualFitError(ValueError):
    """Past forecasts from which no residual can be fitted; says what is missing."""


class Residuals(NamedTuple):
    """How errors at the gauges fade and grow; arrays of (n_gauges,)."""

    memory_h: Array
    """e-folding time of the residual [h]."""
    spread_m: Array
    """What sd ε tends to [m]."""
    growth_h: Array
    """How fast [h]."""


def fit(errors: Array, leads_min: Array, members_sd: Array) -> tuple[float, float, float]:
    """Return (memory [h], spread [m], growth [h]) of one gauge from its past forecasts.

    Those of a grid under which the errors that are left, Gaussian with the members' variance
    plus ε's, are most likely: a calm day counts as much as a flood.

    Parameters
    ----------
    errors : (n, t) array
        Observed minus the members' mean, before any residual is added, of n forecasts [m]; NaN
        where there was no observation. The first lead must be 0: the residual at the issue.
    leads_min : (t,) array
        Ascending from 0 [min].
    members_sd : (n, t) array
        Standard deviation of the members [m].

    Raises
    ------
    ResidualFitError
        Fewer than 30 forecasts with a residual, or no lead beside 0.
    """
    known = np.isfinite(errors[:, 0])
    if known.sum() < FEWEST or len(leads_min) < 2 or leads_min[0] != 0:
        raise ResidualFitError(
            f"{known.sum()} forecasts at {len(leads_min)} leads: a residual needs at least "
            f"{FEWEST} with an observation at the issue (lead 0), and one more lead"
        )
    hours = leads_min[1:] / 60.0
    first, later = errors[known, :1], errors[known, 1:]
    own = members_sd[known, 1:] ** 2 + NARROWEST_M**2
    best = (np.inf, 0.0, 0.0, 0.0)
    for memory in MEMORIES_H:
        square = (later - first * np.exp(-hours / memory)) ** 2
        for growth in GROWTHS_H:
            shape = 1.0 - np.exp(-2.0 * hours / growth)
            for spread in SPREADS_M:
                variance = own + spread**2 * shape
                loss = float(np.nanmean(np.log(variance) + square / variance))
                best = min(best, (loss, float(memory), float(spread), float(growth)))
    return best[1:]


def ahead(
    residual: Array,
    age_min: Array,
    leads: int,
    residuals: Residuals,
    members: int,
    random: np.random.Generator,
) -> Array:
    """Return (members, n_gauges, leads + 1) what to add to the members' stages [m], each minute.

    Parameters
    ----------
    residual : (n_gauges,) array
        Newest observed minus the members' mean [m]; NaN: none, nothing is remembered.
    age_min : (n_gauges,) array
        How old each is [min]; inf where there is none.
    leads : int
        Minutes ahead.
    """
    minutes = np.arange(leads + 1)
    age = np.where(np.isfinite(residual), age_min, np.inf)[:, None]
    with np.errstate(invalid="ignore"):
        fading = np.exp(-(minutes + age) / (60.0 * residuals.memory_h[:, None]))
        grown = np.sqrt(1.0 - np.exp(-2.0 * (minutes + age) / (60.0 * residuals.growth_h[:, None])))
    mean = np.where(np.isfinite(residual)[:, None], np.nan_to_num(residual)[:, None] * fading, 0.0)
    noise = _paths(grown, residuals.growth_h, members, random)
    return np.asarray(mean + residuals.spread_m[:, None] * noise)


def _paths(grown: Array, growth_h: Array, members: int, random: np.random.Generator) -> Array:
    """Return (members, n, t) paths of mean 0 whose standard deviation is `grown` (n, t).

    AR(1) at knots half an hour apart and straight lines between them: a river's error does
    not jump from minute to minute, and its highest minute must not be one of noise.
    """
    n, count = grown.shape
    knots = (count - 1) // KNOT_MIN + 2
    keep = np.exp(-KNOT_MIN / (60.0 * growth_h))
    draws = random.standard_normal((knots, members, n))
    draws -= draws.mean(axis=1, keepdims=True)
    for knot in range(1, knots):
        draws[knot] = keep * draws[knot - 1] + np.sqrt(1.0 - keep**2) * draws[knot]
    before, part = np.divmod(np.arange(count), KNOT_MIN)
    part = part[:, None, None] / KNOT_MIN
    line = (1.0 - part) * draws[before] + part * draws[before + 1]
    line = line / np.sqrt((1.0 - part) ** 2 + part**2 + 2.0 * part * (1.0 - part) * keep)
    return np.asarray(line.transpose(1, 2, 0) * grown)
