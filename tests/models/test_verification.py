import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stream.models import verification as v

PROBABILITIES = np.linspace(0.005, 0.995, 100)


def test_rmse_by_hand_and_without_what_is_missing() -> None:
    forecast, observed = np.array([1.0, 2.0, np.nan, 7.0]), np.array([1.0, 4.0, 5.0, np.nan])
    assert v.rmse(forecast, observed) == pytest.approx(np.sqrt(2.0))
    assert np.isnan(v.rmse(np.array([np.nan]), np.array([1.0])))


def test_persistence_index_by_hand() -> None:
    # errors 0 and 1, of persistence 1 and 2: 1 − 1/5
    observed, present = np.array([1.0, 2.0]), np.zeros(2)
    assert v.persistence_index(np.array([1.0, 1.0]), observed, present) == pytest.approx(0.8)
    assert v.persistence_index(present, observed, present) == 0.0
    assert np.isnan(v.persistence_index(present, present, present))


def test_kge_of_the_perfect_the_doubled_and_the_constant() -> None:
    observed = np.array([1.0, 2.0, 4.0])
    assert v.kge(observed, observed) == pytest.approx(1.0)
    assert v.kge(2 * observed, observed) == pytest.approx(0.0)  # β = 2, all else perfect
    assert np.isnan(v.kge(np.ones(3), observed))


def test_pinball_by_hand() -> None:
    loss = v.pinball(np.array([[1.0], [1.0]]), np.array([2.0, 0.0]), np.array([0.9]))
    assert loss == pytest.approx([0.5])  # (0.9 · 1 + 0.1 · 1) / 2
    assert np.isnan(v.pinball(np.array([[1.0]]), np.array([np.nan]), np.array([0.9]))).all()


def test_crps_of_a_point_is_its_absolute_error_and_of_a_uniform_one_twelfth() -> None:
    few = np.array([0.05, 0.5, 0.95])
    assert v.crps(np.full((1, 3), 3.0), np.array([1.0]), few) == pytest.approx(2.0)
    # uniform on [0, 1], observed 1/2: ∫ (p − 1[p > ½])² dp = 1/12
    uniform = v.crps(PROBABILITIES[None], np.array([0.5]), PROBABILITIES)
    assert uniform == pytest.approx(1 / 12, rel=0.01)


def test_coverage_counts_the_bounds_and_leaves_out_the_missing() -> None:
    low, high = np.zeros(4), np.ones(4)
    assert v.coverage(low, high, np.array([0.0, 1.0, 1.1, np.nan])) == pytest.approx(2 / 3)
    assert np.isnan(v.coverage(low, high, np.full(4, np.nan)))


def test_brier_of_a_coin_and_of_a_prophet() -> None:
    happened = np.array([True, False])
    assert v.brier(np.array([0.5, 0.5]), happened) == pytest.approx(0.25)
    assert v.brier(np.array([1.0, 0.0]), happened) == 0.0


def test_finleys_tornadoes() -> None:
    """Finley (1884): 28 hits, 72 false alarms, 23 misses of 2,803; scores as in Wilks (2011)."""
    warned = np.repeat([True, True, False, False], [28, 72, 23, 2680])
    happened = np.repeat([True, False, True, False], [28, 72, 23, 2680])
    table = v.contingency(warned, happened)
    assert table == v.Contingency(28, 72, 23)
    assert (table.pod, table.far, table.csi) == pytest.approx((0.549, 0.720, 0.228), abs=5e-4)


def test_nothing_warned_and_nothing_happened_is_no_score() -> None:
    table = v.contingency(np.zeros(3, bool), np.zeros(3, bool))
    assert all(np.isnan([table.pod, table.far, table.csi]))


@given(arrays(float, 20, elements=st.floats(-50, 50)), st.floats(-50, 50))
def test_crps_is_no_worse_when_the_spread_brackets_than_the_farthest_quantile(
    levels: np.ndarray, observed: float
) -> None:
    quantiles, truth = np.sort(levels)[None], np.array([observed])
    score = v.crps(quantiles, truth, np.linspace(0.025, 0.975, 20))
    assert 0 <= score <= np.abs(quantiles - observed).max() + 1e-9
