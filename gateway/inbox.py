"""What came from MQTT and waits for its turn: bounded, and emptied when the session is new."""

import threading
from collections import deque
from datetime import datetime
from typing import NamedTuple

BUDGET_BYTES = 32 * 1024 * 1024
"""What may wait; beyond it the MQTT socket is not read, and the broker keeps the rest."""


class Arrived(NamedTuple):
    """One MQTT message, not yet acknowledged."""

    connection: int
    """Counts connections: a message of an earlier one cannot be acknowledged any more."""
    mid: int
    qos: int
    topic: str
    payload: bytes
    received: datetime
    """World time."""
    retained: bool = False
    """True where the broker had kept it: it may be of any age."""


class Inbox:
    """A queue between the MQTT thread and the thread that sends to Kafka."""

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        self._budget = budget_bytes
        self._waiting: deque[Arrived] = deque()
        self._bytes = 0
        self._woken = False
        self._closed = False
        self._changed = threading.Condition()

    def put(self, arrived: Arrived) -> None:
        """Append `arrived`; waits while the budget is used up."""
        with self._changed:
            while self._bytes >= self._budget and not self._closed:
                self._changed.wait()
            self._waiting.append(arrived)
            self._bytes += len(arrived.payload)
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Arrived | None:
        """Return the oldest; None after `timeout_s` without one, or once after `wake`."""
        with self._changed:
            if not self._waiting and not self._woken and not self._closed:
                self._changed.wait(timeout_s)
            self._woken = False
            if not self._waiting:
                return None
            arrived = self._waiting.popleft()
            self._bytes -= len(arrived.payload)
            self._changed.notify_all()
            return arrived

    def wake(self) -> None:
        """Let `take` return, now or the next time."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget what waits: the broker sends it again on the new connection."""
        with self._changed:
            self._waiting.clear()
            self._bytes = 0
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait any more, for good."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
