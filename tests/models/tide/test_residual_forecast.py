"""The residual's forecast: calibration, what is missing, and a gauge that cannot be believed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
import pytest

from stream.models.tide import outlook, stored
from stream.models.tide.constants import Constants, from_table
from stream.models.tide.errors import TideError, TooShort
from stream.models.tide.prediction import predict
from stream.models.tide.surge import cycle, features, fitting, sampling, spread
from stream.models.tide.surge.model import PROBABILITIES, SurgeModel

HOUR, MINUTE = 3600.0, 60.0
START = datetime(2012, 1, 1, tzinfo=UTC).timestamp()
LEADS = HOUR * np.arange(7.0)
MEDIAN = PROBABILITIES.index(0.5)


def surges(count: int, seed: int) -> np.ndarray:
    """Return hourly residuals [m]: weather with storms, and noise of the gauge."""
    draw = np.random.default_rng(seed)
    level, trend, found = 0.0, 0.0, np.empty(count)
    stormy = np.repeat(draw.random(count // 48 + 1) < 0.2, 48)[:count]
    for at, push in enumerate(draw.normal(0, 1, count) * np.where(stormy, 0.04, 0.008)):
        trend = 0.8 * trend + push
        level = 0.97 * level + trend
        found[at] = level
    return found + draw.normal(0, 0.01, count)


class Station(NamedTuple):
    constants: Constants
    model: SurgeModel
    times: np.ndarray
    levels: np.ndarray
    """Unseen months, hourly."""


@pytest.fixture(scope="module")
def station() -> Station:
    constants = from_table({"M2": (1.2, 20.0), "K1": (0.3, 98.0)}, latitude=30.0, mean=0.5)
    past = START + HOUR * np.arange(150 * 24.0)
    later = past + 400 * 24 * HOUR
    known = predict(constants, past) + surges(len(past), 1)
    model = fitting.fit([fitting.Record(past, known, constants)])
    return Station(constants, model, later, predict(constants, later) + surges(len(later), 2))


def minutes_of(station: Station, hours: int = 1000) -> tuple[np.ndarray, float]:
    """Return minutes of the station up to an hour, straight between the hours, and that time."""
    issue = float(station.times[hours])
    at = issue - MINUTE * np.arange(outlook.HISTORY_MINUTES)[::-1]
    residual = station.levels - predict(station.constants, station.times)
    return predict(station.constants, at) + np.interp(at, station.times, residual), issue


def ask(station: Station, minutes: np.ndarray, issue: float) -> outlook.Outlook:
    return outlook.forecast(station.model, station.constants, minutes, issue, LEADS)


def test_intervals_hold_on_unseen_months_in_calm_and_storm(station: Station) -> None:
    record = fitting.Record(station.times, station.levels, station.constants)
    values = fitting.hindcast(station.model, record, (1, 3, 6))
    residual = station.levels - predict(station.constants, station.times)
    storm = np.abs(residual) > np.quantile(np.abs(residual), 0.95)
    for column, lead in enumerate((1, 3, 6)):
        came, own = station.levels[lead:], values[:-lead, column]
        inside = (own[:, 1] <= came) & (came <= own[:, -2])
        assert inside[300:].mean() == pytest.approx(0.8, abs=0.05)
        assert inside[storm[:-lead]].mean() > 0.65
        error = own[:, MEDIAN] - came
        still = residual[:-lead] - residual[lead:]
        assert np.std(error[300:]) < np.std(still[300:])


def test_live_and_hindcast_say_the_same(station: Station) -> None:
    """At a whole hour the minutes' forecast is that of the hourly record."""
    hourly = fitting.hindcast(
        station.model, fitting.Record(station.times, station.levels, station.constants), (1, 3, 6)
    )
    minutes, issue = minutes_of(station)
    hourly_only = np.full(len(minutes), np.nan)
    hourly_only[::-60] = minutes[::-60]
    live = ask(station, hourly_only, issue)
    np.testing.assert_allclose(live.values[[1, 3, 6], MEDIAN], hourly[1000, :, MEDIAN], atol=1e-6)
    np.testing.assert_allclose(live.values[[1, 3, 6]], hourly[1000], atol=0.01)
    assert live.said == ()
    assert live.believed


def test_silence_widens_and_is_said(station: Station) -> None:
    minutes, issue = minutes_of(station)
    fresh = ask(station, minutes, issue)
    widths = [float(np.ptp(fresh.values[3]))]
    for silent in (60, 180, 480):
        late = minutes.copy()
        late[-silent:] = np.nan
        found = ask(station, late, issue)
        assert f"silent for {silent} min" in " ".join(found.said)
        assert found.anchor_s == issue - MINUTE * silent
        widths.append(float(np.ptp(found.values[3])))
    assert widths == sorted(widths)


def test_nothing_observed_leaves_the_tide_and_the_usual_surges(station: Station) -> None:
    issue = float(station.times[500])
    found = ask(station, np.full(outlook.HISTORY_MINUTES, np.nan), issue)
    tide = predict(station.constants, issue + LEADS)
    tide += cycle.predict(station.model.cycle, issue + LEADS)
    np.testing.assert_allclose(found.values - tide[:, None], np.tile(station.model.climate, (7, 1)))
    assert found.residual is None
    assert not found.believed
    assert "no level observed" in found.said[0]


def test_a_new_gauge_is_wide_and_says_so(station: Station) -> None:
    minutes, issue = minutes_of(station)
    young = np.full(len(minutes), np.nan)
    young[-180:] = minutes[-180:]
    found = ask(station, young, issue)
    assert "of the last 24 h are missing" in " ".join(found.said)
    assert np.ptp(found.values[3]) > np.ptp(ask(station, minutes, issue).values[3])


def moved_zero(minutes: np.ndarray) -> np.ndarray:
    return np.concatenate([minutes[:-420], minutes[-420:] + 1.0])


def late_clock(minutes: np.ndarray) -> np.ndarray:
    return np.concatenate([np.full(60, np.nan), minutes[:-60]])


@pytest.mark.parametrize(
    ("fault", "words"),
    [(moved_zero, "zero of the gauge seems to have moved by +"), (late_clock, "min fast")],
)
def test_a_wrong_zero_and_a_wrong_clock_are_noticed(
    station: Station, fault: Callable[[np.ndarray], np.ndarray], words: str
) -> None:
    minutes, issue = minutes_of(station)
    fine, found = ask(station, minutes, issue), ask(station, fault(minutes), issue)
    assert words in " ".join(found.said)
    assert not found.believed
    if fault is moved_zero:
        np.testing.assert_allclose(found.values[:, MEDIAN], fine.values[:, MEDIAN], atol=0.15)


def test_spikes_are_left_out_and_a_surge_is_not(station: Station) -> None:
    minutes, issue = minutes_of(station)
    spiky = minutes.copy()
    spiky[-306:-300] += 4.0
    found = ask(station, spiky, issue)
    assert "spikes left out" in " ".join(found.said)
    fine = ask(station, minutes, issue)
    np.testing.assert_allclose(found.values[:, MEDIAN], fine.values[:, MEDIAN], atol=0.03)
    at = np.arange(len(minutes)) - len(minutes)
    risen = minutes + 2.0 / (1 + np.exp(-(at + 200) / 60.0))
    storm = ask(station, risen, issue)
    assert not any("spike" in line or "zero" in line for line in storm.said)
    assert storm.values[1, MEDIAN] > fine.values[1, MEDIAN] + 1.5
    assert np.ptp(storm.values[3]) > 2 * np.ptp(fine.values[3])
    assert np.abs(storm.values - fine.values).max() < 6.0


def test_a_surge_far_beyond_the_record_does_not_blow_up(station: Station) -> None:
    minutes, issue = minutes_of(station)
    at = np.arange(len(minutes)) - len(minutes)
    for height in (3.0, 8.0):
        values = ask(station, minutes + height * np.exp(-((at / 200.0) ** 2)), issue).values
        above = values - predict(station.constants, issue + LEADS)[:, None]
        assert np.isfinite(values).all()
        assert (np.diff(values, axis=1) >= 0).all()
        assert -height < above[:, MEDIAN].min() <= above[:, MEDIAN].max() < 2.5 * height


def test_what_is_stored_is_what_is_read(station: Station) -> None:
    content = stored.write(station.model, station.constants)
    assert content == stored.write(station.model, station.constants)
    model, constants = stored.read(content)
    assert model is not None
    assert constants is not None
    minutes, issue = minutes_of(station)
    again = outlook.forecast(model, constants, minutes, issue, LEADS)
    np.testing.assert_allclose(again.values, ask(station, minutes, issue).values, atol=1e-4)
    assert stored.read(stored.write(None, constants))[0] is None
    with pytest.raises(TideError, match="forewarn tide fit"):
        stored.read(b"nothing")


def test_several_stations_give_one_line_without_networks(station: Station) -> None:
    part = slice(0, 60 * 24)
    record = fitting.Record(station.times[part], station.levels[part], station.constants)
    pooled = fitting.fit([record, record])
    assert pooled.networks == ()
    assert not pooled.cycle.any()
    with pytest.raises(TooShort, match="needs 60"):
        fitting.fit([record._replace(times_s=record.times_s[:500], levels=record.levels[:500])])
    with pytest.raises(TooShort, match="no whole part of an hour"):
        fitting.fit([record], step_s=2000.0)


def test_nothing_from_ahead_is_looked_at(station: Station) -> None:
    """Levels after an issue change no forecast of that issue."""
    record = fitting.Record(station.times, station.levels, station.constants)
    before = fitting.hindcast(station.model, record, (1, 6))[:1500]
    changed = station.levels.copy()
    changed[1500:] += 3.0
    after = fitting.hindcast(station.model, record._replace(levels=changed), (1, 6))[:1500]
    np.testing.assert_array_equal(before, after)


def test_recent_errors_widen_and_narrow_within_bounds() -> None:
    leads = np.array([1, 6])
    for size, bound in ((0.0, spread.NARROWEST), (10.0, spread.WIDEST)):
        found = spread.lately(np.full((200, 2), size), np.ones(2), leads, 1)
        assert found[-1] == pytest.approx(bound)
        assert found[0] == pytest.approx(1.0)
    assert (spread.lately(np.full((200, 2), np.nan), np.ones(2), leads, 1) == 1.0).all()


def test_sampling_keeps_whole_hours_and_takes_medians_of_minutes() -> None:
    times, levels = sampling.even(np.array([7200.0, 10_800.0, 18_000.0]), np.arange(3.0), HOUR)
    np.testing.assert_array_equal(times, [7200.0, 10_800.0, 14_400.0, 18_000.0])
    np.testing.assert_array_equal(levels, [0.0, 1.0, np.nan, 2.0])
    minutes = np.arange(100.0)
    minutes[-2] = 1e6
    found = sampling.from_minutes(minutes, np.array([60, 0]))
    np.testing.assert_array_equal(found, [37.0, 97.0])
    assert features.Reach(600.0).leads[0] == 6
