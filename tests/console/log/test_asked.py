"""What is asked of the log: times of day, texts, and the place to go on from."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from console.log import asked
from forewarn.domain.logbook import Item, Kind

NOW = datetime(2026, 7, 12, 3, 0, tzinfo=UTC)  # 11:00 in Shanghai


TIMES = st.timedeltas(timedelta(0), timedelta(days=365 * 100)).map(asked.EPOCH.__add__)


def query(**said: str) -> Any:
    return SimpleNamespace(query_params=said)


@pytest.mark.parametrize(
    ("text", "minutes_ago"), [("", 0), ("11:00", 0), ("10:45", 15), ("11:01", 24 * 60 - 1)]
)
def test_a_time_of_day_is_the_last_time_it_was_so_late(text: str, minutes_ago: int) -> None:
    found = asked.at_clock(text, NOW, "Asia/Shanghai")
    assert found == NOW - timedelta(minutes=minutes_ago)


def test_an_hour_that_comes_twice_is_the_later_one_that_is_past() -> None:
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    for now, expected in ((first, first), (first + timedelta(minutes=59), first), (second, second)):
        assert asked.at_clock("02:30", now, "Europe/Berlin") == expected


@given(TIMES, st.times())
def test_a_time_of_day_is_within_the_last_day_or_so(now: datetime, time: Any) -> None:
    found = asked.at_clock(time.strftime("%H:%M"), now, "Europe/Berlin")
    assert now - timedelta(hours=25) <= found <= now


@pytest.mark.parametrize("text", ["24:00", "2:40", "02:40:00", "now", "02:4٠"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(HTTPException, match="no time of day"):
        asked.at_clock(text, NOW, "UTC")


@given(
    TIMES,
    st.integers(1, 11),
    st.integers(-(2**63), 2**63 - 1),
)
def test_the_place_to_go_on_from_comes_back(at: datetime, rank: int, number: int) -> None:
    item = Item(
        at=at,
        rank=rank,
        id=number,
        kind=Kind.ACT,
        what="",
        author="",
        incident="",
        level=None,
        text="",
        detail={},
    )
    assert asked.cursor_in(query(before=asked.cursor_of(item))) == (at, rank, number)


@pytest.mark.parametrize("before", ["x", "1_2", "1_2_99999999999999999999", "-1_2_3"])
def test_a_place_that_is_none_is_refused(before: str) -> None:
    with pytest.raises(HTTPException, match="no place"):
        asked.cursor_in(query(before=before))


def test_a_span_ends_now_at_the_latest_and_is_not_a_year() -> None:
    start, end = asked.span_in(query(to="2027-01-01T00:00:00Z"), NOW)
    assert (end - start, end - NOW) == (timedelta(hours=24), asked.MICROSECOND)
    with pytest.raises(HTTPException, match="7 days"):
        asked.span_in(query(**{"from": "2025-07-12T00:00:00+08:00"}), NOW)
    with pytest.raises(HTTPException, match="no time with a zone"):
        asked.span_in(query(to="yesterday"), NOW)


@pytest.mark.parametrize("text", ["", " \n ", "x" * 4001, "a\0b", "\ud800"])
def test_a_text_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(HTTPException):
        asked.text_of("text", text)
