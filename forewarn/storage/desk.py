"""What the desk shows of an incident beside its row: its messages and where they went."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from forewarn.domain.hazard import AlertMessage
from forewarn.storage.alerting import ALERT_COLUMNS, alert_message
from forewarn.storage.connection import Connection
from forewarn.storage.incidents import LIVE


class DeliveryRow(Struct, frozen=True):
    """How one channel fared with one message."""

    identifier: str
    channel: str
    attempts: int
    delivered: datetime | None
    """Real time, by the database's clock; None: not yet."""
    error: str
    """Of the newest attempt; empty: it succeeded."""


class Expected(Struct, frozen=True):
    """When a message said it would come, and how sure that was."""

    onset: datetime | None
    lead_s: int | None
    """From `sent` to `onset`; 0: the threshold was exceeded already."""
    probability: float | None


def expected(connection: Connection, identifiers: Sequence[str]) -> dict[str, Expected]:
    """Return what these messages said of when and how sure, by CAP identifier, where known.

    Without their CAP text: the queue asks each second, and a text has some 20 kB.
    """
    rows = connection.execute(
        "SELECT identifier, onset, lead_s, probability FROM alert WHERE identifier = ANY(%s)",
        (list(identifiers),),
    )
    return {identifier: Expected(*found) for identifier, *found in rows}


def queue_mark(connection: Connection, since: datetime) -> tuple[int, ...]:
    """Return numbers that differ once anything of the queue does: live, or ended after `since`.

    Every version of a row has its own transaction and place, which PostgreSQL knows without
    reading the row: whoever wrote it, and however, is noticed.
    """
    row = connection.execute(
        "SELECT count(*), coalesce(sum(hashtextextended(xmin::text || ctid::text, 0)), 0),"
        " (SELECT coalesce(max(number), 0) FROM action)"
        " FROM incident WHERE state = ANY(%s) OR ended >= %s",
        (list(LIVE), since),
        prepare=False,  # a plan for any `since` would read the whole table
    ).fetchone()
    return tuple(map(int, row or ()))


def messages_of(connection: Connection, incident: str) -> list[AlertMessage]:
    """Return every message of `incident`, oldest first."""
    rows = connection.execute(
        f"SELECT {ALERT_COLUMNS} FROM alert WHERE incident = %s ORDER BY number", (incident,)
    )
    return [alert_message(row) for row in rows]


def deliveries_of(connection: Connection, incident: str) -> list[DeliveryRow]:
    """Return how each channel fared with each message of `incident`, oldest message first."""
    rows = connection.execute(
        "SELECT delivery.identifier, channel, attempts, delivered, error"
        " FROM delivery JOIN alert ON alert.identifier = delivery.identifier"
        " WHERE alert.incident = %s ORDER BY alert.number, channel",
        (incident,),
    )
    return [DeliveryRow(*row) for row in rows]


def newest_act(connection: Connection) -> int:
    """Return the number of the newest act of an officer; 0 where there is none."""
    row = connection.execute("SELECT max(number) FROM action").fetchone()
    return int(row[0] or 0) if row else 0
