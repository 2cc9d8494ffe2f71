"""Wave growth: the published limits, and that wind and time never lower a sea."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.models.marine.wave_growth import (
    duration_fetch,
    fetch_duration,
    grown,
    young_verhagen,
)

G = 9.81


def test_shallow_and_long_is_the_depth_limit() -> None:
    """ε = 1.06e-3·d^1.3 (Young & Verhagen 1996): 25 m/s over 2 m."""
    wind, depth = 25.0, 2.0
    height, _ = young_verhagen(np.array(wind), np.array(1e7), np.array(depth))
    energy = (height / 4) ** 2 * G**2 / wind**4
    assert energy == pytest.approx(1.06e-3 * (G * depth / wind**2) ** 1.3, rel=0.03)


def test_deep_and_short_is_jonswap() -> None:
    """ε = 1.6e-7·X (Hasselmann et al. 1973), whose Tp at 20 m/s and 20 km is 4.5 s."""
    height, period = young_verhagen(np.array(20.0), np.array(2e4), np.array(1e4))
    energy = (height / 4) ** 2 * G**2 / 20.0**4
    assert energy == pytest.approx(1.6e-7 * G * 2e4 / 400, rel=0.08)
    assert period == pytest.approx(4.5, rel=0.12)


def test_duration_and_fetch_are_inverse() -> None:
    wind = np.array([5.0, 15.0, 30.0])
    hours = np.array([1.0, 3.0, 12.0]) * 3600
    assert fetch_duration(wind, duration_fetch(wind, hours)) == pytest.approx(hours)


@given(
    st.floats(0, 6),
    st.floats(0, 45),
    st.floats(0, 20_000),
    st.floats(0, 20_000),
)
def test_more_time_never_lowers(height: float, wind: float, early: float, late: float) -> None:
    early, late = sorted((early, late))
    ground = {"fetch_m": 5e4, "depth_m": 11.0}
    found = grown(np.array(height), np.array(wind), np.array([0.0, early, late]), **ground)
    assert (np.diff(found) >= -1e-9).all()
    limit = young_verhagen(np.array(wind), np.array(5e4), np.array(11.0))[0]
    assert found[0] >= height
    assert found[-1] <= max(height, limit) + 1e-6


def test_now_is_as_it_is() -> None:
    height, wind = np.array([0.5, 1.5, 8.0]), np.array([15.0, 20.0, 20.0])
    found = grown(height, wind, np.array(0.0), fetch_m=1e5, depth_m=50.0)
    assert found == pytest.approx(height, abs=1e-3)


def test_a_calm_raises_nothing() -> None:
    assert grown(np.array(1.0), np.array(0.0), np.array(1e4), fetch_m=1e5, depth_m=50.0) == 1.0
