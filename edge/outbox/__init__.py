"""What the instruments said, on disk until the database is known to hold it."""

from edge.outbox.keeper import Outbox, OutboxState
from edge.outbox.record import Entry

__all__ = ["Entry", "Outbox", "OutboxState"]
