"""How wide a forecast must be: a scale that follows the state of the river.

The scale rests only on the gauge's own series and the calendar, so that the silence of any
other input cannot make a forecast narrower; that silence then widens it.
"""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from stream.models.flood.gauges.features import names, tide_offsets
from stream.models.flood.gauges.grid import Array
from stream.models.flood.gauges.plan import FloodPlan

FLOOR_M = 0.005
"""No forecast claims to be better than half a centimetre."""

FAST_MINUTES = 60

BEYOND = 0.1
"""Error of the longest lead for each metre above the record."""

CLASSES = (0.0, 0.6, 0.88, 0.97, 1.0)
"""Classes of water, as parts of the record that lie below their edges: the tails of the errors
are another matter at high water than in calm, so each class has its own quantiles."""


def drivers(plan: FloodPlan, features: Array, high: Array) -> Array:
    """Return (n, n_targets, n_drivers) what the variance of the error may grow with.

    They are 1; the squares of the largest change in the last hour, of the largest change in
    all lags, of the predicted tide's movements, and of the roughness of the latest values; and
    the heights above each of `high`, not squared: a flood's last metre is no harder to forecast
    than its first.
    Unstandardised `features` (n, n_features); `high` (n_heights, n_targets) [m].
    """
    table = names(plan)
    swings = _tidal_swings(plan, features)
    quick = sum(lag <= FAST_MINUTES for lag in plan.level_lags)
    found = []
    for number, target in enumerate(plan.targets):
        start = table.index((plan.keys.index(target), "now"))
        changes = np.abs(features[:, start + 1 : start + 1 + len(plan.level_lags)])
        found.append(
            [
                np.ones(len(features)),
                changes[:, :quick].max(axis=1, initial=0.0) ** 2,
                changes.max(axis=1, initial=0.0) ** 2,
                *(swings**2).T,
                _roughness(plan, features, start),
                *(np.maximum(features[:, start] - height[number], 0.0) for height in high),
            ]
        )
    return np.array(found).transpose(2, 0, 1)


def _roughness(plan: FloodPlan, features: Array, now: int) -> Array:
    """Return (n,) mean square of the second differences of the latest values of a level."""
    lags = (0, *plan.level_lags)
    even = [i for i in range(1, len(lags) - 1) if lags[i + 1] - lags[i] == lags[i] - lags[i - 1]]
    even = [i for i in even if lags[i + 1] - lags[i] == plan.step_minutes]
    if not even:
        return np.zeros(len(features))
    levels = np.column_stack([np.zeros(len(features)), features[:, now + 1 : now + len(lags)]])
    second = [levels[:, i + 1] - 2 * levels[:, i] + levels[:, i - 1] for i in even]
    return np.asarray(np.mean(np.square(second), axis=0))


def _tidal_swings(plan: FloodPlan, features: Array) -> Array:
    """Return (n, 5) how far the predicted tide moves: over the horizon, up and down from now
    within the horizon, and up and down to now within what is seen of the past; 0 without a tide.
    """
    at = {name: i for i, name in enumerate(names(plan))}
    tide = {offset: at.get((-1, f"tide {offset:+d} min")) for offset in tide_offsets(plan)}
    known = {offset: column for offset, column in tide.items() if column is not None}
    if not known:
        return np.zeros((len(features), 5))
    ahead = features[:, [column for offset, column in known.items() if offset >= 0]]
    before = features[:, [column for offset, column in known.items() if offset <= 0]]
    now = ahead[:, 0]
    return np.column_stack(
        [
            np.ptp(ahead, axis=1),
            ahead.max(axis=1) - now,
            now - ahead.min(axis=1),
            now - before.min(axis=1),
            before.max(axis=1) - now,
        ]
    )


def fit_scale(driving: Array, residuals: Array) -> Array:
    """Return (n_targets, n_leads, n_drivers) non-negative weights of the drivers.

    Two passes of non-negative least squares on the squared residuals (n, n_targets, n_leads),
    the second weighted by the first: calm and flood then count alike.
    """
    targets, leads = residuals.shape[1:]
    weights = np.zeros((targets, leads, driving.shape[2]))
    for target in range(targets):
        for lead in range(leads):
            design, square = driving[:, target], residuals[:, target, lead] ** 2
            variance = np.full(len(design), max(float(square.mean()), FLOOR_M**2))
            for _ in range(3):
                weights[target, lead] = nnls(design / variance[:, None], square / variance)[0]
                variance = design @ weights[target, lead] + FLOOR_M**2
    return weights


def scale(weights: Array, driving: Array) -> Array:
    """Return (n, n_targets, n_leads) scale [m]."""
    variance = np.einsum("ntd,tld->ntl", driving, weights)
    return np.asarray(np.sqrt(variance + FLOOR_M**2))


def beyond(scale: Array, excess: Array) -> Array:
    """Return `scale` (n, t, l) widened where the water stands above all of the record.

    `excess` (n, t) present level above the record's highest [m]. No record can teach this: it
    is taken that a forecast to the last lead then errs by a tenth of that, less before it.
    """
    share = np.arange(scale.shape[2]) / max(1, scale.shape[2] - 1)
    variance = (BEYOND * np.maximum(excess, 0.0)[:, :, None]) ** 2 * share
    return np.asarray(np.sqrt(scale**2 + variance))


def fit_shape(scaled: Array, level: Array, probabilities: tuple[float, ...]) -> tuple[Array, Array]:
    """Return (c, t) heights of classes of water, and (c, t, l, p) quantiles of errors in each.

    `scaled` (n, t, l) errors divided by their scale; `level` (n, t) the present level [m].
    At lead 0 the quantiles are a normal's.
    """
    targets, leads = scaled.shape[1:]
    classes = len(CLASSES) - 1
    centres = np.empty((classes, targets))
    shape = np.empty((classes, targets, leads, len(probabilities)))
    for target in range(targets):
        edges = np.quantile(level[:, target], CLASSES)
        for number in range(classes):
            low, high = edges[number : number + 2]
            mine = (level[:, target] >= low) & (level[:, target] <= high)
            centres[number, target] = np.median(level[mine, target])
            shape[number, target] = np.quantile(scaled[mine, target], probabilities, axis=0).T
    shape[:, :, 0] = [NormalDist().inv_cdf(probability) for probability in probabilities]
    return centres, shape


def shape_at(centres: Array, shape: Array, level: Array) -> Array:
    """Return (n, t, l, p) quantiles of scaled errors at present levels (n, t) [m]."""
    found = np.empty((len(level), *shape.shape[1:]))
    for target in range(level.shape[1]):
        place = np.interp(level[:, target], centres[:, target], np.arange(len(centres)))
        below = np.minimum(place.astype(int), len(centres) - 2)
        part = (place - below)[:, None, None]
        found[:, target] = shape[below, target] * (1 - part) + shape[below + 1, target] * part
    return found


def missing_share(plan: FloodPlan, absent: NDArray[np.bool_]) -> Array:
    """Return (n, n_inputs): the part of each input that is missing; 1 if its newest is."""
    owners = np.array([owner for owner, _ in names(plan)])
    share = np.zeros((len(absent), len(plan.inputs)))
    for i in range(len(plan.inputs)):
        mine = absent[:, owners == i]
        share[:, i] = np.where(mine[:, 0], 1.0, mine.mean(axis=1))
    return share


def widening(plan: FloodPlan, share: Array, single: Array, alone: Array) -> Array:
    """Return (n, n_targets, n_leads) factors >= 1 on the spread; they grow with each `share`.

    Variances add: `single` (n_inputs, n_targets, n_leads) is what the absence of one input
    adds to the squared scale, `alone` (n_targets, n_leads) what that of all others adds.
    """
    added = np.einsum("ni,itl->ntl", share, single)
    for number, target in enumerate(plan.targets):
        others = [i for i, key in enumerate(plan.keys) if key != target]
        if others:
            together = share[:, others].mean(axis=1)[:, None] ** 2 * alone[number]
            added[:, number] = np.maximum(added[:, number], together)
    return np.asarray(np.sqrt(1.0 + added))
