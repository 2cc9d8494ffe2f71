"""Incidents, what officers did about them, and silences."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from forewarn.domain.desk import DESK_ACTS, Act, Action, Incident, Silence
from forewarn.storage.connection import Connection
from forewarn.storage.errors import StorageError

INCIDENT_FIELDS = Incident.__struct_fields__
_INCIDENT = ", ".join(INCIDENT_FIELDS)
OFFICERS = (
    "acked_by",
    "acked_at",
    "acked_level",
    "assigned_to",
    "shelved_until",
    "shelved_level",
    "escalations",
)
"""Columns that acts change; the alert service never overwrites them."""
_DESK = tuple(name for name in INCIDENT_FIELDS if name not in OFFICERS)
_ACTION_FIELDS = Action.__struct_fields__
_ACTION = ", ".join(_ACTION_FIELDS)
_SILENCE_FIELDS = Silence.__struct_fields__
_SILENCE = ", ".join(f'"{name}"' for name in _SILENCE_FIELDS)

_BEFORE = "least(start, %(at)s - interval '1 microsecond')"
"""What is ended before its start, or with it, was over before it began."""

CHANNEL = "desk"
"""Of NOTIFY: an act waits for the alert service, or something that people look at changed."""

LIVE = ("draft", "issued")

_CALLED_FOR = "greatest(level, coalesce((draft->>'level')::int, 0))"


def save_incident(connection: Connection, incident: Incident) -> None:
    """Keep what the alert service says of `incident`; what officers did to it stays."""
    values = {name: getattr(incident, name) for name in _DESK}
    values["level"], values["highest"] = int(incident.level), int(incident.highest)
    values["headlines"] = Jsonb(incident.headlines)
    values["draft"] = None if incident.draft is None else _json(incident.draft)
    columns = ", ".join(_DESK)
    places = ", ".join(f"%({name})s" for name in _DESK)
    changes = ", ".join(f"{name} = excluded.{name}" for name in _DESK if name != "incident")
    connection.execute(
        f"INSERT INTO incident ({columns}) VALUES ({places})"
        f" ON CONFLICT (incident) DO UPDATE SET {changes}",
        values,
    )
    connection.execute(f"NOTIFY {CHANNEL}")


def expire_incidents(connection: Connection, now: datetime) -> list[str]:
    """Mark as expired what is issued though its newest message ran out; return their ids."""
    rows = connection.execute(
        "UPDATE incident SET state = 'expired', changed = %(now)s, ended = expires"
        " WHERE state = 'issued' AND expires <= %(now)s RETURNING incident",
        {"now": now},
    ).fetchall()
    if rows:
        connection.execute(f"NOTIFY {CHANNEL}")
    return [name for (name,) in rows]


def incident(connection: Connection, name: str) -> Incident | None:
    """Return the incident called `name`, or the one that the message called `name` belongs to."""
    found = connection.execute(
        f"SELECT {_INCIDENT} FROM incident WHERE incident = %(name)s OR incident ="
        " (SELECT incident FROM alert WHERE identifier = %(name)s)",
        {"name": name},
    ).fetchone()
    return None if found is None else _incident(found)


def lock_incidents(connection: Connection, names: Sequence[str]) -> dict[str, Incident]:
    """Return the incidents called `names`, by id; nobody changes them in this transaction."""
    rows = connection.execute(
        f"SELECT {_INCIDENT} FROM incident WHERE incident = ANY(%s) ORDER BY incident FOR UPDATE",
        (list(names),),
    )
    return {found.incident: found for found in map(_incident, rows)}


def incidents(
    connection: Connection,
    *,
    live_only: bool = False,
    since: datetime | None = None,
    limit: int = 500,
) -> list[Incident]:
    """Return incidents, newest first: all that are live or ended after `since` (None: ever).

    With `live_only` the gravest come first, so that `limit` never leaves one of them out.
    """
    order = f"{_CALLED_FOR} DESC, opened DESC" if live_only else "opened DESC"
    rows = connection.execute(
        f"SELECT {_INCIDENT} FROM incident WHERE state = ANY(%(live)s) OR (NOT %(live_only)s"
        " AND (%(since)s::timestamptz IS NULL OR ended >= %(since)s))"
        f" ORDER BY {order} LIMIT %(limit)s",
        {"live": list(LIVE), "live_only": live_only, "since": since, "limit": limit},
    )
    return [_incident(row) for row in rows]


def act(connection: Connection, action: Action) -> Action:
    """Write `action` and do at once what needs no alert service; return it with its number.

    Acts of `DESK_ACTS` stay untaken until the alert service has come to them. May be called
    inside the caller's transaction. Raises StorageError where there is no such incident.
    """
    taken = None if action.act in DESK_ACTS else action.at
    with connection.transaction():
        try:
            row = connection.execute(
                "INSERT INTO action (at, author, act, incident, detail, taken)"
                f" VALUES (%s, %s, %s, %s, %s, %s) RETURNING {_ACTION}",
                (
                    action.at,
                    action.author,
                    action.act.value,
                    action.incident,
                    Jsonb(action.detail),
                    taken,
                ),
            ).fetchone()
        except psycopg.errors.ForeignKeyViolation as error:
            raise StorageError(
                f"no incident `{action.incident}`; `forewarn alerts list` shows them"
            ) from error
        if taken is not None:
            _take_effect(connection, action)
        connection.execute(f"NOTIFY {CHANNEL}")
    return _action(row or ())


def _take_effect(connection: Connection, action: Action) -> None:
    changes, values = _EFFECTS.get(action.act, ("", ()))
    if not changes:
        return
    given = {
        "at": action.at,
        "author": action.author,
        "to": action.detail.get("to", ""),
        "until": action.detail.get("until"),
        "incident": action.incident,
    }
    connection.execute(
        f"UPDATE incident SET {changes} WHERE incident = %(incident)s".encode(),
        {name: given[name] for name in (*values, "incident")},
    )


_UNACKED = f"(acked_at IS NULL OR {_CALLED_FOR} > acked_level)"
"""Nobody has acknowledged what stands now: who does takes the place of who did before it rose."""

_EFFECTS: dict[Act, tuple[str, tuple[str, ...]]] = {
    Act.ACK: (
        f"acked_by = CASE WHEN {_UNACKED} THEN %(author)s ELSE acked_by END,"
        f" acked_at = CASE WHEN {_UNACKED} THEN %(at)s ELSE acked_at END,"
        f" acked_level = greatest(acked_level, {_CALLED_FOR})",
        ("author", "at"),
    ),
    Act.UNACK: ("acked_by = '', acked_at = NULL, acked_level = 0", ()),
    Act.ASSIGN: ("assigned_to = %(to)s", ("to",)),
    Act.SHELVE: (f"shelved_until = %(until)s, shelved_level = {_CALLED_FOR}", ("until",)),
    Act.UNSHELVE: ("shelved_until = NULL, shelved_level = 0", ()),
    Act.ESCALATE: ("escalations = escalations + 1", ()),
}
"""Act → what it changes in the incident's row, and which values that takes."""


def waiting_actions(connection: Connection) -> list[Action]:
    """Return the acts that wait for the alert service, oldest first."""
    rows = connection.execute(f"SELECT {_ACTION} FROM action WHERE taken IS NULL ORDER BY number")
    return [_action(row) for row in rows]


def waiting_of(connection: Connection, incident: str) -> list[Action]:
    """Return the acts about `incident` that wait for the alert service, oldest first."""
    rows = connection.execute(
        f"SELECT {_ACTION} FROM action WHERE incident = %s AND taken IS NULL ORDER BY number",
        (incident,),
    )
    return [_action(row) for row in rows]


def settle_action(
    connection: Connection, number: int, *, taken: datetime, refused: str = ""
) -> None:
    """Say when the act `number` took effect, or why it was refused."""
    connection.execute(
        "UPDATE action SET taken = %s, refused = %s WHERE number = %s", (taken, refused, number)
    )


def action(connection: Connection, number: int) -> Action | None:
    """Return the act with this number."""
    found = connection.execute(
        f"SELECT {_ACTION} FROM action WHERE number = %s", (number,)
    ).fetchone()
    return None if found is None else _action(found)


def actions(connection: Connection, incident: str) -> list[Action]:
    """Return everything officers did about `incident`, oldest first."""
    rows = connection.execute(
        f"SELECT {_ACTION} FROM action WHERE incident = %s ORDER BY number", (incident,)
    )
    return [_action(row) for row in rows]


def actions_between(connection: Connection, start: datetime, end: datetime) -> list[Action]:
    """Return what officers did from `start` until before `end`, oldest first."""
    rows = connection.execute(
        f"SELECT {_ACTION} FROM action WHERE at >= %s AND at < %s ORDER BY number", (start, end)
    )
    return [_action(row) for row in rows]


def add_silence(connection: Connection, silence: Silence) -> Silence:
    """Write `silence` and return it with its id."""
    names = _SILENCE_FIELDS[1:]
    columns = ", ".join(f'"{name}"' for name in names)
    values = [getattr(silence, name) for name in names]
    row = connection.execute(
        f"INSERT INTO silence ({columns}) VALUES ({', '.join(['%s'] * len(names))})"
        f" RETURNING {_SILENCE}",
        [
            v.value if name == "kind" else int(v) if name == "up_to" else v
            for name, v in zip(names, values, strict=True)
        ],
    ).fetchone()
    connection.execute(f"NOTIFY {CHANNEL}")
    return _silence(row or ())


def end_silence(connection: Connection, number: int, *, author: str, at: datetime) -> bool:
    """End the silence with this id before its time; return whether it was running."""
    found = connection.execute(
        f'UPDATE silence SET "end" = %(at)s, start = {_BEFORE},'
        ' ended_by = %(author)s WHERE id = %(number)s AND "end" > %(at)s',
        {"at": at, "author": author, "number": number},
    )
    connection.execute(f"NOTIFY {CHANNEL}")
    return found.rowcount > 0


def find_silence(connection: Connection, number: int) -> Silence | None:
    """Return the silence with this id."""
    row = connection.execute(f"SELECT {_SILENCE} FROM silence WHERE id = %s", (number,)).fetchone()
    return None if row is None else _silence(row)


def silences(connection: Connection, *, after: datetime) -> list[Silence]:
    """Return the silences that end after `after`, those to come included, oldest first."""
    rows = connection.execute(
        f'SELECT {_SILENCE} FROM silence WHERE "end" > %s ORDER BY start, id', (after,)
    )
    return [_silence(row) for row in rows]


def _json(draft: object) -> Jsonb:
    return Jsonb(msgspec.to_builtins(draft))


def _incident(row: Sequence[Any]) -> Incident:
    return msgspec.convert(dict(zip(INCIDENT_FIELDS, row, strict=True)), Incident)


def _action(row: Sequence[Any]) -> Action:
    return msgspec.convert(dict(zip(_ACTION_FIELDS, row, strict=True)), Action)


def _silence(row: Sequence[Any]) -> Silence:
    return msgspec.convert(dict(zip(_SILENCE_FIELDS, row, strict=True)), Silence)
