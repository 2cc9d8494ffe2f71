"""The asynchronous ensemble Kalman filter against the exact one, and at its limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.models.flood.updating.enkf import analyse


def exact(mean, covariance, h, observed, error_sd):
    """The Kalman filter, by its textbook matrices (Kalman 1960)."""
    total = h @ covariance @ h.T + np.diag(error_sd**2)
    gain = covariance @ h.T @ np.linalg.inv(total)
    return mean + gain @ (observed - h @ mean), covariance - gain @ h @ covariance


def ensemble(members, n, seed):
    random = np.random.default_rng(seed)
    return random.standard_normal((members, n)) @ random.standard_normal((n, n)) + 3.0


def test_square_root_is_the_exact_kalman_filter_of_the_ensemble():
    states = ensemble(40, 6, seed=1)
    h = np.random.default_rng(2).standard_normal((4, 6))
    observed, error = np.array([1.0, 4.0, -2.0, 0.5]), np.array([0.5, 1.0, 0.3, 2.0])
    after = analyse(states, states @ h.T, observed, error)
    mean, covariance = exact(states.mean(0), np.cov(states.T), h, observed, error)
    assert after.mean(0) == pytest.approx(mean, abs=1e-9)
    assert np.cov(after.T) == pytest.approx(covariance, abs=1e-9)


def test_perturbed_observations_tend_to_the_exact_kalman_filter():
    states = ensemble(20_000, 3, seed=3)
    h = np.array([[1.0, 0.0, 0.5], [0.0, 2.0, 0.0]])
    observed, error = np.array([2.0, 5.0]), np.array([0.5, 1.0])
    random = np.random.default_rng(4)
    after = analyse(states, states @ h.T, observed, error, random=random)
    mean, covariance = exact(states.mean(0), np.cov(states.T), h, observed, error)
    assert after.mean(0) == pytest.approx(mean, abs=1e-9)
    assert np.cov(after.T) == pytest.approx(covariance, abs=0.06 * np.trace(covariance))


def test_observations_of_the_past_correct_the_present_as_a_filter_of_each_minute_does():
    """Linear model, no noise: one asynchronous analysis equals one at each observation's time."""
    rotate = np.array([[0.96, 0.25], [-0.25, 0.96]])
    h, error = np.array([[1.0, 0.0]]), np.array([0.4])
    seen = [1.2, 0.7, 2.1, 1.4, 0.3]
    together = stepwise = ensemble(30, 2, seed=5)
    predicted = []
    for value in seen:
        together, stepwise = together @ rotate.T, stepwise @ rotate.T
        predicted.append(together @ h.T)
        stepwise = analyse(stepwise, stepwise @ h.T, np.array([value]), error)
    window = analyse(together, np.hstack(predicted), np.array(seen), np.repeat(error, 5))
    assert window.mean(0) == pytest.approx(stepwise.mean(0), abs=1e-9)
    assert np.cov(window.T) == pytest.approx(np.cov(stepwise.T), abs=1e-9)


@given(
    members=st.integers(2, 12),
    n=st.integers(1, 5),
    seed=st.integers(0, 10_000),
    scale=st.floats(1e-3, 1e3),
)
@settings(max_examples=60, deadline=None)
def test_the_spread_never_grows_and_nan_is_as_if_absent(members, n, seed, scale):
    random = np.random.default_rng(seed)
    states = random.standard_normal((members, n)) * scale
    predicted = states[:, [0, n - 1]]
    observed, error = np.array([np.nan, 2.0 * scale]), np.array([1e-9, 0.3 * scale])
    after = analyse(states, predicted, observed, error)
    alone = analyse(states, predicted[:, 1:], observed[1:], error[1:])
    assert np.array_equal(after, alone)
    assert (after.std(0) <= states.std(0) * (1 + 1e-9)).all()


def test_a_taper_of_zero_leaves_a_state_untouched_whatever_the_inflation():
    states = ensemble(20, 3, seed=6)
    taper = np.array([[1.0], [0.0], [0.5]])
    after = analyse(
        states, states[:, :1], np.array([9.0]), np.array([0.1]), localisation=taper, inflation=1.2
    )
    assert np.allclose(after[:, 1], states[:, 1], rtol=0, atol=1e-14)
    whole = analyse(states, states[:, :1], np.array([9.0]), np.array([0.1]))
    assert abs(after[:, 2].mean() - states[:, 2].mean()) < abs(
        whole[:, 2].mean() - states[:, 2].mean()
    )


def test_nothing_observed_changes_nothing():
    states = ensemble(10, 4, seed=7)
    after = analyse(states, states[:, :2], np.full(2, np.nan), np.ones(2), inflation=1.5)
    assert np.array_equal(after, states)


def test_members_that_agree_learn_nothing_and_stay_finite():
    states = np.tile([1.0, 2.0], (5, 1))
    after = analyse(states, states[:, :1], np.array([100.0]), np.array([0.1]))
    assert np.array_equal(after, states)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"states": np.full((3, 2), np.nan)}, "member 0: states are not finite"),
        ({"error_sd": np.array([0.0])}, "error_sd must be above 0"),
        ({"predicted": np.ones((3, 2))}, "must be"),
        ({"states": np.ones((1, 2)), "predicted": np.ones((1, 1))}, "at least 2 members"),
    ],
)
def test_what_cannot_be_corrected_is_said(change, words):
    given_ = {
        "states": np.ones((3, 2)),
        "predicted": np.ones((3, 1)),
        "observed": np.ones(1),
        "error_sd": np.ones(1),
    } | change
    with pytest.raises(ValueError, match=words):
        analyse(**given_)
