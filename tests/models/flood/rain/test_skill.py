"""Scores of fields."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stream.models.flood.rain.skill import crps, csi, exceedance, fss


def test_csi_counts_hits_misses_and_false_alarms() -> None:
    observed = np.array([1.0, 1.0, 0.0, 0.0, np.nan])
    forecast = np.array([1.0, 0.0, 1.0, 0.0, 1.0])
    assert csi(forecast, observed, 0.5) == pytest.approx(1 / 3)
    assert np.isnan(csi(np.zeros(3), np.zeros(3), 0.5))


def test_fss_of_a_displaced_cell_rises_with_scale() -> None:
    observed, forecast = np.zeros((2, 41, 41))
    observed[20, 20] = forecast[20, 22] = 9.0
    scores = [fss(forecast, observed, 1.0, cells) for cells in (1, 5, 21)]
    assert scores[0] == 0.0
    # Squares of 5 cells overlap in 3 of 5 columns: 1 − 2·2·5/(2·25) = 0.6.
    assert scores[1] == pytest.approx(0.6)
    assert scores[2] > 0.9
    assert fss(observed, observed, 1.0, 5) == 1.0
    assert np.isnan(fss(np.zeros((5, 5)), np.zeros((5, 5)), 1.0, 3))


@given(member=arrays(float, 6, elements=st.floats(0, 300)), y=st.floats(0, 300))
def test_crps_of_one_member_is_the_absolute_error(member, y: float) -> None:
    assert crps(member[None, :], np.full(6, y)) == pytest.approx(np.abs(member - y))
    same = np.repeat(member[None, :], 5, axis=0)
    assert crps(same, np.full(6, y)) == pytest.approx(np.abs(member - y), abs=1e-9)


def test_crps_of_a_normal_ensemble_is_gneitings_number() -> None:
    # Gneiting & Raftery (2007), eq. 21 at the mean: σ (√2 − 1) / √π = 0.23369.
    draw = np.random.default_rng(0).standard_normal((1000, 200))
    assert crps(draw, np.zeros(200)).mean() == pytest.approx(0.23369, abs=0.003)


def test_exceedance_is_unknown_where_a_member_is() -> None:
    share = exceedance(np.array([[1.0, 0.0, np.nan], [1.0, 1.0, 1.0]]), 0.5)
    assert share == pytest.approx([1.0, 0.5, np.nan], nan_ok=True)
