"""A fitted residual model: a line through a week of lags, networks on what it leaves, a spread."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.gauges.network import Network
from stream.models.tide.surge import features, spread
from stream.models.tide.surge.features import HOUR_S, LEADS_H, TIDE_H, Reach
from stream.models.tide.surge.plausibility import Known
from stream.models.tide.surge.sampling import Grid

Array = NDArray[np.float64]
Index = NDArray[np.intp]

PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
BOUND = 5.0
"""Standardised inputs of the networks count as no more than this."""
MISSING = 0.5
"""Share of the way to the climate's variance that a day without observations goes."""


@dataclass(frozen=True, eq=False)
class SurgeModel:
    """All that a forecast of the residual needs besides the tide."""

    step_s: float
    cycle: Array
    """See `cycle.fit`."""
    centre: Array
    width: Array
    """(k,) of the linear features."""
    weights: Array
    """(k + 1, leads) of standardised linear features, intercept last: change from now [m]."""
    seen_centre: Array
    seen_width: Array
    """(m,) of the networks' features."""
    networks: tuple[Network, ...]
    """Their mean is added; none for a model of several stations."""
    size: Array
    """(leads, 7) weights of `features.restlessness`."""
    usual: Array
    """(leads,) mean squared scaled error."""
    shape: Array
    """(leads, p) quantiles of the error / size."""
    climate: Array
    """(p,) quantiles of the residual itself [m]."""
    known: Known
    fitted_s: tuple[float, float]
    """First and last time of the record [Unix s]."""

    @property
    def reach(self) -> Reach:
        """Its lags."""
        return Reach(self.step_s)


class Anchored:
    """A grid with what a model needs at any of its steps, computed once."""

    def __init__(self, model: SurgeModel, grid: Grid, tide: Mapping[int, Array]) -> None:
        """`tide`: hour of `features.TIDE_H` → (n,) tide that long after each grid time."""
        self.model, self.grid, self.tide = model, grid, tide
        self._missing = np.concatenate([[0.0], np.cumsum(~grid.known)])

    def mean(self, anchors: Index) -> Array:
        """Return (n, leads) the residual expected at each lead, its cycle left out [m]."""
        model, grid = self.model, self.grid
        seen = features.linear(model.reach, grid.filled, anchors)
        standard = (seen - model.centre) / model.width
        change = standard @ model.weights[:-1] + model.weights[-1]
        if model.networks:
            tide = {hours: line[anchors] for hours, line in self.tide.items()}
            wider = features.network(model.reach, grid.filled, anchors, grid.times_s[anchors], tide)
            wider = np.clip((wider - model.seen_centre) / model.seen_width, -BOUND, BOUND)
            parts = [member.predict(wider) for member in model.networks]
            change = change + np.mean(parts, axis=0)
        return np.asarray(seen[:, :1] + change)

    def size(self, anchors: Index) -> Array:
        """Return (n, leads) the usual size of the errors, larger where the last day has gaps."""
        model, reach = self.model, self.model.reach
        own = spread.size(model.size, features.restlessness(reach, self.grid.filled, anchors))
        first = np.maximum(anchors + 1 - 24 * reach.hour, 0)
        share = (self._missing[anchors + 1] - self._missing[first]) / (24 * reach.hour)
        climate = np.ptp(model.climate) / np.maximum(np.ptp(model.shape, axis=1), 1e-6)
        more = np.maximum(climate**2 - own**2, 0.0) * (MISSING * share)[:, None]
        return np.asarray(np.sqrt(own**2 + more))

    def lately(self, mean: Array, size: Array) -> Array:
        """Return (n, leads) factors of the last days, for all n steps of the grid."""
        scaled = (came(self.grid, self.model.reach.leads) - mean) / size
        scaled[~self.grid.known] = np.nan
        reach = self.model.reach
        return spread.lately(scaled, self.model.usual, reach.leads, reach.hour)


def came(grid: Grid, leads: Index) -> Array:
    """Return (n, leads) the residual that was observed at each lead; NaN where it was not."""
    found = np.full((len(grid.residual), len(leads)), np.nan)
    for column, lead in enumerate(leads):
        found[:-lead, column] = grid.residual[lead:]
    return found


def at_leads(model: SurgeModel, now: Array, mean: Array, size: Array, leads_s: Array) -> Array:
    """Return (n, k, p) quantiles of the residual at `leads_s` (k,) after each anchor [s].

    Between the fitted leads straight lines; within the first hour the size grows with the
    square root of the lead; beyond the last one it goes over to the climate within a day.
    `now` (n,), `mean` and `size` (n, leads).
    """
    hours = np.asarray(leads_s, dtype=float) / HOUR_S
    fitted = np.array([0.0, *LEADS_H])
    lines = np.concatenate([now[:, None], mean], axis=1)
    shapes = np.concatenate([model.shape[:1], model.shape])
    wide = np.concatenate([0.0 * size[:, :1], size], axis=1)
    low = np.clip(np.searchsorted(fitted, hours, side="right") - 1, 0, len(fitted) - 2)
    share = np.clip(hours - fitted[low], 0.0, 1.0)
    root = np.where(low == 0, np.sqrt(share), share)
    middle = lines[:, low] * (1 - share) + lines[:, low + 1] * share
    spreads = wide[:, low] * (1 - root) + wide[:, low + 1] * root
    form = shapes[low] * (1 - share)[:, None] + shapes[low + 1] * share[:, None]
    own = middle[:, :, None] + spreads[:, :, None] * form
    left = np.exp(-np.maximum(hours - fitted[-1], 0.0) / 12.0)[:, None]
    return np.asarray(own * left + model.climate * (1 - left))


def tides_around(line: Array, count: int, before: int, per_hour: int) -> dict[int, Array]:
    """Return what `Anchored` wants from a tide that begins `before` steps ahead of the grid."""
    return {
        hours: line[before + hours * per_hour : before + hours * per_hour + count]
        for hours in TIDE_H
    }
