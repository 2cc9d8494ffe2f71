from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.cap import check
from alerts.desk import Desk, Refusal, Step
from alerts.keeper import restored
from alerts.lifecycle import Standing, timing
from forewarn.domain.codec import encode
from forewarn.domain.desk import Act, Action
from forewarn.domain.hazard import AlertMessage, AlertRule, Assessment, Level, Outcome
from forewarn.domain.station import Site

Assess = Callable[..., Assessment]
MINUTE = timedelta(minutes=1)
KEY = ("west", "flood", "town/stage")


@pytest.fixture
def desk(site: Site, start: datetime) -> Desk:
    return new_desk(site, start)


def new_desk(site: Site, start: datetime) -> Desk:
    return Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)


def settled(desk: Desk, step: Step | None) -> AlertMessage | None:
    if step is None:
        return None
    desk.settle(step)
    return step.message


def test_a_step_that_was_not_stored_comes_up_again(
    desk: Desk, assess: Assess, start: datetime
) -> None:
    first, again = desk.take(assess(0, blue=0.9), start), desk.take(assess(0, blue=0.9), start)
    assert first == again
    assert settled(desk, again) is not None


def test_a_repeated_assessment_changes_nothing(desk: Desk, assess: Assess, start: datetime) -> None:
    assert settled(desk, desk.take(assess(0, blue=0.9), start)) is not None
    assert settled(desk, desk.take(assess(0, blue=0.9), start + MINUTE)) is None
    assert desk.standings[KEY].issued == 1


def test_a_late_assessment_is_not_even_looked_at(
    desk: Desk, assess: Assess, start: datetime
) -> None:
    settled(desk, desk.take(assess(5, blue=0.9), start + 5 * MINUTE))
    assert desk.take(assess(4, red=0.9), start + 6 * MINUTE) is None
    assert desk.take(assess(4), start + 6 * MINUTE) is None


def test_a_backlog_begins_no_warning_about_hours_that_are_over(
    desk: Desk, assess: Assess, start: datetime
) -> None:
    assert desk.take(assess(0, red=0.9), start + 181 * MINUTE) is None
    assert settled(desk, desk.take(assess(2, red=0.9), start + 181 * MINUTE)) is not None


def test_a_backlog_lowers_nothing_that_stands_now(
    desk: Desk, assess: Assess, start: datetime
) -> None:
    settled(desk, desk.take(assess(0, blue=0.9), start))
    late = start + 120 * MINUTE
    for minute in range(1, 90):
        assert settled(desk, desk.take(assess(minute), late)) is None
    assert desk.standings[KEY].level is Level.BLUE
    ended = [settled(desk, desk.take(assess(m), start + m * MINUTE)) for m in range(121, 152)]
    assert [m.msg_type for m in ended if m] == ["Cancel"]


def test_a_gateway_with_a_wrong_clock_does_not_block_the_warnings(
    desk: Desk, assess: Assess, start: datetime
) -> None:
    settled(desk, desk.take(assess(600), start))
    message = settled(desk, desk.take(assess(1, red=0.9), start + MINUTE))
    assert message is not None
    assert message.level is Level.RED


def test_quiet_rivers_are_not_written_to_the_database(
    desk: Desk, assess: Assess, start: datetime
) -> None:
    steps = [desk.take(assess(m, blue=p), start + m * MINUTE) for m, p in enumerate((0.0, 0.3))]
    assert [step.durable for step in steps if step] == [False, False]


def test_two_incidents_in_one_minute_have_two_names(
    site: Site, assess: Assess, start: datetime
) -> None:
    hasty = replace(site, alert_rule=AlertRule(hold=timedelta(0)))
    desk = new_desk(hasty, start)
    incidents, times = [], []
    for number in range(6):
        now = start + timedelta(seconds=number / 10)
        message = settled(desk, desk.take(assess(number / 600, blue=(number + 1) % 2), now))
        assert message is not None
        incidents.append(message.incident)
        times.append(message.sent)
    name = "testford.flood.town-stage.20260711T0900"
    assert incidents == [name, name, f"{name}_2", f"{name}_2", f"{name}_3", f"{name}_3"]
    assert times == sorted(set(times)), "no two messages in one second"


def test_a_falling_warning_tells_the_newest_probability(
    desk: Desk, assess: Assess, start: datetime
) -> None:
    settled(desk, desk.take(assess(0, yellow=0.9, blue=0.9), start))
    for minute in range(135, 150, 5):
        settled(desk, desk.take(assess(minute, yellow=0.05, blue=0.9), start + minute * MINUTE))
    settled(desk, desk.take(assess(150, yellow=0.05, blue=0.9), start + 150 * MINUTE))
    [renewal] = [m for m in (settled(desk, s) for s in desk.tick(start + 150 * MINUTE)) if m]
    assert (renewal.level, renewal.probability) == (Level.YELLOW, 0.05)
    assert "The newest forecasts are below this level" in renewal.cap
    lowered = settled(desk, desk.take(assess(165, yellow=0.05, blue=0.9), start + 165 * MINUTE))
    assert lowered is not None
    assert (lowered.level, lowered.threshold, lowered.probability) == (Level.BLUE, 8.5, 0.9)


def test_failed_assessments_are_silence(desk: Desk, assess: Assess, start: datetime) -> None:
    settled(desk, desk.take(assess(0, blue=0.9), start))
    for minute in range(1, 11):
        failed = assess(minute, outcome=Outcome.FAILED)
        settled(desk, desk.take(failed, start + minute * MINUTE))
        assert [settled(desk, s) for s in desk.tick(start + minute * MINUTE)] == []
    [said] = [settled(desk, s) for s in desk.tick(start + 11 * MINUTE)]
    assert said is not None
    assert "no new forecast since 09:00" in said.cap


def cancelled(desk: Desk, now: datetime, **detail: str) -> AlertMessage:
    incident = desk.standings[KEY].incident
    action = Action(at=now, author="li", act=Act.CANCEL, incident=incident, detail=detail)
    message = settled(desk, desk.do(action, now))
    assert message is not None
    return message


def test_an_officer_cancels_and_says_why(desk: Desk, assess: Assess, start: datetime) -> None:
    raised = settled(desk, desk.take(assess(0, blue=0.9), start))
    ended = cancelled(desk, start + MINUTE, reason="gauge 7 is broken.")
    assert raised is not None
    assert (ended.msg_type, ended.level, ended.incident) == ("Cancel", Level.NONE, raised.incident)
    assert raised.identifier in ended.references[0]
    assert check(ended.cap.encode()) == []
    assert "<polygon>" in ended.cap
    assert "值班员解除：gauge 7 is broken。" in ended.cap
    assert "Cancelled by the duty officer: gauge 7 is broken." in ended.cap


def test_what_was_cancelled_stays_down_for_its_time_and_more_rises(
    desk: Desk, assess: Assess, start: datetime
) -> None:
    settled(desk, desk.take(assess(0, yellow=0.9), start))
    cancelled(desk, start, reason="r")
    for minute in (1, 30, 59):
        now = start + minute * MINUTE
        assert settled(desk, desk.take(assess(minute, yellow=0.9), now)) is None
    again = settled(desk, desk.take(assess(60, yellow=0.9), start + 60 * MINUTE))
    assert again is not None
    assert (again.msg_type, again.level) == ("Alert", Level.YELLOW)
    cancelled(desk, start + 61 * MINUTE, reason="r", until="2026-07-11T09:00:00Z")
    higher = settled(desk, desk.take(assess(62, yellow=0.9, red=0.9), start + 62 * MINUTE))
    assert higher is not None
    assert higher.level is Level.RED


def test_a_cancel_is_over_when_a_reliable_assessment_was_below(
    desk: Desk, assess: Assess, start: datetime
) -> None:
    settled(desk, desk.take(assess(0, yellow=0.9), start))
    cancelled(desk, start, reason="r")
    failed = assess(1, outcome=Outcome.FAILED)
    settled(desk, desk.take(failed, start + MINUTE))
    settled(desk, desk.take(assess(2, outcome=Outcome.DEGRADED), start + 2 * MINUTE))
    assert settled(desk, desk.take(assess(3, yellow=0.9), start + 3 * MINUTE)) is None
    settled(desk, desk.take(assess(4, blue=0.9), start + 4 * MINUTE))
    assert desk.standings[KEY].level is Level.NONE, "a lower level is dismissed with it"
    assert settled(desk, desk.take(assess(5, yellow=0.9), start + 5 * MINUTE)) is not None


def test_a_dead_sensor_does_not_bring_back_what_an_officer_cancelled(
    desk: Desk, assess: Assess, start: datetime
) -> None:
    settled(desk, desk.take(assess(0, yellow=0.9), start))
    cancelled(desk, start, reason="r")
    for minute in range(1, 200, 5):
        now, poor = start + minute * MINUTE, assess(minute, outcome=Outcome.DEGRADED)
        assert settled(desk, desk.take(poor, now)) is None
        assert desk.tick(now) == []


def test_what_still_called_for_it_when_the_time_is_over_rises_without_a_new_forecast(
    desk: Desk, assess: Assess, start: datetime
) -> None:
    settled(desk, desk.take(assess(0, yellow=0.9), start))
    cancelled(desk, start, reason="r")
    settled(desk, desk.take(assess(50, yellow=0.9), start + 50 * MINUTE))
    assert desk.tick(start + 59 * MINUTE) == []
    [again] = [settled(desk, step) for step in desk.tick(start + 60 * MINUTE)]
    assert again is not None
    assert (again.msg_type, again.level) == ("Alert", Level.YELLOW)


@pytest.mark.parametrize(
    ("detail", "why"),
    [
        ({}, "needs a reason"),
        ({"reason": " "}, "needs a reason"),
        ({"reason": "r", "until": "soon"}, "`until` is `soon`"),
        ({"reason": "r", "until": "2026-07-11T00:00:00Z"}, "was over when it came"),
    ],
)
def test_a_cancel_that_makes_no_sense_is_refused(
    desk: Desk, assess: Assess, start: datetime, detail: dict[str, str], why: str
) -> None:
    settled(desk, desk.take(assess(0, blue=0.9), start))
    with pytest.raises(Refusal, match=why):
        cancelled(desk, start, **detail)
    cancelled(desk, start, reason="r")
    with pytest.raises(Refusal, match="no warning of this incident stands"):
        cancelled(desk, start, reason="r")


moves = st.tuples(
    st.integers(1, 1200),
    st.sampled_from(["ok", "degraded", "failed", "tick", "old", "restart", "cancel"]),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from([None, 20.0, 60.0, 170.0]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(moves, max_size=30))
def test_every_history_gives_one_sound_chain_per_incident(
    site: Site, assess: Assess, start: datetime, history: list[tuple[int, str, float, float, float]]
) -> None:
    """Outages, failures, late data and restarts: what goes out is consistent all the same."""
    desk, now, sent = new_desk(site, start), start, list[AlertMessage]()
    for seconds, kind, blue, red, lead in history:
        now += timedelta(seconds=seconds)
        if kind == "restart":
            saved = {key: encode(standing) for key, standing in desk.standings.items()}
            desk = new_desk(site, now)
            desk.restore(restored(saved))
            continue
        if kind == "cancel":
            if desk.standings.get(KEY, Standing()).level:
                sent.append(cancelled(desk, now, reason="r"))
            continue
        minutes = (now - start) / MINUTE - (60 if kind == "old" else 0)
        outcome = Outcome(kind) if kind in list(Outcome) else Outcome.OK
        assessment = assess(minutes, blue=blue, red=red, lead=lead, outcome=outcome)
        steps = desk.tick(now) if kind == "tick" else [desk.take(assessment, now)]
        sent += [message for message in (settled(desk, step) for step in steps) if message]
    assert_sound(sent, desk.standings.get(KEY, Standing()).level)


def assert_sound(sent: list[AlertMessage], level: Level) -> None:
    assert len({message.identifier for message in sent}) == len(sent)
    for before, after in zip([None, *sent], sent, strict=False):
        assert check(after.cap.encode()) == []
        assert after.previous_level == (before.level if before else Level.NONE)
        begins = before is None or before.msg_type == "Cancel"
        ends = after.level is Level.NONE
        assert after.msg_type == ("Alert" if begins else "Cancel" if ends else "Update")
        if before is not None:
            assert after.sent > before.sent
            assert (after.incident == before.incident) == (not begins)
        if before is not None and not begins:
            assert before.identifier in " ".join(after.references)
    assert (sent[-1].level if sent else Level.NONE) == level
