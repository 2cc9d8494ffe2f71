"""Gauges to catchments and grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stream.models.flood.rain.areal import (
    catchment_means,
    field,
    leave_one_out,
    weights,
    zonal_means,
)

GAUGES = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
RAIN = arrays(float, (3, 4), elements=st.one_of(st.floats(0, 300), st.just(np.nan)))


@given(rain=RAIN, place=arrays(float, (5, 2), elements=st.floats(-50, 50)))
def test_areal_rain_lies_between_the_gauges_that_are_there(rain, place) -> None:
    means = catchment_means(rain, weights(GAUGES, place))
    for step in range(4):
        there = rain[np.isfinite(rain[:, step]), step]
        if len(there):
            assert (means[:, step] >= there.min() - 1e-9).all()
            assert (means[:, step] <= there.max() + 1e-9).all()
        else:
            assert np.isnan(means[:, step]).all()


def test_inverse_square_distance_as_shepard_has_it() -> None:
    # d = 3 and 6 km: weights 1/9 and 1/36, so 4/5 and 1/5 (Shepard 1968, with an exponent of 2).
    share = weights(
        np.array([[0.0, 0.0], [9.0, 0.0]]), np.array([[3.0, 0.0]]), power=2.0, core_km=0.0
    )
    assert share[0] == pytest.approx([0.8, 0.2])


def test_a_gauge_is_reproduced_where_it_stands() -> None:
    there = catchment_means(np.array([[5.0], [80.0], [0.0]]), weights(GAUGES, GAUGES, core_km=0.0))
    assert there[:, 0] == pytest.approx([5.0, 80.0, 0.0], abs=1e-6)


def test_the_others_take_over_the_weight_of_a_silent_gauge() -> None:
    share = weights(GAUGES, np.array([[1.0, 1.0]]))
    means = catchment_means(np.array([[np.nan], [4.0], [8.0]]), share)
    assert means[0, 0] == pytest.approx((4 * share[0, 1] + 8 * share[0, 2]) / share[0, 1:].sum())


def test_negative_rain_is_no_rain_gauge() -> None:
    means = catchment_means(np.array([[-1.0], [4.0], [4.0]]), weights(GAUGES, GAUGES))
    assert means == pytest.approx(4.0)


@pytest.mark.parametrize("rate", [0.0, 300.0])
def test_one_gauge_is_the_rain_everywhere(rate: float) -> None:
    grid = field(np.array([rate]), np.zeros((1, 2)), np.arange(4.0), np.arange(3.0))
    assert grid.shape == (3, 4)
    assert grid == pytest.approx(rate)


def test_no_gauge_is_said() -> None:
    with pytest.raises(ValueError, match="no gauge; areal rain needs at least one"):
        weights(np.empty((0, 2)), GAUGES)
    with pytest.raises(ValueError, match="finite coordinates"):
        weights(np.array([[np.nan, 0.0]]), GAUGES)


def test_leaving_out_finds_the_blocked_gauge() -> None:
    rain = np.array([[20.0], [0.0], [22.0]])
    error = np.abs(leave_one_out(rain, GAUGES) - rain)[:, 0]
    assert error.argmax() == 1
    assert np.isnan(leave_one_out(rain[:1], GAUGES[:1])).all()


def test_zonal_means_leave_out_what_is_not_covered() -> None:
    rate = np.array([[1.0, 3.0, np.nan], [5.0, np.nan, np.nan]])
    zone = np.array([[0, 0, 1], [-1, 0, 1]])
    means = zonal_means(np.stack([rate, 2 * rate]), zone, 2)
    assert means[:, 0] == pytest.approx([2.0, 4.0])
    assert np.isnan(means[:, 1]).all()
