"""Vital signs, live: from vitals.toml to states, and what is said of a plan that is wrong."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Forecast, Outcome
from forewarn.domain.station import load_site
from forewarn.domain.vital import State
from stream.hazards.contract import Findings, View
from stream.hazards.registry import find_hazards
from stream.hazards.vitals import load
from stream.hazards.vitals.area import VitalsHazard

SITE = Path(__file__).parents[3] / "sites/yongjiang"
NOON = datetime(2026, 8, 17, 4, 0, tzinfo=UTC)

PLAN = """
[[indicator]]
id = "load"
name = "Rivers"
unit = "1"
area = "city"
formula = 'max(latest("*/stage") / threshold("*/stage", "yellow"))'
near = 0.9
overload = 1.0
tell = ["office"]
place = "city-rivers"

[[indicator]]
id = "outlook"
name = "Outlook"
unit = "m"
area = "city"
formula = 'ahead("sanjiangkou/stage", "PT1H", 0.9)'
near = 2.0
overload = 3.0

[[indicator]]
id = "visibility"
name = "Visibility"
unit = "m"
area = "city"
formula = 'latest("basin-weather/visibility")'
near = 2000
overload = 1000
"""


def hazard(tmp_path: Path, plan: str = PLAN) -> VitalsHazard:
    shutil.copy(SITE / "site.toml", tmp_path)
    (tmp_path / "vitals.toml").write_text(plan)
    [found] = load(tmp_path, load_site(tmp_path))
    assert isinstance(found, VitalsHazard)
    return found


def findings(
    city: VitalsHazard, newest: dict[str, float], *forecasts: Forecast, age_min: int = 0
) -> Findings:
    history = np.full((len(city.inputs), city.history_minutes), np.nan)
    for key, value in newest.items():
        history[city.inputs.index(key), -1 - age_min] = value
    known = {forecast.datastream: forecast for forecast in forecasts}
    return city.judge(View(NOON.timestamp(), history, known, {}))


def forecast(issue: datetime = NOON) -> Forecast:
    return Forecast(
        area="city",
        datastream="sanjiangkou/stage",
        issue_time=issue,
        model="test",
        leads_s=[0, 1800, 7200],
        probabilities=[0.1, 0.5, 0.9],
        values=[[1.0, 1.0, 1.0], [1.0, 1.2, 1.4], [1.0, 2.0, 3.2]],
    )


def test_states_values_and_what_they_rest_on(tmp_path: Path) -> None:
    city = hazard(tmp_path)
    assert city.borrowed == ("sanjiangkou/stage",)
    stages = {key: 1.0 for key in city.inputs if key.endswith("/stage")}
    found = findings(
        city, {**stages, "fenghua/stage": 5.2, "basin-weather/visibility": 900.0}, forecast()
    )
    [vitals] = found.vitals
    rivers, outlook, visibility = vitals.signs
    assert (vitals.area, vitals.time) == ("city", NOON)
    assert rivers.value == pytest.approx(5.2 / 5.5)
    assert (rivers.state, rivers.tell, rivers.reason) == (State.NEAR, ["office"], "")
    assert outlook.value == pytest.approx(1.4 + (3.2 - 1.4) / 3)
    assert visibility.state is State.OVERLOAD
    [assessment] = found.assessments
    assert (assessment.hazard, assessment.datastream) == ("vital", "city-rivers/load")
    assert assessment.outcome is Outcome.OK
    assert [e.observed for e in assessment.exceedances] == [True, False, False, False]
    assert "near overload" in assessment.evidence[0]


def test_what_is_missing_is_unknown_and_fails_the_assessment(tmp_path: Path) -> None:
    city = hazard(tmp_path)
    found = findings(city, {"fenghua/stage": 4.0})  # one of five stages with a threshold
    rivers, outlook, visibility = found.vitals[0].signs
    assert (rivers.state, rivers.value) == (State.UNKNOWN, None)
    assert rivers.reason.startswith("rests on 1 of 5 datastreams; no meixu/stage")
    assert outlook.state is visibility.state is State.UNKNOWN
    [assessment] = found.assessments
    assert assessment.outcome is Outcome.FAILED
    assert "rests on 1 of 5" in assessment.reason


def test_a_silent_gauge_among_five_leaves_nothing_normal_but_hides_no_overload(
    tmp_path: Path,
) -> None:
    city = hazard(tmp_path)
    stages = {key: 1.0 for key in city.inputs if key.endswith("/stage")}
    del stages["sanjiangkou/stage"]
    calm = findings(city, stages)
    rivers = calm.vitals[0].signs[0]
    assert (rivers.state, rivers.value) == (State.UNKNOWN, None)
    assert rivers.reason.startswith("rests on 4 of 5 datastreams; no sanjiangkou/stage; ")
    assert rivers.reason.endswith("does not prove that all is normal")
    assert calm.assessments[0].outcome is Outcome.FAILED
    high = findings(city, {**stages, "fenghua/stage": 9.0})
    rivers = high.vitals[0].signs[0]
    assert rivers.state is State.OVERLOAD
    assert rivers.value == pytest.approx(9.0 / 5.5)
    assert rivers.reason == "rests on 4 of 5 datastreams; no sanjiangkou/stage"
    assert high.assessments[0].outcome is Outcome.DEGRADED
    lenient = hazard(tmp_path, PLAN.replace('tell = ["office"]', "least = 0.8"))
    assert findings(lenient, stages).vitals[0].signs[0].state is State.NORMAL


def test_old_values_and_old_forecasts_count_for_nothing(tmp_path: Path) -> None:
    city = hazard(tmp_path)
    stale = findings(city, {"basin-weather/visibility": 9000.0}, age_min=10)
    assert stale.vitals[0].signs[2].state is State.UNKNOWN
    fresh = findings(city, {"basin-weather/visibility": 9000.0}, age_min=9)
    assert fresh.vitals[0].signs[2].state is State.NORMAL
    old = findings(city, {}, forecast(NOON - timedelta(minutes=31)))
    assert old.vitals[0].signs[1].state is State.UNKNOWN


def test_every_mistake_of_a_plan_is_named_at_once(tmp_path: Path) -> None:
    wrong = PLAN.replace("basin-weather/visibility", "basin-weather/visibilty")
    wrong = wrong.replace('"city-rivers"', '"east-underpass"').replace("ahead(", "aheat(")
    with pytest.raises(ConfigError) as caught:
        hazard(tmp_path, wrong)
    first, second, third = str(caught.value).splitlines()
    assert "vitals.toml: indicator `load`: site.toml needs a [[place]] `east-underpass`" in first
    assert "indicator `outlook`: formula, at character 1: no function `aheat`" in second
    assert "Did you mean `ahead`?" in second
    assert "indicator `visibility`: formula, at character 8: no datastream" in third
    assert "Did you mean `basin-weather/visibility`?" in third
    with pytest.raises(ConfigError, match="different numbers"):
        hazard(tmp_path, PLAN.replace("near = 2.0", "near = 3.0"))


def test_bounds_that_can_never_be_reached_are_a_mistake(tmp_path: Path) -> None:
    """19 bays divided by 40: the car park was never more than half full."""
    plan = PLAN.replace(
        'latest("basin-weather/visibility")', 'latest("east-carpark/occupied") / 40'
    )
    high = plan.replace("near = 2000", "near = 0.85").replace("overload = 1000", "overload = 0.97")
    with pytest.raises(ConfigError) as caught:
        hazard(tmp_path, high)
    assert "indicator `visibility`: `near` = 0.85 and `overload` = 0.97 can" in str(caught.value)
    assert "lies between 0 and 0.475" in str(caught.value)
    hazard(tmp_path, high.replace("/ 40", "/ 19"))
    with pytest.raises(ConfigError, match="`overload` = -1 can never be reached"):
        hazard(tmp_path, PLAN.replace("overload = 1000", "overload = -1"))


def test_a_full_car_park_is_in_overload() -> None:
    found, mistakes = find_hazards(SITE, load_site(SITE), rooms=["vitals"])
    assert not mistakes
    [city] = [hazard for hazard in found if hazard.name == "vitals city"]
    history = np.zeros((len(city.inputs), city.history_minutes))
    history[city.inputs.index("east-carpark/occupied")] = 19.0
    signs = city.judge(View(NOON.timestamp(), history, {}, {})).vitals[0].signs
    [parking] = [sign for sign in signs if sign.indicator == "parking"]
    assert (parking.value, parking.state) == (1.0, State.OVERLOAD)


def test_the_demonstration_has_vital_signs() -> None:
    site = load_site(SITE)
    hazards, mistakes = find_hazards(SITE, site, rooms=["vitals"])
    assert not mistakes
    assert {found.area for found in hazards} == {"city", "fenghua", "zhenhai"}
    for found in hazards:
        shape = len(found.inputs), found.history_minutes
        signs = found.judge(View(NOON.timestamp(), np.ones(shape), {}, {})).vitals[0].signs
        assert all(
            sign.state is not State.UNKNOWN
            for sign in signs
            if "ahead" not in sign.name and sign.indicator != "river-outlook"
        )


def test_no_plan_no_hazard(tmp_path: Path) -> None:
    assert load(tmp_path, load_site(SITE)) == []
