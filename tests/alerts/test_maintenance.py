"""Instruments in maintenance: they raise nothing, lower nothing, and nothing jumps afterwards."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.desk import Desk, Step
from alerts.keeper import Keeper
from alerts.lifecycle import timing
from alerts.maintenance import weighed
from forewarn.domain.clock import ManualClock
from forewarn.domain.codec import encode
from forewarn.domain.desk import Act, Action, ApprovalRule, Silence, SilenceKind
from forewarn.domain.drill import Unfit
from forewarn.domain.hazard import AlertMessage, Assessment, Level, Outcome
from forewarn.domain.maintenance import fit_pattern, inputs
from forewarn.domain.station import Site
from forewarn.storage import connect, reader
from forewarn.storage.incidents import add_silence, end_silence

Assess = Callable[..., Assessment]
MINUTE = timedelta(minutes=1)
KEY = ("west", "flood", "town/stage")


def work(start: datetime, minutes: int, pattern: str = "town/*") -> Silence:
    return Silence(
        kind=SilenceKind.MAINTENANCE,
        author="Wu",
        reason="new cable",
        start=start,
        end=start + minutes * MINUTE,
        datastream=pattern,
    )


class Bench:
    """A desk, and time that is told to it."""

    def __init__(self, site: Site, start: datetime) -> None:
        self.start, self.now = start, start
        self.desk = Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)

    def hear(self, assessment: Assessment) -> list[AlertMessage]:
        return self.settle([self.desk.take(assessment, self.now)])

    def wait(self, minutes: float = 1) -> list[AlertMessage]:
        self.now += minutes * MINUTE
        return self.settle(self.desk.tick(self.now))

    def settle(self, steps: list[Step | None]) -> list[AlertMessage]:
        found = []
        for step in steps:
            if step is not None:
                self.desk.settle(step)
                found += [step.message] if step.message else []
        return found

    @property
    def minute(self) -> float:
        return (self.now - self.start) / MINUTE

    @property
    def level(self) -> Level:
        standing = self.desk.standings.get(KEY)
        return standing.level if standing else Level.NONE


@pytest.fixture
def bench(site: Site, start: datetime) -> Bench:
    return Bench(site, start)


def test_what_an_instrument_says_in_maintenance_raises_nothing(
    bench: Bench, assess: Assess, start: datetime
) -> None:
    bench.desk.silences = [work(start, 30)]
    for minute in range(30):
        assert bench.hear(assess(minute, red=0.9, observed=True)) == []
        assert bench.wait() == []
    assert [m.level for m in bench.hear(assess(30, red=0.9))] == [Level.RED]


def test_what_was_said_during_it_and_comes_after_it_does_not_count(
    bench: Bench, assess: Assess, start: datetime
) -> None:
    bench.desk.silences = [work(start, 10)]
    bench.wait(11)
    assert bench.hear(assess(9, red=0.9)) == []
    assert bench.hear(assess(10, red=0.9)) != []


def test_a_warning_stands_and_is_renewed_and_nobody_is_told_of_missing_forecasts(
    bench: Bench, assess: Assess, start: datetime
) -> None:
    bench.hear(assess(0, red=0.9, lead=10))
    bench.wait()
    bench.desk.silences = [work(start + MINUTE, 240)]
    said = [m for _ in range(239) for m in bench.wait()]
    assert said
    assert {(m.msg_type, m.level) for m in said} == {("Update", Level.RED)}
    assert not any("Data are missing" in m.cap for m in said)
    # Ten minutes after its end the public hears that there is still nothing, and not before.
    after = [bench.wait() for _ in range(13)]
    silent = [n for n, found in enumerate(after) for m in found if "Data are missing" in m.cap]
    assert silent[0] == 11


def test_hold_time_begins_anew_after_it(bench: Bench, assess: Assess, start: datetime) -> None:
    bench.hear(assess(0, red=0.9))
    for _ in range(28):
        bench.wait()
        bench.hear(assess(bench.minute))
    bench.desk.silences = [work(bench.now, 5)]
    for _ in range(5):
        bench.wait()
        bench.hear(assess(bench.minute))
    for _ in range(29):
        bench.wait()
        assert bench.hear(assess(bench.minute)) == []
    bench.wait()
    bench.wait()
    assert [m.msg_type for m in bench.hear(assess(bench.minute))] == ["Cancel"]


def test_a_draft_of_it_is_withdrawn_and_drafted_anew_if_it_is_still_called_for(
    site: Site, assess: Assess, start: datetime
) -> None:
    rule = ApprovalRule(levels=("red",), within=5 * MINUTE, otherwise="issue")
    bench = Bench(replace(site, approvals=(rule,)), start)
    assert bench.hear(assess(0, red=0.9)) == []
    bench.desk.silences = [work(start, 20)]
    assert [m for _ in range(21) for m in bench.wait()] == []
    assert bench.desk.standings[KEY].claims == ()
    assert bench.hear(assess(21, red=0.9)) == []
    assert [c.level for c in bench.desk.standings[KEY].claims] == [Level.RED]


def test_what_was_cancelled_does_not_come_back_by_what_was_said_before(
    bench: Bench, assess: Assess, start: datetime
) -> None:
    bench.hear(assess(0, red=0.9))
    incident = bench.desk.standings[KEY].incident
    given_up = {"reason": "the gauge is broken"}
    act = Action(at=start, author="Li", act=Act.CANCEL, incident=incident, detail=given_up)
    bench.settle([bench.desk.do(act, bench.now)])
    bench.wait()
    bench.hear(assess(1, red=0.9))
    bench.desk.silences = [work(bench.now, 90)]
    assert [m for _ in range(100) for m in bench.wait()] == []
    assert bench.level is Level.NONE


def test_what_rests_on_it_is_degraded_and_says_why(assess: Assess, start: datetime) -> None:
    given = assess(0, blue=0.9)
    assert inputs(given) == ["mill/stage"]
    found = weighed(given, [work(start, 10, "mill/*")], start)
    assert (found.outcome, found.reason) == (Outcome.DEGRADED, "mill/stage is in maintenance")
    assert weighed(given, [work(start, 10, "mill/*")], start + 10 * MINUTE) == given
    assert weighed(given, [work(start, 10, "hill/*")], start) == given
    failed = assess(0, outcome=Outcome.FAILED)
    assert weighed(failed, [work(start, 10, "mill/*")], start) == failed


def test_a_silence_is_for_people_and_holds_nothing(
    bench: Bench, assess: Assess, start: datetime
) -> None:
    bench.desk.silences = [replace(work(start, 30), kind=SilenceKind.SILENCE)]
    assert bench.hear(assess(0, red=0.9)) != []


def test_the_service_reads_what_is_in_the_database(
    database: str, site: Site, assess: Assess, start: datetime
) -> None:
    desk = Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)
    keeper = Keeper(desk, database, ManualClock(start), lambda: None)
    keeper.open()
    with connect(database) as connection:
        made = add_silence(connection, work(start - 20 * MINUTE, 50))
        keeper.take([encode(assess(0, red=0.9))])
        assert reader.alerts(connection) == []
        end_silence(connection, made.id, author="Wu", at=start)
        keeper.take([encode(assess(1, red=0.9))])
        assert [row.level for row in reader.alerts(connection)] == [Level.RED]
    keeper.close()


@pytest.mark.parametrize("pattern", ["*", "*/stage", "town", "?*/x", ""])
def test_a_pattern_must_name_a_station(pattern: str) -> None:
    with pytest.raises(Unfit, match="names no station"):
        fit_pattern(pattern)
    fit_pattern("town/*")


said = st.tuples(
    st.sampled_from(["none", "blue", "yellow", "red", "nothing"]),
    st.sampled_from(list(Outcome)),
    st.integers(0, 20),
)


@settings(max_examples=200, deadline=None)
@given(
    history=st.lists(said, min_size=5, max_size=60),
    begins=st.integers(0, 50),
    lasts=st.integers(1, 60),
    own=st.booleans(),
)
def test_never_lower_and_never_higher_because_of_a_maintained_sensor(
    history: list[tuple[str, Outcome, int]],
    begins: int,
    lasts: int,
    own: bool,
    site: Site,
    assess: Assess,
    start: datetime,
) -> None:
    bench = Bench(site, start)
    span = work(start + begins * MINUTE, lasts, "town/*" if own else "mill/*")
    bench.desk.silences = [span]
    for called, outcome, pause in history:
        before = bench.level
        quiet = span.start <= bench.now + (pause + 1) * MINUTE < span.end
        messages = bench.wait(pause + 1)
        if called != "nothing":
            chances = {} if called == "none" else {called: 0.9}
            given = assess(bench.minute, outcome=outcome, **chances)
            messages += bench.hear(given)
        if quiet:
            assert bench.level >= before
            assert not own or bench.level == before
            assert not own or {m.msg_type for m in messages} <= {"Update"}
