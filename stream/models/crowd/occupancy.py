"""How many are there: gates that count who comes and goes, and cameras that count who is there.

A Kalman filter over minutes (Kalman 1960, J. Basic Eng. 82, 35-45) of the persons N and of the
drift d, the share by which the gates let the balance slip::

    N(t) = N(t-1) + in - out + d (in + out),    d(t) = d(t-1)
    camera(t) = N(t) + error

Gates alone add up their errors without end; every camera count draws them back.
"""

from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DOUBT = 4.0
"""A camera count further than this many standard deviations off is not believed at once."""
PATIENCE = 10
"""… but is, when it has been that far off for this many minutes."""


@dataclass(frozen=True)
class CountErrors:
    """How wrong the counters are."""

    gate: float = 0.03
    """Share of passages that a gate misses or counts twice, by chance [-]."""
    gate_drift: float = 0.02
    """Standard deviation of the share by which the gates' balance slips [-]."""
    camera: float = 0.08
    """Standard deviation of a camera's count as a share of it [-]."""
    camera_floor: float = 1.0
    """… and in persons, where hardly anybody is there."""
    camera_bias: float = 0.03
    """Share by which all of a camera's counts are wrong together: no number of them helps."""


@dataclass(frozen=True, eq=False)
class Occupancy:
    """Persons at each minute."""

    persons: Array
    """(n,) estimate; NaN before anything was counted."""
    sd: Array
    """(n,) standard deviation [persons]."""
    drift: float
    """Share by which the gates' balance slips, as far as the cameras tell [-]."""
    counted_ago: int | None
    """Minutes since a camera count was believed; None: never."""
    flow_ago: int | None
    """Minutes since all gates were heard; None: never."""
    refused: int
    """Camera counts in a row that were not believed, up to now."""


def estimate(
    inflow: Array,
    outflow: Array,
    counts: Array,
    errors: CountErrors,
    *,
    empty: NDArray[np.bool_] | None = None,
) -> Occupancy:
    """Estimate the persons at each minute.

    Parameters
    ----------
    inflow, outflow : (n,) arrays
        Persons through all gates in the minute that ended; NaN where a gate was not heard.
    counts : (n,) array
        Persons counted by the cameras at that minute; NaN where there is no count.
    empty : (n,) array of bool, optional
        Minutes at which the place is known to be empty: closed at night.
    """
    size = len(counts)
    persons, sd = np.full(size, np.nan), np.full(size, np.nan)
    state = _State(errors)
    counted_ago: int | None = None
    flow_ago: int | None = None
    usual = 1.0
    shut = np.zeros(size, dtype=bool) if empty is None else empty
    for t, (came, left, count, closed) in enumerate(
        zip(inflow.tolist(), outflow.tolist(), counts.tolist(), shut.tolist(), strict=True)
    ):
        heard = not (isnan(came) or isnan(left))
        state.move(came - left if heard else 0.0, came + left if heard else 0.0)
        if heard:
            usual += 0.05 * (came + left - usual)
            flow_ago = t
        else:
            state.blur(max(usual, 1.0))
        if closed:
            state.reset(0.0, errors.camera_floor)
        elif not isnan(count) and state.see(count):
            counted_ago = t
        if state.known:
            persons[t] = state.persons
            sd[t] = (state.variance + (errors.camera_bias * state.persons) ** 2) ** 0.5
    return Occupancy(
        persons,
        sd,
        state.drift,
        None if counted_ago is None else size - 1 - counted_ago,
        None if flow_ago is None else size - 1 - flow_ago,
        state.refused,
    )


class _State:
    """Mean and covariance of persons and drift, moved in place: a loop over a day is short."""

    def __init__(self, errors: CountErrors) -> None:
        self._errors = errors
        self.persons = self.drift = 0.0
        self.variance, self.covariance = 0.0, 0.0
        self._drift_variance = errors.gate_drift**2
        self.refused = 0
        self.known = False

    def reset(self, persons: float, sd: float) -> None:
        """Take the persons as known, and keep what was learnt of the drift."""
        self.persons, self.variance, self.covariance = persons, sd**2, 0.0
        self.refused, self.known = 0, True

    def move(self, net: float, passed: float) -> None:
        """Let a minute pass in which `passed` went through the gates."""
        self.persons = max(0.0, self.persons + net + self.drift * passed)
        self.variance += 2 * passed * self.covariance + passed**2 * self._drift_variance
        self.variance += self._errors.gate * passed
        self.covariance += passed * self._drift_variance

    def blur(self, usual: float) -> None:
        """Let a minute pass of which the gates say nothing; usually `usual` pass."""
        self.variance += usual**2 / 4

    def see(self, count: float) -> bool:
        """Weigh a camera count; return whether it was believed."""
        errors = self._errors
        noise = (errors.camera * max(count, self.persons)) ** 2 + errors.camera_floor**2
        if not self.known:
            self.reset(count, noise**0.5)
            return True
        total = self.variance + noise
        surprise = count - self.persons
        if surprise**2 > DOUBT**2 * total:
            self.refused += 1
            if self.refused < PATIENCE:
                return False
            self.reset(count, noise**0.5)
            return True
        self.refused = 0
        gain, learning = self.variance / total, self.covariance / total
        self.persons = max(0.0, self.persons + gain * surprise)
        self.drift += learning * surprise
        self._drift_variance -= learning * self.covariance
        self.covariance -= gain * self.covariance
        self.variance -= gain * self.variance
        return True
