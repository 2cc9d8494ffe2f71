"""Drafts: nothing that must wait goes out unseen, and nothing waits longer than the rule says."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.approval import Gate, is_open, rules_of, top
from alerts.cap import check
from alerts.desk import Desk, Refusal, Step, draft_id, incident_of
from alerts.keeper import Keeper, restored
from alerts.lifecycle import Standing, advance, timing
from alerts.rules import Reason, Verdict
from forewarn.domain.clock import ManualClock
from forewarn.domain.codec import encode
from forewarn.domain.desk import Act, Action, ApprovalRule
from forewarn.domain.hazard import AlertMessage, Assessment, Level, Outcome
from forewarn.domain.station import Site
from forewarn.storage import connect, reader
from forewarn.storage.incidents import act, incidents, waiting_actions
from forewarn.storage.incidents import action as written
from tests.alerts.test_desk import KEY, assert_sound, settled
from tests.alerts.test_lifecycle import (
    TIMING,
    Event,
    assert_lower_for_the_hold,
    histories,
    verdict,
)

Assess = Callable[..., Assessment]
MINUTE = timedelta(minutes=1)
RED = ApprovalRule(levels=("red",))
RULES = [
    (RED,),
    (ApprovalRule(levels=("red",), people=2),),
    (ApprovalRule(levels=("yellow", "red"), people=2, within=timedelta(minutes=20)),),
    (ApprovalRule(levels=("red",), otherwise="withdraw"), ApprovalRule(levels=("yellow",))),
    (ApprovalRule(levels=("blue", "yellow", "red"), otherwise="withdraw"),),
]


def new_desk(site: Site, start: datetime, rules: tuple[ApprovalRule, ...]) -> Desk:
    site = replace(site, approvals=rules)
    return Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)


def does(desk: Desk, what: Act, now: datetime, author: str = "li", draft: str = "") -> Step:
    standing = desk.standings[KEY]
    waiting = top(standing.claims)
    name = draft or (draft_id(standing, waiting) if waiting else "none")
    detail = {"draft": name, "reason": "r"}
    incident = incident_of(standing)
    return desk.do(Action(at=now, author=author, act=what, incident=incident, detail=detail), now)


def test_red_waits_while_what_needs_nobody_goes_out_at_once(
    site: Site, assess: Assess, start: datetime
) -> None:
    desk = new_desk(site, start, (RED,))
    step = desk.take(assess(0, blue=0.9, yellow=0.9, red=0.9), start)
    assert step is not None
    assert step.draft is not None
    assert step.message is not None
    assert (step.message.level, step.draft.level) == (Level.YELLOW, Level.RED)
    assert step.draft.due == start + 5 * MINUTE
    assert check(step.draft.cap.encode()) == []
    assert step.incident == step.message.incident
    desk.settle(step)
    issued = settled(desk, does(desk, Act.APPROVE, start + MINUTE))
    assert issued is not None
    assert (issued.msg_type, issued.level) == ("Update", Level.RED)
    assert desk.standings[KEY].claims == ()


def test_two_people_are_two_people_and_a_draft_alone_keeps_its_incident(
    site: Site, assess: Assess, start: datetime
) -> None:
    desk = new_desk(site, start, (replace(RULES[4][0], people=2),))
    step = desk.take(assess(0, yellow=0.9), start)
    assert step is not None
    assert step.draft is not None
    assert (step.message, step.draft.previous_level) == (None, Level.NONE)
    desk.settle(step)
    assert settled(desk, does(desk, Act.APPROVE, start)) is None
    with pytest.raises(Refusal, match="li has approved it already"):
        does(desk, Act.APPROVE, start)
    issued = settled(desk, does(desk, Act.APPROVE, start + MINUTE, "wei"))
    assert issued is not None
    assert (issued.msg_type, issued.incident) == ("Alert", step.incident)


def test_an_approval_of_a_draft_that_has_changed_does_not_count(
    site: Site, assess: Assess, start: datetime
) -> None:
    desk = new_desk(site, start, RULES[4])
    settled(desk, desk.take(assess(0, yellow=0.9), start))
    waiting = top(desk.standings[KEY].claims)
    assert waiting is not None
    seen = draft_id(desk.standings[KEY], waiting)
    settled(desk, desk.take(assess(1, yellow=0.9, red=0.9), start + MINUTE))
    with pytest.raises(Refusal, match=r"\(red\): look at that"):
        does(desk, Act.APPROVE, start + MINUTE, draft=seen)
    with pytest.raises(Refusal, match="no draft waits"):
        desk.do(Action(at=start, author="li", act=Act.APPROVE, incident="x"), start)


def test_what_was_rejected_is_not_drafted_again_for_an_hour_but_more_is(
    site: Site, assess: Assess, start: datetime
) -> None:
    desk = new_desk(site, start, RULES[2])
    settled(desk, desk.take(assess(0, yellow=0.9), start))
    step = does(desk, Act.REJECT, start)
    assert (step.message, step.draft) == (None, None)
    desk.settle(step)
    for minute in (1, 30, 59):
        quiet = desk.take(assess(minute, yellow=0.9), start + minute * MINUTE)
        assert quiet is not None
        assert quiet.draft is None
        settled(desk, quiet)
    higher = desk.take(assess(59.5, yellow=0.9, red=0.9), start + 59.5 * MINUTE)
    assert higher is not None
    assert higher.draft is not None
    assert higher.draft.level is Level.RED
    again = desk.take(assess(61, yellow=0.9), start + 61 * MINUTE)
    assert again is not None
    assert again.draft is not None
    assert again.draft.level is Level.YELLOW


def test_a_draft_that_nothing_calls_for_any_more_is_withdrawn(
    site: Site, assess: Assess, start: datetime
) -> None:
    desk = new_desk(site, start, (replace(RULES[2][0], within=timedelta(hours=2)),))
    settled(desk, desk.take(assess(0, yellow=0.9), start))
    left = []
    for minute in (1, 10, 15.5, 16, 17):
        outcome = Outcome.DEGRADED if minute == 16 else Outcome.OK
        step = desk.take(assess(minute, outcome=outcome), start + minute * MINUTE)
        assert step is not None
        left.append(step.draft is not None)
        desk.settle(step)
    assert left == [True, True, True, True, False]


def test_staff_need_no_approval_and_people_have_their_real_seconds(site: Site) -> None:
    assert rules_of("parking", (RED,)) == ()
    assert rules_of("flood", (RED, replace(RED, hazards=("wave",)))) == (RED,)
    assert timing(site.alert_rule, 600).decision == timedelta(seconds=30 * 600)


moves = st.tuples(
    st.integers(1, 900),
    st.sampled_from(["ok", "ok", "degraded", "failed", "approve", "reject", "cancel", "tick"]),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(["li", "wei"]),
)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(RULES), st.lists(moves, max_size=30))
def test_every_history_of_drafts_is_sound(
    site: Site,
    assess: Assess,
    start: datetime,
    rules: tuple[ApprovalRule, ...],
    history: list[tuple[int, str, float, float, float, str]],
) -> None:
    """A desk that restarts before each event does as one that never does, and both are safe."""
    desk, now, sent = new_desk(site, start, rules), start, list[AlertMessage]()
    gate = desk._gate(KEY, now)
    for seconds, kind, blue, yellow, red, author in history:
        now += timedelta(seconds=seconds)
        twin = new_desk(site, start, rules)
        twin.restore(restored({key: encode(s) for key, s in desk.standings.items()}))
        assert twin.standings == desk.standings
        before = desk.standings.get(KEY, Standing())
        if kind in ("approve", "reject", "cancel"):
            try:
                steps = [does(desk, Act(kind), now, author)] if before != Standing() else []
            except Refusal:
                continue
        elif kind == "tick":
            steps = desk.tick(now)
        else:
            minutes = (now - start) / MINUTE
            assessment = assess(minutes, blue=blue, yellow=yellow, red=red, outcome=Outcome(kind))
            taken, again = desk.take(assessment, now), twin.take(assessment, now)
            assert (taken is None) == (again is None)
            if taken is not None and again is not None:
                ours, theirs = taken.standing, again.standing
                assert ours.claims == theirs.claims, "a restart changes nothing"
                assert (ours.level, ours.drafting) == (theirs.level, theirs.drafting)
            steps = [taken] if taken else []
        for step in steps:
            desk.settle(step)
            if step.message is not None:
                sent.append(step.message)
                assert_may_go_out(step.message, before, gate, kind, now)
        assert_nothing_is_forgotten(desk, gate, kind, now)
    assert_sound(sent, desk.standings.get(KEY, Standing()).level)


def assert_may_go_out(
    message: AlertMessage, before: Standing, gate: Gate, kind: str, now: datetime
) -> None:
    """A level that a rule holds back goes out by enough people, or by the rule when it is due."""
    rule = gate.rule(message.level)
    if rule is None or message.level <= message.previous_level:
        return
    [claim] = [claim for claim in before.claims if claim.level == message.level]
    assert is_open(claim)
    if kind == "approve":
        assert len(claim.approvals) == claim.needs - 1
    else:
        assert (kind, claim.otherwise) == ("tick", "issue")
        assert claim.due <= now


def assert_nothing_is_forgotten(desk: Desk, gate: Gate, kind: str, now: datetime) -> None:
    """What is called for stands, waits, or was refused; what is due does not go on waiting."""
    standing = desk.standings.get(KEY, Standing())
    there = {claim.level for claim in standing.claims}
    assert len(there) == len(standing.claims)
    assert all(level > standing.level for level in there)
    if kind in ("ok", "degraded"):
        level = standing.assessed
        if level > standing.level and level > standing.dismissed:
            assert level in there
            assert gate.rule(level) is not None
    if kind == "tick":
        open_issue = [c for c in standing.claims if is_open(c) and c.otherwise == "issue"]
        assert all(claim.due > now for claim in open_issue)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(RULES), histories)
def test_what_waits_lets_nothing_fall_early(
    start: datetime, rules: tuple[ApprovalRule, ...], history: list[Event]
) -> None:
    standing, now = Standing(), start
    log: list[tuple[datetime, Level, bool]] = []
    for event in history:
        now += timedelta(seconds=event.after)
        judged = verdict(event, standing.assessed)
        log.append((now, judged.level, judged.reliable))
        gate = Gate(now=now, rules=rules, least=MINUTE, patience=TIMING.continuity)
        before = standing.level
        standing, change = advance(standing, judged, now, timing=TIMING, gate=gate)
        if standing.level < before:
            assert change is not None
            assert_lower_for_the_hold(log, standing.level)


def test_what_is_still_called_for_after_a_cancel_is_drafted_again(
    site: Site, assess: Assess, start: datetime
) -> None:
    desk = new_desk(site, start, RULES[2])
    for minute in (0, 20):
        settled(desk, desk.take(assess(minute, yellow=0.9), start + minute * MINUTE))
        for step in desk.tick(start + minute * MINUTE):
            settled(desk, step)
    assert desk.standings[KEY].level is Level.YELLOW
    settled(desk, does(desk, Act.CANCEL, start + 21 * MINUTE))
    settled(desk, desk.take(assess(80, yellow=0.9), start + 80 * MINUTE))
    [step] = desk.tick(start + 81 * MINUTE)
    assert step.draft is not None
    assert step.message is None
    desk.settle(step)
    assert desk.tick(start + 82 * MINUTE) == []


def test_a_draft_is_in_its_incident_and_nowhere_else(
    database: str, site: Site, assess: Assess, start: datetime
) -> None:
    clock = ManualClock(start)

    def keeper() -> Keeper:
        return Keeper(new_desk(site, start, RULES[2]), database, clock, lambda: None)

    first = keeper()
    first.take([encode(assess(0, yellow=0.9))])
    first.close()
    with connect(database) as connection:
        [drafted] = incidents(connection)
        assert reader.alerts(connection) == []
        assert drafted.draft is not None
        assert (drafted.state, drafted.level) == ("draft", Level.NONE)
        asked = Action(
            at=start,
            author="li",
            act=Act.APPROVE,
            incident=drafted.incident,
            detail={"draft": drafted.draft.id},
        )
        numbers = [
            act(connection, replace(asked, author=who)).number for who in ("li", "li", "wei")
        ]
        second = keeper()  # as after a crash
        second.tick()
        second.close()
        assert waiting_actions(connection) == []
        refused = [found.refused for n in numbers if (found := written(connection, n))]
        [message], [issued] = reader.alerts(connection), incidents(connection)
    assert [bool(why) for why in refused] == [False, True, False]
    assert message.incident == issued.incident == drafted.incident
    assert (issued.state, issued.level, issued.draft) == ("issued", Level.YELLOW, None)


def test_a_rejected_draft_is_a_withdrawn_incident(
    database: str, site: Site, assess: Assess, start: datetime
) -> None:
    keeper = Keeper(new_desk(site, start, RULES[2]), database, ManualClock(start), lambda: None)
    keeper.take([encode(assess(0, yellow=0.9))])
    with connect(database) as connection:
        [drafted] = incidents(connection)
        assert drafted.draft is not None
        detail = {"draft": drafted.draft.id, "reason": "broken"}
        asked = Action(
            at=start, author="li", act=Act.REJECT, incident=drafted.incident, detail=detail
        )
        act(connection, asked)
        keeper.tick()
        keeper.close()
        [found] = incidents(connection)
    assert (found.state, found.draft, found.ended) == ("withdrawn", None, start)


def test_a_verdict_without_a_gate_goes_out_at_once(start: datetime) -> None:
    said = Verdict(Level.RED, Reason.OBSERVED, True)
    assert advance(Standing(), said, start, timing=TIMING)[0].level is Level.RED
