"""What an instrument on a slope says by itself: how near the slope is to sliding.

Each has two numbers of its own: at `caution` the landslide index is 0.4, at `warning` 0.8, between
and beyond them the index follows a logistic curve (in the logarithm for rates). Movement (tilt,
crack) counts by its rate, and by the probability that accelerating creep ends in failure by each
lead; water (pore pressure, soil moisture) by its level.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from stream.models.landslide.inverse_velocity import SURE, Failure, failure

Array = NDArray[np.float64]

AT_CAUTION, AT_WARNING = 0.4, 0.8
LEVEL_MIN = 15
"""A level is the median of so many minutes."""
CREEP_H = (12.0, 6.0, 3.0)
"""Windows in which acceleration is looked for."""
EXPONENTS = (1.8, 2.0, 2.2)
"""Voight's α: real slopes scatter around 2."""
FEWEST_RATE = 6


class Reading(NamedTuple):
    """What one instrument says."""

    value: float
    """Rate of movement per hour, or level; in the instrument's unit. NaN: it says nothing."""
    by_lead: Array
    """(k,) index by lead, 0 where it says nothing [0–1]."""
    silent_min: float
    """Minutes since its newest value; inf where there is none."""
    failing: tuple[Failure, ...]
    """Accelerating creep in each window that shows it."""

    def failure_time(self, probability: float) -> float:
        """Return that quantile of the time of failure [s], all windows alike; NaN: none."""
        if not self.failing:
            return float("nan")
        times = np.unique(np.concatenate([found.times_s for found in self.failing]))
        passed = [
            np.interp(times, found.times_s, np.concatenate(([0.0], np.cumsum(found.weights))))
            for found in self.failing
        ]
        return float(np.interp(probability, np.mean(passed, axis=0), times))


def index_of(value: float, *, caution: float, warning: float, logarithmic: bool) -> float:
    """Return the index [0–1] of a rate (`logarithmic`) or a level; 0 for NaN and no movement."""
    if not np.isfinite(value) or (logarithmic and value <= 0):
        return 0.0
    low, high, here = (
        (np.log(number) if logarithmic else number) for number in (caution, warning, value)
    )
    share = (here - low) / (high - low)
    return float(expit(logit(AT_CAUTION) + share * (logit(AT_WARNING) - logit(AT_CAUTION))))


def level(minutes: Array, leads_s: Array, *, caution: float, warning: float) -> Reading:
    """Return what pore pressure or soil moisture says; `minutes` (t,) on the minute grid.

    A silent instrument keeps its last level: what was near sliding is not safe because nobody
    looks.
    """
    known = np.flatnonzero(np.isfinite(minutes))
    if not len(known):
        return _nothing(leads_s)
    last = int(known[-1])
    value = float(np.nanmedian(minutes[max(0, last - LEVEL_MIN + 1) : last + 1]))
    index = index_of(value, caution=caution, warning=warning, logarithmic=False)
    return Reading(value, np.full(len(leads_s), index), float(len(minutes) - 1 - last), ())


def movement(
    minutes: Array,
    issue_s: float,
    leads_s: Array,
    *,
    caution: float,
    warning: float,
    window_h: float,
) -> Reading:
    """Return what tilt or crack says; `minutes` (t,) ends at `issue_s`.

    `caution` and `warning` are per hour. The rate is the median of the slopes between values
    half a window apart, so no single value makes one; it lasts. From half of `caution` on the
    index by lead joins it with the probability that the slope has failed by then.
    """
    known = np.flatnonzero(np.isfinite(minutes))
    if not len(known):
        return _nothing(leads_s)
    last = int(known[-1])
    rate = abs(_rate(minutes[: last + 1], round(60 * window_h)))
    index = np.full(
        len(leads_s), index_of(rate, caution=caution, warning=warning, logarithmic=True)
    )
    times = issue_s - 60.0 * np.arange(len(minutes) - 1, -1, -1, dtype=np.float64)
    failing = _creep(times[: last + 1], minutes[: last + 1]) if 2 * rate >= caution else ()
    if failing:
        by_lead = np.mean([found.before(issue_s + leads_s) for found in failing], axis=0)
        index = 1.0 - (1.0 - index) * (1.0 - by_lead)
    return Reading(rate, index, float(len(minutes) - 1 - last), failing)


def joined(readings: list[Array], leads: int) -> Array:
    """Return 1 − Π(1 − index) (k,) of instruments: each alone can raise, none can lower."""
    calm = np.ones(leads)
    for index in readings:
        calm = calm * (1.0 - index)
    return 1.0 - calm


def _creep(times: Array, minutes: Array) -> tuple[Failure, ...]:
    """Return the windows whose creep accelerates."""
    found = []
    for hours in CREEP_H:
        late = slice(-round(60 * hours), None)
        if np.isfinite(minutes[late]).mean() < 0.5 or len(minutes) < 60 * hours:
            continue
        said = failure(times[late], minutes[late], exponents=EXPONENTS)
        if said.accelerating >= SURE:
            found.append(said)
    return tuple(found)


def _rate(minutes: Array, window: int) -> float:
    """Return the median slope over half of the last `window` minutes, per hour."""
    seen = minutes[-window:]
    half = len(seen) // 2
    change = seen[half : 2 * half] - seen[:half]
    change = change[np.isfinite(change)]
    if half < 1 or len(change) < FEWEST_RATE:
        return float("nan")
    return float(np.median(change)) * 60.0 / half


def _nothing(leads_s: Array) -> Reading:
    return Reading(float("nan"), np.zeros(len(leads_s)), float("inf"), ())
