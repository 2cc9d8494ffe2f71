"""Silent, late and lying gauges: left out, said, and the forecast wider, never narrower."""

from dataclasses import replace

import numpy as np
import pytest

from stream.models.flood.chain import EnsembleFailed

LAST = 720
GAUGES = ("upper/stage", "upper/discharge", "middle/stage", "lower/stage")
MIDDLE = 1


@pytest.fixture(scope="module")
def well(river_twin):
    """The state and the forecast when all is well."""
    state = river_twin.run(LAST)
    return state, river_twin.chain.forecast(state, river_twin.time(LAST))


def spread(forecast, gauge, lead=60):
    return float(forecast.stage[:, gauge, lead].std())


def outcome(storm, last=LAST):
    state = storm.run(last)
    return state, storm.chain.forecast(state, storm.time(last))


def test_all_well_is_said_by_saying_nothing(well, river_twin):
    _, forecast = well
    assert forecast.degraded == []
    assert forecast.stage.shape == (24, 3, 181)
    assert forecast.rain.shape == (24, 2, 181)
    now = river_twin.stage[:, LAST]
    assert forecast.stage[:, :, 0].mean(0) == pytest.approx(now, abs=0.05)


@pytest.mark.parametrize("minutes", [30, 240])
def test_a_gauge_that_falls_silent_is_said_and_its_forecast_wider(well, river_twin, minutes):
    _, forecast = outcome(river_twin.without("middle/stage", first=LAST - minutes))
    assert f"middle/stage silent for {minutes + 1} min" in forecast.degraded
    assert spread(forecast, MIDDLE) > spread(well[1], MIDDLE)
    assert spread(forecast, MIDDLE, 0) > 1.3 * spread(well[1], MIDDLE, 0)


@pytest.mark.parametrize(("first", "by"), [(480, 1.02), (0, -1.0)])
def test_a_datum_wrong_by_a_metre_is_named_and_harms_nobody(well, river_twin, first, by):
    _, forecast = outcome(river_twin.shifted("middle/stage", by, first=first))
    (said,) = [text for text in forecast.degraded if text.startswith("middle/stage")]
    side = "above" if by > 0 else "below"
    assert said.endswith(f"m {side} what the others say; left out")
    assert abs(float(said.split()[1]) - abs(by)) < 0.25
    truth = river_twin.stage[MIDDLE, LAST]
    assert forecast.stage[:, MIDDLE, 0].mean() == pytest.approx(truth, abs=0.25)
    assert spread(forecast, MIDDLE) > spread(well[1], MIDDLE)


def test_late_values_are_taken_in(well, river_twin):
    """Half an hour of silence that is filled afterwards ends where no silence had been."""
    chain, issue = river_twin.chain, river_twin.time(LAST)
    late = river_twin.without("middle/stage", first=LAST - 25, last=LAST - 5)
    state = late.run(LAST - 5)
    told = river_twin.run(LAST, state=state, first=LAST - 60)
    untold = late.run(LAST, state=late.run(LAST - 5), first=LAST - 60)
    assert np.isfinite(told.window.observed[MIDDLE, -30:]).all()
    assert told.window.used[MIDDLE].sum() > untold.window.used[MIDDLE].sum()
    assert chain.forecast(told, issue).degraded == []


def test_rain_that_is_told_late_still_falls(river_twin):
    """Half an hour of rain at 60 mm/h, told in time, an hour late, and never; no gauge corrects."""
    storm = river_twin.without(*GAUGES)
    wet, silent, dry = (storm.history.copy() for _ in range(3))
    for history, amount in ((wet, 1.0), (silent, np.nan), (dry, 0.0)):
        history[:2, 200:230] = amount

    def stored(history, retold):
        state = storm._replace(history=history).run(240)
        state = storm._replace(history=retold).run(260, state=state, first=190)
        return state.water.runoff.sum(axis=2).mean(axis=0)

    in_time, late, never = stored(wet, wet), stored(silent, wet), stored(dry, dry)
    assert in_time == pytest.approx(never + 25.0, abs=15.0)
    assert (np.abs(late - in_time) < 0.2 * (in_time - never)).all()


@pytest.mark.parametrize("rain", [0.0, 5.0])
def test_no_rain_and_three_hundred_millimetres_an_hour(river_twin, rain):
    history = river_twin.history.copy()
    history[:2, LAST - 120 :] = rain
    _, forecast = outcome(river_twin._replace(history=history))
    assert np.isfinite(forecast.stage).all()
    assert forecast.stage.max() < 40.0


def test_everything_silent_for_hours(well, river_twin):
    storm = river_twin.without(*river_twin.chain.inputs, first=LAST - 300)
    _, forecast = outcome(storm)
    assert np.isfinite(forecast.stage).all()
    for gauge in range(3):
        assert spread(forecast, gauge) > spread(well[1], gauge)
    assert "no rain gauge is heard; rain is a guess from the climate" in forecast.degraded
    assert any(text.startswith("sea/tide silent for 301 min") for text in forecast.degraded)


def test_nothing_was_ever_heard(well, river_twin):
    _, forecast = outcome(river_twin.without(*river_twin.chain.inputs))
    assert np.isfinite(forecast.stage).all()
    assert spread(forecast, MIDDLE) > spread(well[1], MIDDLE)
    assert "middle/stage never heard" in forecast.degraded


def test_a_member_that_fails_is_replaced_and_said(well, river_twin):
    state = well[0]
    depth = state.water.depth.copy()
    depth[7, 3] = np.nan
    broken = replace(state, water=state.water._replace(depth=depth))
    after = river_twin.run(LAST + 1, state=broken, first=LAST + 1)
    assert np.isfinite(after.water.depth).all()
    forecast = river_twin.chain.forecast(after, river_twin.time(LAST + 1))
    assert "member 7 failed and was replaced" in forecast.degraded
    assert np.isfinite(forecast.stage).all()


def test_a_member_that_fails_unseen_is_caught_by_the_forecast(well, river_twin):
    state = well[0]
    runoff = state.water.runoff.copy()
    runoff[3] = np.inf
    broken = replace(state, water=state.water._replace(runoff=runoff))
    forecast = river_twin.chain.forecast(broken, river_twin.time(LAST))
    assert np.isfinite(forecast.stage).all()
    assert "member 3 failed and was replaced" in forecast.degraded


def test_with_no_member_left_it_says_so(well, river_twin):
    water = well[0].water._replace(depth=np.full_like(well[0].water.depth, np.nan))
    with pytest.raises(EnsembleFailed, match="all 24 members"):
        river_twin.run(LAST + 1, state=replace(well[0], water=water), first=LAST + 1)
