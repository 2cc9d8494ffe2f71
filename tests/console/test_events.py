"""The bounded memory of the stream of events."""

from hypothesis import given
from hypothesis import strategies as st

from console.events import NEVER, EventLog


def filled(count: int, capacity: int) -> EventLog:
    log = EventLog("start", capacity)
    for number in range(count):
        log.append("vitals", str(number).encode())
    return log


@given(count=st.integers(0, 30), capacity=st.integers(1, 10), seen=st.integers(0, 30))
def test_a_client_gets_exactly_what_it_missed_or_is_told_that_it_is_gone(
    count: int, capacity: int, seen: int
) -> None:
    log = filled(count, capacity)
    seen = min(seen, count)
    missed = log.after(log.position(log.identifier(seen)))
    if count - seen > capacity:
        assert missed is None
    else:
        assert missed is not None
        assert [event.number for event in missed] == list(range(seen + 1, count + 1))


@given(st.text())
def test_any_other_last_event_id_is_answered_with_a_reset(text: str) -> None:
    log = filled(5, 10)
    assert log.position(text) == NEVER
    assert log.after(NEVER) is None


def test_an_id_of_another_start_or_of_the_future_is_not_ours() -> None:
    log = filled(5, 10)
    for identifier in ("other-3", "start-6", "start-", "start-٣", "start-" + "9" * 40, "-3"):
        assert log.position(identifier) == NEVER, identifier
    assert log.position("start-5") == 5
