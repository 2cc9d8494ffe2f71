"""An invented river: flow at a dam reaches two gauges after known times; the lower one is tidal."""

from datetime import timedelta
from typing import NamedTuple

import numpy as np
import pytest

from stream.models.flood.gauges.fit import Fitted, Record, fit
from stream.models.flood.gauges.model import GaugeModel
from stream.models.flood.gauges.plan import FloodPlan, Input
from stream.models.flood.harmonics import SPEEDS_DEG_PER_H

STEP = 10
UPPER, LOWER = 60, 120
"""Minutes from the dam to each gauge."""
RISE_M = 0.001
"""Rise of the level for each m3/s."""

PLAN = FloodPlan(
    name="invented-1",
    step=timedelta(minutes=STEP),
    horizon=timedelta(hours=3),
    targets=("upper/stage", "lower/stage"),
    inputs=(
        Input(datastream="upper/stage", role="level"),
        Input(datastream="lower/stage", role="level"),
        Input(datastream="dam/outflow", role="flow"),
        Input(datastream="sea/tide", role="tide"),
        Input(datastream="hill/rain", role="rain"),
    ),
    level_lags=(10, 20, 30, 60, 120),
    flow_lags=tuple(range(0, 241, 10)),
    rain_edges=(0, 60, 180),
    hidden=8,
    blocks=12,
    epochs=8,
    zero_error=0.02,
    flow_error=0.0,
)
INTERVALS = np.full(5, float(STEP))


def tide(times_s: np.ndarray) -> np.ndarray:
    return 1.2 * np.cos(np.deg2rad(SPEEDS_DEG_PER_H["M2"]) * times_s / 3600)


def record(days: float, seed: int, first_s: float = 1.6e9 - 1.6e9 % 600) -> Record:
    """Return a record with a value at every tenth minute."""
    draw = np.random.default_rng(seed)
    count = int(days * 1440 / STEP)
    opening = (draw.random(count + 60) < 0.02) * draw.gamma(2.0, 300.0, count + 60)
    kernel = np.exp(-np.arange(90) / 20.0)
    flow = 300.0 + np.convolve(opening, kernel)[: count + 60]
    times = first_s + 60.0 * STEP * np.arange(count)
    noise = draw.normal(0, 0.003, (2, count))
    rain = np.maximum(draw.normal(-1.0, 0.8, count), 0.0)
    now = np.arange(60, count + 60)
    steps = np.stack(
        [
            1.0 + RISE_M * flow[now - UPPER // STEP] + noise[0],
            0.5 + RISE_M * flow[now - LOWER // STEP] + 0.3 * tide(times - 3600) + noise[1],
            flow[now],
            tide(times) + draw.normal(0, 0.02, count),
            rain,
        ]
    )
    minutes = np.full((5, (count - 1) * STEP + 1), np.nan)
    minutes[:, ::STEP] = steps
    return Record(first_s, minutes)


class River(NamedTuple):
    """The river and a model fitted on 40 of its days."""

    plan: FloodPlan
    fitted: Fitted
    unseen: Record
    """Ten other days."""

    @property
    def model(self) -> GaugeModel:
        return self.fitted.model

    def history(self, minute: int) -> tuple[np.ndarray, float]:
        """Return (history, issue_s) for `predict` at a minute of the unseen record."""
        first = minute + 1 - self.model.history_minutes
        return self.unseen.minutes[
            :, first : minute + 1
        ].copy(), self.unseen.first_s + 60.0 * minute


@pytest.fixture(scope="session")
def invented_river() -> River:
    past = record(40, seed=1)
    later = record(10, seed=2, first_s=past.first_s + 50 * 86_400)
    return River(PLAN, fit(PLAN, [past], INTERVALS), later)
