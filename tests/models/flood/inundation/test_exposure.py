"""Depth, probability and time at places."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.models.flood.inundation.city import Spot
from stream.models.flood.inundation.exposure import chance, depth_quantiles, quantiles
from stream.models.flood.inundation.members import CityForecast

PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


class OnlySpots(NamedTuple):
    """All that exposure wants of a city."""

    spots: tuple[Spot, ...]


def a_forecast(depths: Any, weights: Any = None) -> tuple[Any, CityForecast]:
    """Return a city and the forecast of `depths` (members, leads) at its first place."""
    values = np.asarray(depths, float)
    members, leads = values.shape
    off = np.full_like(values, np.nan)
    city = OnlySpots((Spot("here", np.array([3])), Spot("off", np.zeros(0, np.int64))))
    return city, CityForecast(
        leads_s=np.arange(leads) * 600,
        zone_leads_s=np.arange(1),
        members=tuple(range(members)),
        weights=np.full(members, 1 / members) if weights is None else np.asarray(weights),
        reached=np.zeros((members, 1, 1, 1), np.uint8),
        spot_depth=np.stack([values, off], axis=1),
        arrival_s=np.full((members, 1, 1), np.nan, np.float32),
        peak_speed=np.zeros((1, 1), np.float32),
        degraded=[],
    )


@given(seed=st.integers(0, 2**32 - 1), members=st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_quantiles_ascend_and_stay_between_the_members(seed: int, members: int) -> None:
    random = np.random.default_rng(seed)
    depths = random.gamma(1, 0.3, (members, 5))
    weights = random.random(members) + 1e-3
    city, forecast = a_forecast(depths, weights / weights.sum())
    found = depth_quantiles(city, forecast, PROBABILITIES)
    assert list(found) == ["here"]
    assert found["here"].shape == (5, 7)
    assert (np.diff(found["here"], axis=1) >= 0).all()
    assert (found["here"][:, 0] >= depths.min(axis=0)).all()
    assert (found["here"][:, -1] <= depths.max(axis=0)).all()


def test_equal_weights_give_the_quantiles_of_hazen() -> None:
    # Values in the middle of their weights are plotting positions (i - 0.5) / n (Hazen 1914).
    values = np.random.default_rng(5).normal(size=11)
    found = quantiles(values, np.full(11, 1 / 11), PROBABILITIES)
    np.testing.assert_allclose(found, np.quantile(values, PROBABILITIES, method="hazen"))


def test_a_weighty_member_counts_like_several() -> None:
    many = quantiles(np.array([1.0, 2.0, 2.0, 2.0]), np.full(4, 0.25), (0.5,))
    one = quantiles(np.array([1.0, 2.0]), np.array([0.25, 0.75]), (0.625,))
    assert many[0] == one[0] == 2.0


def test_probability_and_arrival_are_those_of_the_members() -> None:
    city, forecast = a_forecast(
        [[0, 0.2, 0.4, 0.6], [0, 0, 0.3, 0.3], [0, 0, 0, 0.1], [0, 0, 0, 0]],
        weights=[0.4, 0.3, 0.2, 0.1],
    )
    found = chance(city, forecast, "here", 0.3)
    assert found is not None
    assert found.probability == pytest.approx(0.7)
    # The first member is at 0.3 m half-way between 10 and 20 minutes.
    assert found.arrival_s == {0.1: pytest.approx(900.0), 0.5: pytest.approx(1200.0), 0.9: None}
    deep = chance(city, forecast, "here", 0.7)
    assert deep == (0.0, {0.1: None, 0.5: None, 0.9: None})


def test_water_that_stands_already_has_arrived() -> None:
    city, forecast = a_forecast([[0.5, 0.5], [0.4, 0.2]])
    assert chance(city, forecast, "here", 0.3) == (1.0, {0.1: 0.0, 0.5: 0.0, 0.9: 0.0})


def test_a_place_off_the_raster_has_no_forecast() -> None:
    city, forecast = a_forecast([[0.0, 0.1]])
    assert chance(city, forecast, "off", 0.3) is None
    assert "off" not in depth_quantiles(city, forecast, PROBABILITIES)
