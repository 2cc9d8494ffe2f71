"""Members with calibrated margins: which member is high where is kept, how high is corrected.

Ensemble copula coupling (Schefzik, Thorarinsdottir & Gneiting 2013, Stat. Sci. 28, 616-640):
at each lead the members' values are replaced by quantiles of a calibrated forecast, in the
order of the members. So a member that is high at one gauge, late, and wet stays so.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]


def couple(members: Floats, values: Floats, probabilities: Floats) -> Floats:
    """Return `members` with the margins of a calibrated forecast.

    Parameters
    ----------
    members : (m, t) array
        An ensemble of one variable at t leads, finite.
    values : (t, p) array
        Calibrated quantiles at the same leads; rows never decrease.
    probabilities : (p,) array
        Their non-exceedance probabilities, ascending, within (0, 1); at least two.

    Returns
    -------
    (m, t) array
        Member by member the quantile (rank + 1/2) / m, interpolated on the normal scale and
        continued beyond the outermost quantiles by their slope. Ties keep the members' order.
    """
    if len(probabilities) < 2:
        raise ValueError("coupling needs at least two quantiles")
    count = len(members)
    scores = ndtri((np.arange(count) + 0.5) / count)
    known = ndtri(np.asarray(probabilities, dtype=float))
    part = np.clip(np.searchsorted(known, scores) - 1, 0, len(known) - 2)
    share = (scores - known[part]) / (known[part + 1] - known[part])
    low, high = values[:, part], values[:, part + 1]
    ordered = low + share * (high - low)
    rank = np.argsort(np.argsort(members, axis=0, kind="stable"), axis=0, kind="stable")
    return np.take_along_axis(ordered.T, rank, axis=0)


def to_minutes(values: Floats, leads_s: Floats, minutes: int) -> Floats:
    """Return (minutes + 1, p) quantiles, linear in time between `leads_s`, from (l, p)."""
    at = np.arange(minutes + 1) * 60.0
    columns = [np.interp(at, leads_s, column) for column in values.T]
    return np.stack(columns, axis=1)


def quantiles(members: Floats, probabilities: Floats) -> Floats:
    """Return (t, p) quantiles of an ensemble (m, t), members at (rank + 1/2) / m.

    Hazen's plotting position, type 5 of Hyndman & Fan (1996, Am. Stat. 50, 361-365).
    """
    found = np.quantile(members, probabilities, axis=0, method="hazen")
    return np.asarray(found.T)
