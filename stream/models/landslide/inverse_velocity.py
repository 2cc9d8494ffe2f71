"""When a slope that creeps ever faster will fail: inverse velocity, with an interval.

Before failure 1/v = A·(t_f − t) (Fukuzono 1985; Voight 1988, Nature 332:125, with α = 2), so the
displacement is u = a − (1/A)·ln(t_f − t). For a given t_f that is a straight line in a and 1/A:
its sum of squares over all t_f, against that of steady creep, gives the posterior of t_f without
ever differencing a noisy series. Nobody knows when it began: until an onset, over which is
summed too, creep is steady at a speed of its own. `line` is the classical fit to velocities.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Array = NDArray[np.float64]

FEWEST, FEWEST_LINE = 12, 4
"""Values of displacement, and of velocity, below which nothing is said."""
ROUNDS = 8
"""Of weighting in `line`."""
MOST = 150
"""Longer series are averaged to so many values."""
SOONEST, LATEST = 0.005, 20.0
"""Times to failure that are tried, as shares of the series' length …"""
TRIED = 60
"""… so many, evenly in the logarithm; then as many again where the likelihood is."""
NEGLIGIBLE = 1e-6
ONSETS = np.array([0.0, 0.4, 0.65, 0.8, 0.9])
"""Onsets of acceleration that are tried, as shares of the series' length."""
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
    """(k + 1,) times [Unix s], ascending; empty where nothing can be said …"""
    weights: Array
    """(k,) … and the probability of failure between each two, if it accelerates; adds up to 1."""
    velocity: float
    """Of the last quarter, by the line of best fit [unit of the displacement per s]."""

    def quantile(self, probability: float) -> float:
        """Return the time of failure [s] with that probability of being earlier; NaN: none."""
        if not len(self.times_s):
            return float("nan")
        passed = np.concatenate(([0.0], np.cumsum(self.weights)))
        return float(np.interp(probability, passed, self.times_s))

    def before(self, time_s: Array) -> Array:
        """Return the probability that it fails at or before each of `time_s` [0–1]."""
        if self.accelerating < SURE or not len(self.times_s):
            return np.zeros(np.shape(time_s))
        passed = np.concatenate(([0.0], np.cumsum(self.weights)))
        return np.asarray(self.accelerating * np.interp(time_s, self.times_s, passed))


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
    weight, times, moved, *columns = _thinned(times, moved, *jumps.astype(float))
    if moved @ (weight**2 * (times - np.average(times, weights=weight**2))) < 0:
        moved = -moved
    velocity = _late_velocity(times, moved)
    series = _Series(times, moved, weight, columns, exponents)
    near, far = np.log(SOONEST), np.log(LATEST)
    step = (far - near) / TRIED
    rough, odds = _tried(series, near + step * (np.arange(TRIED) + 0.5))
    if not rough.max() > 0:
        return Failure(0.0, np.empty(0), np.empty(0), velocity)
    likely = np.flatnonzero(rough > NEGLIGIBLE * rough.max())
    edges = np.linspace(near + step * likely[0], near + step * (likely[-1] + 1), TRIED + 1)
    edges += step * np.linspace(-1.0, 1.0, TRIED + 1)
    fine, _ = _tried(series, (edges[1:] + edges[:-1]) / 2)
    later = times[-1] + np.exp(edges) * (times[-1] - times[0])
    return Failure(odds / (1.0 + odds), later, fine / fine.sum(), velocity)


def line(
    times_s: Array, velocity: Array, *, probability: float = 0.9
) -> tuple[float, float, float]:
    """Return (low, t_f, high) [s] of the straight line 1/v = A·(t_f − t) by least squares.

    Noise of v is noise/v² of 1/v, so values are weighted by v⁴ of the line itself, in a few
    rounds; so a velocity that noise has made negative counts like any other. The interval is
    Fieller's (1954) for −intercept/slope; (NaN, NaN, NaN) where 1/v does not fall, an infinite
    end where the slope does not differ from 0 with that probability.
    """
    times, speed = np.asarray(times_s, dtype=float), np.asarray(velocity, dtype=float)
    known = np.isfinite(times) & np.isfinite(speed)
    times, speed = times[known], speed[known]
    nothing = float("nan"), float("nan"), float("nan")
    if len(times) < FEWEST_LINE or np.ptp(times) <= 0 or speed.sum() <= 0:
        return nothing
    smooth = _smooth(times, speed)
    for _ in range(ROUNDS):
        weight = (smooth / smooth.max()) ** 4
        inverse = 1.0 / smooth - (speed - smooth) / smooth**2
        centre, mean = (float(np.average(x, weights=weight)) for x in (times, inverse))
        offset = times - centre
        spread = float(weight @ offset**2)
        slope = float((weight * offset) @ inverse) / spread
        fitted = mean + slope * offset
        if fitted.min() <= 0:
            break
        smooth = 1.0 / fitted
    if slope >= 0 or mean <= 0:
        return nothing
    freedom = len(times) - 2
    variance = float(weight @ (inverse - mean - slope * offset) ** 2) / freedom
    bound = float(student.ppf(0.5 + probability / 2, freedom)) ** 2 * variance
    a = slope**2 - bound / spread
    b, c = 2 * slope * mean, mean**2 - bound / float(weight.sum())
    failing = centre - mean / slope
    if a <= 0:
        return -np.inf, failing, np.inf
    root = np.sqrt(max(b * b - 4 * a * c, 0.0))
    return centre + (-b - root) / (2 * a), failing, centre + (-b + root) / (2 * a)


def _smooth(times: Array, speed: Array) -> Array:
    """Return v of the best 1/v = A·(t_f − t) among many t_f: what weights rest on."""
    span = times[-1] - times[0]
    ahead = np.geomspace(SOONEST, LATEST, TRIED)[:, None] * span
    shape = 1.0 / (ahead + times[-1] - times)
    size = shape @ speed / np.sum(shape**2, axis=1)
    best = int(np.argmin(np.sum((speed - size[:, None] * shape) ** 2, axis=1)))
    return np.asarray(size[best] * shape[best])


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
    """Return the roots of the counts, and means of `series` over parts: newest ones the finest."""
    count = len(series[0])
    edges = count * (1.0 - (1.0 - np.linspace(0.0, 1.0, MOST + 1)) ** 2)
    parts = np.unique(np.round(edges).astype(int)) if count > MOST else np.arange(count + 1)
    many = np.diff(parts)
    return [np.sqrt(many), *(np.add.reduceat(values, parts[:-1]) / many for values in series)]


def _runaway(left: Array, exponent: float) -> Array:
    """Return the displacement of Voight's law for the shares `left` of the time to failure."""
    power = (exponent - 2.0) / (exponent - 1.0)
    return -np.log(left) if abs(power) < 1e-6 else (1.0 - left**power) / power


class _Series(NamedTuple):
    times: Array
    moved: Array
    weight: Array
    """Root of the number of values in each mean."""
    columns: list[Array]
    """Steps of the instrument."""
    exponents: tuple[float, ...]


def _tried(series: _Series, horizons: Array) -> tuple[Array, float]:
    """Return the likelihood of each of `horizons` (k,), logarithms of shares of the length.

    And the odds of a failure, evenly anywhere among them, against steady creep.
    """
    times, moved, weight, columns, exponents = series
    span = times[-1] - times[0]
    ahead = np.exp(horizons)[:, None] * span
    wild, calm = [], []
    for onset in times[0] + ONSETS * span:
        kinks = [np.minimum(times - onset, 0.0) / span] if onset > times[0] else []
        fixed = np.stack((np.ones(len(times)), *columns, *kinks), axis=1)
        basis = np.linalg.qr(fixed * weight[:, None])[0]
        since = np.maximum(times, onset)
        left = (ahead + times[-1] - since) / (ahead + times[-1] - onset)
        designs = np.concatenate([_runaway(left, exponent) for exponent in exponents])
        steady = ((since - onset) / span)[None, :]
        wild.append(_fits(designs * weight, moved * weight, basis))
        calm.append(_fits(steady * weight, moved * weight, basis))
    likelihood, odds = _compared(wild, calm, len(times) - len(columns) - 5)
    return likelihood.reshape(len(exponents), len(horizons)).sum(axis=0), odds


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


def _compared(wild: list[_Fits], calm: list[_Fits], freedom: int) -> tuple[Array, float]:
    """Return the likelihood of each design, and the odds of a failure against steady creep."""
    squares = np.stack([np.where(fits.slope > 0, fits.square, np.inf) for fits in wild])
    still = np.array([float(fits.square[0]) for fits in calm])
    best = int(np.argmin(squares.min(axis=1)))
    memory = min(wild[best].memory, calm[int(np.argmin(still))].memory)
    free = max(freedom * (1.0 - memory) / (1.0 + memory), 2.0)
    least = max(min(float(squares.min()), float(still.min())), 1e-300)
    likelihood = np.exp(-0.5 * free * np.log(squares / least + 1e-12)).mean(axis=0)
    against = float(np.exp(-0.5 * free * np.log(still / least + 1e-12)).mean())
    return likelihood, float(likelihood.mean()) / max(against, 1e-300)


def _memory(residual: Array) -> float:
    """Return the lag-1 autocorrelation, 0 … 0.95."""
    power = float(residual @ residual)
    return float(np.clip(residual[1:] @ residual[:-1] / power, 0.0, 0.95)) if power > 0 else 0.0


def _late_velocity(times: Array, moved: Array) -> float:
    late = slice(-max(3, len(times) // 4), None)
    offset = times[late] - times[late].mean()
    return float(offset @ moved[late] / (offset @ offset))
