"""Underground places, live: sensors and forecasts joined, in assessments."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Assessment, Forecast, Outcome
from forewarn.domain.station import load_site
from stream.hazards.contract import Findings, Hazard, View
from stream.hazards.registry import find_hazards
from stream.hazards.underground import load

SITE = Path(__file__).parents[3] / "sites/yongjiang"
NOON = datetime(2026, 8, 17, 4, 0, tzinfo=UTC)
DEPTH, INFLOW, RAIN = (
    "east-underpass-sump/water_depth",
    "east-underpass-sump/inflow",
    "haishu-rain/rain",
)


@pytest.fixture(scope="module")
def hazards() -> dict[str, Hazard]:
    found, mistakes = find_hazards(SITE, load_site(SITE), rooms=["underground"])
    assert not mistakes
    return {hazard.name.removeprefix("underground "): hazard for hazard in found}


def forecast(key: str, depth_m: float, issue: datetime = NOON) -> Forecast:
    rows = [[0.0, 0.0, 0.0], [0.5 * depth_m, depth_m, 1.2 * depth_m]]
    return Forecast(
        area="city",
        datastream=key,
        issue_time=issue,
        model="inundation",
        leads_s=[0, 3600],
        probabilities=[0.1, 0.5, 0.9],
        values=rows,
    )


def judge(hazard: Hazard, series: dict[str, list[float]], *forecasts: Forecast) -> Findings:
    history = np.full((len(hazard.inputs), hazard.history_minutes), np.nan)
    for key, values in series.items():
        history[hazard.inputs.index(key), -len(values) :] = values
    known = {f.datastream: f for f in forecasts}
    return hazard.judge(View(NOON.timestamp(), history, known, {}))


def worst(assessment: Assessment) -> list[bool]:
    return [exceedance.probability >= 0.5 for exceedance in assessment.exceedances]


def test_dry_inside_and_no_water_to_come(hazards: dict[str, Hazard]) -> None:
    dry = {DEPTH: [0.0] * 60, INFLOW: [0.0] * 60, RAIN: [0.0] * 60}
    found = judge(hazards["east-underpass-closing"], dry, forecast("east-underpass/depth", 0.0))
    [assessment] = found.assessments
    assert assessment.outcome is Outcome.OK
    assert worst(assessment) == [False] * 4
    assert assessment.evidence[0] == "water inside 0.00 m, +0.00 m lately"
    closing, depth = found.forecasts
    assert closing.datastream == "east-underpass-closing/closing"
    assert depth.datastream == DEPTH
    assert depth.leads_s[-1] == 10_800
    assert all(row == sorted(row) for row in depth.values)


def test_water_that_rises_though_the_map_says_dry(hazards: dict[str, Hazard]) -> None:
    rising = {
        DEPTH: [0.04 + 0.003 * n for n in range(30)],
        INFLOW: [0.03] * 30,
        RAIN: [0.5] * 30,
    }
    dry = forecast("east-underpass/depth", 0.0)
    [assessment] = judge(hazards["east-underpass-closing"], rising, dry).assessments
    assert worst(assessment)[:2] == [True, True]
    assert any("must be closed within 3 h" in line for line in assessment.evidence)
    rising[DEPTH] = [0.3] * 30
    [assessment] = judge(hazards["east-underpass-closing"], rising, dry).assessments
    assert [e.observed for e in assessment.exceedances] == [True] * 4


def test_a_forecast_alone_closes_the_metro_and_says_that_it_has_no_sensor(
    hazards: dict[str, Hazard],
) -> None:
    metro = hazards["old-quay-metro-closing"]
    [assessment] = judge(metro, {}, forecast("old-quay-metro/depth", 0.3)).assessments
    assert assessment.outcome is Outcome.DEGRADED
    assert assessment.reason == "no sensor inside"
    assert worst(assessment) == [True, True, True, False]  # over the sill in 30 min, 25 to clear
    [failed] = judge(metro, {}).assessments
    assert failed.outcome is Outcome.FAILED
    assert "no forecast of old-quay-metro/depth" in failed.reason
    old = forecast("old-quay-metro/depth", 0.0, NOON - timedelta(minutes=40))
    assert judge(metro, {}, old).assessments[0].outcome is Outcome.FAILED


def test_a_silent_sensor_is_told_and_never_all_clear(hazards: dict[str, Hazard]) -> None:
    series = {
        DEPTH: [0.2] * 30 + [float("nan")] * 60,
        INFLOW: [0.0] * 90,
        RAIN: [0.0] * 90,
    }
    dry = forecast("east-underpass/depth", 0.0)
    [assessment] = judge(hazards["east-underpass-closing"], series, dry).assessments
    assert assessment.outcome is Outcome.DEGRADED
    assert "east-underpass-sump/water_depth silent for 60 min" in assessment.reason
    assert assessment.exceedances[0].probability > 0.3
    [failed] = judge(hazards["east-underpass-closing"], {}).assessments
    assert failed.outcome is Outcome.FAILED


def test_mistakes_of_a_plan_are_explained(tmp_path: Path) -> None:
    shutil.copy(SITE / "site.toml", tmp_path)
    site = load_site(tmp_path)
    assert load(tmp_path, site) == []
    plan = (SITE / "underground.toml").read_text()
    for old, new, why in (
        ('place = "east-underpass-closing"', 'place = "east-underpass"', 'property = "closing"'),
        ("sump/inflow", "sump/inflw", "`east-underpass-sump/inflw` is not in site.toml"),
        ('rain = "haishu-rain/rain"', 'rain = "fenghua/stage"', "has unit m; it needs one in mm"),
        ('street = "old-quay-metro"', 'street = "nowhere"', "whose property is `depth`"),
        ("width_m = 6.0", "", "`street` needs `width_m`"),
        ("clear_min = 25", "clear_minutes = 25", "clear_min"),
    ):
        (tmp_path / "underground.toml").write_text(plan.replace(old, new, 1))
        with pytest.raises(ConfigError, match=why.replace("[", r"\[")):
            load(tmp_path, site)


def test_it_is_quick(hazards: dict[str, Hazard]) -> None:
    """150 ms are for all hazards of a site together; three places take a small part of it."""
    import time

    hazard = hazards["east-underpass-closing"]
    series = {DEPTH: [0.1] * 60, INFLOW: [0.01] * 60, RAIN: [0.2] * 60}
    near = forecast("east-underpass/depth", 0.2)
    judge(hazard, series, near)
    best = min(_timed(lambda: judge(hazard, series, near), time.perf_counter) for _ in range(5))
    assert best < 0.1


def _timed(act: object, clock: object) -> float:
    begin = clock()  # type: ignore[operator]
    act()  # type: ignore[operator]
    return float(clock() - begin)  # type: ignore[operator]
