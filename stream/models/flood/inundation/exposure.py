"""Who is in the water's way: depth, probability and time at each place, from the members."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation.city import City
from stream.models.flood.inundation.members import CityForecast

Floats = NDArray[np.float64]


class Chance(NamedTuple):
    """How probable it is that a depth is reached at a place, and when."""

    probability: float
    """That it is reached within the horizon [0-1]."""
    arrival_s: dict[float, float | None]
    """Share of the members → lead by which so many have reached it [s]; None: not in time."""


def depth_quantiles(
    city: City, forecast: CityForecast, probabilities: tuple[float, ...]
) -> dict[str, Floats]:
    """Return the quantiles of depth at each place: place → (n_leads, n_probabilities) [m].

    Places off the raster are absent. Rows never decrease.
    """
    return {
        spot.id: np.stack(
            [
                quantiles(depths, forecast.weights, probabilities)
                for depths in forecast.spot_depth[:, row].T
            ]
        )
        for row, spot in enumerate(city.spots)
        if len(spot.cells)
    }


def quantiles(values: Floats, weights: Floats, probabilities: tuple[float, ...]) -> Floats:
    """Return weighted quantiles of `values` (m,): each value sits at the middle of its weight.

    Between the middles linear, beyond the outermost constant.
    """
    order = np.argsort(values, kind="stable")
    middle = np.cumsum(weights[order]) - weights[order] / 2
    return np.asarray(np.interp(probabilities, middle, values[order]))


def chance(
    city: City,
    forecast: CityForecast,
    place: str,
    depth_m: float,
    shares: tuple[float, ...] = (0.1, 0.5, 0.9),
) -> Chance | None:
    """Return how probably and when water at `place` is `depth_m` deep; None off the raster."""
    for row, spot in enumerate(city.spots):
        if spot.id == place and len(spot.cells):
            first = _first(forecast.spot_depth[:, row], forecast.leads_s, depth_m)
            probability = float(forecast.weights[np.isfinite(first)].sum())
            arrivals = {share: _by(first, forecast.weights, share) for share in shares}
            return Chance(min(1.0, probability), arrivals)
    return None


def _first(depths: Floats, leads_s: NDArray[np.int64], depth_m: float) -> Floats:
    """Return when each member (m, k) first reaches `depth_m`, linear between leads; inf never."""
    first = np.full(len(depths), np.inf)
    for member, row in enumerate(depths):
        over = np.flatnonzero(row >= depth_m)
        if not len(over):
            continue
        at = int(over[0])
        if at == 0:
            first[member] = float(leads_s[0])
            continue
        share = (depth_m - row[at - 1]) / (row[at] - row[at - 1])
        first[member] = leads_s[at - 1] + share * (leads_s[at] - leads_s[at - 1])
    return first


def _by(first: Floats, weights: Floats, share: float) -> float | None:
    """Return the time by which `share` of the weight has arrived; None if it never has."""
    order = np.argsort(first, kind="stable")
    reached = np.cumsum(weights[order]) >= share - 1e-9
    when = float(first[order][int(np.argmax(reached))]) if reached.any() else np.inf
    return when if np.isfinite(when) else None
