from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.cap import check
from alerts.desk import Desk, Step
from alerts.keeper import restored
from alerts.lifecycle import Standing, timing
from forewarn.domain.codec import encode
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


moves = st.tuples(
    st.integers(1, 1200),
    st.sampled_from(["ok", "degraded", "failed", "tick", "old", "restart"]),
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
