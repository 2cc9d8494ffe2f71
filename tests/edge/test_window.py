"""What is sent when: live before backlog, bounded, and again until it is acked."""

from hypothesis import given
from hypothesis import strategies as st

from edge.window import LIVE_LIMIT, Window


def test_the_backlog_is_bounded_and_new_batches_are_not() -> None:
    window = Window(3, 20.0, 120.0)
    for number in (1, 2, 3):
        window.sent(number, 0.0, live=False)
    assert window.room() == 0
    window.sent(10, 0.0, live=True)
    assert window.room() == 0
    window.settled([2])
    assert window.room() == 1
    assert window.cursor == 3


def test_resent_later_and_later_until_acked() -> None:
    window = Window(3, 20.0, 100.0)
    window.sent(1, 0.0, live=False)
    assert window.overdue(19.9) == []
    assert window.overdue(20.0) == [1]
    now, waits = 20.0, []
    for _ in range(5):
        window.sent(1, now, live=False)
        due = now
        while not window.overdue(due):
            due += 1.0
        waits.append(due - now)
        now = due
    assert waits == [40.0, 80.0, 100.0, 100.0, 100.0]
    window.settled([1])
    assert window.overdue(1e9) == []


def test_quick_acks_widen_the_window_and_a_slow_one_halves_it_once() -> None:
    window = Window(50, 20.0, 120.0)
    assert window.room() == 20
    for number in range(1, 41):
        window.sent(number, 0.0, live=False)
        window.settled([number], 0.5)
    assert window.room() == 50
    for number in range(41, 61):
        window.sent(number, 10.0, live=False)
    window.settled(range(41, 61), 15.0)  # twenty slow ones, sent together, say it once
    assert window.room() == 25
    for number in range(61, 70):
        window.sent(number, 100.0 * number, live=False)
        window.settled([number], 100.0 * number + 10.0)
    assert window.room() == 1, "on the slowest link one is always under way"
    window.sent(99, 9e3, live=True)
    window.settled([99], 9e3 + 0.1)
    assert window.room() == 1, "new batches say nothing about the backlog's room"


def test_a_new_batch_that_is_not_acked_in_time_becomes_backlog() -> None:
    window = Window(3, 20.0, 120.0)
    window.sent(7, 0.0, live=False)
    window.settled([7])
    window.sent(5, 0.0, live=True)
    assert window.overdue(21.0) == []
    assert 5 not in window
    assert window.cursor == 4


def test_when_the_broker_forgot_us_everything_counts_as_not_sent() -> None:
    window = Window(3, 20.0, 120.0)
    window.sent(1, 0.0, live=False)
    window.sent(2, 0.0, live=True)
    window.restart()
    assert (len(window), window.room(), window.cursor) == (0, 3, 0)


@given(st.integers(LIVE_LIMIT + 1, LIVE_LIMIT + 50))
def test_unacked_new_batches_do_not_fill_the_memory(count: int) -> None:
    window = Window(3, 20.0, 120.0)
    window.sent(1, 0.0, live=False)
    for number in range(2, count + 2):
        window.sent(number, 0.0, live=True)
    assert len(window) == LIVE_LIMIT
    assert window.cursor <= 1
    assert 1 in window
    assert count + 1 in window
