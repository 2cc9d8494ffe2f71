"""The soil water index: the JMA's published scheme, its balance, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.models.landslide.soil_water import soil_water


def test_three_hours_of_heavy_rain_on_empty_tanks() -> None:
    rain = np.array([[50.0] * 3 + [0.0] * 9])
    _, index = soil_water(np.zeros((1, 3)), rain, step_h=1.0)
    assert index[0, :4] == pytest.approx([50.0, 96.5, 134.375, 115.4153], abs=1e-4)
    assert index[0, 11] == pytest.approx(77.3129, abs=1e-4)


def test_the_step_is_part_of_the_index() -> None:
    rain = np.array([[50.0 / 6] * 18 + [0.0] * 54])
    _, index = soil_water(np.zeros((1, 3)), rain)
    assert index[0, -1] == pytest.approx(80.113, abs=1e-3)


@given(
    st.lists(st.floats(0, 60), min_size=1, max_size=40),
    st.lists(st.floats(0, 80), min_size=3, max_size=3),
)
def test_no_water_is_made_and_none_is_owed(rain: list[float], tanks: list[float]) -> None:
    left, index = soil_water(np.array([tanks]), np.array([rain]))
    assert (left >= 0).all()
    assert index[0, -1] == pytest.approx(left.sum())
    assert left.sum() <= sum(rain) + sum(tanks) + 1e-9


def test_in_two_parts_as_in_one() -> None:
    rain = np.random.default_rng(1).gamma(0.3, 5.0, (4, 60))
    whole, index = soil_water(np.zeros((4, 3)), rain)
    half, _ = soil_water(np.zeros((4, 3)), rain[:, :31])
    end, later = soil_water(half, rain[:, 31:])
    assert end == pytest.approx(whole)
    assert later == pytest.approx(index[:, 31:])


def test_rain_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="fill them first"):
        soil_water(np.zeros((1, 3)), np.array([[1.0, np.nan]]))
    with pytest.raises(ValueError, match="must be"):
        soil_water(np.zeros((2, 3)), np.zeros((1, 4)))
    with pytest.raises(ValueError, match="explicit"):
        soil_water(np.zeros((1, 3)), np.zeros((1, 4)), step_h=5.0)
