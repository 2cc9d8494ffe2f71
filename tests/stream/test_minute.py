"""When an area is due, and what a round says of it."""

import tomllib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from forewarn.domain.hazard import Outcome
from forewarn.domain.observation import Columns, to_milliseconds
from forewarn.domain.station import Limits, Site
from stream.forecasting import Quantiles
from stream.minute import SETTLE_S, Area, absurdity, routes
from stream.series import minute_of, time_of

SITE = msgspec.convert(
    tomllib.loads("""
id = "test"
name = "Test"
timezone = "UTC"
gateways = ["g"]
[[area]]
id = "up"
name = "Up"
polygon = [[0, 0], [0, 1], [1, 1], [0, 0]]
[[area]]
id = "down"
name = "Down"
polygon = [[0, 0], [0, 1], [1, 1], [0, 0]]
[[station]]
id = "hill"
name = "Hill"
area = "up"
latitude = 0
longitude = 0
[[station.datastream]]
property = "rain"
unit = "mm"
interval = "PT10M"
[[station]]
id = "town"
name = "Town"
area = "down"
latitude = 0
longitude = 0
[[station.datastream]]
property = "stage"
unit = "m"
interval = "PT1M"
limits = { fail = [0, 10] }
thresholds = [{ value = 5, level = "red", label = "flood" }]
[[station.datastream]]
property = "persons"
unit = "1"
interval = "PT1M"
[[station.datastream]]
property = "discharge"
unit = "m3/s"
interval = "PT1M"
thresholds = [{ value = 900, level = "blue", label = "fast" }]
"""),
    Site,
)
NOON = datetime(2020, 8, 6, 12, tzinfo=UTC)
M = minute_of(NOON)
STAGE, RAIN, DISCHARGE = "town/stage", "hill/rain", "town/discharge"
PERSONS = "town/persons"


class TwoLeads:
    """What the worker knows of a model that forecasts the town's stage."""

    name = "two-leads"
    inputs = (STAGE, RAIN)
    targets = (STAGE,)
    history_minutes = 30
    leads_s = (1800, 3600)
    probabilities = (0.1, 0.5, 0.9)


def area(identifier: str = "down", model: Any = TwoLeads) -> Area:
    made = Area(identifier, SITE, model, "no model fitted")
    made.warmed(NOON)
    return made


def news(area: Area, key: str, minute: int, result: float = 1.0, *, real_s: float = 0.0) -> None:
    row = Columns(datastreams=[key], of=[0], time=[minute * 60_000], result=[result], quality=[1])
    area.add(row, not_after_ms=to_milliseconds(NOON + timedelta(days=1)), real_s=real_s)


def due(area: Area, seconds: float, *, real_s: float = 0.0, speed: float = 1.0) -> int | None:
    return area.due(NOON + timedelta(seconds=seconds), real_s, speed)


GOOD = {STAGE: Quantiles([[1.0, 2.0, 3.0], [2.0, 3.0, 6.0]], [])}


def test_an_area_wants_its_own_datastreams_and_what_its_forecasts_rest_on() -> None:
    found = routes(SITE, {"up": area("up"), "down": area()})
    town = dict.fromkeys((STAGE, PERSONS, DISCHARGE), ("down",))
    assert found == {RAIN: ("up", "down"), **town}


def test_nothing_is_due_before_the_past_is_known() -> None:
    assert Area("down", SITE, TwoLeads(), "").due(NOON, 0.0, 1.0) is None


def test_an_area_where_nothing_is_judged_is_never_due() -> None:
    assert due(area("up"), 3600) is None


def test_a_minute_is_due_as_soon_as_all_inputs_that_report_have_it() -> None:
    down = area()
    for key in (STAGE, DISCHARGE):
        news(down, key, M)
    for key in (STAGE, DISCHARGE):
        assert due(down, 62, real_s=2.0) is None
        news(down, key, M + 1, real_s=2.0)
    assert due(down, 62, real_s=2.0) == M + 1


def test_others_are_waited_for_but_not_for_long() -> None:
    down = area()
    for key in (STAGE, DISCHARGE):
        news(down, key, M, real_s=0.0)
    down.warmed(NOON)
    news(down, STAGE, M + 1, real_s=2.0)
    assert due(down, 62, real_s=2.0 + SETTLE_S / 2) is None
    assert due(down, 62.5, real_s=2.0 + SETTLE_S) == M + 1


def test_ten_minute_rain_does_not_hold_up_the_minutes_between() -> None:
    down = area()
    news(down, RAIN, M)
    for key in (STAGE, DISCHARGE):
        news(down, key, M + 9)
    assert due(down, 9 * 60 + 1) == M + 9


def test_a_minute_that_has_not_ended_is_not_due() -> None:
    down = area()
    for key in (STAGE, DISCHARGE):
        news(down, key, M + 1)
    assert due(down, 30) is None


def test_silence_is_judged_ten_real_seconds_after_the_minute() -> None:
    down = area()
    assert due(down, 69) is None
    assert due(down, 70) == M + 1
    assert due(down, 69 * 60, speed=600) is None
    assert due(down, 60 + 6000, speed=600) == M + 101


def test_the_newest_minute_wins() -> None:
    down = area()
    for minute in (1, 2, 3):
        for key in (STAGE, DISCHARGE):
            news(down, key, M + minute)
    assert due(down, 190) == M + 3
    down.begin(M + 3)
    assert due(down, 190) is None


def test_what_the_database_held_is_not_news() -> None:
    down = area()
    down.forget()
    down.series.add_samples(STAGE, [((M - 5) * 60_000, 1.0, 1)])
    down.warmed(NOON)
    assert down.issued == M - 5
    assert due(down, 9) is None
    assert due(down, 10) == M


def test_what_its_hazards_keep_of_long_ago_does_not_date_an_area() -> None:
    down = Area("down", SITE, None, "no model fitted", watched=[PERSONS], watched_minutes=9_000)
    assert (down.past_minutes, down.minutes) == (121, 9_060)
    down.series.add_samples(PERSONS, [((M - 3_000) * 60_000, 1.0, 1)])
    down.warmed(NOON)
    assert down.issued == M


def test_a_round_forecasts_and_judges_each_datastream_with_thresholds() -> None:
    down = area()
    for key in (STAGE, RAIN, DISCHARGE):
        news(down, key, M)
    forecasts, [stage, discharge] = down.conclude(M, dict(GOOD))
    assert [(f.datastream, f.issue_time, f.model) for f in forecasts] == [
        (STAGE, NOON, "two-leads")
    ]
    assert (stage.outcome, stage.exceedances[0].probability) == (
        Outcome.OK,
        pytest.approx(1 - (0.5 + 0.4 * 2 / 3)),
    )
    assert (discharge.outcome, discharge.reason) == (Outcome.FAILED, "no model fitted")


def crossing(area: Area, seconds: float, result: float) -> None:
    time = to_milliseconds(NOON + timedelta(seconds=seconds))
    row = Columns(datastreams=[STAGE], of=[0], time=[time], result=[result], quality=[1])
    area.add(row, not_after_ms=to_milliseconds(NOON + timedelta(days=1)), real_s=0.0)


def test_a_threshold_reached_within_a_minute_does_not_wait_for_its_end() -> None:
    down = area()
    for key in (STAGE, RAIN, DISCHARGE):
        news(down, key, M)
    down.conclude(M, dict(GOOD))
    assert down.reached(NOON + timedelta(seconds=5)) == []
    crossing(down, 20, 4.9)
    assert down.reached(NOON + timedelta(seconds=21)) == []
    crossing(down, 30, 5.1)
    [said] = down.reached(NOON + timedelta(seconds=31))
    assert (said.datastream, said.issue_time) == (STAGE, NOON + timedelta(seconds=30))
    assert (said.exceedances[0].observed, said.exceedances[0].probability) == (True, 1.0)
    assert (said.observed, said.outcome) == (5.1, Outcome.OK)
    crossing(down, 40, 5.3)
    assert down.reached(NOON + timedelta(seconds=41)) == [], "it was said"
    _, [stage, _] = down.conclude(M + 1, dict(GOOD))
    assert (stage.issue_time, stage.exceedances[0].observed) == (NOON + timedelta(minutes=1), True)


def test_what_is_reached_is_told_without_a_forecast_too_and_never_before_a_round() -> None:
    down = area()
    crossing(down, -9, 7.0)
    assert down.reached(NOON) == [], "the first round says it"
    down = area()
    news(down, STAGE, M)
    down.conclude(M, "the model took too long")
    crossing(down, -0.5, 7.0)
    assert down.reached(NOON) == [], "older than what is known"
    crossing(down, 0.2, 7.0)
    [said] = down.reached(NOON + timedelta(seconds=1))
    assert said.outcome is Outcome.DEGRADED
    assert said.reason.startswith("the model took too long")


@pytest.mark.parametrize("ago_s", [1800, 125])
def test_what_comes_late_waits_for_the_round_that_sees_all_that_came(ago_s: float) -> None:
    down = area()
    down.conclude(M, dict(GOOD))
    crossing(down, -ago_s, 7.0)
    assert down.reached(NOON + timedelta(seconds=1)) == []


def test_nothing_is_said_between_when_a_round_is_about_to_begin() -> None:
    down = area()
    for key in (STAGE, RAIN, DISCHARGE):
        news(down, key, M)
    down.begin(M)
    down.conclude(M, dict(GOOD))
    crossing(down, 60, 7.0)
    assert down.reached(NOON + timedelta(seconds=60.2)) == [], "the round would have this time too"
    assert due(down, 60.2, real_s=SETTLE_S) == M + 1
    down.begin(M + 1)
    _, [stage, _] = down.conclude(M + 1, dict(GOOD))
    assert stage.exceedances[0].observed
    assert down.reached(NOON + timedelta(seconds=61)) == []


def test_a_round_without_news_says_who_is_silent() -> None:
    down = area()
    news(down, STAGE, M)
    _, [stage, discharge] = down.conclude(M + 20, dict(GOOD))
    assert stage.outcome is Outcome.DEGRADED
    assert "town/stage silent for 20 min" in stage.reason
    assert "hill/rain: nothing trusted observed yet" in stage.reason
    assert discharge.outcome is Outcome.FAILED


def test_a_gauge_that_died_above_its_level_is_no_longer_observed_there() -> None:
    down = area(model=None)
    news(down, STAGE, M, 6.0)
    [[fresh, _], [stale, _]] = (down.conclude(M + late, "")[1] for late in (2, 20))
    assert (fresh.outcome, fresh.exceedances[0].observed) == (Outcome.DEGRADED, True)
    assert (stale.outcome, stale.exceedances) == (Outcome.FAILED, [])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("the model did not answer within 20 s", "did not answer"),
        ({STAGE: "town/stage silent for 61 min"}, "silent for 61 min"),
        ({}, "gave no answer"),
        ({STAGE: Quantiles([[1.0, 2.0, 3.0]], [])}, "2 leads by 3 quantiles"),
        ({STAGE: Quantiles([[1.0, 2.0, float("nan")]] * 2, [])}, "not finite"),
        ({STAGE: Quantiles([[1.0, 2.0, 1.5]] * 2, [])}, "quantiles cross"),
        ({STAGE: Quantiles([[1.0, 2.0, 21.0]] * 2, [])}, r"outside [-10, 20]"),
    ],
)
def test_a_model_that_fails_or_diverges_leaves_an_assessment_that_says_so(
    answer: Any, reason: str
) -> None:
    down = area()
    news(down, STAGE, M)
    forecasts, [stage, _] = down.conclude(M, answer)
    assert forecasts == []
    assert (stage.outcome, stage.exceedances) == (Outcome.FAILED, [])
    assert reason in stage.reason


def test_rounding_is_no_crossing() -> None:
    assert absurdity(Quantiles([[1.0, 1.0 - 1e-9]], []), (1, 2), Limits()) is None
    down = area()
    rounded = {STAGE: Quantiles([[1.0, 1.0 - 1e-9, 1.0]] * 2, [])}
    [forecast], _ = down.conclude(M, rounded)
    assert forecast.values[0] == [1.0, 1.0, 1.0]


def test_evidence_tells_the_last_hour() -> None:
    down = area()
    for minute in range(61):
        news(down, STAGE, M - 60 + minute, 1 + minute / 50)
        news(down, DISCHARGE, M - 60 + minute, 100.0 + minute)
    for minute in range(0, 61, 10):
        news(down, RAIN, M - 60 + minute, 2.0)
    _, [stage, _] = down.conclude(M, dict(GOOD))
    assert stage.evidence == [
        "town/stage +1.20 m in 60 min",
        "hill/rain 12.0 mm in 60 min",
        "town/discharge +60.0 m3/s in 60 min",
    ]
    assert stage.issue_time == time_of(M)


def test_what_hazards_of_its_area_look_at_is_no_evidence_of_a_flood() -> None:
    down = Area("down", SITE, TwoLeads(), "no model fitted", watched=[PERSONS, RAIN])
    for minute in range(61):
        news(down, STAGE, M - 60 + minute, 1 + minute / 50)
        news(down, PERSONS, M - 60 + minute, 100.0 * minute)
    _, [stage, _] = down.conclude(M, dict(GOOD))
    assert stage.evidence == ["town/stage +1.20 m in 60 min"]
