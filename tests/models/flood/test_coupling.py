"""Members with calibrated margins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from stream.models.flood.coupling import couple, quantiles, to_minutes

PROBABILITIES = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])


def test_a_normal_forecast_gives_normal_members_in_their_old_order() -> None:
    """Four members: the quantiles 1/8, 3/8, 5/8 and 7/8 of N(2, 0.5)."""
    members = np.array([[5.0], [-1.0], [9.0], [0.0]])
    values = (2 + 0.5 * ndtri(PROBABILITIES))[None, :]
    expected = 2 + 0.5 * ndtri(np.array([5, 1, 7, 3]) / 8)
    assert couple(members, values, PROBABILITIES)[:, 0] == pytest.approx(expected, abs=1e-12)


def test_beyond_the_outermost_quantiles_the_slope_goes_on() -> None:
    values = (2 + 0.5 * ndtri(PROBABILITIES))[None, :]
    coupled = couple(np.arange(100.0)[:, None], values, PROBABILITIES)
    assert coupled[-1, 0] == pytest.approx(2 + 0.5 * ndtri(0.995))


@given(st.integers(2, 40), st.integers(1, 6), st.integers(0, 1000))
def test_ranks_are_kept_and_margins_are_those_of_the_forecast(m: int, t: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    members = random.normal(size=(m, t))
    values = np.sort(random.normal(size=(t, len(PROBABILITIES))), axis=1)
    coupled = couple(members, values, PROBABILITIES)
    order = np.argsort(members, axis=0)
    assert np.all(np.diff(np.take_along_axis(coupled, order, axis=0), axis=0) >= 0)
    again = couple(random.permuted(members, axis=0), values, PROBABILITIES)
    assert np.sort(again, axis=0) == pytest.approx(np.sort(coupled, axis=0))


def test_members_without_a_difference_get_the_whole_spread() -> None:
    """Where the model knows one value only, the calibrated spread still counts."""
    values = np.tile(PROBABILITIES, (1, 1))
    assert np.ptp(couple(np.zeros((10, 1)), values, PROBABILITIES)) > 0.8


def test_one_quantile_is_no_margin() -> None:
    with pytest.raises(ValueError, match="at least two"):
        couple(np.zeros((3, 1)), np.zeros((1, 1)), np.array([0.5]))


def test_leads_in_between_are_linear_and_the_last_holds() -> None:
    values = np.array([[0.0, 1.0], [10.0, 21.0]])
    minutes = to_minutes(values, np.array([0.0, 600.0]), 12)
    assert minutes[:, 1].tolist() == pytest.approx([*np.linspace(1, 21, 11), 21, 21])


def test_quantiles_of_members_are_at_half_ranks() -> None:
    members = np.array([[4.0], [1.0], [3.0], [2.0]])
    assert quantiles(members, np.array([0.125, 0.5, 0.875])).tolist() == [[1.0, 2.5, 4.0]]
