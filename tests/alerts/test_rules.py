from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules import Reason, judge
from forewarn.domain.hazard import AlertRule, Assessment, Exceedance, Level, Outcome

RULE = AlertRule(on_probability=0.5, off_probability=0.2)
Assess = Callable[..., Assessment]


@pytest.mark.parametrize(
    ("chance", "previous", "level", "reason"),
    [
        (0.49, Level.NONE, Level.NONE, Reason.BELOW),
        (0.50, Level.NONE, Level.BLUE, Reason.PROBABLE),
        (0.49, Level.BLUE, Level.BLUE, Reason.NOT_YET_OFF),
        (0.20, Level.BLUE, Level.BLUE, Reason.NOT_YET_OFF),
        (0.19, Level.BLUE, Level.NONE, Reason.BELOW),
        (0.20, Level.RED, Level.BLUE, Reason.NOT_YET_OFF),
    ],
)
def test_a_level_switches_on_and_off_at_different_probabilities(
    assess: Assess, chance: float, previous: Level, level: Level, reason: Reason
) -> None:
    verdict = judge(assess(blue=chance), previous, RULE)
    assert (verdict.level, verdict.reason, verdict.reliable) == (level, reason, True)


@pytest.mark.parametrize(
    ("chance", "previous", "level"),
    [
        (0.24, Level.NONE, Level.BLUE),
        (0.25, Level.NONE, Level.RED),
        (0.10, Level.RED, Level.RED),
        (0.09, Level.RED, Level.BLUE),
    ],
)
def test_a_level_has_the_probability_at_which_acting_pays(
    assess: Assess, chance: float, previous: Level, level: Level
) -> None:
    """Cost 1, loss 4: red from 25 %, kept until 25 % · 0.2 / 0.5 = 10 %; blue as ever."""
    rule = AlertRule(on_probability=0.5, off_probability=0.2, cost_loss={"red": 0.25})
    assert judge(assess(blue=0.6, red=chance), previous, rule).level is level


@pytest.mark.parametrize("wrong", [{"red": 0.0}, {"red": 1.1}, {"none": 0.5}, {"crimson": 0.5}])
def test_a_cost_loss_ratio_that_means_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"cost_loss|unknown level"):
        AlertRule(cost_loss=wrong)


def test_what_is_observed_is_certain(assess: Assess) -> None:
    verdict = judge(assess(blue=0.0, observed=True), Level.NONE, RULE)
    assert (verdict.level, verdict.reason) == (Level.BLUE, Reason.OBSERVED)


def test_of_thresholds_that_share_a_level_any_suffices_and_the_lowest_is_named(
    assess: Assess,
) -> None:
    shared = [
        Exceedance(level=Level.ORANGE, threshold=5.5, label="closed to people", probability=0.7),
        Exceedance(level=Level.ORANGE, threshold=6.2, label="closed to cars", probability=0.6),
    ]
    first = assess()
    both = Assessment(
        area="a",
        hazard="flood",
        datastream="d/stage",
        issue_time=first.issue_time,
        outcome=Outcome.OK,
        exceedances=shared[::-1],
    )
    verdict = judge(both, Level.NONE, RULE)
    assert verdict.level is Level.ORANGE
    assert verdict.decisive is shared[0]


@pytest.mark.parametrize(
    ("outcome", "fresh", "reason"),
    [
        (Outcome.DEGRADED, True, Reason.KEPT_DEGRADED),
        (Outcome.FAILED, True, Reason.KEPT_FAILED),
        (Outcome.OK, False, Reason.KEPT_OUTDATED),
    ],
)
def test_an_assessment_that_cannot_be_relied_on_keeps_the_level_and_says_why(
    assess: Assess, outcome: Outcome, fresh: bool, reason: Reason
) -> None:
    verdict = judge(assess(outcome=outcome), Level.YELLOW, RULE, fresh=fresh)
    assert (verdict.level, verdict.reason, verdict.reliable) == (Level.YELLOW, reason, False)


def test_a_degraded_assessment_may_raise(assess: Assess) -> None:
    verdict = judge(assess(red=0.6, outcome=Outcome.DEGRADED), Level.BLUE, RULE)
    assert (verdict.level, verdict.reason) == (Level.RED, Reason.PROBABLE)


chances = st.floats(0, 1)


@given(chances, chances, chances, st.sampled_from(Level), st.sampled_from(Outcome))
def test_more_alarm_before_never_means_less_alarm_now(
    assess: Assess, blue: float, yellow: float, red: float, previous: Level, outcome: Outcome
) -> None:
    assessment = assess(blue=blue, yellow=yellow, red=red, outcome=outcome)
    calm = judge(assessment, Level.NONE, RULE)
    verdict = judge(assessment, previous, RULE)
    assert verdict.level >= calm.level
    if outcome is not Outcome.OK:
        assert verdict.level >= previous
