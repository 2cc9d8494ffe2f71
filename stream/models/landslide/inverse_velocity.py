"""When a slope that creeps ever faster will fail: inverse velocity, with an interval.

Before failure 1/v = A·(t_f − t) (Fukuzono 1985; Voight 1988, Nature 332:125, with α = 2), so the
displacement is u = a − (1/A)·ln(t_f − t). For a given t_f that is a straight line in a and 1/A:
its sum of squares over all t_f, against that of steady creep, gives the posterior of t_f without
ever differencing a noisy series. `line` is the classical fit to velocities.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Array = NDArray[np.float64]

FEWEST = 12
"""Values below which nothing is said."""
MOST = 120
"""Longer series are averaged to so many values."""
HORIZONS = np.geomspace(0.02, 20.0, 120)
"""Times to failure that are tried, as shares of the series' length."""
STEP_DEVIATIONS = 12.0
"""A jump between neighbours of so many usual changes is a step of the instrument, not creep."""
MOST_STEPS = 5
SURE = 0.95
"""Probability of acceleration from which a failure time is given."""


class Failure(NamedTuple):
    """What a creeping slope's displacement says."""

    accelerating: float
    """Probability that creep accelerates towards a failure rather than being steady [0–1]."""
    times_s: Array
    """(k,) possible times of failure [Unix s], ascending; empty where nothing can be said …"""
    weights: Array
    """(k,) … and the probability of each, if it accelerates; they add up to 1."""
    velocity: float
    """Of the last quarter, by the line of best fit [unit of the displacement per s]."""

    def quantile(self, probability: float) -> float:
        """Return the time of failure [s] with that probability of being earlier; NaN: none."""
        if not len(self.times_s):
            return float("nan")
        return float(np.interp(probability, np.cumsum(self.weights), self.times_s))

    def before(self, time_s: Array) -> Array:
        """Return the probability that it fails at or before each of `time_s` [0–1]."""
        if self.accelerating < SURE or not len(self.times_s):
            return np.zeros(np.shape(time_s))
        passed = np.interp(time_s, self.times_s, np.cumsum(self.weights), left=0.0, right=1.0)
        return np.asarray(self.accelerating * passed)


def failure(
    times_s: Array, displacement: Array, *, exponents: tuple[float, ...] = (2.0,)
) -> Failure:
    """Return when `displacement` (n,) at `times_s` (n,) will run away, if it accelerates.

    `exponents` are the values of Voight's α that are taken for equally likely: with 2 alone the
    interval holds for Fukuzono's law only, with (1.8, 2, 2.2) it is wider and holds for others.
    Both directions count: the sign is that of the whole movement. NaN is left out, single
    outliers are drawn to their neighbours, and steps of the instrument are fitted beside the
    creep. Errors that are alike from value to value widen the interval. Raises ValueError for
    shapes that differ and exponents that are not above 1.
    """
    times, moved = np.asarray(times_s, dtype=float), np.asarray(displacement, dtype=float)
    if times.shape != moved.shape or times.ndim != 1:
        raise ValueError(f"times_s {times.shape} and displacement {moved.shape} must be (n,)")
    if not exponents or min(exponents) <= 1:
        raise ValueError(f"exponents {exponents}: each must be above 1, such as 2")
    known = np.isfinite(times) & np.isfinite(moved)
    times, moved = times[known], moved[known]
    if len(times) < FEWEST or np.ptp(times) <= 0:
        return Failure(0.0, np.empty(0), np.empty(0), float("nan"))
    moved = _despiked(moved)
    jumps = np.arange(len(moved)) > steps(moved)[:, None]
    times, moved, *columns = _thinned(times, moved, *jumps.astype(float))
    basis = np.linalg.qr(np.stack((np.ones(len(times)), *columns), axis=1))[0]
    moved = moved - basis[:, 1:] @ (basis[:, 1:].T @ moved)
    if moved @ (times - times.mean()) < 0:
        moved = -moved
    velocity = _late_velocity(times, moved)
    span = times[-1] - times[0]
    ahead = HORIZONS * span
    left = (ahead[:, None] + times[-1] - times) / (ahead[:, None] + span)
    wild = [_fits(_runaway(left, exponent), moved, basis) for exponent in exponents]
    calm = _fits(((times - times[0]) / span)[None, :], moved, basis)
    likelihood, odds = _compared(wild, calm, len(times) - basis.shape[1] - 2)
    if not likelihood.sum() > 0 or calm.slope[0] <= 0:
        return Failure(0.0, np.empty(0), np.empty(0), velocity)
    return Failure(odds / (1.0 + odds), times[-1] + ahead, likelihood / likelihood.sum(), velocity)


def line(
    times_s: Array, velocity: Array, *, probability: float = 0.9
) -> tuple[float, float, float]:
    """Return (low, t_f, high) [s] of the straight line 1/v = A·(t_f − t) by least squares.

    The interval is Fieller's (1954) for −intercept/slope; (NaN, NaN, NaN) where 1/v does not
    fall, an infinite end where the slope does not differ from 0 with that probability.
    """
    times = np.asarray(times_s, dtype=float)
    inverse = 1.0 / np.asarray(velocity, dtype=float)
    centre, count = times.mean(), len(times)
    offset = times - centre
    slope, mean = float(offset @ inverse / (offset @ offset)), float(inverse.mean())
    if slope >= 0 or count < 4:
        return float("nan"), float("nan"), float("nan")
    residual = inverse - mean - slope * offset
    variance = float(residual @ residual) / (count - 2)
    bound = float(student.ppf(0.5 + probability / 2, count - 2)) ** 2 * variance
    a = slope**2 - bound / float(offset @ offset)
    b, c = 2 * slope * mean, mean**2 - bound / count
    failing = centre - mean / slope
    if a <= 0:
        return -np.inf, failing, np.inf
    root = np.sqrt(max(b * b - 4 * a * c, 0.0))
    return centre + (-b - root) / (2 * a), failing, centre + (-b + root) / (2 * a)


def steps(displacement: Array) -> NDArray[np.int64]:
    """Return (k,) the places after which the series (n,) jumps, the greatest `MOST_STEPS`.

    A jump is 12 times the usual change, and its neighbours do not grow towards it: the last
    stage of a failure is none.
    """
    change = np.diff(displacement)
    size = np.abs(change)
    moving = size[size > 0]
    if not len(moving):
        return np.empty(0, dtype=np.int64)
    usual = max(1.4826 * float(np.median(np.abs(change - np.median(change)))), float(moving.min()))
    found = []
    for place in np.flatnonzero(size > STEP_DEVIATIONS * max(usual, float(np.median(size)))):
        beside = np.concatenate((size[max(0, place - 2) : place], size[place + 1 : place + 3]))
        if len(beside) and beside.max() < 0.25 * size[place]:
            found.append(place)
    greatest = sorted(found, key=lambda place: -size[place])[:MOST_STEPS]
    return np.array(sorted(greatest), dtype=np.int64)


def _despiked(series: Array) -> Array:
    """Return the series with each value limited to the range of its neighbours' medians."""
    padded = np.concatenate((series[:1], series, series[-1:]))
    return np.asarray(np.median(np.stack((padded[:-2], padded[1:-1], padded[2:])), axis=0))


def _thinned(*series: Array) -> list[Array]:
    count = len(series[0])
    if count <= MOST:
        return list(series)
    parts = np.linspace(0, count, MOST + 1).astype(int)
    return [np.add.reduceat(values, parts[:-1]) / np.diff(parts) for values in series]


def _runaway(left: Array, exponent: float) -> Array:
    """Return the displacement of Voight's law for the shares `left` of the time to failure."""
    power = (exponent - 2.0) / (exponent - 1.0)
    return -np.log(left) if abs(power) < 1e-6 else (1.0 - left**power) / power


class _Fits(NamedTuple):
    square: Array
    """(k,) sums of squares."""
    slope: Array
    memory: float
    """Lag-1 autocorrelation of the best fit's residual."""


def _fits(design: Array, moved: Array, basis: Array) -> _Fits:
    """Fit moved = b·design (k, n) beside the columns of `basis` (n, m)."""
    x = design - (design @ basis) @ basis.T
    y = moved - basis @ (basis.T @ moved)
    slope = x @ y / np.maximum(np.sum(x * x, axis=1), 1e-300)
    residual = y[None, :] - slope[:, None] * x
    square = np.sum(residual**2, axis=1)
    best = int(np.argmin(np.where(slope > 0, square, np.inf)))
    return _Fits(square, slope, _memory(residual[best]))


def _compared(wild: list[_Fits], calm: _Fits, freedom: int) -> tuple[Array, float]:
    """Return the likelihood of each horizon, and the odds of a failure against steady creep."""
    memory = min(calm.memory, *(fits.memory for fits in wild))
    free = max(freedom * (1.0 - memory) / (1.0 + memory), 2.0)
    squares = np.stack([np.where(fits.slope > 0, fits.square, np.inf) for fits in wild])
    least = max(min(float(squares.min()), float(calm.square[0])), 1e-300)
    likelihood = np.exp(-0.5 * free * np.log(squares / least + 1e-12)).mean(axis=0)
    against = float(np.exp(-0.5 * free * np.log(calm.square[0] / least + 1e-12)))
    return likelihood, float(likelihood.mean()) / max(against, 1e-300)


def _memory(residual: Array) -> float:
    """Return the lag-1 autocorrelation, 0 … 0.95."""
    power = float(residual @ residual)
    return float(np.clip(residual[1:] @ residual[:-1] / power, 0.0, 0.95)) if power > 0 else 0.0


def _late_velocity(times: Array, moved: Array) -> float:
    late = slice(-max(3, len(times) // 4), None)
    offset = times[late] - times[late].mean()
    return float(offset @ moved[late] / (offset @ offset))
