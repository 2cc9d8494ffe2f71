"""What is left at a gauge: found from past forecasts, fading and growing as it should."""

import numpy as np
import pytest

from stream.models.flood.updating.residual import ResidualFitError, Residuals, ahead, fit

LEADS = np.arange(0, 181, 15)


def forecasts(n, memory_h, seed=1):
    """Errors of an AR(1) process of variance 0.2² at 15 minute steps: known memory and spread."""
    random = np.random.default_rng(seed)
    keep = np.exp(-0.25 / memory_h)
    errors = np.empty((n, len(LEADS)))
    errors[:, 0] = 0.2 * random.standard_normal(n)
    for lead in range(1, len(LEADS)):
        push = 0.2 * np.sqrt(1 - keep**2) * random.standard_normal(n)
        errors[:, lead] = keep * errors[:, lead - 1] + push
    return errors


def test_the_memory_and_spread_of_a_known_process_are_found():
    memory, spread, growth = fit(forecasts(1500, 2.0), LEADS, np.zeros((1500, len(LEADS))))
    assert memory == pytest.approx(2.0, rel=0.35)
    assert growth == pytest.approx(2.0, rel=0.45)
    assert spread == pytest.approx(0.2, rel=0.15)


def test_what_the_members_spread_already_is_not_added_again():
    wide = np.full((1500, len(LEADS)), 0.5)
    assert fit(forecasts(1500, 2.0), LEADS, wide)[1] == 0.0


@pytest.mark.parametrize("memory_h", [0.5, 2.0, 10.0])
def test_with_the_fitted_residual_the_error_is_less(memory_h):
    past, later = forecasts(800, memory_h), forecasts(800, memory_h, seed=2)
    memory, _, _ = fit(past, LEADS, np.zeros(past.shape))
    left = later - later[:, :1] * np.exp(-LEADS / 60 / memory)
    gain = np.mean(left[:, 1:] ** 2, 0) / np.mean(later[:, 1:] ** 2, 0)
    assert gain[0] < 0.75
    assert (gain < 1.02).all()


def test_too_few_forecasts_are_refused():
    with pytest.raises(ResidualFitError, match="at least 30"):
        fit(np.zeros((10, 3)), np.array([0, 60, 120]), np.zeros((10, 3)))
    with pytest.raises(ResidualFitError, match="one more lead"):
        fit(np.zeros((50, 1)), np.array([0]), np.zeros((50, 1)))


def spread_of(left, age, members=400):
    parameters = Residuals(np.array([2.0]), np.array([0.3]), np.array([1.5]))
    random = np.random.default_rng(3)
    return ahead(np.array([left]), np.array([age]), 180, parameters, members, random)[:, 0]


def test_it_starts_at_what_was_left_fades_and_grows_wide():
    added = spread_of(0.5, 0.0)
    assert added[:, 0] == pytest.approx(np.full(400, 0.5))
    assert added.mean(0)[120] == pytest.approx(0.5 * np.exp(-1), abs=1e-9)
    assert (np.diff(added.std(0)[[0, 30, 60, 120, 180]]) > 0).all()
    assert added.std(0)[180] == pytest.approx(0.3 * np.sqrt(1 - np.exp(-4)), rel=0.1)


def test_a_silent_gauge_starts_wider_and_one_never_heard_widest():
    fresh, hour, never = (spread_of(0.5, age) for age in (0.0, 60.0, np.inf))
    unknown = spread_of(np.nan, np.inf)
    assert fresh.std(0)[30] < hour.std(0)[30] < never.std(0)[30]
    assert unknown.mean(0) == pytest.approx(np.zeros(181), abs=1e-9)
    assert unknown.std(0)[0] == pytest.approx(0.3, rel=0.1)


def test_neighbouring_minutes_of_a_member_hang_together():
    added = spread_of(0.0, 0.0)
    jumps = np.diff(added, axis=1).std()
    assert jumps < 0.05 * added.std()
