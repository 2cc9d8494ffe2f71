"""What each channel has still to deliver."""

from collections.abc import Collection

from forewarn.domain.hazard import AlertMessage
from forewarn.storage.alerting import ALERT_COLUMNS, alert_message
from forewarn.storage.connection import Connection

AT_ONCE = 100


def pending_deliveries(
    connection: Connection, channel: str, *, but: Collection[str] = ()
) -> list[AlertMessage]:
    """Return up to 100 messages that `channel` has not delivered, oldest first.

    Those whose identifier is in `but` are left out, so that many that are refused do not keep
    newer ones from being seen. A channel that is new finds every message there ever was: the
    caller looks at `expires` and marks as delivered what it does not want to send any more.
    """
    rows = connection.execute(
        f"SELECT {ALERT_COLUMNS} FROM alert LEFT JOIN delivery"
        " ON delivery.identifier = alert.identifier AND delivery.channel = %s"
        " WHERE delivery.delivered IS NULL AND alert.identifier <> ALL(%s::text[])"
        " ORDER BY alert.number LIMIT %s",
        (channel, list(but), AT_ONCE),
    )
    return [alert_message(row) for row in rows]
