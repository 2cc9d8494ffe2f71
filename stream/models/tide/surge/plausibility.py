"""Whether the gauge can be believed: a zero that moved, a clock that is wrong, a spike.

A surge comes over hours and goes; a moved zero comes between two observations and stays as flat
as it was before; a wrong clock leaves a residual that goes with the slope of the tide:
residual ≈ −τ dh/dt for a clock that is τ fast (what is stamped now was observed τ ago).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.tide.surge.sampling import Grid

Array = NDArray[np.float64]

HOUR_S = 3600.0
SIDE_H = 6
"""A jump is judged by so many hours before it, and at most as many after; …"""
AFTER = 3
"""… and it must have stayed for so many steps."""
CLOCK_H = 48
DAY_H = 24
LEAST_M, LEAST_CLOCK_S = 0.3, 900.0
MARGIN = 1.5
"""What is called wrong is so many times larger than what the record had."""
QUIET = 0.5
"""On both sides of a moved zero the residual's range is less than this share of the move."""
USUAL = 0.9995
"""This quantile of the record counts as its largest: one fault there does not excuse all."""
EXPLAINED = 0.5
"""A wrong clock explains at least this share of the residual's variance."""


@dataclass(frozen=True)
class Known:
    """The largest of what a record had."""

    jump_m: float
    """Change between two steps that stayed."""
    offset_m: float
    """Mean residual of a day."""
    clock_s: float
    """Apparent error of the clock over two days."""
    spike_m: float
    """Departure from both neighbours."""


class Verdict(NamedTuple):
    """What is wrong with the gauge, in words, and the residual without it."""

    said: tuple[str, ...]
    residual: Array
    """(n,) [m], NaN for a spike; what came after a moved zero is moved back."""


def learn(grid: Grid, tide: Array, step_s: float) -> Known:
    """Return what is usual in a record; `tide` (n,) at the grid times [m]."""
    per_hour = max(1, round(HOUR_S / step_s))
    series = grid.filled
    steps = np.arange(SIDE_H * per_hour, len(series) - AFTER)
    clock, share = clock_errors(series, tide, step_s)
    found = (
        _jumps(series, steps, per_hour),
        _means(series, DAY_H * per_hour),
        np.where(share >= EXPLAINED, clock, 0.0),
        series[1:-1] - (series[:-2] + series[2:]) / 2,
    )
    return Known(*(float(np.quantile(np.abs(x), USUAL)) if len(x) else 0.0 for x in found))


def widest(known: Sequence[Known]) -> Known:
    """Return the largest of each of several records."""
    return Known(
        jump_m=max(one.jump_m for one in known),
        offset_m=max(one.offset_m for one in known),
        clock_s=max(one.clock_s for one in known),
        spike_m=max(one.spike_m for one in known),
    )


def judge(grid: Grid, tide: Array, step_s: float, known: Known) -> Verdict:
    """Judge the last days of a gauge; `tide` (n,) at the grid times [m]."""
    per_hour = max(1, round(HOUR_S / step_s))
    residual, said = grid.residual.copy(), []
    spikes = _spikes(grid, known)
    if len(spikes):
        residual[spikes] = np.nan
        if spikes[-1] >= len(residual) - DAY_H * per_hour:
            said.append(f"{len(spikes)} spikes left out, the last of the past day")
    series = _bridged(residual)
    steps = np.arange(SIDE_H * per_hour, len(series) - AFTER)
    jumps = _jumps(series, steps, per_hour)
    limit = max(LEAST_M, MARGIN * known.jump_m)
    if len(jumps) and np.abs(jumps).max() > limit:
        at = int(steps[np.abs(jumps).argmax()])
        shift = float(jumps[np.abs(jumps).argmax()])
        ago = (len(series) - 1 - at) / per_hour
        said.append(
            f"the zero of the gauge seems to have moved by {shift:+.2f} m {ago:.1f} h ago; "
            "its levels are moved back until someone says otherwise"
        )
        residual[at:] -= shift
        series = _bridged(residual)
    daily = float(series[-DAY_H * per_hour :].mean())
    if abs(daily) > max(LEAST_M, MARGIN * known.offset_m):
        said.append(
            f"the day's mean is {daily:+.2f} m off the tide, more than ever recorded: "
            "is the zero of the gauge right?"
        )
    errors, shares = clock_errors(series, tide, step_s)
    error = float(errors[-1]) if len(errors) and shares[-1] >= EXPLAINED else 0.0
    if abs(error) > max(LEAST_CLOCK_S, MARGIN * known.clock_s):
        way = "fast" if error > 0 else "slow"
        said.append(f"the clock of the gauge seems {abs(error) / 60:.0f} min {way}")
    return Verdict(tuple(said), residual)


def clock_errors(series: Array, tide: Array, step_s: float) -> tuple[Array, Array]:
    """Return apparent clock errors [s] over each two days, and the share they explain (m,)."""
    width = CLOCK_H * max(1, round(HOUR_S / step_s))
    if len(series) < width:
        return np.zeros(0), np.zeros(0)
    slope = np.gradient(tide, step_s)
    mean_r, mean_s = _means(series, width), _means(slope, width)
    both = _means(series * slope, width) - mean_r * mean_s
    steep = np.maximum(_means(slope**2, width) - mean_s**2, 1e-16)
    spread = np.maximum(_means(series**2, width) - mean_r**2, 1e-12)
    return -both / steep, both**2 / (steep * spread)


def _means(series: Array, width: int) -> Array:
    """Return the means of each `width` consecutive values."""
    total = np.concatenate([[0.0], np.cumsum(series)])
    return np.asarray((total[width:] - total[:-width]) / width)


def _jumps(series: Array, steps: NDArray[np.intp], per_hour: int) -> Array:
    """Return how much the level moved at each step and stayed [m]; 0 where it was not level."""
    if not len(steps):
        return np.zeros(0)
    side = SIDE_H * per_hour
    before = series[steps[:, None] - np.arange(1, side + 1)]
    after_at = steps[:, None] + np.arange(side)
    after = np.where(after_at < len(series), series[np.minimum(after_at, len(series) - 1)], np.nan)
    lasting = np.nanmedian(after, axis=1) - np.median(before, axis=1)
    sudden = series[steps] - series[steps - 1]
    smaller = np.minimum(np.abs(lasting), np.abs(sudden)) * np.sign(lasting)
    restless = np.maximum(np.ptp(before, axis=1), np.nanmax(after, 1) - np.nanmin(after, 1))
    level = (np.sign(sudden) == np.sign(lasting)) & (restless < QUIET * np.abs(lasting))
    return np.where(level, smaller, 0.0)


def _spikes(grid: Grid, known: Known) -> NDArray[np.intp]:
    """Return the steps of values that stand alone, the newest one excepted."""
    series = grid.filled
    if len(series) < 3:
        return np.zeros(0, np.intp)
    apart = np.abs(series[1:-1] - (series[:-2] + series[2:]) / 2)
    back = np.abs(series[2:] - series[:-2])
    alone = (apart > max(LEAST_M, MARGIN * known.spike_m)) & (back < QUIET * apart)
    return np.asarray(np.flatnonzero(alone) + 1, np.intp)


def _bridged(residual: Array) -> Array:
    known = np.flatnonzero(np.isfinite(residual))
    if not len(known):
        return np.zeros(len(residual))
    return np.interp(np.arange(len(residual)), known, residual[known])
