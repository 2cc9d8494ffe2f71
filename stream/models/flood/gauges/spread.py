"""How wide a forecast must be: a scale that follows the state of the river.

The scale rests only on the gauge's own series and the calendar, so that the silence of any
other input cannot make a forecast narrower; that silence then widens it.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from stream.models.flood.gauges.features import names, tide_offsets
from stream.models.flood.gauges.grid import Array
from stream.models.flood.gauges.plan import FloodPlan

FLOOR_M = 0.005
"""No forecast claims to be better than half a centimetre."""

FAST_MINUTES = 60


def drivers(plan: FloodPlan, features: Array, high: Array) -> Array:
    """Return (n, n_targets, n_drivers) what the variance of the error may grow with.

    They are 1; the squares of the largest change in the last hour, of the largest change in
    all lags, and of the range of the tide predicted for the horizon; and the heights above
    each of `high`, not squared: a flood's last metre is no harder to forecast than its first.
    Unstandardised `features` (n, n_features); `high` (n_heights, n_targets) [m].
    """
    table = names(plan)
    swing = _tidal_range(plan, features)
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
                swing**2,
                *(np.maximum(features[:, start] - height[number], 0.0) for height in high),
            ]
        )
    return np.array(found).transpose(2, 0, 1)


def _tidal_range(plan: FloodPlan, features: Array) -> Array:
    """Return (n,) range of the tide predicted for the horizon; 0 without a tide."""
    wanted = {(-1, f"tide {offset:+d} min") for offset in tide_offsets(plan) if offset >= 0}
    ahead = [i for i, name in enumerate(names(plan)) if name in wanted]
    return np.ptp(features[:, ahead], axis=1) if ahead else np.zeros(len(features))


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
