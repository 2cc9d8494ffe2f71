"""What is written about alerts: messages, standings, drafts and deliveries."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace
from psycopg.types.json import Jsonb

from forewarn.domain.desk import Act, Action, Draft, Incident, IncidentState
from forewarn.domain.hazard import AlertMessage, Level
from forewarn.storage import incidents
from forewarn.storage.connection import Connection
from forewarn.storage.drills import save_drill_standing
from forewarn.storage.errors import StorageError

ALERT_FIELDS = AlertMessage.__struct_fields__
ALERT_COLUMNS = ", ".join(f'alert."{name}"' for name in ALERT_FIELDS)

_INSERT_ALERT = "INSERT INTO alert ({}) VALUES ({}) ON CONFLICT (identifier) DO NOTHING".format(
    ", ".join(f'"{name}"' for name in ALERT_FIELDS), ", ".join(["%s"] * len(ALERT_FIELDS))
)

PENDING_AT_ONCE = 100


def store_alert(
    connection: Connection, message: AlertMessage, standing: bytes, draft: Draft | None = None
) -> None:
    """Commit `message`, its incident and the state it leaves for its datastream, together.

    `draft` is what waits for people after the message.

    A message whose identifier is there already is not rewritten, nor its incident; the state is.
    """
    with connection.transaction():
        found = [getattr(message, name) for name in ALERT_FIELDS]
        values = [_stored(value) for value in found]
        if connection.execute(_INSERT_ALERT, values).rowcount:
            before = incidents.incident(connection, message.incident)
            incidents.save_incident(connection, incident_after(before, message, draft))
        key = message.area, message.hazard, message.datastream
        _keep(connection, key, standing, message.drill)


def _stored(value: object) -> object:
    if isinstance(value, dict):
        return Jsonb(value)
    return int(value) if isinstance(value, Level) else value


def incident_after(
    before: Incident | None, message: AlertMessage, draft: Draft | None = None
) -> Incident:
    """Return the incident of `message` once it is out; `before` is None for the first one.

    A Cancel ends it; any other message puts it in force, an expired one again too.
    """
    ends = message.msg_type == "Cancel"
    state = IncidentState.CANCELLED if ends else IncidentState.ISSUED
    same = before is not None and (before.level, before.state) == (message.level, state)
    return Incident(
        incident=message.incident,
        area=message.area,
        hazard=message.hazard,
        datastream=message.datastream,
        status=message.status,
        drill=message.drill,
        state=state,
        level=message.level,
        highest=max(
            message.level,
            before.highest if before else Level.NONE,
            draft.level if draft else Level.NONE,
        ),
        headline=message.headline,
        headlines=message.headlines,
        identifier=message.identifier,
        opened=before.opened if before else message.sent,
        changed=before.changed if before is not None and same else message.sent,
        expires=message.expires,
        ended=message.sent if ends else None,
        draft=draft,
    )


def store_draft(
    connection: Connection,
    key: tuple[str, str, str],
    standing: bytes,
    *,
    incident: str,
    status: str,
    draft: Draft | None,
    at: datetime,
    drill: str = "",
) -> None:
    """Commit what waits for people in `incident`, and the state of its (area, hazard, datastream).

    An incident that has no message is a draft, or withdrawn once nothing waits; one that was
    issued stays so. Nothing goes to any channel.
    """
    with connection.transaction():
        before = incidents.incident(connection, incident)
        if before is None and draft is not None:
            before = replace(_drafted(key, incident, status, draft), drill=drill)
        if before is not None:
            incidents.save_incident(connection, _with_draft(before, draft, at))
        _keep(connection, key, standing, drill)


def _keep(connection: Connection, key: tuple[str, str, str], state: bytes, drill: str) -> None:
    """Keep a standing with its drill, or among those of the world."""
    if drill:
        save_drill_standing(connection, drill, state)
    else:
        save_standing(connection, *key, state)


def _drafted(key: tuple[str, str, str], incident: str, status: str, draft: Draft) -> Incident:
    return Incident(
        incident=incident,
        area=key[0],
        hazard=key[1],
        datastream=key[2],
        status=status,
        state=IncidentState.DRAFT,
        level=Level.NONE,
        highest=draft.level,
        headline=draft.headline,
        headlines=draft.headlines,
        opened=draft.drafted,
        changed=draft.drafted,
    )


def _with_draft(before: Incident, draft: Draft | None, at: datetime) -> Incident:
    asked = max(before.highest, draft.level if draft else Level.NONE)
    if before.identifier:
        return replace(before, draft=draft, highest=asked)
    state = IncidentState.WITHDRAWN if draft is None else IncidentState.DRAFT
    return replace(
        before,
        state=state,
        draft=draft,
        highest=asked,
        headline=draft.headline if draft else before.headline,
        headlines=draft.headlines if draft else before.headlines,
        changed=before.changed if state is before.state else at,
        ended=at if draft is None else None,
    )


def save_standing(
    connection: Connection, area: str, hazard: str, datastream: str, state: bytes
) -> None:
    """Keep the lifecycle state of (area, hazard, datastream)."""
    connection.execute(
        "INSERT INTO standing (area, hazard, datastream, state) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (area, hazard, datastream) DO UPDATE SET state = excluded.state",
        (area, hazard, datastream, state),
    )


def load_standings(connection: Connection) -> dict[tuple[str, str, str], bytes]:
    """Return every lifecycle state under its (area, hazard, datastream)."""
    rows = connection.execute("SELECT area, hazard, datastream, state FROM standing").fetchall()
    return {(area, hazard, datastream): state for area, hazard, datastream, state in rows}


def pending_deliveries(connection: Connection, channel: str) -> list[AlertMessage]:
    """Return up to 100 messages that `channel` has not delivered, oldest first.

    A channel that is new finds every message there ever was: the caller looks at `expires`
    and marks as delivered what it does not want to send any more.
    """
    rows = connection.execute(
        f"SELECT {ALERT_COLUMNS} FROM alert LEFT JOIN delivery"
        " ON delivery.identifier = alert.identifier AND delivery.channel = %s"
        " WHERE delivery.delivered IS NULL ORDER BY alert.number LIMIT %s",
        (channel, PENDING_AT_ONCE),
    )
    return [alert_message(row) for row in rows]


def mark_delivered(connection: Connection, identifier: str, channel: str) -> None:
    """Say that `channel` has delivered the message; it is not pending any more."""
    connection.execute(
        "INSERT INTO delivery (identifier, channel, attempts, delivered)"
        " VALUES (%s, %s, 1, now()) ON CONFLICT (identifier, channel) DO UPDATE SET"
        " attempts = delivery.attempts + 1, error = '',"
        " delivered = coalesce(delivery.delivered, now())",
        (identifier, channel),
    )


def mark_failed(connection: Connection, identifier: str, channel: str, error: str) -> None:
    """Say that `channel` tried and failed, and why; the message stays pending."""
    connection.execute(
        "INSERT INTO delivery (identifier, channel, attempts, error) VALUES (%s, %s, 1, %s)"
        " ON CONFLICT (identifier, channel) DO UPDATE SET"
        " attempts = delivery.attempts + 1, error = excluded.error",
        (identifier, channel, error),
    )


def acknowledge(
    connection: Connection, incident_or_identifier: str, author: str, comment: str, at: datetime
) -> Action:
    """Note that `author` has seen an incident, named by itself or by one of its messages.

    What an author said first stays and is returned again, until it is taken back, or until the
    incident calls for more than was acknowledged. Raises StorageError where there is no such
    incident or message.
    """
    found = incidents.incident(connection, incident_or_identifier)
    if found is None:
        raise StorageError(
            f"no alert or incident `{incident_or_identifier}`; `forewarn alerts list` shows them"
        )
    standing: dict[str, Action] = {}
    for one in incidents.actions(connection, found.incident):
        if one.act is Act.UNACK:
            standing.clear()
        elif one.act is Act.ACK:
            standing.setdefault(one.author, one)
    if found.heeded and author in standing:
        return standing[author]
    said = {"text": comment} if comment else {}
    ack = Action(at=at, author=author, act=Act.ACK, incident=found.incident, detail=said)
    return incidents.act(connection, ack)


def alert_message(row: Sequence[object]) -> AlertMessage:
    """Return the message in a row of `ALERT_COLUMNS`."""
    return msgspec.convert(dict(zip(ALERT_FIELDS, row, strict=True)), AlertMessage)
