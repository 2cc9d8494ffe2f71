"""Efficiencies with known values, and parameters that a calibration finds again."""

import numpy as np
import pytest

from stream.models.flood.runoff import gr4h
from stream.models.flood.runoff.calibration import (
    BOUNDS,
    GR4H_BOUNDS,
    Bound,
    calibrate,
)
from stream.models.flood.runoff.efficiency import kge, low_flow_kge, nse
from stream.models.flood.runoff.parameters import LIMITS, RunoffError

RANDOM = np.random.default_rng(5)
OBSERVED = RANDOM.gamma(1.0, 2.0, 300)


def test_kge_of_the_same_of_the_mean_and_of_a_bias() -> None:
    assert kge(OBSERVED, OBSERVED) == pytest.approx(1.0)
    assert kge(np.full(300, OBSERVED.mean()), OBSERVED) == pytest.approx(1 - np.sqrt(2))
    shifted = OBSERVED + 0.1 * OBSERVED.mean()
    assert kge(shifted, OBSERVED) == pytest.approx(0.9)
    assert kge(1.2 * OBSERVED, OBSERVED) == pytest.approx(1 - np.sqrt(0.08))
    assert nse(np.full(300, OBSERVED.mean()), OBSERVED) == pytest.approx(0.0, abs=1e-12)


def test_missing_values_are_left_out_and_rows_are_apart() -> None:
    gappy = OBSERVED.copy()
    gappy[::3] = np.nan
    wild = OBSERVED.copy()
    wild[::3] = 1e9
    np.testing.assert_allclose(kge(np.stack([wild, wild * 1.2]), gappy)[0], 1.0)
    np.testing.assert_allclose(nse(wild, gappy), 1.0)
    np.testing.assert_allclose(low_flow_kge(wild, gappy), 1.0)


def test_the_low_flow_objective_sees_low_flows() -> None:
    wrong_low = np.where(np.median(OBSERVED) > OBSERVED, OBSERVED + 0.5, OBSERVED)
    assert kge(wrong_low, OBSERVED) > 0.8
    assert low_flow_kge(wrong_low, OBSERVED) < 0.5


def test_too_little_to_judge_by_is_said() -> None:
    with pytest.raises(RunoffError, match="needs 10 observed values that differ"):
        kge(np.ones(9), np.arange(9.0))
    with pytest.raises(RunoffError, match="that differ"):
        nse(np.ones(20), np.ones(20))
    with pytest.raises(RunoffError, match="mean of 0"):
        kge(np.ones(20), np.tile([-1.0, 1.0], 10))


def weather(hours: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    storms = np.repeat(random.random(hours // 12) < 0.15, 12)[:hours]
    return storms * random.gamma(0.8, 3.0, hours), np.full(hours, 0.08)


def test_a_calibration_finds_a_known_catchment_again() -> None:
    rain, pet = weather(1440, 1)
    truth = np.array([[300.0, 0.3, 60.0, 4.0]])
    observed = gr4h.simulate(rain, pet, truth).flow_mm[0]
    gappy = np.where(np.random.default_rng(2).random(1440) < 0.3, np.nan, observed)
    said: list[float] = []
    found = calibrate(
        lambda sets: gr4h.simulate(rain, pet, sets).flow_mm,
        GR4H_BOUNDS,
        gappy,
        generations=60,
        progress=lambda what, part: said.append(part),
    )
    assert found.score > 0.995
    assert found.at_bound == ()
    assert found.values["x3"] == pytest.approx(60.0, rel=0.25)
    assert found.values["x4"] == pytest.approx(4.0, rel=0.05)
    assert said == sorted(said)
    assert 0 < said[0] < said[-1] <= 1
    other_rain, _ = weather(1440, 7)
    mine = gr4h.simulate(other_rain, pet, np.array([list(found.values.values())])).flow_mm
    assert kge(mine[0], gr4h.simulate(other_rain, pet, truth).flow_mm[0]) > 0.97


def test_the_same_seed_finds_the_same_and_another_about_the_same() -> None:
    rain, pet = weather(300, 1)
    observed = gr4h.simulate(rain, pet, np.array([[300.0, 0.3, 60.0, 4.0]])).flow_mm[0]

    def find(seed: int) -> dict[str, float]:
        return calibrate(
            lambda sets: gr4h.simulate(rain, pet, sets).flow_mm,
            GR4H_BOUNDS,
            observed,
            seed=seed,
            generations=5,
        ).values

    assert find(1) == find(1)
    assert find(1) != find(2)


def test_a_bound_that_is_in_the_way_is_said() -> None:
    times = np.linspace(0.0, 5.0, 50)
    found = calibrate(
        lambda sets: np.exp(-times * sets[:, :1]) + 0 * sets[:, 1:],
        {"rate": Bound(0.1, 1.0, log=True), "nothing": Bound(-1.0, 1.0)},
        np.exp(-2.0 * times),
        generations=30,
    )
    assert "rate" in found.at_bound
    assert found.values["rate"] == pytest.approx(1.0, rel=0.03)


def test_bounds_that_are_none_are_refused() -> None:
    for bound in (Bound(1.0, 1.0), Bound(2.0, 1.0), Bound(0.0, 1.0, log=True)):
        with pytest.raises(RunoffError, match="bounds of `x`"):
            calibrate(lambda sets: sets, {"x": bound}, OBSERVED)
    with pytest.raises(RunoffError, match="at least one parameter"):
        calibrate(lambda sets: sets, {}, OBSERVED)


def test_what_is_looked_for_lies_inside_what_the_model_bears() -> None:
    for name, bound in BOUNDS.items():
        low, high = LIMITS[name]
        assert low <= bound.low < bound.high <= high, name
    for (name, bound), (low, high) in zip(GR4H_BOUNDS.items(), gr4h.X_LIMITS, strict=True):
        assert low <= bound.low < bound.high <= high, name
