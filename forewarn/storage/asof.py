"""What was known at one time: values, judgements, messages and acts up to it."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from forewarn.domain.desk import Action
from forewarn.domain.hazard import AlertMessage, Assessment
from forewarn.storage.alerting import ALERT_COLUMNS, alert_message
from forewarn.storage.connection import Connection
from forewarn.storage.rows import Latest

RENEWED = timedelta(days=7)
"""No message stands for longer without a newer one."""


def values_at(connection: Connection, keys: Sequence[str], at: datetime) -> dict[str, Latest]:
    """Return the newest observation at or before `at` of each of `keys` that has one."""
    rows = connection.execute(
        "SELECT key, newest.phenomenon_time, newest.result, newest.quality, newest.received"
        " FROM datastream CROSS JOIN LATERAL (SELECT * FROM observation"
        "  WHERE datastream_id = datastream.id AND phenomenon_time <= %s"
        "  ORDER BY phenomenon_time DESC LIMIT 1) AS newest WHERE key = ANY(%s)",
        (at, list(keys)),
    )
    return {row[0]: Latest(*row) for row in rows}


def assessments_at(connection: Connection, at: datetime) -> dict[str, Assessment]:
    """Return the newest assessment issued at or before `at` of each datastream that has one.

    Those of drills are left out, and one that cannot be read: nobody is to rely on it.
    """
    rows = connection.execute(
        "SELECT key, newest.body FROM datastream CROSS JOIN LATERAL (SELECT body FROM assessment"
        "  WHERE datastream_id = datastream.id AND issue_time <= %s"
        "  AND coalesce(body->>'drill', '') = '' ORDER BY issue_time DESC LIMIT 1) AS newest",
        (at,),
    )
    found: dict[str, Assessment] = {}
    for key, body in rows:
        with suppress(msgspec.ValidationError):
            found[key] = msgspec.convert(body, Assessment)
    return found


def messages_at(connection: Connection, at: datetime) -> dict[str, AlertMessage]:
    """Return the newest message sent at or before `at` of each incident, Cancels included.

    Those of incidents of which nothing was sent for a week are left out.
    """
    rows = connection.execute(
        f"SELECT DISTINCT ON (incident) {ALERT_COLUMNS} FROM alert"
        " WHERE sent <= %s AND sent > %s ORDER BY incident, number DESC",
        (at, at - RENEWED),
    )
    messages = [alert_message(row) for row in rows]
    return {message.incident: message for message in messages}


def first_sent(connection: Connection, incidents: Sequence[str]) -> dict[str, datetime]:
    """Return when the first message of each of `incidents` that has one was sent."""
    rows = connection.execute(
        "SELECT incident, min(sent) FROM alert WHERE incident = ANY(%s) GROUP BY incident",
        (list(incidents),),
    )
    return dict(rows.fetchall())


def acts_until(
    connection: Connection, incidents: Sequence[str], at: datetime
) -> dict[str, list[Action]]:
    """Return what officers had done about each of `incidents` up to `at`, oldest first."""
    names = Action.__struct_fields__
    rows = connection.execute(
        f"SELECT {', '.join(names)} FROM action WHERE incident = ANY(%s) AND at <= %s"
        " ORDER BY number",
        (list(incidents), at),
    )
    found: dict[str, list[Action]] = {}
    for row in rows:
        action = msgspec.convert(dict(zip(names, row, strict=True)), Action)
        found.setdefault(action.incident, []).append(action)
    return found
