"""One minute as formulas see it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import isnan, nan
from typing import TYPE_CHECKING

from stream.hazards.contract import View
from stream.quantiles import quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OLD_FORECAST_S = 1800.0
"""A forecast issued longer ago than this is not used [s]."""


class Minute:
    """The observations and forecasts known at one minute."""

    def __init__(
        self,
        view: View,
        inputs: Sequence[str],
        intervals: Mapping[str, float],
        stale_after: timedelta,
    ) -> None:
        self._view, self._intervals = view, intervals
        self._rows = {key: row for row, key in enumerate(inputs)}
        self._stale = stale_after.total_seconds() / 60

    def latest(self, key: str) -> float:
        """Return the newest value that is not stale."""
        minutes = int(max(self._stale, 3 * self._intervals[key]))
        return next((v for v in reversed(self.window(key, minutes)) if not isnan(v)), nan)

    def window(self, key: str, minutes: int) -> Sequence[float]:
        """Return the last `minutes` values on the minute grid; of what is not used, none."""
        if key not in self._rows:
            return [nan] * minutes
        row: NDArray[np.float64] = self._view.history[self._rows[key]]
        found: list[float] = row[-minutes:].tolist()
        return found

    def interval_min(self, key: str) -> float:
        """Return how often a value is expected [min]."""
        return self._intervals[key]

    def ahead(self, key: str, lead_s: float, probability: float) -> float:
        """Return the quantile of the newest forecast at that lead from now; NaN where it ends."""
        forecast = self._view.forecasts.get(key)
        if forecast is None:
            return nan
        age = self._view.issue_s - forecast.issue_time.timestamp()
        wanted, leads = lead_s + age, forecast.leads_s
        if age > OLD_FORECAST_S or not leads[0] <= wanted + 1 or wanted > leads[-1] + age:
            return nan
        line = [quantile(row, forecast.probabilities, probability) for row in forecast.values]
        return _between(leads, line, min(wanted, float(leads[-1])))


def _between(leads: Sequence[float], line: Sequence[float], wanted: float) -> float:
    for place in range(1, len(leads)):
        if wanted <= leads[place]:
            width = leads[place] - leads[place - 1]
            share = min(1.0, max(0.0, (wanted - leads[place - 1]) / width))
            return line[place - 1] + share * (line[place] - line[place - 1])
    return line[-1]
