"""A small invented river and its twin: the same model with other parameters, and its gauges."""

from typing import NamedTuple

import msgspec
import numpy as np
import pytest

from stream.models.flood.basin import (
    Basin,
    Catchment,
    Gauge,
    RainGauge,
    Rating,
    Reach,
    Residual,
    Sea,
    Updating,
)
from stream.models.flood.chain import Chain
from stream.models.flood.chain.layout import cells, entry, looks, runoff_parameters
from stream.models.flood.chain.river import River
from stream.models.flood.rain.climate import RainClimate
from stream.models.flood.runoff import xinanjiang

FIRST_S = 1_750_003_200.0
"""A whole hour."""

QUICK = {"free_mm": 10.0, "lag_h": 5.0, "interflow_h": 8.0}
BASIN = Basin(
    name="invented-chain",
    cell_km=3.0,
    rain_gauges=(
        RainGauge(datastream="hill/rain", latitude=30.00, longitude=120.00),
        RainGauge(datastream="town/rain", latitude=30.10, longitude=120.25),
    ),
    catchments=(
        Catchment(
            id="hills",
            latitude=30.0,
            longitude=120.02,
            area_km2=180.0,
            reach="brook",
            runoff=QUICK,
        ),
        Catchment(
            id="plain",
            latitude=30.05,
            longitude=120.12,
            area_km2=120.0,
            reach="river",
            km=(0.0, 12.0),
            runoff=QUICK,
        ),
    ),
    reaches=(
        Reach(
            id="brook",
            into="river",
            routing="muskingum-cunge",
            length_km=9.0,
            width_m=(25.0, 25.0),
            bed_m=(20.0, 2.0),
            bank_m=(24.0, 6.0),
            manning=0.04,
        ),
        Reach(
            id="river",
            length_km=24.0,
            width_m=(45.0, 90.0),
            bed_m=(0.5, -3.5),
            bank_m=(5.0, 3.5),
            plain_m=300.0,
            manning=0.03,
        ),
    ),
    gauges=(
        Gauge(
            stage="upper/stage",
            discharge="upper/discharge",
            reach="brook",
            km=9.0,
            rating=Rating(coefficient=18.0, zero_m=2.0, exponent=1.67),
        ),
        Gauge(stage="middle/stage", reach="river", km=9.0),
        Gauge(stage="lower/stage", reach="river", km=17.0),
    ),
    sea=Sea(tide="sea/tide", mean_m=0.2, constituents={"M2": (0.6, 0.3)}),
    climate=RainClimate(10, 0.5, 3.0, 0.8, 0.6, 600.0, 100.0, 0.35, 30.0, 20.0),
    updating=Updating(members=24, parameter_error=0.3, state_error=0.08, rain_error=0.6),
    residuals={
        "upper/stage": Residual(memory_h=3.0, spread_m=0.08, growth_h=3.0),
        "middle/stage": Residual(memory_h=3.0, spread_m=0.03, growth_h=3.0),
        "lower/stage": Residual(memory_h=3.0, spread_m=0.03, growth_h=3.0),
    },
)
STAGES = ("upper/stage", "middle/stage", "lower/stage")


class Twin(NamedTuple):
    """A truth, what its instruments say, and the chain that is to find it."""

    chain: Chain
    history: np.ndarray
    """(n_inputs, n_minutes) noisy observations."""
    stage: np.ndarray
    """(n_gauges, n_minutes) true."""
    rain: np.ndarray
    """(n_catchments, n_minutes) true [mm/h]."""

    def time(self, minute: int) -> float:
        """Return the Unix time of a minute."""
        return FIRST_S + 60.0 * minute

    def row(self, key: str) -> int:
        """Return the row of a datastream."""
        return self.chain.inputs.index(key)

    def without(self, *keys: str, first: int = 0, last: int | None = None) -> "Twin":
        """Return the twin with some instruments silent from one minute to another."""
        history = self.history.copy()
        for key in keys:
            history[self.row(key), first:last] = np.nan
        return self._replace(history=history)

    def shifted(self, key: str, by: float, first: int = 0) -> "Twin":
        """Return the twin with a gauge's datum wrong from a minute on."""
        history = self.history.copy()
        history[self.row(key), first:] += by
        return self._replace(history=history)

    def run(self, last: int, seed: int = 1, state=None, first: int = 0):
        """Return the state after the minutes from `first` up to `last`."""
        state = self.chain.start(np.random.default_rng(seed)) if state is None else state
        part = self.history[:, first : last + 1]
        return self.chain.assimilate(state, part, self.time(first), self.time(last))


def storm(minutes, random):
    """Return (2, minutes) rain of the catchments [mm/h]: a front, then showers."""
    at = np.arange(minutes)
    peaks = random.uniform(0.25, 0.7, 3) * minutes
    shape = sum(
        h * np.exp(-(((at - p) / 110.0) ** 2)) for h, p in zip((4.0, 8.0, 6.0), peaks, strict=True)
    )
    shower = np.repeat(random.gamma(0.8, 1.25, (2, minutes // 20 + 1)), 20, axis=1)[:, :minutes]
    return shape * shower


def twin(basin=BASIN, *, minutes=1440, seed=11):
    """Return a storm over the basin's twin: wetter, quicker and rougher than it is thought."""
    random = np.random.default_rng(seed)
    chain = Chain(basin)
    other = msgspec.structs.replace(
        basin,
        reaches=tuple(
            msgspec.structs.replace(r, manning=r.manning * f)
            for r, f in zip(basin.reaches, (1.1, 0.93), strict=True)
        ),
    )
    layout = cells(other)
    river = River(other, layout, entry(other, layout), looks(other, layout))
    parameters = runoff_parameters(other)._replace(
        free_mm=np.array([7.0, 13.0]), lag_h=np.array([4.0, 6.0]), curve=np.array([0.45, 0.25])
    )
    rain = storm(minutes, random)
    lead = 720
    whole = np.concatenate([np.zeros((2, lead)), rain], axis=1)
    wetness = random.uniform(0.4, 0.8)
    stores = xinanjiang.initial(parameters, 1, wetness=wetness, baseflow_mm_h=0.05)
    runoff, _ = xinanjiang.run(stores, whole / 60, np.zeros(lead + minutes), parameters, 60.0)
    area = np.array([c.area_km2 for c in other.catchments])
    flow = xinanjiang.discharge_m3_s(runoff, area, 60.0)
    times = FIRST_S + 60.0 * np.arange(-lead, minutes)
    surge = 0.25 * np.sin(times / 40_000.0)
    sea = 0.2 + 0.6 * np.cos(np.deg2rad(28.9841042) * times / 3600 - 0.4636) * 1.118 + surge
    seen = river.run(river.rest(stores, flow[:, :, 0], sea[None, 0]), flow, sea[None])
    stage, discharge = seen.stage[0, :, lead:], seen.discharge[0, :, lead:]
    history = np.empty((len(chain.inputs), minutes))
    fell = np.floor(np.cumsum(rain * random.lognormal(0, 0.2, (2, 1)) / 60, axis=1) / 0.2) * 0.2
    history[:2] = np.diff(fell, axis=1, prepend=0.0)
    for key, series, error in (
        ("upper/stage", stage[0], 0.01),
        ("upper/discharge", discharge[0], 1.0),
        ("middle/stage", stage[1], 0.01),
        ("lower/stage", stage[2], 0.01),
        ("sea/tide", sea[lead:], 0.01),
    ):
        history[chain.inputs.index(key)] = series + error * random.standard_normal(minutes)
    return Twin(chain, history, stage, rain)


@pytest.fixture(scope="session")
def river_twin() -> Twin:
    """A storm of a day."""
    return twin()


@pytest.fixture(scope="session")
def make_twin():
    """Return the function that makes a twin of another basin or storm."""
    return twin
