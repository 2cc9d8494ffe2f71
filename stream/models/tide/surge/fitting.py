"""Fitting a residual model to what a station has recorded: no number in it is a station's own.

The line: ridge regression, its strength found by leaving out fifths of the record. The networks:
each leaves out one sixth of the record, blocks of twenty days with a margin of a week, and all
errors from which the spread is learnt are of members that had not seen that block.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.gauges.network import Network, train
from stream.models.tide.constants import Constants
from stream.models.tide.errors import TooShort
from stream.models.tide.prediction import predict
from stream.models.tide.surge import cycle, features, plausibility, spread
from stream.models.tide.surge.features import BACK_H, DAY_S, HOUR_S, LEADS_H, TIDE_H, Reach
from stream.models.tide.surge.model import (
    BOUND,
    PROBABILITIES,
    Anchored,
    SurgeModel,
    came,
    tides_around,
)
from stream.models.tide.surge.plausibility import Known
from stream.models.tide.surge.sampling import Grid, even, grid

Array = NDArray[np.float64]
Index = NDArray[np.intp]

LEAST_DAYS = 60
"""A residual model needs so many days of observations."""
NETWORK_DAYS = 240
"""… and networks on top of it so many."""
FOLDS, BLOCK_DAYS, APART_H = 6, 20, 36
STRENGTHS = (0.1, 1.0, 10.0, 100.0, 1000.0)
"""Of the ridge; each lead has its own."""
FADING_H = 12.0
HIDDEN, EPOCHS, DECAY = 96, 30, 0.3

Progress = Callable[[str, float], None]


class Record(NamedTuple):
    """What one station observed."""

    times_s: Array
    """(n,) Unix times [s], ascending."""
    levels: Array
    """(n,) [m], NaN where nothing was observed."""
    tide: Constants


class _Samples(NamedTuple):
    """Complete rows of all records, one below the other."""

    linear: Array
    network: Array
    restless: Array
    change: Array
    """(n, leads) residual at each lead less the present one; NaN where nothing was observed."""
    fold: Index


def fit(
    records: Sequence[Record],
    *,
    step_s: float = HOUR_S,
    progress: Progress = lambda what, part: None,
) -> SurgeModel:
    """Fit a residual model to one station's record, or a plain one to several stations'.

    Parameters
    ----------
    records : sequence of Record
        Of several, one line is fitted to all: for a station that has recorded nothing yet.
    step_s : float
        Spacing of the lags within the last hours [s], a whole part of an hour.

    Raises
    ------
    TooShort
        Fewer than 60 days of observations in all.
    """
    if HOUR_S % step_s:
        raise TooShort(f"a step of {step_s:g} s is no whole part of an hour")
    alone = len(records) == 1
    progress("residual", 0.0)
    found = [_gridded(record, step_s, with_cycle=alone) for record in records]
    days = sum(float(one.grid.known.sum()) for one in found) * step_s / DAY_S
    if days < LEAST_DAYS:
        raise TooShort(
            f"{days:.0f} days of observations; a residual model needs {LEAST_DAYS}: use one of "
            "several stations until then"
        )
    samples = _stacked(Reach(step_s), found)
    progress("line", 0.2)
    networks = alone and days >= NETWORK_DAYS
    return _fitted(found, samples, step_s, networks=networks, progress=progress)


class _Gridded(NamedTuple):
    grid: Grid
    tide: dict[int, Array]
    cycle: Array
    raw: Array
    """(n,) the residual with its cycle [m]."""


def _gridded(record: Record, step_s: float, *, with_cycle: bool) -> _Gridded:
    times, levels = even(record.times_s, record.levels, step_s)
    per_hour = round(HOUR_S / step_s)
    before, after = -min(TIDE_H) * per_hour, max(TIDE_H) * per_hour
    wide = times[0] + step_s * np.arange(-before, len(times) + after)
    line = predict(record.tide, wide)
    residual = levels - line[before : before + len(times)]
    waves = cycle.fit(times, residual if with_cycle else residual * 0.0, step_s)
    clean = residual - cycle.predict(waves, times)
    centred = line - record.tide.mean
    around = tides_around(centred, len(times), before, per_hour)
    return _Gridded(grid(times, clean, step_s), around, waves, residual)


def _stacked(reach: Reach, found: Sequence[_Gridded]) -> _Samples:
    parts = []
    for one in found:
        anchors = np.flatnonzero(one.grid.known)
        anchors = anchors[anchors >= BACK_H * reach.hour]
        change = came(one.grid, reach.leads)[anchors] - one.grid.filled[anchors, None]
        kept = np.isfinite(change).any(axis=1)
        anchors, change = anchors[kept], change[kept]
        times = one.grid.times_s[anchors]
        around = {hours: line[anchors] for hours, line in one.tide.items()}
        parts.append(
            _Samples(
                features.linear(reach, one.grid.filled, anchors),
                features.network(reach, one.grid.filled, anchors, times, around),
                features.restlessness(reach, one.grid.filled, anchors),
                change,
                (times // (BLOCK_DAYS * DAY_S)).astype(np.intp) % FOLDS,
            )
        )
    return _Samples(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _standard(seen: Array) -> tuple[Array, Array]:
    return seen.mean(axis=0), np.maximum(seen.std(axis=0), 1e-6)


def _penalty(reach: Reach) -> Array:
    """Return (k,) what each lag's weight costs: long ago is believed to matter less."""
    hours = reach.linear * (reach.step_s / HOUR_S)
    return np.asarray(1.0 + (hours / FADING_H) ** 2)


def _ridge(seen: Array, wanted: Array, strength: float, costs: Array) -> Array:
    """Return (k + 1, leads) weights; rows with an unknown lead count for the others."""
    design = np.concatenate([seen, np.ones((len(seen), 1))], axis=1)
    penalty = np.diag(np.append(strength * costs, 0.0))
    complete = np.isfinite(wanted).all(axis=1)
    shared = design[complete].T @ design[complete]
    found = np.empty((design.shape[1], wanted.shape[1]))
    for lead in range(wanted.shape[1]):
        more = np.isfinite(wanted[:, lead]) & ~complete
        rows = complete | more
        normal = shared + design[more].T @ design[more] + penalty
        found[:, lead] = np.linalg.solve(normal, design[rows].T @ wanted[rows, lead])
    return found


def _apply(weights: Array, seen: Array) -> Array:
    return np.asarray(seen @ weights[:-1] + weights[-1])


def _left_out(samples: _Samples, standard: Array, strength: float, costs: Array) -> Array:
    """Return (n, leads) changes of each row as foreseen by a line that has not seen its fold."""
    guess = np.empty(samples.change.shape)
    for fold in range(FOLDS):
        held = samples.fold == fold
        if held.any() and not held.all():
            weights = _ridge(standard[~held], samples.change[~held], strength, costs)
            guess[held] = _apply(weights, standard[held])
    return guess


def _fitted(
    found: Sequence[_Gridded],
    samples: _Samples,
    step_s: float,
    *,
    networks: bool,
    progress: Progress,
) -> SurgeModel:
    centre, width = _standard(samples.linear)
    standard = (samples.linear - centre) / width
    costs, leads = _penalty(Reach(step_s)), np.arange(len(LEADS_H))
    guesses = np.stack([_left_out(samples, standard, one, costs) for one in STRENGTHS])
    best = np.nanmean((samples.change - guesses) ** 2, axis=1).argmin(axis=0)
    lines = np.stack([_ridge(standard, samples.change, one, costs) for one in STRENGTHS])
    weights, guess = lines[best, :, leads].T, guesses[best, :, leads].T
    seen_centre, seen_width = _standard(samples.network)
    members: tuple[Network, ...] = ()
    error = samples.change - guess
    if networks:
        seen = np.clip((samples.network - seen_centre) / seen_width, -BOUND, BOUND)
        members, corrected = _networks(seen, error, samples.fold, progress)
        error = error - corrected
    progress("spread", 0.9)
    size = spread.fit_size(samples.restless, error)
    scaled = error / spread.size(size, samples.restless)
    residual = np.concatenate([one.grid.residual[one.grid.known] for one in found])
    model = SurgeModel(
        step_s=step_s,
        cycle=found[0].cycle,
        centre=centre,
        width=width,
        weights=weights,
        seen_centre=seen_centre,
        seen_width=seen_width,
        networks=members,
        size=size,
        usual=spread.usual(scaled),
        shape=spread.fit_shape(scaled, np.array(PROBABILITIES)),
        climate=np.quantile(residual, PROBABILITIES),
        known=Known(0.0, 0.0, 0.0, 0.0),
        fitted_s=(float(found[0].grid.times_s[0]), float(found[0].grid.times_s[-1])),
    )
    known = [plausibility.learn(one.grid, one.tide[0], step_s) for one in found]
    progress("done", 1.0)
    return replace(model, known=plausibility.widest(known))


def _networks(
    seen: Array, error: Array, fold: Index, progress: Progress
) -> tuple[tuple[Network, ...], Array]:
    """Return the members, and (n, leads) what each row's own outsider corrects."""
    unit = np.nanstd(error, axis=0) + 1e-9
    complete = np.isfinite(error).all(axis=1)
    corrected, members = np.zeros(error.shape), []
    for held in range(FOLDS):
        progress("networks", 0.3 + 0.6 * held / FOLDS)
        rows = np.flatnonzero(complete & (fold != held))
        member = train(
            seen[rows], error[rows] / unit, hidden=HIDDEN, epochs=EPOCHS, seed=held, decay=DECAY
        )
        member = replace(
            member,
            outer=(member.outer * unit).astype(np.float32),
            outer_bias=(member.outer_bias * unit).astype(np.float32),
        )
        members.append(member)
        corrected[fold == held] = member.predict(seen[fold == held])
    return tuple(members), corrected


def hindcast(model: SurgeModel, record: Record, leads_h: Sequence[int] = LEADS_H) -> Array:
    """Return (n, k, p) quantiles of the level as forecast at each of n even steps of a record.

    By the live forecast's own parts; NaN where nothing was observed at a step.
    """
    one = _gridded(record, model.step_s, with_cycle=False)
    times = one.grid.times_s
    clean = one.raw - cycle.predict(model.cycle, times)
    anchored = Anchored(model, grid(times, clean, model.step_s), one.tide)
    anchors = np.arange(len(times))
    mean, size = anchored.mean(anchors), anchored.size(anchors)
    size = size * anchored.lately(mean, size)
    columns = [LEADS_H.index(hours) for hours in leads_h]
    values = mean[:, columns, None] + size[:, columns, None] * model.shape[columns]
    for k, hours in enumerate(leads_h):
        ahead = times + HOUR_S * hours
        values[:, k] += (predict(record.tide, ahead) + cycle.predict(model.cycle, ahead))[:, None]
    values[~anchored.grid.known] = np.nan
    return np.asarray(values)
