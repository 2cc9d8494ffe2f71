"""Fitting a gauge model to recorded series, with errors judged out of sample."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.gauges import adaptation, datum, spread
from stream.models.flood.gauges.ensemble import Member, Samples, fit_member, judged
from stream.models.flood.gauges.features import Window, build, names, own_columns, window
from stream.models.flood.gauges.grid import Array
from stream.models.flood.gauges.imputation import fill
from stream.models.flood.gauges.model import EXTRA_MINUTES, GaugeModel
from stream.models.flood.gauges.plan import FloodPlan
from stream.models.flood.harmonics import Harmonics, TideFitError
from stream.models.flood.harmonics import fit as fit_tide

MIN_ROWS = 300
HIGH_QUANTILES = (0.5, 0.9)
"""Heights that the spread may grow above, as parts of the record that lie below them."""
CHECK_ROWS = 4000
"""Rows on which the loss of an input is tried out."""
WILD_QUANTILE = 0.9
MIN_LOSS = 0.02
"""The absence of any input adds at least this to the squared scale."""

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


class Fitted(NamedTuple):
    """A model, and how good its members were on the folds they had not seen."""

    model: GaugeModel
    rows: int
    """Complete rows of the record that were used."""
    rmse: Array
    """(n_targets, n_fitted_leads) out-of-sample error of single members [m]."""
    persistence: Array
    """(n_targets, n_fitted_leads) error of no change, on the same rows [m]."""


def fit(
    plan: FloodPlan,
    records: Sequence[Record],
    intervals: Array,
    *,
    progress: Progress = lambda what, part: None,
) -> Fitted:
    """Fit a model to `records`; `intervals` (n_inputs,) [min] is the usual time between values.

    `progress` is called with what is being done and the part that is done [0–1]. The same
    records give the same model, to rounding of the machine's linear algebra.

    Raises
    ------
    FitError
        Inputs are missing, or the record is too short.
    """
    progress("tide", 0.0)
    tides = _tides(plan, records)
    progress("features", 0.05)
    samples = _samples(plan, records, intervals, tides)
    standard = samples.standard
    correlation = standard.T @ standard / len(standard)
    members = _members(plan, samples, "network", 0.1, 0.45, progress)
    spans = np.arange(len(standard)) * plan.spans // len(standard)
    strange = replace(samples, fold=spans)
    strangers = _members(plan, strange, "stranger", 0.45, 0.85, progress)
    progress("spread", 0.85)
    shape = (len(standard), len(plan.targets), -1)
    changes = samples.changes.reshape(shape)
    residuals = changes - judged(members, samples.fold, standard).reshape(shape)
    both = (residuals, changes - judged(strangers, spans, standard).reshape(shape))
    level = samples.features[:, own_columns(plan)]
    high = np.quantile(level, HIGH_QUANTILES, axis=0)
    driving = spread.drivers(plan, samples.features, high)
    scale = spread.fit_scale(np.concatenate([driving, driving]), np.concatenate(both))
    base = spread.scale(scale, driving)
    usual = adaptation.capped_mean(np.concatenate([(found / base) ** 2 for found in both]))
    scaled = np.concatenate(
        [found / (base * _lately(samples, (found / base) ** 2, usual)) for found in both]
    )
    centres, quantiles = spread.fit_shape(
        scaled, np.concatenate([level, level]), plan.probabilities
    )
    single, alone = _losses(plan, samples, correlation, members, base)
    tolerance, top = _tolerances(plan, samples, spans, correlation)
    progress("done", 1.0)
    model = GaugeModel(
        plan=plan,
        tides=tides,
        networks=tuple(member.network for member in members),
        intervals=np.asarray(intervals, dtype=float),
        centre=samples.centre,
        width=samples.width,
        correlation=_single(correlation),
        linear=_single(np.mean([member.linear for member in members], axis=0)),
        high=high,
        scale=_single(scale),
        centres=centres,
        shape=_single(quantiles),
        usual=_single(usual),
        tolerance=tolerance,
        top=top,
        single=_single(single),
        alone=_single(alone),
    )
    rmse, persistence = np.sqrt((residuals**2).mean(0)), np.sqrt((changes**2).mean(0))
    return Fitted(model, len(standard), rmse, persistence)


def _members(
    plan: FloodPlan, samples: Samples, what: str, begin: float, end: float, progress: Progress
) -> list[Member]:
    """Return a member for each fold of `samples`, fitted without it."""
    count = int(samples.fold.max()) + 1
    found = []
    for fold in range(count):
        progress(f"{what} {fold + 1} of {count}", begin + (end - begin) * fold / count)
        found.append(fit_member(plan, samples, fold, apart=leads(plan)))
    return found


def _tolerances(
    plan: FloodPlan, samples: Samples, spans: NDArray[np.intp], correlation: Array
) -> tuple[Array, Array]:
    """Return (i,) limits of each input's difference from the others, and its highest value.

    The differences on each span are told from the rest of the record.
    """
    standard = samples.standard
    steps = np.full((int(samples.position[-1]) + 1, len(plan.inputs)), np.nan)
    for span in range(plan.spans):
        rest, mine = standard[spans != span], spans == span
        between = rest.T @ rest / len(rest)
        steps[samples.position[mine]] = datum.differences(plan, standard[mine], between)[0]
    largest, top = (np.full(len(plan.inputs), np.inf) for _ in range(2))
    hourly = np.abs(datum.over_an_hour(plan, steps))
    for i, column in datum.judged_columns(plan).items():
        largest[i] = np.nanmax(hourly[:, i]) * samples.width[column]
        top[i] = samples.features[:, column].max()
    _, unsure = datum.differences(plan, standard[:1], correlation)
    return datum.tolerances(plan, largest, unsure[0], samples.width), top


def _lately(samples: Samples, squared: Array, usual: Array) -> Array:
    """Return (n, t, l) factors from the squared errors (n, t, l) of the rows before each."""
    steps = np.full((int(samples.position[-1]) + 1, *squared.shape[1:]), np.nan)
    steps[samples.position] = squared
    return adaptation.factor(steps, usual)[samples.position]


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
    first_s = record.first_s
    return window(
        plan, record.minutes, first_s=first_s, last=last, steps=steps, intervals=intervals
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
) -> Samples:
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
    position = np.flatnonzero(complete)
    rows, wanted = rows[position], wanted[position]
    fold = (np.arange(len(rows)) * plan.blocks // len(rows)) % plan.folds
    return Samples(rows, rows.mean(0), rows.std(0) + 1e-6, wanted, fold, position)


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


def _losses(
    plan: FloodPlan,
    samples: Samples,
    correlation: Array,
    members: Sequence[Member],
    scale: Array,
) -> tuple[Array, Array]:
    """Return (i, t, l) and (t, l): what the absence of one, and of all other inputs, costs.

    Both are in units of the squared `scale` (n, t, l); of all rows and the wildest tenth, the
    dearer counts.
    """
    rows = np.arange(0, len(scale), max(1, len(scale) // CHECK_ROWS))
    own, owners = own_columns(plan), np.array([owner for owner, _ in names(plan)])
    truth = samples.features[rows][:, own, None] + samples.changes[rows].reshape(scale[rows].shape)

    def error(absent: NDArray[np.bool_]) -> Array:
        blind = samples.standard[rows]
        blind[:, absent] = np.nan
        blind = fill(blind, correlation)
        now = (blind * samples.width + samples.centre)[:, own]
        change = judged(members, samples.fold[rows], blind).reshape(truth.shape)
        return np.asarray(((now[:, :, None] + change - truth) / scale[rows]) ** 2)

    def loss(absent: NDArray[np.bool_]) -> Array:
        more = error(absent) - usual
        return np.asarray(np.maximum(more.mean(axis=0), more[wild].mean(axis=0)))

    wildness = scale[rows].mean(axis=(1, 2))
    wild = wildness >= np.quantile(wildness, WILD_QUANTILE)

    usual = error(np.zeros(len(owners), bool))
    single = [loss(owners == i) for i in range(len(plan.inputs))]
    alone = [
        loss((owners >= 0) & (owners != plan.keys.index(target)))[number]
        for number, target in enumerate(plan.targets)
    ]
    return np.maximum(single, MIN_LOSS), np.maximum(alone, MIN_LOSS)


def _single(values: Array) -> Array:
    return np.asarray(np.asarray(values, np.float32), float)
