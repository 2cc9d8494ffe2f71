from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from forewarn.commands.accounting import (
    MERGE_WITHIN,
    Told,
    balance,
    crossings,
    judge,
    standings,
)
from forewarn.domain.hazard import Level, Threshold

START = datetime(2020, 8, 6, tzinfo=UTC)
ADVISORY = Threshold(value=8.5, level="yellow", label="flood advisory")

LEVELS = {"hangang/stage": (Level.YELLOW, Level.ORANGE)}


def hour(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def told(hours: float, level: Level) -> Told:
    return Told(datastream="hangang/stage", level=level, sent=hour(hours))


def series(*values: float) -> list[tuple[datetime, float]]:
    return [(hour(i), value) for i, value in enumerate(values)]


def test_the_balance_tells_lost_altered_invented_and_duplicated_apart() -> None:
    in_file = {("a/stage", hour(i)): float(i) for i in range(4)}
    rows = [("a/stage", hour(0), 0.0), ("a/stage", hour(1), 1.5), ("a/stage", hour(2), 2.0000001)]
    rows += [("b/stage", hour(0), 7.0), ("a/stage", hour(0), 0.0)]
    result = balance(in_file, rows)
    assert (result.stored, result.lost, result.altered) == (2, 1, 1)
    assert (result.invented, result.duplicated) == (1, 1)
    assert result.lost_by_datastream == {"a/stage": 1}
    assert not result.exact
    assert balance(in_file, [(*key, value) for key, value in in_file.items()]).exact


def test_a_crossing_begins_at_the_first_value_above_and_dips_are_one_event() -> None:
    [event] = crossings("hangang/stage", ADVISORY, series(8.0, 8.5, 9.0, 8.4, 8.6, 8.0, 8.0))
    assert (event.time, event.until) == (hour(1), hour(4))


def test_a_record_that_begins_above_excuses_the_warning_but_is_no_crossing() -> None:
    events = crossings("hangang/stage", ADVISORY, series(9.0, 9.1, 8.0))
    assert [event.at_start for event in events] == [True]
    messages = [told(0.1, Level.YELLOW), told(5, Level.NONE)]
    assert judge(events, standings(messages, LEVELS)) == ([], [])


def test_a_second_flood_is_a_second_event() -> None:
    quiet = [8.0] * (int(MERGE_WITHIN / timedelta(hours=1)) + 1)
    assert len(crossings("hangang/stage", ADVISORY, series(8.0, 9.0, *quiet, 9.0))) == 2


def test_lead_is_from_the_first_message_that_reached_the_level() -> None:
    events = crossings("hangang/stage", ADVISORY, series(8.0, 8.0, 8.0, 8.6, 8.7, 8.0))
    messages = [told(0.2, Level.BLUE), told(0.5, Level.YELLOW), told(1, Level.ORANGE)]
    messages.append(told(9, Level.NONE))
    [verdict], false = judge(events, standings(messages, LEVELS))
    assert verdict.lead == timedelta(hours=2.5)
    assert [(span.level, span.since) for span in false] == [(Level.ORANGE, hour(1))]


def test_an_unwarned_crossing_and_a_warning_for_nothing_are_said() -> None:
    events = crossings("hangang/stage", ADVISORY, series(8.0, 8.6, 8.0))
    [verdict], false = judge(
        events, standings([told(20, Level.YELLOW), told(30, Level.NONE)], LEVELS)
    )
    assert verdict.warned is None
    assert verdict.lead is None
    assert [span.level for span in false] == [Level.YELLOW]


def test_a_late_warning_has_a_negative_lead() -> None:
    events = crossings("hangang/stage", ADVISORY, series(8.0, 8.6, 8.7, 8.0))
    [verdict], _ = judge(events, standings([told(1.5, Level.YELLOW)], LEVELS))
    assert verdict.lead == timedelta(hours=-0.5)


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from(list(Level)))))
def test_spans_of_a_level_never_overlap(history: list[tuple[float, Level]]) -> None:
    spans = standings((told(hours, level) for hours, level in history), LEVELS)
    for level in LEVELS["hangang/stage"]:
        of_level = [span for span in spans if span.level == level]
        for before, after in pairwise(of_level):
            assert before.until is not None
            assert before.until <= after.since
