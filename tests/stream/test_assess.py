"""From quantiles to probabilities and times, with numbers that can be checked by hand."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from forewarn.domain.hazard import Assessment, Exceedance, Forecast, Level, Outcome, Threshold
from stream.assess import Grounds, Observed, assess, assess_without_forecast
from stream.quantiles import exceedance, first_crossing, quantile

NOON = datetime(2020, 8, 6, 12, tzinfo=UTC)
PROBABILITIES = [0.1, 0.5, 0.9]
ADVISORY = Threshold(value=8.5, level="yellow", label="flood advisory")
WARNING = Threshold(value=10.5, level="red", label="flood warning")
BELOW = Grounds(Observed(NOON, 7.0))


def rising(**changes: list[str]) -> Forecast:
    """Return a forecast whose median rises by 1 m/h from 7 m; ±1 m at all leads."""
    return Forecast(
        area="seoul",
        datastream="hangang/stage",
        issue_time=NOON,
        model="test",
        leads_s=[3600, 7200, 10800],
        probabilities=PROBABILITIES,
        values=[[7.0, 8.0, 9.0], [8.0, 9.0, 10.0], [9.0, 10.0, 11.0]],
        **changes,
    )


def judged(grounds: Grounds = BELOW, *thresholds: Threshold) -> list[Exceedance]:
    return assess(rising(), thresholds or (ADVISORY,), grounds).exceedances


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_the_probability_is_that_of_the_most_probable_lead() -> None:
    """At 3 h 8.5 m lies below the 10 % quantile: clipped to 90 %."""
    [advisory] = judged()
    assert advisory.probability == pytest.approx(0.9)


def test_beyond_the_outermost_quantile_the_bound_is_a_round_number() -> None:
    """The console says "≤ 5 %" of what is at most 0.05."""
    assert exceedance([1.0, 2.0], [0.05, 0.95], 3.0) == 0.05
    assert exceedance([1.0, 2.0], [0.05, 0.95], 0.0) == 0.95


def test_a_quantile_that_is_there_is_returned_as_it_is() -> None:
    """Interpolated, the median of this row would be rounded up to 0, past the 90 % quantile."""
    assert quantile([-1.0, -2.5e-37, -2.5e-37], PROBABILITIES, 0.5) == -2.5e-37


def test_by_each_lead_the_probability_is_that_of_the_leads_so_far() -> None:
    """8.5 m is the 70 % quantile at 1 h (linear between 8 and 9 m), and the 30 % one at 2 h."""
    forecast = rising()
    assert judged()[0].by_lead == pytest.approx([0.3, 0.7, 0.9])
    falling = assess(
        Forecast(**{**asdict(forecast), "values": forecast.values[::-1]}), [ADVISORY], BELOW
    )
    assert falling.exceedances[0].by_lead == pytest.approx([0.9, 0.9, 0.9])
    assert falling.leads_s == [3600, 7200, 10800]


def test_the_peak_has_an_80_percent_interval() -> None:
    found = assess(rising(), (ADVISORY,), BELOW)
    assert (found.peak_low, found.peak, found.peak_high) == (9.0, 10.0, 11.0)


def test_between_quantiles_the_distribution_is_linear() -> None:
    """10.5 m at 3 h is half-way between the median and the 90 % quantile: 30 %."""
    [warning] = judged(BELOW, WARNING)
    assert warning.probability == pytest.approx(0.3)


def test_onset_early_and_late_are_the_crossings_of_three_quantiles() -> None:
    [advisory] = judged()
    assert advisory.onset == after(90)
    assert advisory.onset_early == after(45)  # 7 m now, 9 m in an hour: 8.5 m after 45 min
    assert advisory.onset_late == after(150)


def test_without_a_fresh_observation_nothing_is_known_before_the_first_lead() -> None:
    [advisory] = judged(Grounds(None))
    assert advisory.onset_early == after(60)


def test_where_the_median_stays_below_the_onset_is_the_most_probable_lead() -> None:
    [warning] = judged(BELOW, WARNING)
    assert (warning.onset, warning.onset_late) == (after(180), None)


def test_a_threshold_out_of_reach_has_no_onset_and_the_clipped_probability() -> None:
    [far] = judged(BELOW, Threshold(value=50.0, level="red", label="never"))
    assert (far.onset, far.onset_early, far.probability) == (None, None, pytest.approx(0.1))


def test_what_is_observed_above_is_certain_and_needs_no_lead() -> None:
    seen = Observed(after(-4), 8.5)
    [advisory, warning] = judged(Grounds(seen), WARNING, ADVISORY)
    assert (advisory.observed, advisory.probability, advisory.onset) == (True, 1.0, after(-4))
    assert not warning.observed


def test_thresholds_ascend_and_carry_their_level() -> None:
    assert [(e.level, e.threshold) for e in judged(BELOW, WARNING, ADVISORY)] == [
        (Level.YELLOW, 8.5),
        (Level.RED, 10.5),
    ]


def test_the_peak_is_the_highest_median() -> None:
    assessment = assess(rising(), [ADVISORY], BELOW)
    assert (assessment.peak, assessment.peak_time) == (10.0, after(180))
    assert (assessment.outcome, assessment.horizon_s) == (Outcome.OK, 10_800)


def test_silent_inputs_degrade_and_are_named_once() -> None:
    silence = "suhe/stage silent for 40 min"
    grounds = Grounds(BELOW.observed, degraded=(silence,), evidence=("rain",))
    assessment = assess(rising(degraded=[silence]), [ADVISORY], grounds)
    assert (assessment.outcome, assessment.reason) == (Outcome.DEGRADED, silence)
    assert assessment.evidence == ["rain"]


def without_forecast(observed: Observed | None) -> Assessment:
    return assess_without_forecast(
        "seoul", "hangang/stage", NOON, "no model", [WARNING, ADVISORY], Grounds(observed)
    )


def test_no_forecast_is_a_failure_and_never_all_clear() -> None:
    for observed in (None, Observed(NOON, 7.0)):
        assessment = without_forecast(observed)
        assert (assessment.outcome, assessment.exceedances) == (Outcome.FAILED, [])
        assert assessment.reason == "no model"


def test_a_gauge_above_its_level_warns_even_without_a_forecast() -> None:
    assessment = without_forecast(Observed(after(-1), 11.0))
    assert assessment.outcome is Outcome.DEGRADED
    assert [(e.label, e.observed, e.probability) for e in assessment.exceedances] == [
        ("flood advisory", True, 1.0),
        ("flood warning", True, 1.0),
    ]


def test_equal_quantiles_are_a_step() -> None:
    assert exceedance([1.0, 2.0, 2.0], PROBABILITIES, 2.0) == pytest.approx(0.5)
    assert exceedance([2.0, 2.0, 2.0], PROBABILITIES, 2.0) == pytest.approx(0.9)
    assert exceedance([2.0, 2.0, 2.0], PROBABILITIES, 2.1) == pytest.approx(0.1)


rows = st.lists(st.floats(-100, 100), min_size=3, max_size=3).map(sorted)


@given(rows, st.lists(st.floats(-200, 200), min_size=2, max_size=5).map(sorted))
def test_a_higher_threshold_is_never_more_probable(
    row: list[float], thresholds: list[float]
) -> None:
    found = [exceedance(row, PROBABILITIES, threshold) for threshold in thresholds]
    assert all(high <= low + 1e-12 for low, high in pairwise(found))
    assert all(0.1 - 1e-12 <= p <= 0.9 + 1e-12 for p in found)


@given(rows, st.floats(0, 1), st.floats(0, 1))
def test_quantiles_ascend_with_probability(row: list[float], one: float, other: float) -> None:
    low, high = sorted([one, other])
    assert quantile(row, PROBABILITIES, low) <= quantile(row, PROBABILITIES, high) + 1e-9


@given(st.lists(rows, min_size=3, max_size=3), st.floats(-100, 100))
def test_early_is_never_after_onset_nor_onset_after_late(
    values: list[list[float]], threshold: float
) -> None:
    leads = [3600.0, 7200.0, 10800.0]
    times = [
        first_crossing(leads, [quantile(row, PROBABILITIES, p) for row in values], threshold)
        for p in (0.9, 0.5, 0.1)
    ]
    known = [time for time in times if time is not None]
    assert known == sorted(known)
    assert all(later is None for at, later in pairwise(times) if at is None)
