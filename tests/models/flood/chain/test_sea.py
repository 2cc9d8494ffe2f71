"""The level at the mouth ahead: tide, a residual that fades, and what the weather calls for."""

import numpy as np
import pytest

from stream.models.flood.basin import Sea, Weather
from stream.models.flood.chain import sea as mouth

ISSUE_S = 1_750_000_020.0 - 1_750_000_020.0 % 60
PLAIN = Sea(tide="sea/tide", mean_m=0.3, constituents={"M2": (0.8, -0.5)}, memory_h=10.0)
WEATHER = Weather(
    pressure="buoy/pressure",
    wind_speed="buoy/wind_speed",
    wind_direction="buoy/wind_direction",
    per_hpa=0.01,
    per_wind=(-0.0005, 0.0),
    response_h=2.0,
)
STORMY = Sea(
    tide="sea/tide",
    mean_m=0.3,
    constituents={"M2": (0.8, -0.5)},
    memory_h=10.0,
    weather=WEATHER,
)


def seen(residual=0.0, pressure=1010.0, wind=0.0, direction=90.0, minutes=720):
    times = ISSUE_S + 60.0 * np.arange(1 - minutes, 1, dtype=float)
    rows = np.empty((4, minutes))
    rows[0] = mouth.harmonics(PLAIN).predict(times) + residual
    rows[1], rows[2], rows[3] = pressure, wind, direction
    return rows


def ahead(plan, rows, **more):
    draws = np.random.default_rng(1)
    return mouth.ahead(plan, rows, ISSUE_S, leads=180, members=200, random=draws, **more)


def tide(lead):
    return mouth.harmonics(PLAIN).predict(ISSUE_S + 60.0 * np.asarray(lead, dtype=float))


def test_a_residual_goes_on_and_fades():
    level, said = ahead(PLAIN, seen(0.4))
    assert said == []
    assert level[:, 0] == pytest.approx(np.full(200, tide(0) + 0.4), abs=1e-9)
    assert level.mean(0)[180] == pytest.approx(tide(180) + 0.4 * np.exp(-0.3), abs=1e-6)
    assert level.std(0)[60] < level.std(0)[120] < level.std(0)[180]


def test_members_doubt_a_storm_more_than_a_calm():
    calm, storm = ahead(PLAIN, seen(0.02)).level, ahead(PLAIN, seen(0.9)).level
    assert storm.std(0)[180] > 4 * calm.std(0)[180]


def test_the_weather_lifts_the_sea_with_its_delay():
    """30 m/s from the east over a sea at rest calls for 0.45 m, which it follows slowly."""
    rows = seen(0.0)
    rows[2, -120:] = 30.0
    rows[0, -120:] += 0.45 * (1 - np.exp(-np.arange(120) / 120.0))
    called = mouth.called_for(WEATHER, rows)
    assert called[[0, -1]] == pytest.approx([0.0, 0.45])
    mean = ahead(STORMY, rows).level.mean(0) - tide(np.arange(181))
    risen = 0.45 * (1 - np.exp(-(119 + 120) / 120.0))
    assert mean[0] == pytest.approx(0.45 * (1 - np.exp(-119 / 120)), abs=0.01)
    assert mean[120] == pytest.approx(risen, abs=0.02)


def test_low_pressure_is_the_inverse_barometer():
    rows = seen(0.3, pressure=980.0)
    assert mouth.called_for(WEATHER, rows)[-1] == pytest.approx(0.3)
    level = ahead(STORMY, rows).level.mean(0)
    assert level[180] - tide(180) == pytest.approx(0.3, abs=0.01)


def test_a_silent_tide_gauge_starts_where_it_was_heard_last_and_wider():
    fresh, rows = ahead(PLAIN, seen(0.4)).level, seen(0.4)
    rows[0, -90:] = np.nan
    late = ahead(PLAIN, rows)
    assert late.degraded == ["sea/tide silent for 90 min; its residual is carried on, wider"]
    expected = tide(0) + 0.4 * np.exp(-1.5 / 10)
    assert late.level.mean(0)[0] == pytest.approx(expected, abs=1e-6)
    assert (late.level.std(0) > fresh.std(0)).all()


def test_nothing_known_is_the_tables_and_wide():
    level, said = ahead(STORMY, np.full((4, 720), np.nan))
    assert level.mean(0) == pytest.approx(tide(np.arange(181)), abs=1e-9)
    assert (level.std(0) > 0.25).all()
    assert said[0] == "sea/tide: no level in the last 720 min; tide from the tables, wider"
    assert "weather at sea is not known" in said[1]


def test_a_tide_that_is_given_replaces_the_tables():
    level = ahead(PLAIN, seen(0.0), tide_m=np.linspace(1, 2, 181)).level
    assert level.mean(0) == pytest.approx(np.linspace(1, 2, 181), abs=1e-9)


def test_without_tables_nobody_is_sure_of_the_hours_to_come():
    bare = Sea(tide="sea/tide", mean_m=0.3)
    level, said = ahead(bare, seen(0.0))
    assert level.std(0)[180] > 0.25
    assert "sea/tide: no tidal constituents; the tide to come is not known" in said
