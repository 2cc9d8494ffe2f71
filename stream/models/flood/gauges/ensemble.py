"""The members of a gauge model: each a ridge and a network that have not seen one fold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.gauges.features import names, own_columns
from stream.models.flood.gauges.grid import Array
from stream.models.flood.gauges.model import REACH, change_of_level
from stream.models.flood.gauges.network import Network, train
from stream.models.flood.gauges.plan import FloodPlan

RIDGE = 1.0


@dataclass(frozen=True, eq=False)
class Samples:
    """Complete rows of a record: what was seen, and what came of it."""

    features: Array
    """(n, f) unstandardised."""
    centre: Array
    width: Array
    """(f,) mean and standard deviation of the features."""
    changes: Array
    """(n, t·l) change of level from now to each lead [m]."""
    fold: NDArray[np.intp]
    """(n,) the fold that may not be fitted on this row."""
    position: NDArray[np.intp]
    """(n,) step of the row in the record."""

    @property
    def standard(self) -> Array:
        """Return the standardised features."""
        return np.asarray((self.features - self.centre) / self.width)


@dataclass(frozen=True, eq=False)
class Member:
    """One ridge and the network on its remainder."""

    linear: Array
    """(f + 1, t·l), intercept last [m]."""
    network: Network

    def change(self, standard: Array) -> Array:
        """Return (n, t·l) change of level [m]."""
        return change_of_level(self.linear, (self.network,), standard)


def fit_member(plan: FloodPlan, samples: Samples, fold: int, *, apart: int) -> Member:
    """Fit a member to the rows at least `apart` steps away from those of `fold`.

    Gauge zeros and flows are given random errors (`plan.zero_error`, `plan.flow_error`):
    the member learns to rest on changes, which last, more than on absolute levels, which
    do not: a bed is scoured, a gauge is moved, a rating is revised.
    """
    rows = _distance(samples.position, samples.position[samples.fold == fold]) >= apart
    seen = _disturbed(plan, samples.features[rows], seed=fold)
    standard, changes = (seen - samples.centre) / samples.width, samples.changes[rows]
    linear = _ridge(standard, changes)
    remainder = changes - standard @ linear[:-1] - linear[-1]
    unit = remainder.std(0) + 1e-6
    network = train(
        np.clip(standard, -REACH, REACH),
        remainder / unit,
        hidden=plan.hidden,
        epochs=plan.epochs,
        seed=fold,
    )
    return Member(linear, _rounded(network, unit))


def judged(members: Sequence[Member], fold: NDArray[np.intp], standard: Array) -> Array:
    """Return the change predicted for each row by the member that has not seen its fold."""
    found = np.empty((len(standard), members[0].linear.shape[1]))
    for number, member in enumerate(members):
        found[fold == number] = member.change(standard[fold == number])
    return found


def _distance(position: NDArray[np.intp], held: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return how many steps each position is away from the nearest one of `held`, sorted."""
    if not len(held):
        return np.full(len(position), np.iinfo(np.intp).max)
    after = np.searchsorted(held, position)
    before = np.abs(position - held[np.maximum(after - 1, 0)])
    behind = np.abs(position - held[np.minimum(after, len(held) - 1)])
    return np.asarray(np.minimum(before, behind), np.intp)


def _disturbed(plan: FloodPlan, features: Array, *, seed: int) -> Array:
    draw = np.random.default_rng([seed, 1])
    seen = features.copy()
    for column in own_columns(plan):
        seen[:, column] += draw.normal(0.0, plan.zero_error, len(seen))
    owners = np.array([owner for owner, _ in names(plan)])
    for i, entry in enumerate(plan.inputs):
        if entry.role == "flow":
            factor = 1.0 + draw.normal(0.0, plan.flow_error, (len(seen), 1))
            seen[:, owners == i] *= factor
    return seen


def _ridge(standard: Array, changes: Array) -> Array:
    middle, centre = changes.mean(0), standard.mean(0)
    square = standard.T @ standard + RIDGE * np.eye(standard.shape[1])
    weights = np.linalg.solve(square, standard.T @ (changes - middle))
    return np.vstack([weights, middle - centre @ weights])


def _rounded(network: Network, unit: Array) -> Network:
    """Return `network` in metres and in half precision, as it is stored."""
    parts = (network.inner, network.inner_bias, network.outer * unit, network.outer_bias * unit)
    return Network(*(part.astype(np.float16).astype(np.float32) for part in parts))
