"""Ways out: each takes one message at a time and says when it has really gone.

A channel delivers at least once; the message's identifier is the key by which receivers
drop repeats. `ChannelError` leaves the message pending, `Refused` lets others pass it.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from forewarn.domain.hazard import AlertMessage

__all__ = ["Active", "Channel"]

Active = Callable[[], Sequence[AlertMessage]]
"""Asks the database for the newest unexpired message of each incident that stands."""


class Channel(Protocol):
    """One way out. Used by one thread alone; it may block for its own timeout."""

    name: str
    """Under which deliveries are noted in the database."""

    def deliver(self, message: AlertMessage, active: Active) -> None:
        """Send `message`; return when it has been taken. Raises ChannelError."""
        ...

    def keep(self, active: Active) -> None:
        """Called about every second: repair what a restarted broker has forgotten."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
