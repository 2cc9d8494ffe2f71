"""What the residual's forecast looks at, relative to the newest value, the anchor.

Linear part: the residual at many lags, a week back. Network: the last day, slow means, the tide
around and ahead (a surge on a shelf comes later at low water and is higher on the flood), hour,
season, and how restless it has been. Spread: the same restlessness.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream.models.tide.constants import YEAR_S

Array = NDArray[np.float64]
Index = NDArray[np.intp]

HOUR_S = 3600.0
DAY_S = 86_400.0
LEADS_H = tuple(range(1, 13))
"""Leads that are fitted; beyond six hours for a gauge that has been silent."""
BACK_H = 168
"""Hours that are looked back from an anchor."""
MEANS_H = (24, 72, 168)
TIDE_H = tuple(range(-2, 9))
CALM_M = 0.02
"""Added to a restlessness before its logarithm is taken."""


@dataclass(frozen=True)
class Reach:
    """The lags of one grid, in its steps."""

    step_s: float

    @property
    def hour(self) -> int:
        """Steps in an hour."""
        return max(1, round(HOUR_S / self.step_s))

    def lags(self, *, dense_h: int, hourly_h: int, sparse_h: int = 0) -> Index:
        """Return every step up to `dense_h`, every hour to `hourly_h`, third to `sparse_h`."""
        hours = np.concatenate(
            [np.arange(dense_h + 1, hourly_h + 1), np.arange(hourly_h + 3, sparse_h + 1, 3)]
        )
        return np.concatenate([np.arange(dense_h * self.hour + 1), hours * self.hour])

    @property
    def linear(self) -> Index:
        """Lags of the linear part."""
        return self.lags(dense_h=3, hourly_h=72, sparse_h=BACK_H)

    @property
    def network(self) -> Index:
        """Lags of the network."""
        return self.lags(dense_h=2, hourly_h=24)

    @property
    def leads(self) -> Index:
        """Leads in steps."""
        return np.array(LEADS_H) * self.hour


def back(series: Array, anchors: Index, lags: Index) -> Array:
    """Return (n, k) `series` at each anchor less each lag; zero before its beginning."""
    at = anchors[:, None] - lags
    return np.where(at >= 0, series[np.maximum(at, 0)], 0.0)


def running_mean(series: Array, anchors: Index, width: int) -> Array:
    """Return (n,) means of the `width` values that end at each anchor."""
    total = np.concatenate([[0.0], np.cumsum(series)])
    first = np.maximum(anchors + 1 - width, 0)
    return np.asarray((total[anchors + 1] - total[first]) / (anchors + 1 - first))


def linear(reach: Reach, filled: Array, anchors: Index) -> Array:
    """Return (n, k): the value now, and each lag less the value now."""
    seen = back(filled, anchors, reach.linear)
    return np.concatenate([seen[:, :1], seen[:, 1:] - seen[:, :1]], axis=1)


def network(
    reach: Reach, filled: Array, anchors: Index, times_s: Array, tide: Mapping[int, Array]
) -> Array:
    """Return (n, k) inputs of the network.

    `times_s` (n,) of the anchors; `tide` hour of `TIDE_H` → (n,) astronomical tide then.
    """
    seen = back(filled, anchors, reach.network)
    now = seen[:, :1]
    means = [running_mean(filled, anchors, hours * reach.hour) for hours in MEANS_H]
    around = np.stack([tide[hours] for hours in TIDE_H], axis=1)
    day, year = 2 * np.pi * times_s / DAY_S, 2 * np.pi * times_s / YEAR_S
    calendar = [np.sin(day), np.cos(day), np.sin(2 * day), np.cos(2 * day)]
    calendar += [np.sin(year), np.cos(year)]
    restless = np.log(restlessness(reach, filled, anchors)[:, 1:] + CALM_M)
    parts = [now, seen[:, 1:] - now, np.stack(means, axis=1) - now, around]
    return np.concatenate([*parts, np.stack(calendar, axis=1), restless], axis=1)


def restlessness(reach: Reach, filled: Array, anchors: Index) -> Array:
    """Return (n, 7) what widens a forecast: 1, |r|, its changes, and their size of late [m]."""
    now = filled[anchors]
    ago = back(filled, anchors, np.array([1, 3, 6]) * reach.hour)
    change = back(filled, anchors, np.zeros(1, np.intp)) - ago
    hourly = np.diff(filled, prepend=filled[:1]) ** 2 * reach.hour
    lately = [np.sqrt(running_mean(hourly, anchors, hours * reach.hour)) for hours in (6, 24)]
    return np.concatenate(
        [np.ones((len(now), 1)), np.abs(now)[:, None], np.abs(change), np.stack(lately, axis=1)],
        axis=1,
    )
