"""The asynchronous ensemble Kalman filter: states corrected by what gauges saw in a window.

The states of the members at the end of a window are corrected by observations from any time
in it, through their covariance with what each member had predicted then (Sakov, Evensen &
Bertino 2010, Tellus A 62, 24-29; Rakovec et al. 2012, HESS 16, 3435-3449): no model runs
twice. With members i, anomalies x' and y' of states and predictions, and one observation of
error variance r::

    k = ρ cov(x', y') / (var(y') + r)                        gain, tapered by ρ
    mean(x) += k (observed - mean(y))
    x'      -= k y' / (1 + √(r / (var(y') + r)))             Whitaker & Hamill (2002)

Deterministic: observations one after another by that square root. With a `random` generator:
all at once, each member with observations perturbed by their errors (Burgers et al. 1998).
Without tapering both give the exact Kalman filter of the ensemble's mean and covariance, the
second only as the ensemble grows.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

KNOWN = 1e-12
"""A prediction whose variance is below this share of the error's teaches nothing."""


def analyse(
    states: Array,
    predicted: Array,
    observed: Array,
    error_sd: Array,
    *,
    localisation: Array | None = None,
    between: Array | None = None,
    inflation: float = 1.0,
    random: np.random.Generator | None = None,
) -> Array:
    """Return the states, corrected by the observations.

    Parameters
    ----------
    states : (m, n) array
        Members at the end of the window, in any units.
    predicted : (m, p) array
        What each member predicted for each observation, at the observation's own time.
    observed : (p,) array
        NaN: left out.
    error_sd : (p,) array
        Standard deviation of each observation's error, in its unit, above 0. Errors are
        taken to be independent.
    localisation : (n, p) array, optional
        Taper 0 … 1 of each state's correction by each observation; by default 1.
    between : (p, p) array, optional
        The same between an observation and the predictions of another; by default 1.
    inflation : float
        Anomalies of the states that any observation reaches are multiplied by this first;
        where the taper is ρ by 1 + ρ (inflation - 1).
    random : numpy.random.Generator, optional
        Perturbs the observations; without it the square root is taken.

    Raises
    ------
    ValueError
        Shapes that do not fit, fewer than two members, a state or prediction that is not
        finite, an error that is not positive: says which.
    """
    known = np.isfinite(observed)
    _check(states, predicted, observed, error_sd)
    if not known.any():
        return states.copy()
    n, p = states.shape[1], int(known.sum())
    taper = np.ones((n, p)) if localisation is None else np.asarray(localisation)[:, known]
    among = np.ones((p, p)) if between is None else np.asarray(between)[np.ix_(known, known)]
    seen, variance = observed[known], error_sd[known] ** 2
    x = _inflated(states, 1.0 + taper.max(axis=1) * (inflation - 1.0))
    y = _inflated(predicted[:, known], np.full(p, inflation))
    if random is None:
        _serially(x, y, seen, variance, np.ascontiguousarray(taper.T), among)
        return x
    return _perturbed(x, y, seen, variance, taper, among, random)


def _check(states: Array, predicted: Array, observed: Array, error_sd: Array) -> None:
    members, p = len(states), len(observed)
    if members < 2:
        raise ValueError(f"an ensemble of {members} has no spread; give at least 2 members")
    if predicted.shape != (members, p) or error_sd.shape != (p,):
        raise ValueError(
            f"predicted {predicted.shape} and error_sd {error_sd.shape} must be ({members}, {p}) "
            f"and ({p},) for {members} members and {p} observations"
        )
    known = np.isfinite(observed)
    for name, values in (("states", states), ("predicted", predicted[:, known])):
        wrong = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(wrong):
            raise ValueError(f"member {wrong[0]}: {name} are not finite; replace it first")
    if not (error_sd[known] > 0).all():
        raise ValueError("error_sd must be above 0 wherever there is an observation")


def _inflated(values: Array, factor: Array) -> Array:
    mean = values.mean(axis=0)
    return np.ascontiguousarray(mean + factor * (values - mean), dtype=np.float64)


def _perturbed(
    x: Array,
    y: Array,
    observed: Array,
    variance: Array,
    taper: Array,
    among: Array,
    random: np.random.Generator,
) -> Array:
    members = len(x)
    noise = random.standard_normal((members, len(observed))) * np.sqrt(variance)
    noise -= noise.mean(axis=0)
    y_anomaly = y - y.mean(axis=0)
    cross = taper * ((x - x.mean(axis=0)).T @ y_anomaly) / (members - 1)
    own = among * (y_anomaly.T @ y_anomaly) / (members - 1) + np.diag(variance)
    return np.asarray(x + np.linalg.solve(own, (observed + noise - y).T).T @ cross.T)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _serially(
    x: Array, y: Array, observed: Array, variance: Array, taper: Array, among: Array
) -> None:
    """Correct x (m, n) and y (m, p), float64, in place; taper is (p, n) here.

    A state whose taper is 0 costs nothing: with small trees above many gauges that is most.
    """
    members, n = x.shape
    p = y.shape[1]
    anomaly = np.empty(members)
    gain = np.empty(n)
    reached = np.empty(n, np.int64)
    for j in range(p):
        mean = 0.0
        for i in range(members):
            mean += y[i, j]
        mean /= members
        spread = 0.0
        for i in range(members):
            anomaly[i] = y[i, j] - mean
            spread += anomaly[i] * anomaly[i]
        spread /= members - 1
        if spread <= KNOWN * variance[j]:
            continue
        total = spread + variance[j]
        alpha = 1.0 / (1.0 + np.sqrt(variance[j] / total))
        scale = 1.0 / ((members - 1) * total)
        shift = observed[j] - mean
        count = 0
        for s in range(n):
            if taper[j, s] > 0.0:
                reached[count] = s
                gain[count] = 0.0
                count += 1
        for i in range(members):
            for s in range(count):
                gain[s] += anomaly[i] * x[i, reached[s]]
        for s in range(count):
            gain[s] *= scale * taper[j, reached[s]]
        for i in range(members):
            change = shift - alpha * anomaly[i]
            for s in range(count):
                x[i, reached[s]] += gain[s] * change
        for other in range(p):
            if other == j or among[j, other] == 0.0:
                continue
            k = 0.0
            for i in range(members):
                k += anomaly[i] * y[i, other]
            k *= scale * among[j, other]
            for i in range(members):
                y[i, other] += k * (shift - alpha * anomaly[i])
