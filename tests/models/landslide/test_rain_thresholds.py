"""Thresholds of rain: published numbers, events, windows, and the recorded Seattle rain."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.models.landslide.rain_thresholds import (
    CAINE,
    GUZZETTI,
    SEATTLE,
    PowerLaw,
    effective_antecedent,
    event_ratio,
    rain_events,
    recent_and_antecedent,
    seattle_cumulative,
    window_ratio,
)


def test_published_laws() -> None:
    assert CAINE.intensity(np.array([24.0]))[0] == pytest.approx(4.29, abs=0.005)
    assert GUZZETTI.intensity(np.array([1.0]))[0] == pytest.approx(2.20)
    assert np.isnan(CAINE.intensity(np.array([0.1, 501.0]))).all()


def test_events_are_parted_by_dry_hours() -> None:
    rain = np.array([0, 1, 0, 0, 2, 0, 0, 0, 4, np.nan, 0, 1])
    events = rain_events(rain, step_h=1.0, dry_h=3.0)
    assert [(e.first, e.last, e.depth_mm) for e in events] == [(1, 4, 3.0), (8, 11, 5.0)]
    assert rain_events(np.full(5, np.nan), step_h=1.0, dry_h=3.0) == []


def test_the_worst_window_sees_a_burst_that_a_long_event_dilutes() -> None:
    rain = np.concatenate((np.full(20, 0.2), [40.0]))
    law = PowerLaw(20.0, 0.4, 1.0, 48.0)
    assert event_ratio(rain, law, step_h=1.0, dry_h=3.0)[-1] < 1
    assert window_ratio(rain, law, step_h=1.0, durations_h=np.array([1.0, 3.0]))[
        -1
    ] == pytest.approx(2.0)


@given(st.lists(st.floats(0, 50), min_size=1, max_size=60))
def test_more_rain_never_lowers_the_window_ratio(rain: list[float]) -> None:
    law, durations = PowerLaw(10.0, 0.5, 0.5, 48.0), np.array([0.5, 1.0, 6.0])
    less = window_ratio(np.array(rain), law, step_h=0.5, durations_h=durations)
    more = window_ratio(np.array(rain) + 1.0, law, step_h=0.5, durations_h=durations)
    assert (more >= less).all()


def test_effective_antecedent_rain() -> None:
    assert effective_antecedent(np.array([0.0, 10.0])) == pytest.approx(8.4)
    assert effective_antecedent(np.array([[10.0, 0.0]])) == pytest.approx([7.056])
    with pytest.raises(ValueError, match="between 0 and 1"):
        effective_antecedent(np.array([1.0]), keep=1.0)


def test_recent_and_antecedent_sums_need_the_whole_time() -> None:
    rain = np.full(18 * 24 + 1, 1.0)
    recent, before = recent_and_antecedent(rain, step_h=1.0)
    assert np.isnan(recent[: 18 * 24 - 1]).all()
    assert recent[-1] == 72.0
    assert before[-1] == 360.0
    rain[100:200] = np.nan
    assert np.isnan(recent_and_antecedent(rain, step_h=1.0)[0]).all()


def seattle(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return hours and rain [mm] of a file of the USGS, hours that are missing as NaN."""
    lines = path.read_text().split()
    days = np.array([f"{line[2:6]}-{line[6:8]}-{line[8:10]}" for line in lines], "datetime64[h]")
    hours = days + np.array([int(line[10:12]) for line in lines], "timedelta64[h]")
    place = (hours - hours[0]).astype(int)
    rain = np.full(place[-1] + 1, np.nan)
    rain[place] = [0.254 * int(line[12:]) for line in lines]
    return hours[0] + np.arange(len(rain)), rain


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("station", "intense", "wet"),
    [
        ("KBFI", {"2010-12-12", "2011-11-23"}, {"2010-12-12", "2011-03-15", "2011-11-23"}),
        ("KPAE", {"2011-11-23"}, {"2010-12-25", "2011-03-15", "2011-11-23"}),
    ],
)
def test_storms_above_the_seattle_thresholds(
    recorded_data: Path, station: str, intense: set[str], wet: set[str]
) -> None:
    """The storms that stand out in these 17 months: December 2010, March and November 2011."""
    hours, rain = seattle(recorded_data / f"landslide/usgs_seattle_rain_{station}_hourly.txt")
    days = hours.astype("datetime64[D]").astype(str)
    above = event_ratio(rain, SEATTLE, step_h=1.0, dry_h=3.0) >= 1
    assert set(days[above]) == intense
    cumulative = seattle_cumulative(*recent_and_antecedent(rain, step_h=1.0)) > 0
    assert wet <= set(days[cumulative])
    assert cumulative.mean() < 0.06
