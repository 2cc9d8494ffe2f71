"""Slope units: the tables against the closed form, more rain never safer, and what is refused."""

import numpy as np
import pytest
from scipy.special import ndtr

from stream.models.landslide.debris_flow import Antecedent, channel_z
from stream.models.landslide.ground import STEP_S, STEPS_AHEAD, Ground, responses
from stream.models.landslide.index import quantiles, reached, worst_share
from stream.models.landslide.pore_pressure import pressure_head, superposed
from stream.models.landslide.rain_thresholds import CAINE
from stream.models.landslide.soil_water import soil_water
from stream.models.landslide.stability import factor_of_safety, failure_probability
from stream.models.landslide.units import Spread, ahead, past

PROBABILITIES = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
START = (5.0, 25.0, 45.0)


def hillside(count: int = 6, gauges: int = 2) -> Ground:
    random = np.random.default_rng(2)
    return Ground(
        depth_m=random.uniform(0.8, 2.5, count),
        water_depth_m=random.uniform(0.8, 2.5, count),
        slope=np.deg2rad(random.uniform(20, 40, count)),
        friction=np.deg2rad(random.uniform(28, 36, count)),
        cohesion=random.uniform(2e3, 8e3, count),
        soil_weight=np.full(count, 1.9e4),
        diffusivity=10 ** random.uniform(-5, -4, count),
        conductivity=10 ** random.uniform(-6, -5, count),
        soil_water_mm=random.uniform(120, 250, count),
        rain_weights=random.dirichlet(np.ones(gauges), count),
    ).checked()


def weather(steps: int, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.where(random.random((2, steps)) < 0.2, random.gamma(0.5, 4.0, (2, steps)), 0.0)


def test_the_tables_give_the_superposed_closed_form() -> None:
    ground, rain, coming = hillside(), weather(2004), weather(STEPS_AHEAD, 5)
    table = responses(ground, steps=2880)
    left = past(ground, table, rain, start_mm=START)
    z = ahead(ground, table, left, coming[None], Spread(physical=1.0))
    for unit in range(6):
        whole = ground.rain_weights[unit] @ np.concatenate((rain, coming), axis=1)
        lifted = superposed(
            whole / 1000 / STEP_S,
            STEP_S,
            float(ground.depth_m[unit]),
            diffusivity=float(ground.diffusivity[unit]),
            slope=float(ground.slope[unit]),
            ks=float(ground.conductivity[unit]),
        )[-STEPS_AHEAD - 1 :]
        assert left.rise[unit, 0] == pytest.approx(lifted[0], abs=1e-3)
        head = pressure_head(
            ground.depth_m[unit],
            lifted,
            water_depth=ground.water_depth_m[unit],
            slope=ground.slope[unit],
            conductivity=ground.conductivity[unit],
            background=np.array(0.0),
        )
        soil = {
            "depth_m": ground.depth_m[unit],
            "slope": ground.slope[unit],
            "friction": ground.friction[unit],
            "cohesion": ground.cohesion[unit],
            "soil_weight": ground.soil_weight[unit],
        }
        safety = factor_of_safety(head, **soil)
        clear = np.abs(safety - 1) > 5e-3
        assert ((z[unit, 0] > 0) == (safety < 1))[clear].all()
        spread = {"friction_spread": Spread().friction, "cohesion_spread": Spread().cohesion}
        assert ndtr(z[unit, 0]) == pytest.approx(
            failure_probability(head, **soil, **spread), abs=0.01
        )


def test_the_tanks_are_those_of_the_soil_water_index() -> None:
    ground, rain = hillside(), weather(400)
    left = past(ground, responses(ground, steps=432), rain, start_mm=START)
    tanks, _ = soil_water(np.tile(START, (6, 1)), ground.rain_weights @ rain)
    assert left.tanks == pytest.approx(tanks)


def test_more_rain_is_never_safer() -> None:
    ground, rain = hillside(), weather(600)
    table = responses(ground, steps=720)
    left = past(ground, table, rain, start_mm=START)
    wetter = past(ground, table, rain + 0.5, start_mm=START)
    coming = np.stack([weather(STEPS_AHEAD), weather(STEPS_AHEAD) + 2.0])
    z = ahead(ground, table, left, coming, Spread())
    assert (z[:, 1] >= z[:, 0] - 1e-6).all()
    assert (ahead(ground, table, wetter, coming, Spread()) >= z - 1e-6).all()


def test_no_history_at_all_is_ordinary_weather() -> None:
    ground = hillside()
    left = past(ground, responses(ground, steps=288), np.zeros((2, 0)), start_mm=START)
    assert (left.rise == 0).all()
    assert left.tanks == pytest.approx(np.tile(START, (6, 1)))


def test_what_cannot_be_is_refused() -> None:
    ground = hillside()
    table = responses(ground, steps=288)
    with pytest.raises(ValueError, match="fill them first"):
        past(ground, table, np.full((2, 3), np.nan), start_mm=START)
    with pytest.raises(ValueError, match="tables for"):
        past(ground, table, np.zeros((2, 400)), start_mm=START)
    with pytest.raises(ValueError, match="unit 0: slope"):
        ground._replace(slope=np.full(6, 2.0)).checked()


def test_quantiles_ascend_and_instruments_only_raise() -> None:
    z = np.random.default_rng(0).normal(-1, 0.5, (30, 19))
    calm, alone = np.zeros(19), np.full(19, 0.7)
    plain = quantiles(z, calm, PROBABILITIES, spread=0.3, widened=0.0)
    raised = quantiles(z, alone, PROBABILITIES, spread=0.3, widened=0.0)
    wide = quantiles(z, calm, PROBABILITIES, spread=0.3, widened=1.4)
    assert (np.diff(plain, axis=1) >= 0).all()
    assert (raised >= np.maximum(plain, 0.7)).all()
    assert wide[:, :4] == pytest.approx(plain[:, :4])
    assert (wide[:, 4:] > plain[:, 4:]).all()


def test_the_worst_share_counts_at_least_one_unit() -> None:
    z = np.arange(100, dtype=np.float32)[:, None, None] * np.ones((1, 3, 2), dtype=np.float32)
    assert (worst_share(z, 0.05) == 95).all()
    assert (worst_share(z, 0.001) == 99).all()
    assert (worst_share(z, 1.0) == 0).all()
    assert reached(z - 50, 0.5).sum() == 50


def test_a_channel_at_the_threshold_has_even_odds() -> None:
    rate = float(CAINE.intensity(np.array([3.0]))[0])
    coming = np.zeros((1, 3))
    z = channel_z(
        np.concatenate((np.zeros(500), np.full(18, rate / 6))),
        coming,
        CAINE,
        Antecedent(gain=0.0),
        spread=0.5,
    )
    assert z.shape == (1, 4)
    assert z[0, 0] == pytest.approx(0.0, abs=1e-6)
    wet = np.concatenate((np.full(400, 1.0), np.zeros(100), np.full(18, rate / 6)))
    assert channel_z(wet, coming, CAINE, Antecedent(), spread=0.5)[0, 0] > 0.2
    assert channel_z(np.zeros(0), coming, CAINE, Antecedent(), spread=0.5).shape == (1, 4)
