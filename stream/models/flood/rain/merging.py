"""Radar and gauges together: what each is good for.

A radar sees the pattern and misjudges the amount; a gauge knows the amount at one spot.
Conditional merging (Sinclair & Pegram 2005, Atmos. Sci. Lett. 6:19) keeps the gauges' amounts and
the radar's pattern between them: merged = G + (R − Rg), where G interpolates the gauges and Rg
interpolates the radar read at the gauges. Where gauges are too few, one factor for the whole field.
"""

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.rain.areal import Array, field

FEWEST = 3
"""Gauges under the radar from which conditional merging is used. In the bake-off, whose gauges
are without error, it is better than one factor from two on (docs/models/flood/rain.md)."""
FACTOR_MOST = 10.0
"""Bound on the mean-field bias, either way."""
PRIOR_MM = 2.0
"""Rain [mm] added to both sums of the bias: without rain the factor is 1."""


class Method(StrEnum):
    """How a field came about."""

    CONDITIONAL = "conditional merging"
    BIAS = "mean-field bias"
    RADAR = "radar alone"
    GAUGES = "gauges alone"
    NOTHING = "neither radar nor gauges"


class Merged(NamedTuple):
    """A field of rain and where it comes from."""

    rain: Array
    """(y, x), in the unit of the input; NaN where nothing is known."""
    method: Method
    gauges: int
    """Gauges that had a part in it."""
    factor: float
    """Ratio of gauges to radar over the field: 1 where there is no radar or no gauge."""


def merge(
    radar: Array | None,
    gauges: Array,
    gauges_xy_km: Array,
    x_km: Array,
    y_km: Array,
    *,
    fewest: int = FEWEST,
) -> Merged:
    """Merge a radar field (y, x) with the rain of g gauges (g,) over the same time.

    Both in mm over an hour or so (or mm/h): at single minutes a drop at the gauge and the beam a
    kilometre above it do not belong together. `gauges_xy_km` (g, 2), `x_km` (x,) and `y_km` (y,)
    are in one metric system. NaN: a gauge that is not there, a cell the radar does not cover;
    such a cell is filled from the gauges. Falls back, by what is there, as `Method` says.
    """
    gauges = np.where(np.asarray(gauges, float) >= 0, gauges, np.nan)
    known = np.isfinite(gauges)
    places = np.asarray(gauges_xy_km, dtype=float).reshape(-1, 2)[known]
    amounts = gauges[known]
    if radar is None or not np.isfinite(radar).any():
        return _without_radar(amounts, places, np.asarray(x_km), np.asarray(y_km))
    radar = np.maximum(np.asarray(radar, dtype=float), 0.0)
    if radar.shape != (len(y_km), len(x_km)):
        raise ValueError(f"radar {radar.shape} is not (len(y_km), len(x_km))")
    if not len(amounts):
        return Merged(radar, Method.RADAR, 0, 1.0)
    seen = at_gauges(radar, places, x_km, y_km)
    paired = np.isfinite(seen)
    factor = mean_field_bias(amounts[paired], seen[paired])
    interpolated = field(amounts, places, x_km, y_km)
    merged, method = factor * radar, Method.BIAS if paired.any() else Method.RADAR
    if paired.sum() >= fewest:
        method = Method.CONDITIONAL
        told = field(factor * seen[paired], places[paired], x_km, y_km)
        ours = field(amounts[paired], places[paired], x_km, y_km)
        merged = np.maximum(ours + factor * radar - told, 0.0)
    filled = np.where(np.isfinite(radar), merged, interpolated)
    return Merged(filled, method, len(amounts), factor)


def mean_field_bias(gauges: Array, radar: Array) -> float:
    """Return (Σ gauges + prior) / (Σ radar + prior) of pairs, within 1/10 … 10; 1 for no pair."""
    ratio = (float(np.sum(gauges)) + PRIOR_MM) / (float(np.sum(radar)) + PRIOR_MM)
    return float(np.clip(ratio, 1 / FACTOR_MOST, FACTOR_MOST))


def at_gauges(radar: Array, places_xy_km: Array, x_km: Array, y_km: Array) -> Array:
    """Return (g,) the radar in the cell of each gauge; NaN outside the grid."""
    column, inside_x = _nearest(np.asarray(x_km, float), places_xy_km[:, 0])
    row, inside_y = _nearest(np.asarray(y_km, float), places_xy_km[:, 1])
    return np.where(inside_x & inside_y, radar[row, column], np.nan)


def _nearest(axis: Array, wanted: Array) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the index of the nearest centre, and whether it lies within half a cell."""
    found = np.argmin(np.abs(axis[None, :] - wanted[:, None]), axis=1)
    half = 0.5 * abs(axis[1] - axis[0]) if len(axis) > 1 else 0.5
    return found, np.abs(axis[found] - wanted) <= half + 1e-9


def _without_radar(amounts: Array, places: Array, x_km: Array, y_km: Array) -> Merged:
    if not len(amounts):
        return Merged(np.full((len(y_km), len(x_km)), np.nan), Method.NOTHING, 0, 1.0)
    return Merged(field(amounts, places, x_km, y_km), Method.GAUGES, len(amounts), 1.0)
