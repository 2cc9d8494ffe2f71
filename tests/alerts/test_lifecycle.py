"""Sentences of safety, for every history of assessments, outages and disorder."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from alerts.lifecycle import (
    Cause,
    Sent,
    Standing,
    advance,
    announced,
    cancel,
    listen,
    onset_moved,
    references,
    timing,
    watch,
)
from alerts.rules import Reason, Verdict
from forewarn.domain.hazard import AlertRule, Exceedance, Level

HOLD = timedelta(minutes=30)
TIMING = timing(AlertRule(hold=HOLD))


class Event(Struct, frozen=True):
    """An assessment of `level`, `lag` seconds old, that comes `after` seconds."""

    after: int
    level: Level
    reliable: bool
    lag: int


events = st.builds(
    Event,
    after=st.integers(0, 1500),
    level=st.sampled_from(Level),
    reliable=st.booleans(),
    lag=st.sampled_from([0, 0, 0, 60, 4000]),
)
calm = st.lists(
    st.builds(
        Event,
        after=st.integers(60, 840),
        level=st.sampled_from([Level.NONE, Level.BLUE]),
        reliable=st.just(True),
        lag=st.just(0),
    ),
    max_size=20,
)
histories = st.tuples(st.lists(events, max_size=25), calm, st.lists(events, max_size=10)).map(
    lambda parts: [*parts[0], *parts[1], *parts[2]]
)


def cancels_of(history: list[Event]) -> st.SearchStrategy[set[int]]:
    return st.sets(st.integers(0, max(0, len(history) - 1)), max_size=3)


@settings(max_examples=300, deadline=None)
@given(histories.flatmap(lambda history: st.tuples(st.just(history), cancels_of(history))))
def test_a_cancel_keeps_down_only_what_was_cancelled_and_only_for_its_time(
    start: datetime, told: tuple[list[Event], set[int]]
) -> None:
    """Whatever comes: above what was dismissed nothing is ever too low."""
    history, cancels = told
    standing, now = Standing(), start
    kept, until = Level.NONE, start
    for number, event in enumerate(history):
        now += timedelta(seconds=event.after)
        judged = verdict(event, standing.assessed)
        standing, _ = advance(standing, judged, now, timing=TIMING)
        if judged.level > kept or now >= until:
            assert standing.level >= judged.level
            kept = Level.NONE
        elif judged.reliable:
            kept = min(kept, judged.level)
        assert standing.dismissed == (kept if standing.dismissed_until else Level.NONE)
        if number in cancels and standing.level:
            kept, until = standing.level, now + TIMING.dismissal
            standing, change = cancel(standing, until, now, "r")
            assert (change.before, change.after) == (kept, Level.NONE)
            assert standing.assessed is Level.NONE, "what was only kept is kept no longer"


def verdict(event: Event, previous: Level) -> Verdict:
    level = event.level if event.reliable else max(event.level, previous)
    return Verdict(level, Reason.BELOW, event.reliable)


@settings(max_examples=300, deadline=None)
@given(histories)
def test_never_too_low_never_early_and_never_by_silence(
    start: datetime, history: list[Event]
) -> None:
    standing, now, told = Standing(), start, Level.NONE
    log: list[tuple[datetime, Level, bool]] = []
    for event in history:
        now += timedelta(seconds=event.after)
        at = now - timedelta(seconds=event.lag)
        late = standing.issue_time is not None and at < standing.issue_time
        judged = verdict(event, standing.assessed)
        before = standing
        standing, change = advance(standing, judged, at, timing=TIMING)
        if late:
            assert (standing, change) == (before, None), "late assessments change nothing"
            continue
        log.append((at, judged.level, judged.reliable))
        if change is not None:
            assert change.before == told, "changes chain without gaps"
            told = change.after
        assert standing.level == told
        assert told >= max(level for when, level, _ in log if at - when < HOLD)
        if told < before.level:
            assert judged.reliable, "only what can be relied on lowers"
            assert_lower_for_the_hold(log, told)


def assert_lower_for_the_hold(log: list[tuple[datetime, Level, bool]], level: Level) -> None:
    """The newest assessments were at most `level`, and reliable ones span the hold closely."""
    end, seen = log[-1][0], log[-1][0]
    for when, assessed, reliable in reversed(log):
        assert assessed <= level, "it was higher meanwhile"
        if reliable:
            assert seen - when <= TIMING.continuity, "a gap counted as good news"
            seen = when
        if end - seen >= HOLD:
            return
    raise AssertionError("lowered before the hold time was over")


@settings(max_examples=200, deadline=None)
@given(histories)
def test_the_level_falls_in_the_end_to_what_is_assessed(
    start: datetime, history: list[Event]
) -> None:
    standing, now = Standing(), start
    for event in history:
        now += timedelta(seconds=event.after)
        judged = verdict(event, standing.assessed)
        standing, _ = advance(standing, judged, now, timing=TIMING)
    for _ in range(13):  # two holds, at six minutes each
        now += timedelta(minutes=6)
        standing, _ = advance(standing, Verdict(Level.NONE, Reason.BELOW, True), now, timing=TIMING)
    assert standing.level is Level.NONE


def test_it_falls_in_steps_a_hold_each(start: datetime) -> None:
    assessed = [
        (0, Level.RED),
        *[(m, Level.NONE if m > 10 else Level.YELLOW) for m in range(5, 90, 5)],
    ]
    standing, falls = Standing(), []
    for minute, level in assessed:
        at = start + timedelta(minutes=minute)
        standing, change = advance(standing, Verdict(level, Reason.BELOW, True), at, timing=TIMING)
        if change is not None:
            falls.append((minute, change.after.name))
    assert falls == [(0, "RED"), (35, "YELLOW"), (65, "NONE")]


def stands(start: datetime, level: Level = Level.YELLOW, lead: int = 120) -> Standing:
    onset = start + timedelta(minutes=lead)
    told = Exceedance(level=level, threshold=9.5, label="", probability=0.7, onset=onset)
    standing, _ = advance(
        Standing(heard=start), Verdict(level, Reason.PROBABLE, True, told), start, timing=TIMING
    )
    return announced(standing, told, Sent("i.1", start, start + TIMING.validity), "i")


def sees(standing: Standing, lead: float, at: datetime, *, reliable: bool = True) -> Verdict:
    assert standing.told is not None
    onset = at + timedelta(minutes=lead)
    return Verdict(standing.level, Reason.PROBABLE, reliable, replace(standing.told, onset=onset))


def test_an_onset_that_comes_much_sooner_is_announced_at_once(start: datetime) -> None:
    standing, at = stands(start, lead=120), start + timedelta(minutes=1)
    assert not onset_moved(standing, sees(standing, 90, at), at)
    assert onset_moved(standing, sees(standing, 88, at), at)
    assert onset_moved(standing, sees(standing, 88, at, reliable=False), at)


def test_an_onset_that_moves_later_waits_ten_minutes_and_needs_a_reliable_word(
    start: datetime,
) -> None:
    standing = stands(start, lead=60)
    soon, later = start + timedelta(minutes=9), start + timedelta(minutes=10)
    assert not onset_moved(standing, sees(standing, 120, soon), soon)
    assert onset_moved(standing, sees(standing, 120, later), later)
    assert not onset_moved(standing, sees(standing, 120, later, reliable=False), later)


def test_water_that_comes_when_it_was_promised_needs_no_word(start: datetime) -> None:
    standing, at = stands(start, lead=60), start + timedelta(minutes=50)
    assert standing.told is not None
    observed = Verdict(
        standing.level, Reason.OBSERVED, True, replace(standing.told, observed=True, onset=None)
    )
    assert not onset_moved(standing, observed, at)
    assert onset_moved(standing, observed, start + timedelta(minutes=29))


def test_the_public_hears_of_silence_once_and_of_its_end(start: datetime) -> None:
    standing, change = watch(
        stands(start), start + timedelta(minutes=10), timing=TIMING, start=start
    )
    assert change is None
    after = start + timedelta(minutes=10, seconds=1)
    standing, change = watch(standing, after, timing=TIMING, start=start)
    assert change is not None
    assert (change.cause, change.after) == (Cause.SILENT, Level.YELLOW)
    assert watch(standing, after, timing=TIMING, start=start) == (standing, None)
    standing, change = listen(standing, after, after)
    assert change is not None
    assert change.cause is Cause.RESUMED
    assert not standing.silent


def test_a_service_that_has_just_started_does_not_blame_the_forecasts(start: datetime) -> None:
    late = start + timedelta(minutes=20)
    _, change = watch(stands(start), late, timing=TIMING, start=late - timedelta(minutes=1))
    assert change is None


def test_a_fast_clock_gives_the_service_its_real_seconds() -> None:
    fast = timing(AlertRule(hold=HOLD), 3600)
    assert fast.hold == HOLD, "the hold is about the world"
    assert fast.silence == timedelta(seconds=30 * 3600)
    assert fast.validity >= 4 * fast.renew_before >= timedelta(seconds=12 * 3600)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 3600), max_size=60), st.lists(st.integers(0, 59), max_size=20))
def test_a_standing_warning_never_expires_while_somebody_watches(
    start: datetime, steps: list[int], forecasts: list[int]
) -> None:
    standing, now, number = stands(start), start, 1
    for i, step in enumerate(steps):
        now += timedelta(seconds=min(step, TIMING.renew_before.seconds))
        assert standing.sent[-1].expires > now, "an expired warning must not show as live"
        if i in forecasts:
            standing, _ = listen(standing, now, now)
        standing, change = watch(standing, now, timing=TIMING, start=start)
        assert standing.level is Level.YELLOW
        if change is not None:
            assert references(standing, now), "an Update refers to what it replaces"
            number += 1
            message = Sent(f"i.{number}", now, now + TIMING.validity)
            standing = announced(standing, standing.told, message, "i")
            assert standing.issued == number


def test_references_name_all_that_is_alive_or_else_the_last(start: datetime) -> None:
    hour = timedelta(hours=1)
    sent = tuple(Sent(f"i.{n}", start + n * hour, start + (n + 2) * hour) for n in range(3))
    standing = Standing(sent=sent)

    def alive(hours: float) -> list[str]:
        return [message.identifier for message in references(standing, start + hours * hour)]

    assert alive(1.5) == ["i.0", "i.1", "i.2"]
    assert alive(3.5) == ["i.2"]
    assert alive(9.0) == ["i.2"]
