"""Minute series: everything at its own minute, whenever it comes."""

from datetime import UTC, datetime

import numpy as np

from forewarn.domain.observation import Columns
from stream.series import MinuteSeries, minute_of, time_of

MINUTE = 60_000
FAR = 1 << 60
A, B = "a/stage", "b/stage"


def columns(*rows: tuple[str, float, float | None, int]) -> Columns:
    names = [A, B, "c/rain"]
    return Columns(
        datastreams=names,
        of=[names.index(key) for key, *_ in rows],
        time=[round(minute * MINUTE) for _, minute, _, _ in rows],
        result=[result for _, _, result, _ in rows],
        quality=[quality for *_, quality in rows],
    )


def filled(*rows: tuple[str, float, float | None, int], minutes: int = 10) -> MinuteSeries:
    series = MinuteSeries([A, B], minutes)
    series.add(columns(*rows), not_after_ms=FAR)
    return series


def row(series: MinuteSeries, minute: int, minutes: int, key: str = A) -> list[float]:
    return list(np.nan_to_num(series.history(minute, minutes)[series.keys.index(key)], nan=-1))


def test_a_value_stands_at_the_minute_that_ends_with_or_after_it() -> None:
    series = filled((A, 5, 1.0, 1), (A, 5.5, 2.0, 1), (A, 7, 3.0, 2))
    assert row(series, 7, 4) == [-1, 1, 2, 3]


def test_a_column_holds_nothing_that_was_observed_after_it() -> None:
    series = filled((A, 5.01, 2.0, 1))
    assert row(series, 5, 1) == [-1]


def test_the_last_value_of_a_minute_stands_whatever_came_first() -> None:
    assert row(filled((A, 4.9, 2.0, 1), (A, 4.1, 1.0, 1)), 5, 1) == [2]


def test_refused_and_missing_values_are_gaps() -> None:
    assert row(filled((A, 1, 1.0, 3), (A, 2, 2.0, 4), (A, 3, None, 9), (A, 4, 4.0, 1)), 4, 4) == [
        -1,
        -1,
        -1,
        4,
    ]


def test_a_spike_that_is_found_later_leaves_and_does_not_come_back() -> None:
    series = filled((A, 1, 1.0, 1), (A, 2, 9.0, 1))
    assert series.latest(A) == (time_of(2), 9.0)
    series.add(columns((A, 2, 9.0, 3)), not_after_ms=FAR)
    assert series.latest(A) == (time_of(1), 1.0)
    series.add(columns((A, 2, 9.0, 1)), not_after_ms=FAR)
    assert row(series, 2, 2) == [1, -1]


def test_a_missing_value_is_filled_by_a_real_one() -> None:
    assert row(filled((A, 2, None, 9), (A, 2, 3.0, 1)), 2, 1) == [3]


def test_late_values_are_merged_while_their_minute_is_kept() -> None:
    series = filled((A, 20, 1.0, 1), minutes=5)
    assert not series.add(columns((A, 17, 2.0, 1), (A, 15, 3.0, 1)), not_after_ms=FAR)
    assert row(series, 20, 6) == [-1, -1, 2, -1, -1, 1]


def test_the_ring_forgets_the_oldest() -> None:
    series = filled(*((A, minute, float(minute), 1) for minute in range(1, 24)), minutes=5)
    assert row(series, 23, 7) == [-1, -1, 19, 20, 21, 22, 23]
    assert row(series, 25, 3) == [23, -1, -1]


def test_a_long_gap_leaves_nothing_of_the_past_behind() -> None:
    assert row(filled((A, 1, 1.0, 1), (A, 1000, 2.0, 1)), 1000, 10) == [-1.0] * 9 + [2.0]


def test_a_clock_that_runs_ahead_does_not_push_the_past_out() -> None:
    series = filled((A, 10, 1.0, 1))
    assert not series.add(columns((B, 10_000, 5.0, 1)), not_after_ms=12 * MINUTE)
    assert row(series, 10, 1) == [1]


def test_only_a_newer_trusted_value_of_ours_is_an_advance() -> None:
    series = filled((A, 10, 1.0, 1))
    for news in [(A, 10, 1.0, 1), (A, 9, 1.0, 1), (A, 11, 1.0, 4), ("c/rain", 12, 1.0, 1)]:
        assert not series.add(columns(news), not_after_ms=FAR), news
    assert series.add(columns((A, 11, 1.0, 1)), not_after_ms=FAR)


def test_it_begins_with_what_the_database_held() -> None:
    series = MinuteSeries([A, B], 10)
    series.add_samples(A, [(MINUTE, 1.0, 1), (2 * MINUTE, 2.0, 3), (3 * MINUTE, None, 9)])
    series.add_samples("nobody/knows", [(MINUTE, 1.0, 1)])
    assert row(series, 3, 3) == [1, -1, -1]


def test_a_history_of_some_has_their_rows_in_the_order_asked_for() -> None:
    series = filled((A, 4, 1.0, 1), (B, 5, 2.0, 1))
    assert np.nan_to_num(series.history(5, 2, [B, A]), nan=-1).tolist() == [[-1, 2], [1, -1]]
    assert series.history(5, 2, [B]).shape == (1, 2)
    assert series.history(5, 2, []).shape == (0, 2)


def test_minutes_and_times() -> None:
    time = datetime(2020, 8, 5, 12, 30, 59, tzinfo=UTC)
    assert time_of(minute_of(time)) == time.replace(second=0)
    assert filled().history(5, 3).shape == (2, 3)
    assert filled().latest_minute(A) is None
