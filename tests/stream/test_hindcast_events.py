"""Crossings and warnings by hand."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forewarn.domain.hazard import AlertRule, Level, Threshold
from stream.hindcast.baselines import autoregression, persistence
from stream.hindcast.events import Crossing, crossings, judge, standing
from stream.hindcast.past import Past, exceedance
from stream.quantiles import exceedance as exceedance_of_one

STEP = 600.0
RULE = AlertRule(on_probability=0.5, off_probability=0.2, hold=timedelta(minutes=30))
FLOOD = Threshold(value=5.0, level="blue", label="flood")
PROBABILITIES = [0.1, 0.5, 0.9]


def times(count: int) -> np.ndarray:
    return np.arange(count) * STEP


def past(level: list[float], median: list[list[float]], spread: float = 1.0) -> Past:
    """Return forecasts 1 and 2 steps ahead with quantiles at median ± spread."""
    seen = np.array(level)
    ahead = [np.concatenate([seen[lead:], np.full(lead, np.nan)]) for lead in range(3)]
    middle = np.concatenate([seen[:, None], np.array(median)], axis=1)
    values = middle[:, :, None] + spread * np.array([-1.0, 0.0, 1.0])
    return Past(
        model="test",
        targets=("town/stage",),
        leads_s=[0, 600, 1200],
        probabilities=PROBABILITIES,
        issue_s=times(len(level)),
        values=values[:, None],
        observed=np.stack(ahead, axis=1)[:, None],
    )


def test_a_crossing_is_a_rise_after_six_hours_below() -> None:
    level = np.full(100, 1.0)
    level[10:12] = 6.0  # first
    level[20] = 6.0  # 80 min later: the same event
    level[70:] = 6.0  # a new one
    assert crossings(times(100), level, 5.0) == [6000.0, 42000.0]


def test_what_was_above_before_a_gap_did_not_rise_in_it() -> None:
    level = np.array([6.0, np.nan, np.nan, 6.0])
    assert crossings(times(4), level, 5.0) == []


def test_a_warning_stands_from_on_until_it_was_below_off_for_the_hold() -> None:
    chance = np.array([0.1, 0.5, 0.3, 0.1, np.nan, 0.1, 0.1, 0.1])
    stands = standing(chance, np.zeros(8, bool), RULE, Level.BLUE, STEP)
    assert stands.tolist() == [False, True, True, True, True, True, False, False]


def test_a_crossing_has_the_lead_of_the_warning_that_stood_at_it() -> None:
    level = [1.0, 1.0, 2.0, 4.0, 6.0, 6.0]
    median = [[1, 1], [2, 4.9], [4, 6], [6, 6], [6, 6], [6, 6]]
    verdict = judge(past(level, median), 0, FLOOD, RULE)
    assert verdict.crossings == [Crossing(2400.0, 1200.0)]
    assert verdict.contingency == (1, 0, 0)


def test_a_crossing_that_was_observed_first_was_missed() -> None:
    level = [1.0, 1.0, 6.0, 6.0]
    verdict = judge(past(level, [[1, 1]] * 2 + [[6, 6]] * 2), 0, FLOOD, RULE)
    assert verdict.crossings == [Crossing(1200.0, None)]
    assert verdict.contingency == (0, 0, 1)


def test_a_warning_that_nothing_followed_is_false() -> None:
    level = [1.0] * 12
    median = [[1.0, 6.0], *[[1.0, 1.0]] * 11]
    assert judge(past(level, median), 0, FLOOD, RULE).contingency == (0, 1, 0)


@given(
    st.lists(st.floats(-5, 5), min_size=3, max_size=3).map(sorted),
    st.floats(-6, 6),
)
def test_exceedance_of_arrays_is_that_of_the_live_assessment(
    row: list[float], threshold: float
) -> None:
    found = exceedance(np.array([row]), PROBABILITIES, threshold)[0]
    assert found == pytest.approx(exceedance_of_one(row, PROBABILITIES, threshold))


def test_quantiles_that_differ_by_almost_nothing_are_no_error() -> None:
    assert exceedance(np.array([[0.0, 0.0, 1e-308]]), PROBABILITIES, 2.0)[0] == pytest.approx(0.1)


def test_no_forecast_has_no_probability() -> None:
    assert np.isnan(exceedance(np.array([[1.0, np.nan, 2.0]]), PROBABILITIES, 1.5))[0]


def test_autoregression_goes_on_with_a_steady_rise_and_persistence_stays() -> None:
    level = list(np.linspace(0, 10, 60))
    made = past(level, [[0.0, 0.0]] * 60)
    assert autoregression(made, 0)[-1] == pytest.approx([10, 10 + 10 / 59, 10 + 20 / 59], abs=0.01)
    assert persistence(made, 0)[-1].tolist() == [10, 10, 10]
