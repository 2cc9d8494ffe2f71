"""A gauge zero that is wrong by a metre: found by comparing levels with what the others say.

What a level, or the tide's residual, probably is given everything that the *other* inputs show
now (`imputation`: the conditional mean of a multivariate normal) is held against what the gauge
says. The median of their differences over an hour counts, so a spike is no datum. Of several
that differ, the one that differs most for what is usual is left out first and the rest are
judged again without it: under a normal that is the likeliest single culprit.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.gauges.features import names, recent_columns
from stream.models.flood.gauges.grid import Array
from stream.models.flood.gauges.imputation import RIDGE
from stream.models.flood.gauges.plan import FloodPlan

SPAN_MINUTES = 60
"""The median of the differences over this long is judged."""
LEAST_M = 0.5
"""No smaller difference is called a wrong datum, …"""
MARGIN = 1.25
"""… nor one that is not larger than the largest of the record by this factor."""
BEYOND = 0.25
"""What the limit grows with for each metre that the others expect beyond the record."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """Which inputs are left out at each of n steps, and by how much they differed."""

    wrong: NDArray[np.bool_]
    """(n, n_inputs)"""
    offset: Array
    """(n, n_inputs) median difference from what the others say [m], NaN where not wrong."""


@dataclass(frozen=True, eq=False)
class Known:
    """What the record taught about the inputs together."""

    centre: Array
    width: Array
    """(f,) mean and standard deviation of the features."""
    correlation: Array
    """(f, f) of the features."""
    tolerance: Array
    """(i,) limits of the differences, in units of their uncertainty; inf: not judged."""
    top: Array
    """(i,) the record's highest value of what is judged [m]."""


def judged_columns(plan: FloodPlan) -> dict[int, int]:
    """Return input → feature that is judged: the present level, the tide's present residual."""
    table = names(plan)
    wanted = {"level": "now", "tide": f"residual −{min(plan.tide_lags)} min"}
    return {
        i: table.index((i, wanted[entry.role]))
        for i, entry in enumerate(plan.inputs)
        if entry.role in wanted
    }


def differences(
    plan: FloodPlan, standard: Array, correlation: Array, without: Collection[int] = ()
) -> tuple[Array, Array]:
    """Return (n, n_inputs) twice: what each input says above what the others say, and how
    uncertain that is, both in standard deviations of the judged feature.

    `standard` (n, n_features) standardised features, NaN where one is missing; inputs in
    `without` are not listened to. NaN for inputs that are not judged or not there. Features of
    earlier tides are not looked at.
    """
    columns = list(recent_columns(plan))
    seen, between = standard[:, columns], correlation[np.ix_(columns, columns)]
    owners = np.array([owner for owner, _ in names(plan)])[columns]
    deaf = np.isin(owners, list(without))
    above, unsure = (np.full((len(standard), len(plan.inputs)), np.nan) for _ in range(2))
    for i, column in judged_columns(plan).items():
        place = columns.index(column)
        for there, rows in _patterns(np.isfinite(seen) & ~deaf & (owners != i)):
            if not there.any():
                continue
            likely = between[np.ix_(there, there)] + RIDGE * np.eye(int(there.sum()))
            weights = np.linalg.solve(likely, between[there, place])
            above[rows, i] = seen[rows, place] - seen[np.ix_(rows, there)] @ weights
            left = between[place, place] - between[there, place] @ weights
            unsure[rows, i] = np.sqrt(max(float(left), RIDGE))
    return above, unsure


def _patterns(
    usable: NDArray[np.bool_],
) -> list[tuple[NDArray[np.bool_], NDArray[np.intp]]]:
    """Return each distinct row of `usable`, and the rows that are like it."""
    packed = np.ascontiguousarray(np.packbits(usable, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).reshape(-1)
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(which, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(which))[:-1])
    return [(usable[row], rows) for row, rows in zip(first, parts, strict=True)]


def over_an_hour(plan: FloodPlan, found: Array) -> Array:
    """Return the medians of `found` (n, …) over the hour that ends at each of its n steps.

    NaN where fewer than half of the hour's values are known.
    """
    count = SPAN_MINUTES // plan.step_minutes + 1
    late = np.full((count, *found.shape), np.nan)
    for back in range(min(count, len(found))):
        late[back, back:] = found[: len(found) - back]
    known = np.isfinite(late).sum(axis=0)
    ordered = np.sort(late, axis=0)  # NaN last
    low = np.take_along_axis(ordered, np.maximum(known - 1, 0)[None] // 2, axis=0)[0]
    high = np.take_along_axis(ordered, np.minimum(known // 2, count - 1)[None], axis=0)[0]
    return np.where(2 * known > count, (low + high) / 2, np.nan)


def tolerances(plan: FloodPlan, largest: Array, unsure: Array, width: Array) -> Array:
    """Return (n_inputs,) limits of the differences, in units of their uncertainty.

    `largest` (n_inputs,) hourly difference of the record [m] and `unsure` as `differences`
    give them with all inputs there; `width` (n_features,) standard deviations [m].
    """
    found = np.full(len(plan.inputs), np.inf)
    for i, column in judged_columns(plan).items():
        found[i] = max(LEAST_M, MARGIN * largest[i]) / (unsure[i] * width[column])
    return found


def judge(plan: FloodPlan, features: Array, known: Known) -> Verdict:
    """Judge n consecutive steps of unstandardised `features` (n, n_features)."""
    standard = (features - known.centre) / known.width
    judged = judged_columns(plan)
    width, centre = (np.full(len(plan.inputs), np.nan) for _ in range(2))
    width[list(judged)] = known.width[list(judged.values())]
    centre[list(judged)] = known.centre[list(judged.values())]
    wrong = np.zeros((len(features), len(plan.inputs)), bool)
    offset = np.full(wrong.shape, np.nan)
    pending: list[tuple[frozenset[int], NDArray[np.intp]]] = [
        (frozenset(), np.arange(len(features)))
    ]
    while pending:
        without, rows = pending.pop()
        above, unsure = differences(plan, standard, known.correlation, without)
        hourly = over_an_hour(plan, above * width)
        own = np.column_stack([features[:, judged.get(i, 0)] for i in range(len(plan.inputs))])
        beyond = np.maximum(own - hourly - known.top, 0.0)
        limit = known.tolerance * unsure * width + BEYOND * beyond
        excess = np.nan_to_num(np.abs(hourly[rows]) / limit[rows], nan=0.0)
        excess[:, list(without)] = 0.0
        worst = np.where(excess.max(axis=1) > 1.0, excess.argmax(axis=1), -1)
        for culprit in np.unique(worst[worst >= 0]):
            found = rows[worst == culprit]
            wrong[found, culprit] = True
            offset[found, culprit] = hourly[found, culprit]
            if len(without) + 2 < len(judged):
                pending.append((without | {int(culprit)}, found))
    return Verdict(wrong, offset)


def left_out(plan: FloodPlan, features: Array, wrong: NDArray[np.bool_]) -> Array:
    """Return `features` (n, f) with NaN for those of inputs that are `wrong` (n, n_inputs)."""
    owners = np.array([owner for owner, _ in names(plan)])
    gone = wrong[:, owners] & (owners >= 0)
    return np.where(gone, np.nan, features)
