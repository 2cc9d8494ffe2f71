"""Verdicts of ended incidents: worked examples, and what must hold of any history."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.outcome import (
    BEFORE,
    Watched,
    crossings,
    is_covered,
    judge_incident,
    missed,
    warned_spans,
)
from forewarn.domain.desk import Incident, IncidentState
from forewarn.domain.hazard import AlertMessage, Level, Threshold
from forewarn.domain.verdict import EventOutcome, EventVerdict, Why

START = datetime(2026, 7, 11, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
THRESHOLDS = (
    Threshold(value=8.5, level="yellow", label="advisory"),
    Threshold(value=10.5, level="red", label="warning"),
)
PERIOD = 10


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def said(
    minutes: float,
    level: Level,
    *,
    onset: float | None = None,
    until: float | None = None,
    threshold: float | None = None,
) -> AlertMessage:
    """Return a message sent `minutes` after the start; NONE is the Cancel."""
    values = {Level.YELLOW: 8.5, Level.ORANGE: 10.5, Level.RED: 10.5}
    return AlertMessage(
        identifier=f"town.1.{minutes:g}",
        incident="town.1",
        msg_type="Cancel" if level is Level.NONE else "Alert",
        status="Actual",
        sent=at(minutes),
        expires=at(minutes + 120 if until is None else until),
        area="west",
        hazard="flood",
        datastream="town/stage",
        level=level,
        previous_level=Level.NONE,
        headline="",
        probability=None,
        onset=None if onset is None else at(onset),
        lead_s=None,
        threshold=threshold or values.get(level),
        references=[],
        cap="",
    )


def incident(messages: list[AlertMessage]) -> Incident:
    last = messages[-1]
    ends = last.msg_type == "Cancel"
    return Incident(
        incident="town.1",
        area="west",
        hazard="flood",
        datastream="town/stage",
        status="Actual",
        state=IncidentState.CANCELLED if ends else IncidentState.EXPIRED,
        level=last.level,
        highest=max(m.level for m in messages),
        headline="",
        opened=messages[0].sent,
        changed=last.sent,
        ended=last.sent if ends else last.expires,
    )


def watched(shape: dict[float, float], *, without: tuple[float, float] = (0, 0)) -> Watched:
    """Return a value each ten minutes from the day before on, each standing until the next in
    `shape` (minutes → value); none in [from, to) of `without`.
    """
    values, now = [], 5.0
    for minutes in range(-600, 900, PERIOD):
        now = max(((t, v) for t, v in shape.items() if t <= minutes), default=(0, now))[1]
        if not without[0] <= minutes < without[1]:
            values.append((at(minutes), now))
    return Watched(values=values, thresholds=THRESHOLDS, interval=PERIOD * MINUTE)


def judged(messages: list[AlertMessage], seen: Watched) -> dict[Level, EventOutcome]:
    return {o.level: o for o in judge_incident(incident(messages), messages, seen)}


YELLOW_DAY = [
    said(0, Level.YELLOW, onset=100),
    said(90, Level.YELLOW, onset=150, until=300),
    said(300, Level.NONE),
]


def test_a_hit_has_the_lead_from_the_first_message_and_the_error_of_the_promise() -> None:
    [found] = judged([said(0, Level.YELLOW, onset=100, until=400)], watched({130: 9.0})).values()
    assert (found.verdict, found.why) == (EventVerdict.HIT, Why.WARNED)
    assert (found.lead_s, found.uncertain_s) == (130 * 60, 600)
    assert found.early_s == -30 * 60
    assert (found.threshold, found.crossed) == (8.5, at(130))


def test_renewals_keep_the_lead_and_a_lapse_between_messages_does_not() -> None:
    kept = judged(YELLOW_DAY, watched({170: 9.0}))[Level.YELLOW]
    assert (kept.lead_s, kept.promised) == (170 * 60, at(100))
    lapsed = [said(0, Level.YELLOW, until=60), said(90, Level.YELLOW, onset=150, until=300)]
    again = judged(lapsed, watched({170: 9.0}))[Level.YELLOW]
    assert (again.lead_s, again.warned, again.promised) == (80 * 60, at(90), at(150))


@pytest.mark.parametrize(
    ("shape", "without", "verdict", "why"),
    [
        ({}, (0, 0), EventVerdict.FALSE_ALARM, Why.NOT_REACHED),
        ({}, (100, 150), EventVerdict.UNKNOWN, Why.GAP),
        ({}, (-600, 900), EventVerdict.UNKNOWN, Why.NO_OBSERVATIONS),
        ({}, (280, 900), EventVerdict.FALSE_ALARM, Why.NOT_REACHED),
        ({}, (200, 900), EventVerdict.UNKNOWN, Why.GAP),
        ({-60: 9.0}, (0, 0), EventVerdict.MISS, Why.LATE),
        ({-400: 9.0}, (0, 0), EventVerdict.ONGOING, Why.SINCE_BEFORE),
        ({-400: 9.0, -390: 5.0, 100: 9.0}, (0, 0), EventVerdict.HIT, Why.WARNED),
        ({100: 9.0}, (60, 150), EventVerdict.HIT, Why.WARNED),
        ({0: 9.0}, (-60, 60), EventVerdict.UNKNOWN, Why.GAP),
        ({-60: 9.0}, (-120, -30), EventVerdict.MISS, Why.LATE),
        ({305: 9.0}, (0, 0), EventVerdict.FALSE_ALARM, Why.NOT_REACHED),
    ],
)
def test_a_yellow_warning_of_five_hours(
    shape: dict[float, float], without: tuple[float, float], verdict: EventVerdict, why: Why
) -> None:
    found = judged(YELLOW_DAY, watched(shape, without=without))[Level.YELLOW]
    assert (found.verdict, found.why) == (verdict, why)


def test_each_level_is_judged_by_itself() -> None:
    seen = watched({130: 9.0, 150: 11.0})
    found = judged(YELLOW_DAY, seen)
    assert (found[Level.YELLOW].verdict, found[Level.RED].verdict) == ("hit", "miss")
    assert (found[Level.RED].why, found[Level.RED].lead_s) == (Why.NEVER, None)
    late = [said(0, Level.YELLOW), said(170, Level.RED), said(300, Level.NONE)]
    red = judged(late, seen)[Level.RED]
    assert (red.verdict, red.why, red.lead_s) == ("miss", Why.LATE, -20 * 60)
    lowered = [said(0, Level.RED), said(60, Level.YELLOW, until=400)]
    assert judged(lowered, seen)[Level.RED].why is Why.LOWERED


def test_a_red_warning_is_right_about_yellow_too() -> None:
    found = judged([said(0, Level.RED, onset=100, until=400)], watched({130: 9.0}))
    assert found[Level.YELLOW].verdict is EventVerdict.HIT
    assert found[Level.RED].verdict is EventVerdict.FALSE_ALARM


def test_what_no_threshold_judges_is_unknown_and_is_never_left_out() -> None:
    seen = Watched(values=[], thresholds=(), interval=MINUTE)
    [slope] = judged(YELLOW_DAY, seen).values()
    assert (slope.verdict, slope.why) == (EventVerdict.UNKNOWN, Why.NO_THRESHOLD)
    foreign = [said(0, Level.YELLOW, threshold=3.0), said(300, Level.NONE)]
    assert judged(foreign, watched({130: 9.0}))[Level.YELLOW].why is Why.NO_THRESHOLD


def test_a_level_nobody_warned_of_is_unknown_where_the_gauge_was_dead() -> None:
    found = judged(YELLOW_DAY, watched({50: 9.0}, without=(100, 200)))
    assert found[Level.RED].verdict is EventVerdict.UNKNOWN
    assert Level.RED not in judged(YELLOW_DAY, watched({50: 9.0}))


def test_events_end_after_three_hours_below_and_gaps_end_none() -> None:
    seen = watched({0: 9.0, 60: 5.0, 120: 9.0, 180: 5.0, 380: 9.0}).values
    assert [c.at for c in crossings(seen, 8.5)] == [at(0), at(380)]
    dead = watched({0: 9.0, 60: 5.0, 380: 9.0}, without=(70, 380)).values
    assert [c.at for c in crossings(dead, 8.5)] == [at(0)]


def test_a_miss_is_what_no_incident_covers() -> None:
    seen = watched({0: 9.0, 60: 5.0, 400: 9.0}).values
    every = [c.at for c in missed(seen, 8.5, [], start=at(-600))]
    assert every == [at(0), at(400)]
    owned = [(at(30) - BEFORE, at(100))]
    assert [c.at for c in missed(seen, 8.5, owned, start=at(-600))] == [at(400)]
    assert [c.at for c in missed(seen, 8.5, [], start=at(10))] == [at(400)]


levels = st.sampled_from([Level.NONE, Level.YELLOW, Level.ORANGE, Level.RED])
histories = st.lists(
    st.tuples(st.integers(1, 90), levels, st.integers(10, 200)), min_size=1, max_size=6
)
stages = st.lists(st.floats(4, 12), min_size=60, max_size=60)
lost = st.lists(st.booleans(), min_size=60, max_size=60)


def told(steps: list[tuple[int, Level, int]]) -> list[AlertMessage]:
    """Return an incident's messages: the first warns, a Cancel is the last."""
    minutes, found = 0, [said(0, Level.YELLOW, until=steps[0][2])]
    for after, level, valid in steps:
        minutes += after
        found.append(said(minutes, level, until=minutes + valid))
        if level is Level.NONE:
            break
    return found


def seen_as(values: list[float], missing: list[bool]) -> Watched:
    rows = [(at(PERIOD * i - 240), v) for i, v in enumerate(values) if not missing[i]]
    return Watched(values=rows, thresholds=THRESHOLDS, interval=PERIOD * MINUTE)


@settings(max_examples=200)
@given(histories, stages, lost)
def test_what_holds_of_any_history(
    steps: list[tuple[int, Level, int]], values: list[float], missing: list[bool]
) -> None:
    messages, seen = told(steps), seen_as(values, missing)
    found = judged(messages, seen)
    assert {m.level for m in messages if m.level} <= set(found)  # whoever was warned is answered
    for level, outcome in found.items():
        spans = warned_spans(messages, level)
        assert all(a < b for a, b in spans)
        assert all(b[0] >= a[1] for a, b in pairwise(spans))
        if outcome.verdict is EventVerdict.HIT:
            assert outcome.crossed is not None
            assert any(a <= outcome.crossed < b for a, b in spans)
            assert outcome.lead_s is not None
            assert outcome.lead_s >= 0
        if outcome.verdict is EventVerdict.FALSE_ALARM:
            assert outcome.crossed is None
            assert spans
            assert all(is_covered(seen.values, span, seen.tolerance) for span in spans)
            inside = [v for t, v in seen.values if any(a <= t < b for a, b in spans)]
            assert max(inside, default=0) < (outcome.threshold or 0)
        if outcome.verdict is EventVerdict.MISS:
            assert outcome.crossed is not None
            assert not any(a <= outcome.crossed < b for a, b in spans)


@settings(max_examples=100)
@given(histories)
def test_without_observations_everything_is_unknown(steps: list[tuple[int, Level, int]]) -> None:
    blind = judged(told(steps), Watched(values=[], thresholds=THRESHOLDS, interval=MINUTE))
    assert {o.verdict for o in blind.values()} == {EventVerdict.UNKNOWN}
    assert {o.lead_s for o in blind.values()} == {None}
