"""Which batches are under way, and which are to be sent again. Pure; the caller tells the time."""

from collections.abc import Iterable
from math import inf

from msgspec import Struct

LIVE_LIMIT = 500
"""New batches that may be under way at once; beyond it the oldest count as backlog."""


FIRST_SIZE = 20
"""Backlog batches under way at first; then as many as the chain takes quickly."""

QUICK_S, SLOW_S = 1.0, 2.0
"""Backlog that is acked within `QUICK_S` may be more; beyond `SLOW_S` it is halved: on a slow link
new batches stand in the same queue, and theirs must stay under 3 s [s]."""


class Flight(Struct):
    """A batch that was sent and is not durably acked."""

    live: bool
    attempts: int
    sent_s: float
    """When it was sent last, on the caller's clock [s]."""
    due_s: float
    """When it is to be sent again, on the caller's clock [s]."""


class Window:
    """What was sent and is not yet known to be in the database.

    New batches are sent at once. Of the backlog at most `size` batches are under way, and fewer
    while their durable acks are slow: one more for each that is acked quickly, half as many
    when one is slow (AIMD, Chiu and Jain 1989). A new batch that is not acked in time becomes
    backlog.

    Parameters
    ----------
    size : int
        Batches of the backlog under way, at most.
    resend_after_s, resend_max_s : float
        A batch not acked for this long is sent again; doubled each time, up to the maximum [s].
    """

    def __init__(self, size: int, resend_after_s: float, resend_max_s: float) -> None:
        self._size, self._after_s, self._max_s = size, resend_after_s, resend_max_s
        self._allowed = float(min(size, FIRST_SIZE))
        self._halved_s = -inf
        self._flights: dict[int, Flight] = {}
        self.cursor = 0
        """Backlog up to this number was sent; what lies beyond waits for its turn."""

    def __len__(self) -> int:
        return len(self._flights)

    def __contains__(self, number: int) -> bool:
        return number in self._flights

    def room(self) -> int:
        """Return how many batches of the backlog may be sent now."""
        return max(int(self._allowed) - sum(not f.live for f in self._flights.values()), 0)

    def sent(self, number: int, now_s: float, *, live: bool) -> None:
        """Note that a batch went out for the first time, or again."""
        flight = self._flights.pop(number, None)
        attempts = flight.attempts + 1 if flight else 1
        wait_s = min(self._after_s * 2 ** min(attempts - 1, 20), self._max_s)
        self._flights[number] = Flight(live, attempts, now_s, now_s + wait_s)
        if not live:
            self.cursor = max(self.cursor, number)
        elif len(self._flights) > LIVE_LIMIT:
            self._to_backlog(next(n for n, flight in self._flights.items() if flight.live))

    def overdue(self, now_s: float) -> list[int]:
        """Return the batches of the backlog to send again; late new ones become backlog."""
        late = [number for number, flight in self._flights.items() if flight.due_s <= now_s]
        for number in late:
            if self._flights[number].live:
                self._to_backlog(number)
        return sorted(number for number in late if number in self._flights)

    def settled(self, numbers: Iterable[int], acked_s: float | None = None) -> None:
        """Forget batches that are acked, at `acked_s` on the caller's clock [s], or given up."""
        for number in numbers:
            flight = self._flights.pop(number, None)
            if flight and acked_s is not None and not flight.live and flight.attempts == 1:
                self._learn(flight.sent_s, acked_s)

    def restart(self) -> None:
        """Begin anew: the broker has forgotten us, so nothing can be presumed under way."""
        self._flights.clear()
        self.cursor = 0

    def _learn(self, sent_s: float, acked_s: float) -> None:
        if acked_s - sent_s <= QUICK_S:
            self._allowed = min(self._allowed + 1, self._size)
        elif acked_s - sent_s > SLOW_S and sent_s > self._halved_s:
            self._allowed, self._halved_s = max(self._allowed / 2, 1.0), acked_s

    def _to_backlog(self, number: int) -> None:
        del self._flights[number]
        self.cursor = min(self.cursor, number - 1)
