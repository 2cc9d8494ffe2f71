"""How well a simulated flow follows the observed one: efficiencies that missing values pass."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.runoff.parameters import RunoffError

Array = NDArray[np.float64]
Objective = Literal["kge", "low-flow"]
MIN_VALUES = 10
LOW_FLOW_SHARE = 0.01
"""Share of the mean flow that is added before its inverse is taken (Pushpalatha et al. 2012)."""


def kge(simulated: Array, observed: Array) -> Array:
    """Return the Kling–Gupta efficiency of each row of `simulated` (k, t) or (t,): 1 is perfect.

    KGE = 1 − √[(r − 1)² + (α − 1)² + (β − 1)²] with the correlation r, the ratio of the standard
    deviations α and of the means β; `observed` (t,), NaN where missing. The mean of the observed
    as a simulation has 1 − √2 = −0.41 (Knoben et al. 2019). Reference: Gupta et al. (2009),
    J. Hydrol. 377, 80–91.

    Raises RunoffError where fewer than 10 values or none that differ are observed.
    """
    there = np.isfinite(observed)
    seen, made = observed[there], np.asarray(simulated)[..., there]
    if seen.size < MIN_VALUES or np.ptp(seen) == 0:
        raise RunoffError(
            f"an efficiency needs {MIN_VALUES} observed values that differ, there are {seen.size}"
        )
    mean, spread = made.mean(axis=-1), made.std(axis=-1)
    together = ((made - mean[..., None]) * (seen - seen.mean())).mean(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.where(spread > 0, together / (spread * seen.std()), 0.0)
    if seen.mean() == 0:
        raise RunoffError("the observed flow has a mean of 0: no ratio of means can be taken")
    found: Array = 1.0 - np.sqrt(
        (correlation - 1.0) ** 2
        + (spread / seen.std() - 1.0) ** 2
        + (mean / seen.mean() - 1.0) ** 2
    )
    return found


def nse(simulated: Array, observed: Array) -> Array:
    """Return the Nash–Sutcliffe efficiency 1 − Σ(s − o)² / Σ(o − ō)² of each row."""
    there = np.isfinite(observed)
    seen, made = observed[there], np.asarray(simulated)[..., there]
    if seen.size < MIN_VALUES or np.ptp(seen) == 0:
        raise RunoffError(
            f"an efficiency needs {MIN_VALUES} observed values that differ, there are {seen.size}"
        )
    found: Array = 1.0 - ((made - seen) ** 2).sum(axis=-1) / ((seen - seen.mean()) ** 2).sum()
    return found


def low_flow_kge(simulated: Array, observed: Array) -> Array:
    """Return the mean of the KGE of the flow and that of its inverse, 1 / (q + q̄ / 100).

    The inverse weighs low flows as the flow itself weighs floods (Pushpalatha et al. 2012,
    J. Hydrol. 420–421, 171–182).
    """
    small = LOW_FLOW_SHARE * float(np.nanmean(observed))
    found: Array = 0.5 * (
        kge(simulated, observed)
        + kge(1.0 / (np.asarray(simulated) + small), 1 / (observed + small))
    )
    return found


OBJECTIVES: dict[Objective, Callable[[Array, Array], Array]] = {
    "kge": kge,
    "low-flow": low_flow_kge,
}
