"""What the model sees: one row of numbers for each time at which it looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.gauges.grid import Array, sample, sample_rain
from stream.models.flood.gauges.plan import FloodPlan
from stream.models.flood.harmonics import Harmonics

FLOW_FORMS = ("flow", "root")

EARLIER = ("change", "residual")

RAIN_KNOWN = 0.8
"""A window's rain is known when this part of it is; the rest is taken to be alike."""


@dataclass(frozen=True, eq=False)
class Window:
    """The inputs on the step grid, and the Unix times of its columns."""

    values: Array
    """(n_inputs, n_steps), NaN where nothing is known."""
    times_s: Array
    """(n_steps,) Unix times [s], one step apart."""


def window(
    plan: FloodPlan, minutes: Array, *, first_s: float, last: int, steps: int, intervals: Array
) -> Window:
    """Return `steps` columns of the step grid of which the last is at minute `last`.

    Parameters
    ----------
    minutes : (n_inputs, n_minutes) array
        Trusted values on a 1-minute grid, NaN where there is none; rain in mm per interval.
    first_s : float
        Unix time of the first minute [s].
    intervals : (n_inputs,) array
        Usual time between two values of each input [min].
    """
    step = plan.step_minutes
    at = last - step * np.arange(steps - 1, -1, -1.0)
    rows = []
    for entry, series, interval in zip(plan.inputs, minutes, intervals, strict=True):
        usual = float(max(interval, step))
        if entry.role == "rain":
            rows.append(sample_rain(series, at, interval=usual, step=step))
        else:
            rows.append(sample(series, at, interval=usual))
    return Window(np.array(rows), first_s + 60.0 * at)


@cache
def names(plan: FloodPlan) -> tuple[tuple[int, str], ...]:
    """Return (input, what) of each feature; input −1 is the calendar, which never fails."""
    found: list[tuple[int, str]] = []
    for i, entry in enumerate(plan.inputs):
        if entry.role == "level":
            found += [(i, "now"), *((i, f"change {lag} min") for lag in plan.level_lags)]
            found += [(i, f"change {lag:+d} min") for lag in _earlier(plan, plan.cycles)]
        elif entry.role == "flow":
            found += [(i, f"{form} −{lag} min") for lag in plan.flow_lags for form in FLOW_FORMS]
            found += [(i, f"change {lag:+d} min") for lag in _earlier(plan, plan.flow_cycles)]
        elif entry.role == "rain":
            found += [(i, f"−{edge} min") for edge in plan.rain_edges[1:]]
        else:
            found += [(i, f"residual −{lag} min") for lag in plan.tide_lags]
            found += [(i, f"residual {lag:+d} min") for lag in _earlier(plan, plan.cycles)]
            found += [(-1, f"tide {offset:+d} min") for offset in tide_offsets(plan)]
            pairs = [(age, offset) for age in plan.cycles for offset in plan.cycle_offsets]
            found += [(-1, f"tide {offset:+d} less {age} min before") for age, offset in pairs]
    return tuple(found)


def _earlier(plan: FloodPlan, ages: Sequence[int]) -> list[int]:
    """Return how long ago earlier tides, or earlier flows, are looked at [min]."""
    return [age - offset for age in ages for offset in plan.cycle_offsets]


@cache
def recent_columns(plan: FloodPlan) -> tuple[int, ...]:
    """Return the features that do not look back to earlier tides or days."""
    back = {
        (i, f"{what} {lag:+d} min")
        for i in range(len(plan.inputs))
        for what in EARLIER
        for lag in (*_earlier(plan, plan.cycles), *_earlier(plan, plan.flow_cycles))
    }
    return tuple(
        column
        for column, name in enumerate(names(plan))
        if name not in back and not (name[0] < 0 and "less" in name[1])
    )


def own_columns(plan: FloodPlan) -> list[int]:
    """Return the feature that is the present level of each target."""
    table = names(plan)
    return [table.index((plan.keys.index(target), "now")) for target in plan.targets]


def tide_offsets(plan: FloodPlan) -> list[int]:
    """Return the offsets from now at which the predicted tide is seen [min]."""
    ahead = int(plan.horizon.total_seconds() // 60) + plan.tide_every
    return list(range(-plan.tide_back, ahead + 1, plan.tide_every))


def build(
    plan: FloodPlan, seen: Window, columns: NDArray[np.intp], tides: Sequence[Harmonics]
) -> Array:
    """Return (n_columns, n_features): the features at each of the `columns` of a window.

    `tides` holds the harmonics of each input with role `tide`, in their order. A feature is
    NaN where what it needs is not known.
    """
    step = plan.step_minutes
    parts: list[Array] = []
    waiting = list(tides)
    for entry, series in zip(plan.inputs, seen.values, strict=True):
        if entry.role == "level":
            now = series[columns]
            parts.append(now)
            lags = [*plan.level_lags, *_earlier(plan, plan.cycles)]
            parts += [_back(series, columns, lag // step) - now for lag in lags]
        elif entry.role == "flow":
            for lag in plan.flow_lags:
                flow = _back(series, columns, lag // step)
                parts += [flow, np.sign(flow) * np.sqrt(np.abs(flow))]
            parts += [
                _back(series, columns, lag // step) - series[columns]
                for lag in _earlier(plan, plan.flow_cycles)
            ]
        elif entry.role == "rain":
            edges = zip(plan.rain_edges, plan.rain_edges[1:], strict=False)
            parts += [_rain(series, columns, near // step, far // step) for near, far in edges]
        else:
            parts += _tide(plan, seen.times_s, series, columns, waiting.pop(0))
    return np.stack(parts, axis=1)


def _back(series: Array, columns: NDArray[np.intp], steps: int) -> Array:
    at = columns - steps
    return np.where(at >= 0, series[np.maximum(at, 0)], np.nan)


def _rain(series: Array, columns: NDArray[np.intp], near: int, far: int) -> Array:
    """Return the rain between `far` and `near` steps ago [mm]."""
    known = np.isfinite(series)
    amount = np.concatenate([[0.0], np.cumsum(np.where(known, series, 0.0))])
    count = np.concatenate([[0], np.cumsum(known)])
    end, start = np.maximum(columns - near + 1, 0), np.maximum(columns - far + 1, 0)
    share = (count[end] - count[start]) / (far - near)
    fallen = amount[end] - amount[start]
    return np.where(share >= RAIN_KNOWN, fallen / np.maximum(share, RAIN_KNOWN), np.nan)


def _tide(
    plan: FloodPlan,
    times_s: Array,
    series: Array,
    columns: NDArray[np.intp],
    harmonics: Harmonics,
) -> list[Array]:
    step, now_s = plan.step_minutes, times_s[columns]
    lags = [*plan.tide_lags, *_earlier(plan, plan.cycles)]
    pairs = [(age, offset) for age in plan.cycles for offset in plan.cycle_offsets]
    minutes = [-lag for lag in lags] + tide_offsets(plan)
    minutes += [offset for _, offset in pairs] + [offset - age for age, offset in pairs]
    wanted, where = np.unique(now_s + 60.0 * np.array(minutes)[:, None], return_inverse=True)
    tide = harmonics.predict(wanted)[where.reshape(len(minutes), -1)]
    residuals = [
        _back(series, columns, lag // step) - row for lag, row in zip(lags, tide, strict=False)
    ]
    first = len(minutes) - 2 * len(pairs)
    then = first + len(pairs)
    return [*residuals, *tide[len(lags) : first], *(tide[first:then] - tide[then:])]
