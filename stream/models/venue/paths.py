"""What a quantity may do in the next hours: quantiles at each step, from forecasts or without.

A path is an array (steps, probabilities): row k is `k * STEP_MIN` after the issue time, its
columns the quantiles at `PROBABILITIES`; NaN where nothing is known. It keeps within the bounds of
its quantity: no wave is lower than nothing, no share of bays beyond all of them.
"""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP_MIN = 5
HORIZON_MIN = 360
STEPS = HORIZON_MIN // STEP_MIN + 1
PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
NORMAL = np.array([-1.6449, -1.2816, -0.6745, 0.0, 0.6745, 1.2816, 1.6449])
"""Quantiles of the standard normal distribution at `PROBABILITIES`."""
TREND_MIN = 30.0
"""A trend is followed with this memory [min]."""
FADING_MIN = 30.0
"""What is observed pulls a forecast with this memory [min]."""
AHEAD_MIN = np.arange(STEPS) * float(STEP_MIN)
MEDIAN = PROBABILITIES.index(0.5)


class Bounds(NamedTuple):
    """Between which values a quantity can be at all."""

    low: float = -inf
    high: float = inf

    def keep(self, path: Array) -> Array:
        """Return `path` cut at the bounds; quantiles stay quantiles."""
        return np.asarray(np.clip(path, self.low, self.high))


FREE = Bounds()
"""Tides, temperatures, and what is not known."""
POSITIVE = Bounds(0.0)
SHARE = Bounds(0.0, 1.0)
PERCENT = Bounds(0.0, 100.0)

NEVER_NEGATIVE = (
    *("wind", "wind_speed", "wind_gust", "wave_height", "wave_period", "visibility", "rain"),
    *("people", "density", "specific_flow", "occupied", "queue", "arrivals", "posts", "waiting"),
    *("flow_in", "flow_out", "discharge", "lightning_distance", "lightning_strokes"),
)
"""Observed properties that have no values below 0."""


def bounds_of(observed_property: str) -> Bounds:
    """Return the bounds of an observed property; `FREE` where it is not in the tables."""
    if observed_property.endswith("_share"):
        return SHARE
    if observed_property == "humidity":
        return PERCENT
    return POSITIVE if observed_property in NEVER_NEGATIVE else FREE


def from_forecast(
    leads_min: Sequence[float],
    probabilities: Sequence[float],
    values: Array,
    *,
    age_min: float,
    bounds: Bounds = FREE,
) -> Array:
    """Return the path of a forecast that is `age_min` old.

    Beyond its last lead the median stays and the spread grows with the square root of the lead,
    within `bounds`. Before its first lead the first row stands.
    """
    at = AHEAD_MIN + age_min
    leads = np.asarray(leads_min, dtype=float)
    wanted = np.stack([np.interp(PROBABILITIES, probabilities, row) for row in values])
    path = np.stack(
        [np.interp(at, leads, wanted[:, column]) for column in range(len(PROBABILITIES))], axis=1
    )
    last = max(float(leads[-1]), float(STEP_MIN))
    widen = np.sqrt(np.maximum(at / last, 1.0))[:, None]
    middle = path[:, MEDIAN, None]
    return bounds.keep(middle + (path - middle) * widen)


def from_now(path: Array, observed: float, *, bounds: Bounds = FREE) -> Array:
    """Return `path` that starts at what is observed; the difference fades with 30 min."""
    off = observed - path[0, MEDIAN]
    return bounds.keep(path + (off * np.exp(-AHEAD_MIN / FADING_MIN))[:, None])


def persisted(recent: Array, *, least_sd: float, bounds: Bounds = FREE) -> Array | None:
    """Return the path of a quantity that goes on as it did; None where too little is known.

    Parameters
    ----------
    recent : (n,) array
        At the last minutes, NaN where unknown; some hours.
    least_sd : float
        Standard deviation after one hour that is never undercut, in the quantity's unit.

    The last ten minutes' mean, with the last hour's trend fading; the spread is that of the
    hourly changes so far, growing with the square root of the lead. What was never negative
    stays so.
    """
    means = ten_minute_means(recent)
    if len(means) == 0 or not np.isfinite(means[-1]):
        return None
    known = np.flatnonzero(np.isfinite(means[-7:])) + max(0, len(means) - 7)
    slope = float(np.polyfit(known, means[known], 1)[0]) / 10 if len(known) >= 4 else 0.0
    changes = means[6:] - means[:-6]
    changes = changes[np.isfinite(changes)]
    usual = float(np.sqrt(np.mean(changes**2))) if len(changes) >= 6 else 3 * least_sd
    sd = max(usual, least_sd) * np.sqrt(np.maximum(AHEAD_MIN, 1.0) / 60)
    middle = means[-1] + slope * TREND_MIN * (1 - np.exp(-AHEAD_MIN / TREND_MIN))
    path = middle[:, None] + sd[:, None] * NORMAL
    return bounds.keep(np.maximum(path, 0.0) if np.nanmin(recent) >= 0 else path)


def guided(
    path: Array, own: Array, guide: Array, *, spread: float = 0.15, bounds: Bounds = FREE
) -> Array | None:
    """Return the path of a quantity that follows another one, whose `path` is forecast.

    It keeps the ratio of the last hour's means (wind behind a dyke and over the sea). `own` and
    `guide` are both at the last minutes; the ratio itself is uncertain by `spread`. None where
    the last hour of either is unknown or the guide is calm.
    """
    both = np.isfinite(own[-60:]) & np.isfinite(guide[-60:])
    if both.sum() < 10 or float(guide[-60:][both].mean()) <= 0.5:
        return None
    ratio = float(own[-60:][both].mean() / guide[-60:][both].mean())
    followed = ratio * path
    middle = followed[:, MEDIAN, None]
    own_part = spread * np.abs(middle) * NORMAL
    width = np.sign(NORMAL) * np.hypot(followed - middle, own_part)
    return bounds.keep(middle + width)


def ten_minute_means(recent: Array) -> Array:
    """Return means of ten minutes, the newest last; NaN where less than three are known."""
    count = len(recent) // 10
    blocks = recent[len(recent) - 10 * count :].reshape(count, 10)
    known = np.isfinite(blocks).sum(axis=1)
    total = np.nansum(blocks, axis=1)
    return np.where(known >= 3, total / np.maximum(known, 1), np.nan)


def carried(recent: Array, minutes: int) -> Array:
    """Return `recent` with gaps filled by the last value before, for less than `minutes`."""
    at = np.arange(len(recent))
    last = np.maximum.accumulate(np.where(np.isfinite(recent), at, -1))
    fresh = (last >= 0) & (at - last < minutes)
    return np.where(fresh, recent[np.maximum(last, 0)], np.nan)


def trailing_mean(recent: Array, minutes: int) -> Array:
    """Return the mean of the last `minutes` at each minute, NaN where none is known."""
    known = np.isfinite(recent)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, recent, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    end = np.arange(1, len(recent) + 1)
    start = np.maximum(end - minutes, 0)
    number = counts[end] - counts[start]
    return np.where(number > 0, (sums[end] - sums[start]) / np.maximum(number, 1), np.nan)
