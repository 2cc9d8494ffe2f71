"""The chain's minutes: one by one or all at once, the same; what does not fit is refused."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from stream.models.flood.basin import Basin, Catchment, Gauge, RainGauge, Rating, Reach
from stream.models.flood.chain import Chain
from stream.models.flood.chain.layout import cells, entry, looks, tapers
from stream.models.flood.runoff import xinanjiang

LAST = 480


def test_minute_by_minute_is_the_same_as_all_at_once(river_twin):
    """But for the draws of rain errors, which are per minute: so to the last bit with none."""
    plan = msgspec.structs.replace(river_twin.chain.basin.updating, rain_error=0.0)
    sea = msgspec.structs.replace(river_twin.chain.basin.sea, error_m=1e-12)
    basin = msgspec.structs.replace(river_twin.chain.basin, updating=plan, sea=sea)
    storm = river_twin._replace(chain=Chain(basin))
    whole = storm.run(119)
    state, begun = None, 0
    for minute in (7, 8, 9, 30, 31, 77, 100, 119):
        state = storm.run(minute, state=state, first=begun)
        begun = minute + 1
    assert state.water.depth == pytest.approx(whole.water.depth, abs=1e-9)
    assert state.water.runoff == pytest.approx(whole.water.runoff, abs=1e-9)


def test_a_forecast_leaves_the_state_alone_and_is_the_same_again(river_twin):
    state = river_twin.run(LAST)
    before = state.water.depth.copy()
    one = river_twin.chain.forecast(state, river_twin.time(LAST))
    two = river_twin.chain.forecast(state, river_twin.time(LAST))
    assert np.array_equal(one.stage, two.stage)
    assert np.array_equal(state.water.depth, before)


def test_an_issue_after_the_state_is_wider(river_twin):
    state = river_twin.run(LAST)
    now = river_twin.chain.forecast(state, river_twin.time(LAST))
    later = river_twin.chain.forecast(state, river_twin.time(LAST + 45))
    assert (later.stage[:, :, 0].std(0) > now.stage[:, :, 0].std(0)).all()
    assert "middle/stage silent for 45 min" in later.degraded


def test_rain_and_tide_that_are_given_are_used(river_twin):
    state = river_twin.run(LAST)
    issue = river_twin.time(LAST)
    dry = river_twin.chain.forecast(state, issue, rain=np.zeros((24, 2, 180)))
    wet = river_twin.chain.forecast(state, issue, rain=np.full((24, 2, 180), 60.0))
    assert (wet.stage.mean(0)[:2, 180] > dry.stage.mean(0)[:2, 180] + 0.1).all()
    assert (wet.rain[:, :, 1:] == 60.0).all()
    high = river_twin.chain.forecast(state, issue, tide_m=np.full(181, 2.5))
    assert high.stage.mean(0)[2, 60] > dry.stage.mean(0)[2, 60] + 0.5


def test_a_correction_tells_the_water_it_brings(river_twin):
    chain = river_twin.chain
    state = river_twin.run(LAST)
    window = state.window._replace(
        observed=state.window.observed + 0.2, used=np.zeros_like(state.window.used)
    )
    before = replace(state, window=window)
    after = chain._corrector.correct(before)
    held = [xinanjiang.stored_mm(s.water.runoff, s.parameters).mean(0) for s in (before, after)]
    told = after.added.runoff_mm - before.added.runoff_mm
    assert told == pytest.approx(held[1] - held[0], abs=1e-9)
    assert np.abs(told).max() > 0.01
    assert after.added.river_m3 > before.added.river_m3
    assert (after.water.runoff >= 0).all()
    assert (after.water.depth >= 0).all()


def test_gauges_correct_what_lies_above_and_the_backwater_below(river_twin):
    basin = river_twin.chain.basin
    river = cells(basin)
    near = msgspec.structs.replace(basin.updating, reach_km=8.0)
    basin = msgspec.structs.replace(basin, updating=near)
    ends, seen = entry(basin, river), looks(basin, river)
    found = tapers(basin, river, ends, seen)
    upper, middle, lower = range(3)
    assert found.catchment[0].tolist() == [1.0, 1.0, 1.0]
    assert found.hill[0, middle] == 1.0
    assert found.catchment[1, upper] < 0.5
    assert found.catchment[1, lower] == 1.0
    assert found.cell[-1, upper] == 0.0
    assert 0 <= found.mouth[lower] < found.cell[seen.cell[lower], lower] == 1.0


def small(**changes) -> Basin:
    """One catchment, one gauge at its outlet, one rain gauge that tips every quarter of an hour."""
    parts = {
        "name": "brook-1",
        "rain_gauges": (
            RainGauge(datastream="brook/rain", interval_min=15, latitude=54.0, longitude=-2.0),
        ),
        "catchments": (Catchment(id="brook", latitude=54.01, longitude=-2.01, area_km2=12.0),),
        "gauges": (
            Gauge(
                stage="brook/stage",
                discharge="brook/discharge",
                catchment="brook",
                rating=Rating(coefficient=8.0, zero_m=0.1),
            ),
        ),
    }
    return Basin(**(parts | changes))


def quarter_hours(chain, minutes=600, rain=2.0):
    history = np.full((len(chain.inputs), minutes), np.nan)
    history[0, 14::15] = rain
    history[1, 14::15] = 0.6
    return history


def test_one_catchment_with_one_gauge_no_river_and_no_sea():
    chain = Chain(small())
    assert chain.inputs == ("brook/rain", "brook/stage", "brook/discharge")
    assert chain.gauges == ("brook/stage",)
    history = quarter_hours(chain)
    state = chain.assimilate(chain.start(np.random.default_rng(1)), history, 6e4, 6e4 + 599 * 60)
    forecast = chain.forecast(state, state.time_s)
    assert forecast.stage[:, 0, 0].mean() == pytest.approx(0.6, abs=0.15)
    assert np.isfinite(forecast.stage).all()
    assert forecast.discharge.min() >= 0


def test_amounts_of_a_quarter_hour_fall_over_the_quarter_hour():
    chain = Chain(small())
    state = chain.assimilate(
        chain.start(np.random.default_rng(1)), quarter_hours(chain), 6e4, 6e4 + 599 * 60
    )
    assert state.rain[0, -360:] == pytest.approx(np.full(360, 8.0))


def test_a_site_without_a_rain_gauge():
    chain = Chain(small(rain_gauges=()))
    history = quarter_hours(Chain(small()))[1:]
    state = chain.assimilate(chain.start(np.random.default_rng(1)), history, 6e4, 6e4 + 599 * 60)
    forecast = chain.forecast(state, state.time_s)
    assert np.isfinite(forecast.stage).all()
    assert "no rain gauge is heard; rain is a guess from the climate" in forecast.degraded
    told = Chain(small())
    known = told.assimilate(
        told.start(np.random.default_rng(1)), quarter_hours(told), 6e4, 6e4 + 599 * 60
    )
    assert (
        forecast.stage[:, 0, 60].std()
        > 0.5 * told.forecast(known, known.time_s).stage[:, 0, 60].std()
    )


def test_a_river_without_a_sea_runs_off_at_its_lower_end():
    reach = Reach(
        id="river",
        length_km=10.0,
        width_m=(20.0, 20.0),
        bed_m=(10.0, 0.0),
        bank_m=(14.0, 4.0),
    )
    catchment = Catchment(
        id="brook", latitude=54.01, longitude=-2.01, area_km2=12.0, reach="river", km=(0.0, 1.0)
    )
    gauge = Gauge(stage="brook/stage", reach="river", km=5.0)
    chain = Chain(small(reaches=(reach,), catchments=(catchment,), gauges=(gauge,)))
    history = np.full((2, 600), np.nan)
    history[0, 14::15] = 4.0
    state = chain.assimilate(chain.start(np.random.default_rng(1)), history, 6e4, 6e4 + 599 * 60)
    forecast = chain.forecast(state, state.time_s)
    depth = forecast.stage.mean(0)[0] - 5.0
    assert (depth > 0.0).all()
    assert (depth < 4.0).all()


def test_histories_that_do_not_fit_are_refused(river_twin):
    chain, state = river_twin.chain, river_twin.run(60)
    part = river_twin.history[:, 90:100]
    with pytest.raises(ValueError, match="29 min lie between"):
        chain.assimilate(state, part, river_twin.time(90), river_twin.time(99))
    with pytest.raises(ValueError, match=r"must be \(7, 10\)"):
        chain.assimilate(state, np.ones((3, 10)), river_twin.time(61), river_twin.time(70))
    with pytest.raises(ValueError, match="whole minute"):
        chain.assimilate(state, np.ones((7, 1)), river_twin.time(61) + 1, river_twin.time(61) + 1)
    with pytest.raises(ValueError, match="nothing was assimilated"):
        chain.forecast(chain.start(np.random.default_rng(1)), 0.0)
    with pytest.raises(ValueError, match="5 min ahead of the issue"):
        chain.forecast(state, river_twin.time(55))
