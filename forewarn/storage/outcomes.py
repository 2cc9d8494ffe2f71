"""What became of the warnings: incidents to close, their outcomes, and officers' remarks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from forewarn.domain.desk import Incident
from forewarn.domain.hazard import AlertMessage
from forewarn.domain.verdict import EventOutcome, EventVerdict, Remark, Why
from forewarn.storage.alerting import ALERT_COLUMNS, alert_message
from forewarn.storage.connection import Connection
from forewarn.storage.errors import StorageError
from forewarn.storage.incidents import CHANNEL, INCIDENT_FIELDS
from forewarn.storage.rows import Sample

T = TypeVar("T")

_INCIDENT = ", ".join(INCIDENT_FIELDS)
_OUTCOME_FIELDS = EventOutcome.__struct_fields__
_OUTCOME = ", ".join(_OUTCOME_FIELDS)
_REMARK_FIELDS = Remark.__struct_fields__
_REMARK = ", ".join(_REMARK_FIELDS)
_KEPT = ", ".join(f"{n} = excluded.{n}" for n in _OUTCOME_FIELDS if n not in ("event", "level"))
_PUT = (
    f"INSERT INTO outcome AS held ({_OUTCOME})"
    f" VALUES ({', '.join(f'%({name})s' for name in _OUTCOME_FIELDS)})"
    f" ON CONFLICT (event, level) DO UPDATE SET {_KEPT} WHERE held.decided_by = ''"
)


def incidents_to_judge(
    connection: Connection, *, ended_before: datetime, doubted_since: datetime
) -> list[Incident]:
    """Return incidents that ended by themselves or by a Cancel and have no outcome yet, oldest
    first; and the closed ones that ended after `doubted_since` and have an `unknown`, since
    observations may have come late.
    """
    rows = connection.execute(
        f"SELECT {_INCIDENT} FROM incident WHERE"
        " (state IN ('cancelled', 'expired') AND ended <= %(before)s)"
        " OR (state = 'closed' AND ended > %(doubted)s AND EXISTS (SELECT FROM outcome"
        "  WHERE event = incident AND verdict = 'unknown' AND decided_by = ''))"
        " ORDER BY ended LIMIT 200",
        {"before": ended_before, "doubted": doubted_since},
    )
    return [_struct(Incident, INCIDENT_FIELDS, row) for row in rows]


def messages_of(connection: Connection, incident: str) -> list[AlertMessage]:
    """Return the messages of `incident`, oldest first."""
    rows = connection.execute(
        f"SELECT {ALERT_COLUMNS} FROM alert WHERE incident = %s ORDER BY number", (incident,)
    )
    return [alert_message(row) for row in rows]


def observed_levels(
    connection: Connection, keys: Sequence[str], start: datetime, end: datetime
) -> dict[str, float]:
    """Return the highest trusted value of each of `keys` from `start` until before `end`."""
    rows = connection.execute(
        "SELECT key, (SELECT max(result) FROM observation WHERE datastream_id = datastream.id"
        "  AND phenomenon_time >= %s AND phenomenon_time < %s AND quality IN (1, 2)) AS highest"
        " FROM datastream WHERE key = ANY(%s)",
        (start, end, list(keys)),
    )
    return {key: highest for key, highest in rows if highest is not None}


def trusted(connection: Connection, key: str, start: datetime, end: datetime) -> list[Sample]:
    """Return the good and unchecked observations of `key` in [start, end), ascending."""
    rows = connection.execute(
        "SELECT phenomenon_time, result, quality FROM observation"
        " WHERE datastream_id = (SELECT id FROM datastream WHERE key = %s) AND quality IN (1, 2)"
        " AND phenomenon_time >= %s AND phenomenon_time < %s ORDER BY phenomenon_time",
        (key, start, end),
    )
    return [Sample(*row) for row in rows]


def incidents_about(
    connection: Connection, hazard: str, datastream: str, start: datetime
) -> list[Incident]:
    """Return the incidents without a drill on `datastream` that lasted until after `start`.

    Drafts that nobody was warned by are left out.
    """
    rows = connection.execute(
        f"SELECT {_INCIDENT} FROM incident WHERE hazard = %s AND datastream = %s AND drill = ''"
        " AND identifier <> '' AND (ended IS NULL OR ended >= %s)",
        (hazard, datastream, start),
    )
    return [_struct(Incident, INCIDENT_FIELDS, row) for row in rows]


def close_incident(
    connection: Connection, incident: str, outcomes: Sequence[EventOutcome], at: datetime
) -> bool:
    """Keep `outcomes` and set the incident closed; return False where it has not ended.

    What an officer has settled stays as it is, and what one said before is heeded now.
    """
    with connection.transaction():
        done = connection.execute(
            "UPDATE incident SET state = 'closed',"
            " changed = CASE state WHEN 'closed' THEN changed ELSE %s END"
            " WHERE incident = %s AND state IN ('cancelled', 'expired', 'closed')",
            (at, incident),
        )
        if done.rowcount:
            connection.execute(
                "DELETE FROM outcome WHERE event = %s AND decided_by = ''", (incident,)
            )
            _put(connection, outcomes)
            for remark in remarks(connection, incident):
                settle_unknown(connection, remark)
            connection.execute(f"NOTIFY {CHANNEL}")
    return done.rowcount > 0


def add_misses(connection: Connection, misses: Sequence[EventOutcome], *, apart_s: float) -> int:
    """Keep misses without an incident; return how many are new.

    One within `apart_s` of a miss of the same hazard, datastream and level is the same event.
    """
    new = 0
    with connection.transaction():
        for miss in misses:
            known = connection.execute(
                "SELECT FROM outcome WHERE hazard = %s AND datastream = %s AND level = %s"
                " AND event LIKE 'miss.%%' AND abs(extract(epoch FROM crossed - %s)) < %s",
                (miss.hazard, miss.datastream, int(miss.level), miss.crossed, apart_s),
            ).fetchone()
            if known is None:
                _put(connection, [miss])
                new += 1
    return new


def outcomes_between(connection: Connection, start: datetime, end: datetime) -> list[EventOutcome]:
    """Return the outcomes of events that began in [start, end), by time, event and level."""
    rows = connection.execute(
        f"SELECT {_OUTCOME} FROM outcome WHERE began >= %s AND began < %s"
        " ORDER BY began, event, level",
        (start, end),
    )
    return [_struct(EventOutcome, _OUTCOME_FIELDS, row) for row in rows]


def outcomes_of(connection: Connection, event: str) -> list[EventOutcome]:
    """Return the outcomes of one event, by level; none where it is not known or not judged."""
    rows = connection.execute(
        f"SELECT {_OUTCOME} FROM outcome WHERE event = %s ORDER BY level", (event,)
    )
    return [_struct(EventOutcome, _OUTCOME_FIELDS, row) for row in rows]


def ended_between(connection: Connection, start: datetime, end: datetime) -> list[Incident]:
    """Return incidents that people were warned by, opened in [start, end) and ended, oldest first.

    Drills are among them; those that wait for their outcome too.
    """
    rows = connection.execute(
        f"SELECT {_INCIDENT} FROM incident WHERE opened >= %s AND opened < %s"
        " AND state IN ('cancelled', 'expired', 'closed') ORDER BY opened, incident",
        (start, end),
    )
    return [_struct(Incident, INCIDENT_FIELDS, row) for row in rows]


def add_remark(connection: Connection, remark: Remark) -> tuple[Remark, int]:
    """Write `remark`; return it with its number, and how many unknown outcomes it settled.

    Where it says whether the hazard happened, that settles what observations could not tell of
    the levels that people were warned of. Raises StorageError where there is no such event.
    """
    with connection.transaction():
        known = connection.execute(
            "SELECT WHERE EXISTS (SELECT FROM incident WHERE incident = %(event)s)"
            " OR EXISTS (SELECT FROM outcome WHERE event = %(event)s)",
            {"event": remark.event},
        ).fetchone()
        if known is None:
            raise StorageError(
                f"no event `{remark.event}`; `forewarn alerts outcomes` shows those that are judged"
            )
        names = _REMARK_FIELDS[1:]
        row = connection.execute(
            f"INSERT INTO remark ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"
            f" RETURNING {_REMARK}",
            [getattr(remark, name) for name in names],
        ).fetchone()
        settled = settle_unknown(connection, remark)
    return _struct(Remark, _REMARK_FIELDS, row or ()), settled


def settle_unknown(connection: Connection, remark: Remark) -> int:
    """Settle what is unknown of the remark's event as it says; return how many levels."""
    if remark.confirmed is None:
        return 0
    verdict = EventVerdict.HIT if remark.confirmed else EventVerdict.FALSE_ALARM
    why = Why.CONFIRMED if remark.confirmed else Why.NOT_CONFIRMED
    return connection.execute(
        "UPDATE outcome SET verdict = %s, why = %s, decided_by = %s"
        " WHERE event = %s AND verdict = 'unknown' AND warned IS NOT NULL",
        (verdict.value, why.value, remark.author, remark.event),
    ).rowcount


def remarks(connection: Connection, event: str) -> list[Remark]:
    """Return what officers remarked about `event`, oldest first."""
    rows = connection.execute(
        f"SELECT {_REMARK} FROM remark WHERE event = %s ORDER BY number", (event,)
    )
    return [_struct(Remark, _REMARK_FIELDS, row) for row in rows]


def remarks_on(connection: Connection, events: Sequence[str]) -> dict[str, list[Remark]]:
    """Return the remarks about each of `events` that has any, oldest first."""
    found: dict[str, list[Remark]] = {}
    for row in connection.execute(
        f"SELECT {_REMARK} FROM remark WHERE event = ANY(%s) ORDER BY number", (list(events),)
    ):
        remark = _struct(Remark, _REMARK_FIELDS, row)
        found.setdefault(remark.event, []).append(remark)
    return found


def _put(connection: Connection, outcomes: Sequence[EventOutcome]) -> None:
    for outcome in outcomes:
        values = {name: getattr(outcome, name) for name in _OUTCOME_FIELDS}
        values |= {"level": int(outcome.level)}
        values |= {"verdict": outcome.verdict.value, "why": outcome.why.value}
        connection.execute(_PUT.encode(), values)


def _struct(schema: type[T], names: Sequence[str], row: Sequence[Any]) -> T:
    return msgspec.convert(dict(zip(names, row, strict=True)), schema)
