"""The stage that stops canaries is named, and no other."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.watchdog.alarm import FIRST_PAUSE_S, LONGEST_PAUSE_S, Alarm, Kind
from alerts.watchdog.stages import STAGES, Watch

START = datetime(2026, 7, 11, 1, tzinfo=UTC)
PATIENCE_S = 90.0
STEP_S = 10
NAMES = [stage.name for stage in STAGES]
AFTER = {stage.name: stage.after for stage in STAGES}


def behind(name: str, broken: Collection[str]) -> bool:
    """Return whether no canary can pass `name` while `broken` are."""
    return name in broken or any(behind(before, broken) for before in AFTER[name])


class World:
    """Canaries each minute through stages of which some are broken, looked at each ten seconds."""

    def __init__(self) -> None:
        self.watch = Watch(PATIENCE_S)
        self.alarm = Alarm("han", lambda s: START + timedelta(seconds=s))
        self.notices: list[tuple[float, Kind, list[str]]] = []
        self.now = 0
        self.waiting: list[datetime] = []

    def run(self, seconds: int, broken: Collection[str] = ()) -> None:
        for now in range(self.now, self.now + seconds, STEP_S):
            self.now = now
            if self.now % 60 == 0:
                self.watch.sent(START + timedelta(seconds=self.now), float(self.now))
                self.waiting.append(START + timedelta(seconds=self.now))
            for depth, name in enumerate(NAMES):  # a stage further takes a second more
                for canary in self.waiting:
                    sent = (canary - START).total_seconds()
                    if self.now - sent >= depth and not behind(name, broken):
                        self.watch.seen(name, canary, float(self.now))
            self.waiting = self.waiting[-20:]
            notice = self.alarm.look(self.watch.culprits(now), self.watch.late(now), now)
            if notice is not None:
                self.notices.append((now, notice.kind, notice.stages))
        self.now += STEP_S


@pytest.mark.parametrize("name", NAMES)
def test_the_stage_that_stops_is_named_as_soon_as_patience_ends_and_cleared(name: str) -> None:
    world = World()
    world.run(600)
    world.run(400, {name})
    world.run(300)
    (at, kind, stages), *_, last = world.notices
    assert (kind, stages) == (Kind.ALARM, [name])
    assert PATIENCE_S < at - 600 <= PATIENCE_S + STEP_S
    assert last[1:] == (Kind.CLEAR, [])
    assert {s for _, _, named in world.notices for s in named} == {name}


@settings(max_examples=60)
@given(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_only_broken_stages_are_named_and_all_clear_is_said_only_when_it_is(
    first: set[str], second: set[str]
) -> None:
    world = World()
    world.run(240)
    world.run(240, first)
    world.run(240, second)
    named = {s for _, _, stages in world.notices for s in stages}
    assert named <= first | second
    roots = {n for n in second if not any(behind(before, second) for before in AFTER[n])}
    assert {late.stage.name for late in world.watch.culprits(world.now)} <= roots
    world.run(240)
    clear = [kind for _, kind, _ in world.notices if kind is Kind.CLEAR]
    assert bool(clear) == bool(named)
    assert not named or world.notices[-1][1] is Kind.CLEAR


def test_nothing_ever_came_through_is_an_alarm_too() -> None:
    world = World()
    world.run(120, {"mqtt", "postgres", "kafka"})
    assert [(kind, stages) for _, kind, stages in world.notices] == [
        (Kind.ALARM, ["mqtt", "kafka", "postgres"])
    ]


def test_an_alarm_is_repeated_after_growing_pauses() -> None:
    world = World()
    world.run(5 * 3600, {"gateway"})
    times = [at for at, _, _ in world.notices]
    pauses = [b - a for a, b in pairwise(times)]
    assert pauses[0] == FIRST_PAUSE_S
    assert pauses == sorted(pauses)
    assert max(pauses) == LONGEST_PAUSE_S


def test_a_foreign_or_earlier_canary_says_nothing() -> None:
    watch = Watch(PATIENCE_S)
    watch.sent(START, 0.0)
    watch.seen("gateway", START + timedelta(days=1), 1.0)
    assert {late.stage.name for late in watch.culprits(100.0)} == {"mqtt", "kafka", "postgres"}
    assert watch.table(100.0)[3].passed_s is None


def test_both_languages_say_where_and_since_when() -> None:
    watch = Watch(PATIENCE_S)
    watch.sent(START, 0.0)
    notice = Alarm("han", lambda s: START + timedelta(seconds=s)).look(
        watch.culprits(91.0), True, 91.0
    )
    assert notice is not None
    english, chinese = notice.text.splitlines()
    for text in (english, chinese):
        assert "postgres" in text
        assert "2026-07-11 01:00:00 UTC" in text
