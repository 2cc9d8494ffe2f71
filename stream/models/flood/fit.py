"""Fitting a gauge model to recorded series, with errors judged out of sample."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream.models.flood import spread
from stream.models.flood.features import Window, build, names, window
from stream.models.flood.gauge import EXTRA_MINUTES, REACH, GaugeModel, own_columns
from stream.models.flood.grid import Array
from stream.models.flood.imputation import fill
from stream.models.flood.network import Network, train
from stream.models.flood.plan import FloodPlan
from stream.models.tide import Harmonics, TideFitError
from stream.models.tide import fit as fit_tide

RIDGE = 1.0
MIN_ROWS = 300
HIGH_QUANTILE = 0.75
CHECK_ROWS = 4000
"""Rows on which the loss of an input is tried out."""

Progress = Callable[[str, float], None]


class FitError(ValueError):
    """Series from which no model can be fitted; says which and why."""


@dataclass(frozen=True, eq=False)
class Record:
    """Trusted series of the model's inputs over one stretch of time."""

    first_s: float
    """Unix time of the first column [s], a whole minute."""
    minutes: Array
    """(n_inputs, n_minutes) on a 1-minute grid, NaN where there is none."""


@dataclass(frozen=True, eq=False)
class _Samples:
    features: Array
    """(n, f) unstandardised, complete."""
    changes: Array
    """(n, t·l) change of level from now to each lead [m]."""
    fold: NDArray[np.intp]
    """(n,) the fold that may not be fitted on this row."""
    position: NDArray[np.intp]
    """(n,) place in the record, to keep neighbours of a fold's rows apart."""


def fit(
    plan: FloodPlan,
    records: Sequence[Record],
    intervals: Array,
    *,
    progress: Progress = lambda what, part: None,
) -> GaugeModel:
    """Fit a model to `records`; `intervals` (n_inputs,) [min] is the usual time between values.

    `progress` is called with what is being done and the part that is done [0–1].
    Raises FitError where inputs are missing or the record is too short.
    """
    progress("tide", 0.0)
    tides = _tides(plan, records)
    progress("features", 0.05)
    samples = _samples(plan, records, intervals, tides)
    centre, width = samples.features.mean(0), samples.features.std(0) + 1e-6
    standard = (samples.features - centre) / width
    correlation = standard.T @ standard / len(standard)
    members = []
    for fold in range(plan.folds):
        progress(f"network {fold + 1} of {plan.folds}", 0.1 + 0.7 * fold / plan.folds)
        members.append(_member(plan, samples, standard, fold))
    progress("spread", 0.85)
    shape = (len(samples.fold), len(plan.targets), -1)
    residuals = (samples.changes - _judged(members, samples.fold, standard)).reshape(shape)
    high = np.quantile(samples.features[:, own_columns(plan)], HIGH_QUANTILE, axis=0)
    driving = spread.drivers(plan, samples.features, high)
    scale = spread.fit_scale(driving, residuals)
    scaled = residuals / spread.scale(scale, driving)
    single, alone = _losses(plan, samples, standard, correlation, members, scale, driving)
    progress("done", 1.0)
    return GaugeModel(
        plan=plan,
        intervals=np.asarray(intervals, dtype=float),
        tides=tides,
        centre=centre,
        width=width,
        correlation=_single(correlation),
        linear=_single(np.mean([linear for linear, _ in members], axis=0)),
        networks=tuple(network for _, network in members),
        high=high,
        scale=_single(scale),
        shape=_single(_shape(scaled, plan.probabilities)),
        single=_single(single),
        alone=_single(alone),
    )


def leads(plan: FloodPlan) -> int:
    """Return the number of fitted leads: from 0 past the horizon."""
    reach = int(plan.horizon.total_seconds() // 60) + EXTRA_MINUTES
    return reach // plan.step_minutes + 1


def whole(plan: FloodPlan, record: Record, intervals: Array) -> Window:
    """Return the step grid over all of `record`, aligned to its first value of a target."""
    targets = [plan.keys.index(target) for target in plan.targets]
    known = np.flatnonzero(np.isfinite(record.minutes[targets]).any(axis=0))
    if not len(known):
        raise FitError(f"no trusted value of {', '.join(plan.targets)}")
    steps = int(known[-1] - known[0]) // plan.step_minutes + 1
    last = int(known[0]) + (steps - 1) * plan.step_minutes
    return window(
        plan,
        record.minutes,
        first_s=record.first_s,
        last=last,
        steps=steps,
        intervals=intervals,
    )


def _tides(plan: FloodPlan, records: Sequence[Record]) -> tuple[Harmonics, ...]:
    times = np.concatenate(
        [record.first_s + 60.0 * np.arange(record.minutes.shape[1]) for record in records]
    )
    found = []
    for i, entry in enumerate(plan.inputs):
        if entry.role == "tide":
            levels = np.concatenate([record.minutes[i] for record in records])
            try:
                found.append(fit_tide(times, levels, constituents=plan.constituents))
            except TideFitError as error:
                raise FitError(f"{entry.datastream}: {error}") from error
    return tuple(found)


def _samples(
    plan: FloodPlan, records: Sequence[Record], intervals: Array, tides: tuple[Harmonics, ...]
) -> _Samples:
    features, changes = [], []
    for record in records:
        seen = whole(plan, record, intervals)
        columns = np.arange(seen.values.shape[1])
        features.append(build(plan, seen, columns, tides))
        changes.append(_changes(plan, seen))
    rows, wanted = np.concatenate(features), np.concatenate(changes)
    complete = np.isfinite(rows).all(axis=1) & np.isfinite(wanted).all(axis=1)
    if complete.sum() < MIN_ROWS:
        raise FitError(_too_few(plan, rows, int(complete.sum())))
    position = np.arange(len(rows))
    fold = (position * plan.blocks // len(rows)) % plan.folds
    kept = np.flatnonzero(complete)
    return _Samples(rows[kept], wanted[kept], fold[kept], position[kept])


def _changes(plan: FloodPlan, seen: Window) -> Array:
    """Return (n_steps, t·l): level at each lead minus level now."""
    count = seen.values.shape[1]
    found = np.full((count, len(plan.targets), leads(plan)), np.nan)
    for number, target in enumerate(plan.targets):
        level = seen.values[plan.keys.index(target)]
        for lead in range(min(leads(plan), count)):
            found[: count - lead, number, lead] = level[lead:] - level[: count - lead]
    return found.reshape(count, -1)


def _too_few(plan: FloodPlan, rows: Array, complete: int) -> str:
    owners = np.array([owner for owner, _ in names(plan)])
    known = [np.isfinite(rows[:, owners == i]).all(axis=1).mean() for i in range(len(plan.keys))]
    worst = int(np.argmin(known))
    return (
        f"{complete} complete rows where {MIN_ROWS} are needed; `{plan.keys[worst]}` is known in "
        f"{known[worst]:.0%} of them: leave it out of flood.toml, or give a longer recording"
    )


def _member(
    plan: FloodPlan, samples: _Samples, standard: Array, fold: int
) -> tuple[Array, Network]:
    """Return the ridge weights and the network fitted without one fold and its neighbours."""
    apart = leads(plan) + plan.reach_minutes // plan.step_minutes // 2
    held = samples.position[samples.fold == fold]
    near = np.searchsorted(held, samples.position)
    gap = np.minimum(
        np.abs(samples.position - held[np.minimum(near, len(held) - 1)]),
        np.abs(samples.position - held[np.maximum(near - 1, 0)]),
    )
    rows = gap > apart
    if rows.sum() < MIN_ROWS // 2:
        raise FitError("the record is too short to hold a part of it back; give a longer one")
    linear = _ridge(standard[rows], samples.changes[rows])
    remainder = samples.changes[rows] - standard[rows] @ linear[:-1] - linear[-1]
    unit = remainder.std(0) + 1e-6
    network = train(
        np.clip(standard[rows], -REACH, REACH),
        remainder / unit,
        hidden=plan.hidden,
        epochs=plan.epochs,
        seed=fold,
    )
    return linear, rounded(network, unit)


def _ridge(standard: Array, changes: Array) -> Array:
    middle = changes.mean(0)
    square = standard.T @ standard + RIDGE * np.eye(standard.shape[1])
    weights = np.linalg.solve(square, standard.T @ (changes - middle))
    return np.vstack([weights, middle - standard.mean(0) @ weights])


def rounded(network: Network, unit: Array) -> Network:
    """Return `network` in metres and in half precision, as it is stored."""
    return Network(
        *(
            part.astype(np.float16).astype(np.float32)
            for part in (
                network.inner,
                network.inner_bias,
                network.outer * unit,
                network.outer_bias * unit,
            )
        )
    )


def _single(values: Array) -> Array:
    return np.asarray(values, np.float32).astype(float)


def _judged(
    members: Sequence[tuple[Array, Network]], fold: NDArray[np.intp], standard: Array
) -> Array:
    """Return the change predicted for each row by the member that has not seen it."""
    found = np.empty((len(standard), members[0][0].shape[1]))
    for number, (linear, network) in enumerate(members):
        rows = fold == number
        x = standard[rows]
        found[rows] = x @ linear[:-1] + linear[-1] + network.predict(np.clip(x, -REACH, REACH))
    return found


def _shape(scaled: Array, probabilities: tuple[float, ...]) -> Array:
    """Return (t, l, p) quantiles of scaled errors; the present has those of a normal."""
    found = np.quantile(scaled, probabilities, axis=0).transpose(1, 2, 0)
    return np.asarray(np.maximum.accumulate(found, axis=2))


def _losses(
    plan: FloodPlan,
    samples: _Samples,
    standard: Array,
    correlation: Array,
    members: Sequence[tuple[Array, Network]],
    scale: Array,
    driving: Array,
) -> tuple[Array, Array]:
    """Return what the absence of each input, and of all others, adds to the squared scale."""
    rows = np.arange(0, len(standard), max(1, len(standard) // CHECK_ROWS))
    x, fold = standard[rows], samples.fold[rows]
    own = own_columns(plan)
    units = spread.scale(scale, driving[rows])
    truth = samples.changes[rows].reshape(units.shape) + samples.features[rows][:, own, None]

    def squared(absent: NDArray[np.bool_]) -> Array:
        blind = x.copy()
        blind[:, absent] = np.nan
        blind = fill(blind, correlation)
        now = (blind * standard_width + standard_centre)[:, own]
        level = now[:, :, None] + _judged(members, fold, blind).reshape(units.shape)
        return np.asarray((((level - truth) / units) ** 2).mean(axis=0))

    standard_centre, standard_width = samples.features.mean(0), samples.features.std(0) + 1e-6
    owners = np.array([owner for owner, _ in names(plan)])
    usual = squared(np.zeros(len(owners), bool))
    single = [squared(owners == i) - usual for i in range(len(plan.inputs))]
    alone = np.empty_like(usual)
    for number, target in enumerate(plan.targets):
        others = (owners >= 0) & (owners != plan.keys.index(target))
        alone[number] = (squared(others) - usual)[number]
    return np.maximum(single, 0.0), np.maximum(alone, 0.0)
