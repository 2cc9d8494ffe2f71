"""Rain to come where there are only gauges."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stream.models.flood.rain.censored import draw
from stream.models.flood.rain.climate import RainClimate
from stream.models.flood.rain.outlook import gauge_ensemble, stepped

SUMMER = RainClimate(10, 0.05, 6.0, 0.8, 0.6, 400.0, 60.0, 0.35, 40.0, 15.0)


def outlook(recent: np.ndarray, *, members: int = 400, leads_min: int = 180) -> np.ndarray:
    random = np.random.default_rng(7)
    return gauge_ensemble(
        recent, leads_min=leads_min, members=members, climate=SUMMER, random=random
    )


@settings(max_examples=25, deadline=None)
@given(
    recent=arrays(
        float,
        st.tuples(st.integers(1, 4), st.integers(0, 90)),
        elements=st.one_of(st.floats(-1, 300), st.just(np.nan)),
    ),
    leads=st.integers(1, 200),
)
def test_whatever_the_gauges_say_there_is_an_outlook(recent, leads: int) -> None:
    ahead = outlook(recent, members=3, leads_min=leads)
    assert ahead.shape == (3, len(recent), leads)
    assert (ahead >= 0).all()
    assert np.isfinite(ahead).all()


def test_it_starts_at_the_present_and_ends_in_the_climate() -> None:
    ahead = outlook(np.full((1, 120), 20.0), leads_min=60 * 60)
    mean = ahead.mean(axis=(0, 1))
    assert mean[0] > 8.0
    assert mean[0] > mean[60] > mean[180] > mean[720]
    assert mean[-600:].mean() == pytest.approx(SUMMER.mean_mm_h, rel=0.4)


def test_it_is_no_line_but_widens() -> None:
    ahead = outlook(np.full((1, 120), 20.0))
    share = np.quantile(ahead, [0.1, 0.9], axis=0)[:, 0]
    assert share[1, 5] > 1.5 * share[0, 5]
    dry = np.mean(ahead == 0, axis=0)[0]
    assert dry[5] < 0.25
    assert dry[175] > dry[5]


def test_nothing_known_is_the_climate_and_wider_than_dry_gauges() -> None:
    unknown = outlook(np.full((2, 360), np.nan), members=2000)
    dry = outlook(np.zeros((2, 360)), members=2000)
    assert np.mean(unknown > 0) == pytest.approx(SUMMER.wet_share, rel=0.25)
    assert np.mean(dry[:, :, :60] > 0) < 0.35 * np.mean(unknown > 0)
    assert dry.mean() < unknown.mean()


def test_a_silent_gauge_widens_its_own_catchment_and_leans_on_its_neighbour() -> None:
    both = outlook(np.full((2, 120), 20.0))
    recent = np.full((2, 120), 20.0)
    recent[1] = np.nan
    one = outlook(recent)
    dry_share = [float(np.mean(part[:, 1, :10] == 0)) for part in (both, one)]
    assert dry_share[0] < dry_share[1]
    assert one[:, 1, :60].mean() > 10 * SUMMER.mean_mm_h


@pytest.mark.parametrize("rate", [0.0, 300.0])
def test_zero_and_300_mm_an_hour(rate: float) -> None:
    ahead = outlook(np.full((1, 60), rate))
    assert np.isfinite(ahead).all()
    if rate:
        assert ahead[:, 0, 0].mean() > 60.0
        assert ahead[:, 0, -1].mean() < ahead[:, 0, 0].mean() / 3


def test_neighbours_rain_together_and_far_places_apart() -> None:
    places = np.array([[0.0, 0.0], [3.0, 0.0], [300.0, 0.0]])
    ahead = gauge_ensemble(
        np.full((3, 10), np.nan),
        leads_min=10,
        members=8000,
        climate=SUMMER,
        random=np.random.default_rng(2),
        xy_km=places,
    )[:, :, 0]
    wet = ahead > 0
    near = np.mean(wet[wet[:, 0], 1])
    far = np.mean(wet[wet[:, 0], 2])
    assert near > 0.4 > 0.2 > far


def test_many_catchments_look_less_far_back_and_still_start_at_the_present() -> None:
    ahead = outlook(np.full((300, 120), 20.0), members=10, leads_min=60)
    assert ahead.shape == (10, 300, 60)
    assert 8.0 < ahead[:, :, 0].mean() < 40.0


def test_the_same_seed_gives_the_same_outlook() -> None:
    recent = np.full((2, 60), 3.0)
    assert np.array_equal(outlook(recent, members=5), outlook(recent, members=5))


def test_an_empty_ensemble_is_said() -> None:
    with pytest.raises(ValueError, match="members 0"):
        outlook(np.zeros((1, 10)), members=0)


def test_steps_end_now_and_use_what_is_known() -> None:
    minutes = np.array([[9.0, np.nan, np.nan, 2.0, 4.0, -1.0, 5.0]])
    assert stepped(minutes, 3)[0] == pytest.approx([2.0, 4.5], nan_ok=True)
    assert np.isnan(stepped(np.full((1, 6), np.nan), 3)).all()


@pytest.mark.parametrize("threshold", [1.6, 0.0, -1.5])
def test_draws_below_a_threshold_have_the_truncated_mean(threshold: float) -> None:
    # E[Z | Z < c] = −φ(c) / Φ(c) (Johnson, Kotz & Balakrishnan 1994, 13.10).
    latent, _ = draw(
        np.zeros(1),
        np.zeros(1, bool),
        threshold,
        np.eye(1),
        40_000,
        np.random.default_rng(1),
        sweeps=1,
    )
    below = 0.5 * math.erfc(-threshold / math.sqrt(2))
    told = -math.exp(-0.5 * threshold**2) / math.sqrt(2 * math.pi) / below
    assert latent.max() < threshold
    assert latent.mean() == pytest.approx(told, abs=0.02)


def test_a_wet_value_pulls_its_dry_neighbour_up() -> None:
    covariance = np.array([[1.0, 0.9], [0.9, 1.0]])
    wet = np.array([True, False])
    latent, _ = draw(np.array([2.0, 0.0]), wet, 1.6, covariance, 5_000, np.random.default_rng(4))
    assert (latent[:, 0] == 2.0).all()
    assert (latent[:, 1] < 1.6).all()
    assert 1.2 < latent[:, 1].mean() < 1.6
