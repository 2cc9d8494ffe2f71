"""Radar and gauges together."""

import numpy as np
import pytest

from stream.models.flood.rain.merging import Method, mean_field_bias, merge

X, Y = np.arange(40.0), np.arange(30.0)
ACROSS, DOWN = np.meshgrid(X, Y)
TRUTH = 8.0 * np.exp(-((ACROSS - 22) ** 2 + (DOWN - 12) ** 2) / 60.0)
DRAW = np.random.default_rng(3)
PLACES = np.stack([DRAW.integers(2, 38, 12), DRAW.integers(2, 28, 12)], axis=1).astype(float)
GAUGES = TRUTH[PLACES[:, 1].astype(int), PLACES[:, 0].astype(int)]


def error(rain: np.ndarray) -> float:
    return float(np.sqrt(np.mean((rain - TRUTH) ** 2)))


def test_merging_corrects_a_radar_that_fades_with_distance() -> None:
    radar = TRUTH * np.clip(1.0 - ACROSS / 50.0, 0.1, 1.0)
    merged = merge(radar, GAUGES, PLACES, X, Y)
    gauges = merge(None, GAUGES, PLACES, X, Y)
    assert (merged.method, gauges.method) == (Method.CONDITIONAL, Method.GAUGES)
    assert error(merged.rain) < 0.6 * error(radar)
    assert error(merged.rain) < 0.6 * error(gauges.rain)


def test_a_radar_that_agrees_with_the_gauges_stays_as_it_is() -> None:
    assert merge(TRUTH, GAUGES, PLACES, X, Y).rain == pytest.approx(TRUTH, abs=1e-9)


def test_a_radar_that_misses_the_gauges_dry_spell_makes_no_negative_rain() -> None:
    merged = merge(TRUTH + 3.0, np.zeros(12), PLACES, X, Y)
    assert merged.rain.min() == 0.0
    assert merged.rain.mean() < 0.2 * np.mean(TRUTH + 3.0)


def test_few_gauges_give_one_factor() -> None:
    merged = merge(0.5 * TRUTH, GAUGES[:2], PLACES[:2], X, Y)
    assert merged.method == Method.BIAS
    assert merged.rain == pytest.approx(merged.factor * 0.5 * TRUTH)
    assert merged.factor == pytest.approx(mean_field_bias(GAUGES[:2], 0.5 * GAUGES[:2]))


def test_the_factor_rests_at_one_without_rain_and_is_bounded() -> None:
    assert mean_field_bias(np.zeros(3), np.zeros(3)) == 1.0
    assert mean_field_bias(np.empty(0), np.empty(0)) == 1.0
    assert mean_field_bias(np.full(3, 300.0), np.zeros(3)) == 10.0
    assert mean_field_bias(np.full(3, 40.0), np.full(3, 20.0)) == pytest.approx(122 / 62)


def test_what_is_missing_falls_back_and_is_named() -> None:
    silent = np.full(12, np.nan)
    assert merge(TRUTH, silent, PLACES, X, Y).method == Method.RADAR
    nothing = merge(np.full_like(TRUTH, np.nan), silent, PLACES, X, Y)
    assert nothing.method == Method.NOTHING
    assert np.isnan(nothing.rain).all()
    away = merge(TRUTH, GAUGES, PLACES + 500.0, X, Y)
    assert away.method == Method.RADAR
    assert away.rain == pytest.approx(TRUTH)


def test_uncovered_cells_come_from_the_gauges() -> None:
    radar = TRUTH.copy()
    radar[:, 30:] = np.nan
    merged = merge(radar, GAUGES, PLACES, X, Y)
    assert merged.rain[:, 30:] == pytest.approx(merge(None, GAUGES, PLACES, X, Y).rain[:, 30:])


@pytest.mark.parametrize("rate", [0.0, 300.0])
def test_uniform_extremes_stay(rate: float) -> None:
    merged = merge(np.full((30, 40), rate), np.full(12, rate), PLACES, X, Y)
    assert merged.rain == pytest.approx(rate)


def test_a_grid_of_another_size_is_said() -> None:
    with pytest.raises(ValueError, match="radar"):
        merge(TRUTH.T, GAUGES, PLACES, X, Y)
