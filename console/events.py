"""The events of the page and the bounded memory from which a broken stream is resumed."""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

KINDS = ("vitals", "forecast", "alert", "inundation", "city", "incidents", "heartbeat", "reset")
"""`vitals`, `forecast` and `alert` carry what changed; `inundation`, `city` and `incidents` say
that there is something new to ask for; these are remembered. `heartbeat` says that the stream
lives and how the sources are; `reset` says that too much was missed: ask again."""


NEVER = -1
"""The position of a client that was never on this stream."""


class Event(Struct, frozen=True, kw_only=True):
    """One server-sent event."""

    kind: str
    """One of `KINDS`."""
    payload: bytes
    """JSON, one line."""
    number: int = 0
    """Counts remembered events from 1; 0 for those that are not remembered."""


class EventLog:
    """The newest events, numbered, so that a client that was away can catch up.

    Parameters
    ----------
    start : str
        Names this start of the console: the numbers of another start mean nothing here.
    capacity : int
        Events kept; a client that missed more has to load everything again.
    """

    def __init__(self, start: str, capacity: int = 1000) -> None:
        self._start = start
        self._events: deque[Event] = deque(maxlen=capacity)
        self.newest = 0

    def append(self, kind: str, payload: bytes) -> Event:
        """Remember an event and return it with its number."""
        self.newest += 1
        event = Event(kind=kind, payload=payload, number=self.newest)
        self._events.append(event)
        return event

    def identifier(self, number: int) -> str:
        """Return the `id:` with which a client says that it has all events up to `number`."""
        return f"{self._start}-{number}"

    def position(self, last_event_id: str) -> int:
        """Return the number in a `Last-Event-ID`, `NEVER` if it is not of this start."""
        start, _, number = last_event_id.rpartition("-")
        if start != self._start or not number.isascii() or not number.isdigit():
            return NEVER
        return int(number) if len(number) < 19 and int(number) <= self.newest else NEVER

    def after(self, number: int) -> Sequence[Event] | None:
        """Return the events after `number`, None if some of them are forgotten."""
        missed = self.newest - number
        if number == NEVER or missed > len(self._events):
            return None
        return list(self._events)[len(self._events) - missed :] if missed else []
