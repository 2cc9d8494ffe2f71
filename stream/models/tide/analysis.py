"""Harmonic constants of a record, by least squares.

x(t) = mean + trend t + Re Σ C E(t), with C = A exp(−ig) and the carriers E = f exp i(V + u) at
every time (`carriers`): Foreman (1977), with the nodal corrections inside the matrix as in Codiga
(2011), Unified Tidal Analysis and Prediction Using the UTide Matlab Functions, URI GSO 2011-01.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream.models.tide import carriers
from stream.models.tide.confidence import errors
from stream.models.tide.constants import YEAR_S, Constants
from stream.models.tide.errors import TooShort
from stream.models.tide.selection import MIN_SPAN_S, check_apart, resolvable

Array = NDArray[np.float64]

CHUNK = 16_384
CAUCHY = 2.385
"""Residuals of so many standard deviations weigh half (95 % efficient for a normal)."""
ROUNDS = 30
SETTLED = 1e-5
"""Weights are settled when no coefficient moves by more than this share of the largest."""
LEAST_APART = 0.25
"""Constituents asked for by name must differ by this much of a cycle within the record."""
EXTENDED_FROM_S = 240 * 86_400.0
"""`extended` needs eight months: a shorter record takes weather for compounds."""
CLEAR = 1.5
"""A compound that is taken only because the record is long enough must be so many times larger
than half its 95 % interval: else it is weather, and comes back as an error of other years."""
SAMPLES_EACH = 2
"""Observations for each unknown, at least."""


@dataclass(frozen=True, eq=False)
class Fit:
    """What an analysis found."""

    constants: Constants
    residual_rmse: float
    """Of the observations used, in their unit."""
    used: int
    """Observations used: those that are neither missing nor flagged."""
    left_out: tuple[str, ...] = ()
    """Constituents of a full year that this record is too short for."""


def fit(
    times_s: Array,
    levels: Array,
    *,
    latitude: float,
    flagged: NDArray[np.bool_] | None = None,
    constituents: Sequence[str] = (),
    infer: Mapping[str, tuple[str, float, float]] | None = None,
    trend: bool = False,
    robust: bool = False,
    extended: bool = False,
    rayleigh: float = 1.0,
) -> Fit:
    """Fit harmonic constants to observed levels.

    Parameters
    ----------
    times_s : (n,) array
        Unix times [s], ascending, evenly apart or not.
    levels : (n,) array
        Observed levels in any unit; NaN where there is none.
    latitude : float
        Of the place [degrees north].
    flagged : (n,) array, optional
        True where an observation must not be used.
    constituents : sequence of str
        By default those that the record can tell apart (`selection.resolvable`, which takes
        `rayleigh` and `extended`; of the compounds beyond Foreman's those that stand out).
    infer : mapping, optional
        Name → (from which, ratio of amplitudes, g − g of that one [degrees]), for those that
        a short record cannot tell from their neighbours: `{"K2": ("S2", 0.272, -1.2)}`.
    trend : bool
        Fit a linear trend too; use it for years, not for months.
    robust : bool
        Weigh down what does not fit (iterated, Cauchy weights), so that surges and jumps
        pull less.

    Raises
    ------
    TooShort
        Fewer than two days, or fewer observations than the unknowns need.
    TideError
        An unknown constituent, or two that cannot be told apart.
    """
    times, values = _usable(times_s, levels, flagged)
    span = float(times[-1] - times[0])
    step = float(np.median(np.diff(times)))
    inferred = dict(infer or {})
    wider = extended and not constituents and span + step >= EXTENDED_FROM_S
    names = tuple(constituents) or resolvable(
        span + step, rayleigh=rayleigh, step_s=step, extended=wider
    )
    names = tuple(name for name in names if name not in inferred)
    check_apart(names, span, min(LEAST_APART, rayleigh))
    if len(times) < SAMPLES_EACH * (2 * len(names) + 2):
        raise TooShort(
            f"{len(times)} observations cannot fit {len(names)} constituents; give fewer of "
            "them, or a longer record"
        )
    constants, residual = _solved(names, inferred, latitude, trend, robust, times, values, step)
    if wider:
        kept = _significant(constants, resolvable(span + step, rayleigh=rayleigh, step_s=step))
        kept = tuple(name for name in kept if name not in inferred)
        constants, residual = _solved(kept, inferred, latitude, trend, robust, times, values, step)
    year = resolvable(YEAR_S, step_s=min(step, 3600.0))
    absent = tuple(name for name in year if name not in constants.names)
    return Fit(constants, float(np.sqrt(np.mean(residual**2))), len(times), absent)


def _solved(
    names: tuple[str, ...],
    infer: dict[str, tuple[str, float, float]],
    latitude: float,
    trend: bool,
    robust: bool,
    times: Array,
    values: Array,
    step_s: float,
) -> tuple[Constants, Array]:
    """Return constants and residual of one set of constituents."""
    problem = _Problem(names, infer, latitude, trend, times, values)
    solution, spread, residual = problem.solve_robustly() if robust else problem.solve()
    return problem.constants(solution, spread, residual, step_s), residual


def _significant(constants: Constants, always: tuple[str, ...]) -> tuple[str, ...]:
    """Return `always` and, of the others, those well above their own uncertainty."""
    return tuple(
        name
        for name, size, error in zip(
            constants.names, constants.amplitude, constants.amplitude_error, strict=True
        )
        if name in always or size > CLEAR * error
    )


def _usable(
    times_s: Array, levels: Array, flagged: NDArray[np.bool_] | None
) -> tuple[Array, Array]:
    times, values = np.asarray(times_s, dtype=float), np.asarray(levels, dtype=float)
    if times.shape != values.shape or times.ndim != 1:
        raise TooShort(f"times {times.shape} and levels {values.shape} must be of one length")
    known = np.isfinite(values) & np.isfinite(times)
    if flagged is not None:
        known &= ~np.asarray(flagged, dtype=bool)
    times, values = times[known], values[known]
    if np.any(np.diff(times) <= 0):
        raise TooShort("times must ascend, none twice: sort them and keep one value of each")
    if len(times) < 2 or times[-1] - times[0] < MIN_SPAN_S:
        raise TooShort(
            f"{len(times)} usable observations do not cover the two days that a tide needs"
        )
    return times, values


class _Problem:
    """The equations of one record."""

    def __init__(
        self,
        names: tuple[str, ...],
        infer: dict[str, tuple[str, float, float]],
        latitude: float,
        trend: bool,
        times_s: Array,
        values: Array,
    ) -> None:
        self._names, self._infer, self._latitude, self._trend = names, infer, latitude, trend
        self._times, self._values = times_s, values
        self._middle = float((times_s[0] + times_s[-1]) / 2)
        self._half = float((times_s[-1] - times_s[0]) / 2)
        for name, (origin, _, _) in infer.items():
            if origin not in names:
                raise TooShort(f"`{name}` is inferred from `{origin}`, which is not fitted")

    def solve(self, weights: Array | None = None) -> tuple[Array, Array, Array]:
        """Return solution (m,), inverse of the normal matrix (m, m) and residual (n,)."""
        count = 1 + self._trend + 2 * len(self._names)
        normal, right = np.zeros((count, count)), np.zeros(count)
        for part in self._parts():
            design = self._design(part)
            weighed = design if weights is None else design * weights[part, None]
            normal += weighed.T @ design
            right += weighed.T @ self._values[part]
        scale = np.sqrt(np.diag(normal))
        inverse = np.linalg.pinv(normal / np.outer(scale, scale), rcond=1e-12, hermitian=True)
        inverse = inverse / np.outer(scale, scale)
        solution = inverse @ right
        residual = np.concatenate(
            [self._values[part] - self._design(part) @ solution for part in self._parts()]
        )
        return solution, np.asarray(inverse), residual

    def solve_robustly(self) -> tuple[Array, Array, Array]:
        """Return the same with weights 1 / (1 + (r / 2.385 s)²), s from the median |r|."""
        solution, inverse, residual = self.solve()
        for _ in range(ROUNDS):
            scale = max(1.4826 * float(np.median(np.abs(residual))), 1e-12)
            weights = 1.0 / (1.0 + (residual / (CAUCHY * scale)) ** 2)
            before = solution
            solution, inverse, residual = self.solve(weights)
            if np.abs(solution - before).max() <= SETTLED * np.abs(solution).max():
                break
        return solution, inverse, residual

    def constants(
        self, solution: Array, inverse: Array, residual: Array, step_s: float
    ) -> Constants:
        """Return the constants of a solution, inferred ones at the end."""
        first = 1 + self._trend
        count = len(self._names)
        found = solution[first : first + count] + 1j * solution[first + count :]
        size, lag = np.abs(found), np.mod(np.degrees(-np.angle(found)), 360.0)
        size_error, lag_error = errors(
            self._names, found, inverse[first:, first:], self._times, residual, step_s
        )
        names, at = list(self._names), {name: i for i, name in enumerate(self._names)}
        for name, (origin, ratio, later) in self._infer.items():
            i = at[origin]
            names.append(name)
            size, size_error = (
                np.append(size, ratio * size[i]),
                np.append(size_error, ratio * size_error[i]),
            )
            lag = np.append(lag, (lag[i] + later) % 360.0)
            lag_error = np.append(lag_error, lag_error[i])
        return Constants(
            names=tuple(names),
            amplitude=size,
            lag_deg=lag,
            latitude=self._latitude,
            mean=float(solution[0]),
            trend_per_year=float(solution[1]) / self._half * YEAR_S if self._trend else 0.0,
            reference_s=self._middle,
            amplitude_error=size_error,
            lag_error_deg=lag_error,
        )

    def _parts(self) -> list[slice]:
        return [slice(first, first + CHUNK) for first in range(0, len(self._times), CHUNK)]

    def _design(self, part: slice) -> Array:
        """Return (n, m): one, trend, Re E, −Im E; so that C = a + ib."""
        times = self._times[part]
        moved = carriers.between(self._names, times, self._latitude)
        if self._infer:
            extra = carriers.between(tuple(self._infer), times, self._latitude)
            for column, (origin, ratio, later) in enumerate(self._infer.values()):
                factor = ratio * np.exp(-1j * np.radians(later))
                moved[:, self._names.index(origin)] += factor * extra[:, column]
        parts = [np.ones((len(times), 1)), moved.real, -moved.imag]
        if self._trend:
            parts.insert(1, ((times - self._middle) / self._half)[:, None])
        return np.concatenate(parts, axis=1)
