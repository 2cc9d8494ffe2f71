"""What people and their displays said of a message: it came, was read, is acknowledged."""

from datetime import datetime

from forewarn.domain.paging import Told
from forewarn.storage.connection import Connection
from forewarn.storage.paging import told_by

_EARLIER = {"delivered": ["queued", "sending", "failed", "accepted"]}
_EARLIER["read"] = [*_EARLIER["delivered"], "delivered"]
_EARLIER["acked"] = [*_EARLIER["read"], "read"]
"""States that a receipt leaves behind: whoever knows its key has got it, whatever the channel
said of it."""


def receipt(
    connection: Connection, *, key: str, person: str, receipt: str, at: datetime
) -> list[Told]:
    """Note that `person` got, read or acked the message `key`; return what it told of.

    `receipt` is `delivered`, `read` or `acked`. Nothing is returned for a key that is not
    theirs, and for a receipt that says no more than an earlier one.
    """
    row = connection.execute(
        f"UPDATE notification SET state = %s, {receipt}_at = %s, claimed_until = NULL"
        " WHERE key = %s AND person = %s AND state = ANY(%s) RETURNING id",
        (receipt, at, key, person, _EARLIER[receipt]),
    ).fetchone()
    return told_by(connection, "m.id = %s", row) if row else []


def note_read(connection: Connection, incident: str, person: str, at: datetime) -> int:
    """Note that `person` has seen `incident` on the desk; return how many messages that reads."""
    found = connection.execute(
        "UPDATE notification SET state = 'read', read_at = %s WHERE state IN"
        " ('accepted', 'delivered') AND person = %s AND id IN"
        " (SELECT notification FROM notified WHERE incident = %s AND person = %s)",
        (at, person, incident, person),
    )
    return found.rowcount
