"""What rain is like, and the fit of it."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.models.flood.rain.calibration import _both_below, fit, pair_correlation
from stream.models.flood.rain.climate import RainClimate, apart
from stream.models.flood.rain.outlook import gauge_ensemble

SUMMER = RainClimate(10, 0.05, 6.0, 0.8, 0.6, 400.0, 60.0, 0.35, 40.0, 15.0)


@given(rate=st.floats(0.01, 400.0))
def test_rate_and_latent_value_are_each_others_inverse(rate: float) -> None:
    assert SUMMER.rate(SUMMER.latent(np.array([rate]))) == pytest.approx(rate, rel=1e-6)


def test_it_rains_as_often_and_as_much_as_the_numbers_say() -> None:
    rain = SUMMER.rate(np.random.default_rng(0).standard_normal(400_000))
    assert np.mean(rain > 0) == pytest.approx(0.05, rel=0.05)
    assert rain.mean() == pytest.approx(SUMMER.mean_mm_h, rel=0.05)
    assert SUMMER.mean_mm_h == pytest.approx(0.05 * 6.0 * math.gamma(2.25))


@pytest.mark.parametrize("rho", [-0.25, 0.0, 0.5, 0.95])
def test_both_dry_at_the_median_is_sheppards_quarter(rho: float) -> None:
    # Sheppard (1899): P(X < 0, Y < 0) = 1/4 + asin(ρ) / 2π.
    assert _both_below(0.0, rho) == pytest.approx(0.25 + math.asin(rho) / (2 * math.pi), rel=1e-9)


def test_the_correlation_of_censored_pairs_is_found() -> None:
    first, noise = np.random.default_rng(1).standard_normal((2, 60_000))
    second = 0.7 * first + math.sqrt(1 - 0.49) * noise
    threshold = SUMMER.threshold
    dry = [np.where(z > threshold, z, -np.inf) for z in (first, second)]
    value, pairs = pair_correlation(dry[0], dry[1], threshold)
    assert value == pytest.approx(0.7, abs=0.03)
    assert 0 < pairs < 6_000


def test_the_fit_finds_the_climate_a_record_was_drawn_from() -> None:
    places = np.array([[0.0, 0.0], [12.0, 0.0], [0.0, 30.0]])
    unknown = np.full((3, 10), np.nan)
    drawn = gauge_ensemble(
        unknown,
        leads_min=10 * 300,
        members=150,
        climate=SUMMER,
        random=np.random.default_rng(5),
        xy_km=places,
    )[:, :, ::10]
    gap = np.full((150, 3, 40), np.nan)
    record = np.concatenate([drawn, gap], axis=2).transpose(1, 0, 2).reshape(3, -1)
    found = fit(record, step_min=10, xy_km=places)
    assert found.wet_share == pytest.approx(0.05, rel=0.15)
    assert found.mean_mm_h == pytest.approx(SUMMER.mean_mm_h, rel=0.2)
    for lag in (1, 6, 18):
        told = [sum(_correlation(c, lag, d)) for c in (found, SUMMER) for d in (0.0, 12.0)]
        assert told[:2] == pytest.approx(told[2:], abs=0.08)


def _correlation(climate: RainClimate, lag: int, away: float) -> tuple[float, float]:
    slow = climate.in_time("slow", np.array(lag)) * climate.in_space("slow", np.array(away))
    fast = climate.in_time("fast", np.array(lag)) * climate.in_space("fast", np.array(away))
    return float(climate.slow_share * slow), float(climate.fast_share * fast)


def test_a_record_without_rain_is_said() -> None:
    with pytest.raises(ValueError, match="0 wet of 200 known steps"):
        fit(np.zeros((2, 100)), step_min=10)
    with pytest.raises(ValueError, match="at least 30 wet ones"):
        fit(np.full((2, 100), np.nan), step_min=10)


@pytest.mark.parametrize(
    "change",
    [{"wet_share": 1.0}, {"scale_mm_h": 0.0}, {"slow_share": 0.7}, {"fast_min": math.nan}],
)
def test_impossible_numbers_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="RainClimate"):
        msgspec.structs.replace(SUMMER, **change)


def test_distances_without_places_are_typical_ones() -> None:
    assert apart(2, None).tolist() == [[0.0, 10.0], [10.0, 0.0]]
    assert apart(2, np.array([[0.0, 0.0], [3.0, 4.0]]))[0, 1] == 5.0
    with pytest.raises(ValueError, match="xy_km"):
        apart(3, np.zeros((2, 2)))
