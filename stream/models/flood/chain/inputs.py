"""What the chain is given each minute, put in order: rain, stages, discharges, the sea."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.basin import Basin
from stream.models.flood.chain.layout import local_km
from stream.models.flood.rain.areal import catchment_means, weights

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


class Inputs(NamedTuple):
    """Rows of the history that mean something; −1 where there is no such datastream."""

    keys: tuple[str, ...]
    rain: Integers
    """(n_rain_gauges,)"""
    gauges: Integers
    """(2 n_gauges,) stages, then discharges."""
    sea: Integers
    """(4,) tide gauge, pressure, wind speed, wind direction."""
    factors: Array
    """(n_rain_gauges,) by which the gauges' rain is divided."""
    intervals: Integers
    """(n_rain_gauges,) minutes that an amount is of."""
    weights: Array
    """(n_catchments, n_rain_gauges)"""
    rain_factors: Array
    """(n_catchments,) by which the open country's rain is multiplied."""
    xy_km: Array
    """(n_catchments, 2) centres."""

    def catchment_rain(self, history: Array) -> Array:
        """Return (n_catchments, t) rain [mm/h] from `history`; NaN where no gauge was heard."""
        if not len(self.rain):
            return np.full((len(self.rain_factors), history.shape[1]), np.nan)
        open_country = 60.0 * history[self.rain] / self.factors[:, None]
        return catchment_means(open_country, self.weights) * self.rain_factors[:, None]

    def spread(self, history: Array) -> Array:
        """Return `history` with amounts of rain spread over the minutes they fell in."""
        long = np.flatnonzero(self.intervals > 1)
        spread = history.copy() if len(long) else history
        for gauge in long:
            row, interval = self.rain[gauge], int(self.intervals[gauge])
            spread[row] = np.nan
            for at in np.flatnonzero(np.isfinite(history[row])):
                spread[row, max(at - interval + 1, 0) : at + 1] = history[row, at] / interval
        return spread

    def at_gauges(self, history: Array) -> Array:
        """Return (2 n_gauges, t) stages [m] and discharges [m3/s]."""
        return _rows(history, self.gauges)

    def at_sea(self, history: Array) -> Array:
        """Return (4, t) what is seen of the sea."""
        return _rows(history, self.sea)


def inputs(basin: Basin) -> Inputs:
    """Return the order of the inputs of `basin`."""
    keys = basin.inputs
    rows = {key: number for number, key in enumerate(keys)}
    middle = (basin.catchments[0].latitude, basin.catchments[0].longitude)
    centres = local_km([(c.latitude, c.longitude) for c in basin.catchments], middle)
    gauges = local_km([(g.latitude, g.longitude) for g in basin.rain_gauges], middle)
    seen = [gauge.stage for gauge in basin.gauges] + [gauge.discharge for gauge in basin.gauges]
    weather = basin.sea.weather if basin.sea else None
    sea = [basin.sea.tide if basin.sea else ""]
    sea += [weather.pressure, weather.wind_speed, weather.wind_direction] if weather else [""] * 3
    return Inputs(
        keys,
        np.array([rows[gauge.datastream] for gauge in basin.rain_gauges], dtype=np.int64),
        np.array([rows.get(key, -1) for key in seen], dtype=np.int64),
        np.array([rows.get(key, -1) for key in sea], dtype=np.int64),
        np.array([gauge.factor for gauge in basin.rain_gauges]),
        np.array([gauge.interval_min for gauge in basin.rain_gauges], dtype=np.int64),
        weights(gauges, centres) if len(gauges) else np.zeros((len(centres), 0)),
        np.array([catchment.rain_factor for catchment in basin.catchments]),
        centres,
    )


def _rows(history: Array, rows: Integers) -> Array:
    found = np.full((len(rows), history.shape[1]), np.nan)
    found[rows >= 0] = history[rows[rows >= 0]]
    return found
