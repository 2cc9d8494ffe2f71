"""What had been forecast and what came: the same for every model."""

from dataclasses import dataclass

import numpy as np

from stream.models.flood.gauges.grid import Array


@dataclass(frozen=True, eq=False)
class Past:
    """Forecasts of one model at each step of a recording, and what was observed."""

    model: str
    targets: tuple[str, ...]
    """Datastream keys."""
    leads_s: list[int]
    """Leads, ascending from 0 [s]."""
    probabilities: list[float]
    """Non-exceedance probabilities of the quantiles, ascending; 0.5 is among them."""
    issue_s: Array
    """(n,) Unix times [s], evenly spaced."""
    values: Array
    """(n, n_targets, n_leads, n_probabilities); NaN where there was no forecast."""
    observed: Array
    """(n, n_targets, n_leads) what came; NaN where nothing was trusted."""

    @property
    def step_s(self) -> float:
        """Return the time between two issues [s]."""
        return float(self.issue_s[1] - self.issue_s[0])

    @property
    def median(self) -> Array:
        """Return (n, n_targets, n_leads) medians."""
        return self.values[..., self.probabilities.index(0.5)]

    def present(self, target: int) -> Array:
        """Return (n,) what was observed at each issue."""
        return self.observed[:, target, 0]


def exceedance(values: Array, probabilities: list[float], threshold: float) -> Array:
    """Return P(X >= threshold) for quantiles (..., p): linear between them.

    Clipped to the outermost quantiles, as stream.quantiles.exceedance; NaN where a quantile is.
    """
    levels = np.asarray(probabilities)
    count = np.sum(values < threshold, axis=-1)
    above = np.clip(count, 1, len(levels) - 1)
    high = np.take_along_axis(values, above[..., None], axis=-1)[..., 0]
    low = np.take_along_axis(values, above[..., None] - 1, axis=-1)[..., 0]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        share = np.where(high > low, (threshold - low) / (high - low), 0.0)
    below = levels[above - 1] + share * (levels[above] - levels[above - 1])
    below = np.where(count == 0, levels[0], np.where(count == len(levels), levels[-1], below))
    return np.where(np.isnan(values).any(axis=-1), np.nan, 1.0 - below)
