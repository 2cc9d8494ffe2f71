"""Which canary each service has had in its hands, and which are stored."""

from datetime import datetime

from forewarn.domain.canary import NAME
from forewarn.storage.connection import Connection


def beat(connection: Connection, service: str, canary: datetime) -> None:
    """Commit that `service` has had `canary` in its hands.

    Call it with the connection with which the service does its own work: it says that it works.
    The newest call counts and not the newest canary: a replay begins in the past again.
    """
    connection.execute(
        "INSERT INTO heartbeat (service, canary) VALUES (%s, %s)"
        " ON CONFLICT (service) DO UPDATE SET canary = excluded.canary, at = now()",
        (service, canary),
    )


def heartbeats(connection: Connection) -> dict[str, datetime]:
    """Return the canary that each service had last, by service."""
    rows = connection.execute("SELECT service, canary FROM heartbeat ORDER BY service")
    return {str(service): canary for service, canary in rows}


def queue_canary(connection: Connection, canary: datetime) -> None:
    """Queue `canary` as the pager queues messages, before all others; it is to nobody.

    In a storm it would else wait behind thousands, and the pager would count as dead.
    """
    connection.execute(
        "INSERT INTO notification (key, person, text, priority, urgent, due_at)"
        " VALUES (%s, %s, '', 32767, true, %s) ON CONFLICT (key) DO NOTHING",
        (f"{NAME} {canary:%Y%m%dT%H%M%S%z}", NAME, canary),
    )


def canary_claimed(connection: Connection, number: int, canary: datetime) -> None:
    """Commit that the pager had `canary` in its hands, the message `number`, and remove that."""
    with connection.transaction():
        connection.execute("DELETE FROM notification WHERE id = %s", (number,))
        beat(connection, "pager", canary)


def stored_canaries(connection: Connection, boot_id: str) -> int:
    """Return the highest number of a canary of one start of a watchdog that is stored; 0: none."""
    row = connection.execute(
        "SELECT upper(seqs) - 1 FROM delivered WHERE gateway = %s AND boot_id = %s",
        (NAME, boot_id),
    ).fetchone()
    return int(row[0]) if row and row[0] else 0
