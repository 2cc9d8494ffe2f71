"""Skill of fields of rain: CSI, FSS, CRPS. NaN cells are left out.

References: Roberts & Lean (2008), Mon. Weather Rev. 136:78 for FSS; Ferro (2014), Q. J. R.
Meteorol. Soc. 140:1917 for the CRPS of an ensemble of finite size.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

Array = NDArray[np.float64]


def csi(forecast: Array, observed: Array, threshold: float) -> float:
    """Return hits / (hits + misses + false alarms) of rates ≥ `threshold`; NaN without any."""
    known = np.isfinite(forecast) & np.isfinite(observed)
    said, came = forecast[known] >= threshold, observed[known] >= threshold
    either = int(np.sum(said | came))
    return float(np.sum(said & came) / either) if either else float("nan")


def fss(forecast: Array, observed: Array, threshold: float, cells: int) -> float:
    """Return the fractions skill score over squares of `cells` cells: 1 perfect, 0 none.

    1 − Σ(F − O)² / Σ(F² + O²), F and O the share of known cells ≥ `threshold` in the square.
    A field (y, x) of probabilities is an ensemble forecast: see `exceedance`. NaN if neither
    reaches the threshold.
    """
    return fss_of_shares(
        np.where(np.isnan(forecast), np.nan, forecast >= threshold),
        np.where(np.isnan(observed), np.nan, observed >= threshold),
        cells,
    )


def fss_of_shares(forecast: Array, observed: Array, cells: int) -> float:
    """Return the fractions skill score of fields of probability (y, x), NaN not compared."""
    known = np.isfinite(forecast) & np.isfinite(observed)
    said = uniform_filter(np.where(known, forecast, 0.0), cells, mode="constant")
    came = uniform_filter(np.where(known, observed, 0.0), cells, mode="constant")
    worst = float(np.sum(said[known] ** 2 + came[known] ** 2))
    return 1.0 - float(np.sum((said - came)[known] ** 2)) / worst if worst > 0 else float("nan")


def exceedance(ensemble: Array, threshold: float) -> Array:
    """Return (…) the share of members (members, …) ≥ `threshold`; NaN where one is NaN."""
    share = np.mean(ensemble >= threshold, axis=0)
    return np.where(np.isnan(ensemble).any(axis=0), np.nan, share)


def crps(ensemble: Array, observed: Array) -> Array:
    """Return (…) the CRPS of members (m, …) at each point, in their unit; NaN where unknown.

    E|X − y| − ½E|X − X′| with X ≠ X′, so that the score does not depend on the number of
    members (Ferro 2014); of a single member it is the absolute error.
    """
    count = len(ensemble)
    error = np.mean(np.abs(ensemble - observed), axis=0)
    if count == 1:
        return np.asarray(error)
    rank = 2.0 * np.arange(1, count + 1) - count - 1
    spread = np.tensordot(rank, np.sort(ensemble, axis=0), axes=(0, 0))
    return np.asarray(error - spread / (count * (count - 1)))
