"""Rating curves: the truth lies inside the draws as often as they say; outside they are wider."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.models.flood.rivers.rating import (
    BadRatingError,
    Rating,
    discharge,
    extrapolated,
    fit,
    stage,
    stated,
)

TRUE = {"offset": 1.2, "scale": 22.0, "exponent": 1.7}


def truth(h: np.ndarray) -> np.ndarray:
    return np.asarray(TRUE["scale"] * (h - TRUE["offset"]) ** TRUE["exponent"])


def gaugings(seed: int, n: int = 25, error: float = 0.07) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    h = TRUE["offset"] + random.uniform(0.3, 3.0, n)
    return h, truth(h) * np.exp(error * random.standard_normal(n))


def fitted(seed: int, draws: int = 200, n: int = 25) -> Rating:
    return fit(*gaugings(seed, n), draws=draws, random=np.random.default_rng(seed + 1000))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), flows=st.lists(st.floats(1e-3, 1e4), min_size=1, max_size=5))
def test_stage_is_the_inverse_of_discharge_and_both_rise(seed: int, flows: list[float]) -> None:
    rating = fitted(seed % 50, draws=20)
    flow = np.tile(np.sort(flows), (20, 1))
    there = stage(rating, flow)
    np.testing.assert_allclose(discharge(rating, there), flow, rtol=1e-9)
    assert np.all(np.diff(there, axis=1) >= 0)


def test_the_truth_is_inside_the_80_percent_band_about_80_percent_of_the_time() -> None:
    h = TRUE["offset"] + np.array([[0.5], [1.2], [2.6]])
    inside = []
    for seed in range(120):
        flows = discharge(fitted(seed), np.broadcast_to(h.T, (200, 3)))
        low, high = np.quantile(flows, [0.1, 0.9], axis=0)
        inside.append((low <= truth(h[:, 0])) & (truth(h[:, 0]) <= high))
    share = np.mean(inside)
    assert 0.72 <= share <= 0.88


def test_more_gaugings_narrow_the_curve() -> None:
    h = np.full((400, 1), TRUE["offset"] + 1.5)
    few, many = (np.log(discharge(fitted(3, 400, n), h)).std() for n in (8, 200))
    assert many < 0.5 * few


def test_outside_the_gaugings_it_is_flagged_and_wider() -> None:
    rating = fitted(7, draws=2000)
    h = np.array([rating.highest_m, rating.highest_m + 1.0, rating.highest_m + 4.0])
    sd = np.log(discharge(rating, np.broadcast_to(h, (2000, 3)))).std(axis=0)
    law = rating._replace(above=rating.exponent)
    plain = np.log(discharge(law, np.broadcast_to(h, (2000, 3)))).std(axis=0)
    assert sd[0] == plain[0]
    assert sd[1] > 1.2 * plain[1]
    assert sd[2] > sd[1] > sd[0]
    np.testing.assert_array_equal(extrapolated(rating, h), [False, True, True])
    odd = np.array([rating.lowest_m - 0.01, np.nan])
    np.testing.assert_array_equal(extrapolated(rating, odd), [True, False])


def test_the_exponent_of_a_wide_channel_is_found() -> None:
    """Manning in a wide rectangle: Q = B √S/n h^(5/3) (Chow 1959, eq. 5-6)."""
    h = np.linspace(0.4, 5, 40)
    flow = 50 * np.sqrt(0.0004) / 0.03 * h ** (5 / 3)
    rating = fit(10 + h, flow, draws=300, random=np.random.default_rng(0))
    assert np.median(rating.exponent) == pytest.approx(5 / 3, abs=0.02)
    assert np.median(rating.offset) == pytest.approx(10, abs=0.02)
    assert np.exp(np.median(rating.log_scale)) == pytest.approx(50 * 0.02 / 0.03, rel=0.02)


def test_no_flow_gaps_and_a_stage_below_the_bed() -> None:
    rating = fitted(1, draws=3)
    h = np.array([[-50.0, np.nan, 3.0]]).repeat(3, 0)
    flow = discharge(rating, h)
    np.testing.assert_array_equal(flow[:, 0], 0.0)
    assert np.isnan(flow[:, 1]).all()
    np.testing.assert_allclose(stage(rating, np.zeros((3, 2))), rating.offset[:, None].repeat(2, 1))
    holes = np.array([np.nan, 1.0, 2.0])
    np.testing.assert_array_equal(np.isnan(stage(rating, holes)), [True, False, False])


def test_gaugings_that_make_no_curve() -> None:
    random = np.random.default_rng(0)
    h, q = gaugings(0)
    gaps = np.where(np.arange(25) < 4, q, np.nan)
    with pytest.raises(BadRatingError, match="4 usable gaugings at 4 stages of 25"):
        fit(h, gaps, draws=5, random=random)
    with pytest.raises(BadRatingError, match="at 1 stages"):
        fit(np.full(25, 2.0), q, draws=5, random=random)
    with pytest.raises(BadRatingError, match="swapped"):
        fit(-h, q, draws=5, random=random)
    with pytest.raises(BadRatingError, match="have to rise"):
        stated(
            offset_m=2.0, scale=1.0, exponent=1.5, relative_sd=0.1, lowest_m=1.0, highest_m=3.0,
            draws=5, random=random,
        )  # fmt: skip


def test_a_stated_curve_spreads_as_stated() -> None:
    rating = stated(
        offset_m=1.0, scale=20.0, exponent=1.6, relative_sd=0.1, lowest_m=1.5, highest_m=5.0,
        draws=5000, random=np.random.default_rng(4),
    )  # fmt: skip
    flow = discharge(rating, np.full((5000, 1), 3.0))
    assert np.log(flow).std() == pytest.approx(0.1, rel=0.05)
    assert np.median(flow) == pytest.approx(20 * 2**1.6, rel=0.01)
