"""Instruments on slopes: rates, levels, and accelerating creep become an index."""

import numpy as np
import pytest

from stream.models.landslide.instruments import index_of, joined, level, movement

LEADS = np.arange(0.0, 10_801.0, 600.0)
ISSUE = 1.6e9
MINUTES = 1440
BOUNDS = {"caution": 1.0, "warning": 4.0}


def crack(speed_mm_h: float, noise: float = 0.05) -> np.ndarray:
    hours = np.arange(MINUTES) / 60
    return speed_mm_h * hours + noise * np.random.default_rng(1).standard_normal(MINUTES)


def test_the_curve_goes_through_its_two_points() -> None:
    for logarithmic in (True, False):
        said = [index_of(x, **BOUNDS, logarithmic=logarithmic) for x in (1.0, 4.0, 0.5, 9.0)]
        assert said[:2] == pytest.approx([0.4, 0.8])
        assert said[2] < 0.4
        assert said[3] > 0.8
    assert index_of(0.0, **BOUNDS, logarithmic=True) == 0
    assert index_of(float("nan"), **BOUNDS, logarithmic=False) == 0


def test_steady_creep_counts_by_its_rate_in_both_directions() -> None:
    for sign in (1, -1):
        said = movement(sign * crack(4.0), ISSUE, LEADS, **BOUNDS, window_h=2.0)
        assert said.value == pytest.approx(4.0, rel=0.03)
        assert said.by_lead == pytest.approx(np.full(19, 0.8), abs=0.02)
        assert said.failing == ()


def test_noise_and_single_spikes_are_no_movement() -> None:
    still = crack(0.0)
    still[[700, 1430]] = 90.0
    said = movement(still, ISSUE, LEADS, **BOUNDS, window_h=2.0)
    assert said.by_lead.max() < 0.05


def test_accelerating_creep_raises_the_leads_after_its_failure() -> None:
    hours = np.arange(MINUTES) / 60
    moved = -6.0 * np.log(25.0 - hours) + 0.05 * np.random.default_rng(2).standard_normal(MINUTES)
    said = movement(moved, ISSUE, LEADS, **BOUNDS, window_h=2.0)
    assert said.failing
    assert (np.diff(said.by_lead) >= -1e-12).all()
    assert said.by_lead[-1] > 0.95
    truth = ISSUE + 3600 * 61 / 60
    assert said.failure_time(0.05) < truth < said.failure_time(0.95)


def test_a_silent_instrument_keeps_what_it_said_last() -> None:
    pressure = np.full(MINUTES, 3.0)
    pressure[-100:] = np.nan
    said = level(pressure, LEADS, caution=2.0, warning=4.0)
    assert said.silent_min == 100
    assert said.by_lead[0] == pytest.approx(0.618, abs=0.01)
    torn = crack(4.0)
    torn[-60:] = np.nan
    assert movement(torn, ISSUE, LEADS, **BOUNDS, window_h=2.0).by_lead[0] > 0.75


def test_one_that_never_spoke_says_nothing() -> None:
    nothing = np.full(MINUTES, np.nan)
    for said in (
        level(nothing, LEADS, caution=2.0, warning=4.0),
        movement(nothing, ISSUE, LEADS, **BOUNDS, window_h=2.0),
    ):
        assert said.by_lead.max() == 0
        assert said.silent_min == np.inf
        assert np.isnan(said.failure_time(0.5))


def test_each_alone_can_raise_and_none_lowers() -> None:
    one, other = np.full(3, 0.7), np.array([0.0, 0.2, 1.0])
    assert joined([one, other], 3) == pytest.approx([0.7, 0.76, 1.0])
    assert joined([], 3) == pytest.approx(np.zeros(3))
