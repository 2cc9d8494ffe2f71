"""Twin experiments: the truth is the same model with other parameters, soils and rain gauges."""

import numpy as np
import pytest

STAGES = ("upper/stage", "middle/stage", "lower/stage")
LEADS = [0, 60, 120, 180]


def forecasts(storm, every=120, first=420):
    """Return errors of the mean, variances, and the truth's rank, each (issues, gauges, leads).

    The rain to come is given: what is tested is what the gauges teach, not the rain's outlook.
    """
    error, variance, rank, state, begun = [], [], [], None, 0
    for minute in range(first, storm.history.shape[1] - 180, every):
        state = storm.run(minute, state=state, first=begun)
        begun = minute + 1
        coming = np.tile(storm.rain[:, minute + 1 : minute + 181], (24, 1, 1))
        forecast = storm.chain.forecast(state, storm.time(minute), rain=coming)
        members = forecast.stage[:, :, LEADS]
        truth = storm.stage[:, np.array(LEADS) + minute]
        error.append(members.mean(0) - truth)
        variance.append(members.var(0))
        rank.append((members < truth).mean(0))
    return np.array(error), np.array(variance), np.array(rank), state


@pytest.fixture(scope="module")
def scored(make_twin):
    """Forecasts of three storms with gauges, and without."""
    storms = [make_twin(seed=seed) for seed in (21, 22, 23)]
    updated = [forecasts(storm) for storm in storms]
    blind = [forecasts(storm.without(*STAGES, "upper/discharge")) for storm in storms]
    return updated, blind


def both(parts, column):
    return np.concatenate([part[column] for part in parts])


def test_updating_lowers_the_error_where_the_model_is_wrong(scored):
    updated, blind = scored
    with_gauges = np.sqrt((both(updated, 0) ** 2).mean(0))
    without = np.sqrt((both(blind, 0) ** 2).mean(0))
    assert (with_gauges[0] < [0.1 * without[0, 0], *(0.9 * without[0, 1:])]).all()
    assert (with_gauges[1, :3] < 0.6 * without[1, :3]).all()


def test_the_spread_says_how_wrong_the_forecast_is(scored):
    updated, _ = scored
    ratio = np.sqrt((both(updated, 0) ** 2).mean(0) / both(updated, 1).mean(0))
    assert (ratio[:, 1:] < 1.6).all()
    assert (ratio[0, 1:] > 0.4).all()
    variance = both(updated, 1).mean(0)
    assert (np.diff(variance, axis=1) > 0).all()


def test_the_rank_histogram_is_neither_a_cup_nor_one_sided(scored):
    updated, _ = scored
    rank = both(updated, 2)[:, :, 1:].ravel()
    share = np.histogram(rank, bins=5, range=(0, 1))[0] / len(rank)
    assert share[[0, 4]].max() < 0.4
    assert share.max() < 0.75


def test_no_gauge_is_accused_in_these_storms(scored):
    for *_, state in (*scored[0], *scored[1]):
        assert not state.doubts.named.any()


@pytest.mark.parametrize("seed", [21, 22])
def test_corrections_bring_no_sea_of_water(make_twin, seed):
    """Once the start is forgotten they bring or take less than the storm rains."""
    storm = make_twin(seed=seed)
    early = storm.run(420)
    late = storm.run(1439, state=early, first=421)
    fell = storm.rain[:, 421:].sum(axis=1) / 60.0
    assert (np.abs(late.added.runoff_mm - early.added.runoff_mm) < fell).all()


@pytest.mark.parametrize("first", [480, 600, 720])
def test_a_cold_start_in_the_flood_accuses_nobody(make_twin, first):
    """The rivers are full and the model knows nothing of it: the gauges are right all the same."""
    storm = make_twin(seed=22)
    state, seen = storm.chain.start(np.random.default_rng(3)), first
    for minute in range(first + 60, first + 660, 60):
        state = storm.run(minute, state=state, first=seen)
        seen = minute + 1
        assert not state.doubts.named.any()
    stage = storm.chain.forecast(state, state.time_s).stage[:, :, 0].mean(axis=0)
    assert stage == pytest.approx(storm.stage[:, seen - 1], abs=0.05)
