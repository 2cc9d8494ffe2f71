"""Notifications: exactly one row for each person, incident and state; claims."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from forewarn.domain import canary
from forewarn.domain.desk import Incident
from forewarn.domain.hazard import AlertMessage, Level
from forewarn.domain.paging import Case, Claimed, Kind, Page, Told
from forewarn.storage.alerting import ALERT_COLUMNS, alert_message
from forewarn.storage.connection import Connection
from forewarn.storage.incidents import INCIDENT_FIELDS

LOCK = 0x5041_4745
"""Key of the advisory lock under which messages are planned: one pager plans at a time."""

_INCIDENT = ", ".join(f"i.{name}" for name in INCIDENT_FIELDS)
_TOLD = (
    "n.person, n.incident, n.state, n.kind, n.level, n.step, m.state AS progress, m.via,"
    " m.attempts, m.due_at, m.accepted_at, m.delivered_at, m.read_at, m.acked_at, m.failed_at,"
    " m.error FROM notified n JOIN notification m ON m.id = n.notification"
)


def lock_planning(connection: Connection) -> None:
    """Wait until no other pager plans; let go at the end of the caller's transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))


Remembered = dict[str, tuple[tuple[int, ...], tuple[Told, ...]]]
"""Incident → who was told, as read last, and what tells whether it must be read again."""


def cases(
    connection: Connection, *, ended_after: datetime, remembered: Remembered | None = None
) -> list[Case]:
    """Return all that is live or ended after `ended_after`, with who was told of it.

    Who was told of an incident is read anew only where somebody more was told, one was taken
    back, or one failed: `remembered` keeps it from call to call. Of how far messages came, only
    `failed` is up to date then.
    """
    rows = connection.execute(
        f"SELECT {_INCIDENT},"
        " (SELECT min(sent) FROM alert a WHERE a.incident = i.incident AND a.level >= i.level),"
        " (SELECT max(at) FROM action WHERE incident = i.incident AND act <> 'unack')"
        " FROM incident i WHERE state IN ('draft', 'issued') OR ended > %s ORDER BY opened",
        (ended_after,),
    ).fetchall()
    made = [_case(row) for row in rows]
    names = [case.incident.incident for case in made]
    heard = _heard(connection, names, {} if remembered is None else remembered)
    return [
        msgspec.structs.replace(case, told=heard[case.incident.incident][1])
        if case.incident.incident in heard
        else case
        for case in made
    ]


def _heard(connection: Connection, names: list[str], remembered: Remembered) -> Remembered:
    """Bring `remembered` up to date for `names`, drop all others, and return it."""
    rows = connection.execute(
        "SELECT n.incident, count(*), max(m.id),"
        " coalesce(sum(m.id) FILTER (WHERE m.state = 'failed'), 0)::bigint"
        " FROM notified n JOIN notification m ON m.id = n.notification"
        " WHERE n.incident = ANY(%s) GROUP BY n.incident",
        (names,),
    )
    marks = {name: tuple(mark) for name, *mark in rows}
    for name in set(remembered) - set(marks):
        del remembered[name]
    new = [name for name, mark in marks.items() if remembered.get(name, ((),))[0] != mark]
    found: dict[str, list[Told]] = {name: [] for name in new}
    for entry in told_by(connection, "n.incident = ANY(%s)", (new,)) if new else ():
        found[entry.incident].append(entry)
    remembered |= {name: (marks[name], tuple(told)) for name, told in found.items()}
    return remembered


def told(connection: Connection, incident: str) -> list[Told]:
    """Return who was told what of `incident`, in the order in which it became due."""
    return told_by(connection, "n.incident = %s", (incident,))


def newest_messages(connection: Connection, names: Sequence[str]) -> dict[str, AlertMessage]:
    """Return the newest message of each of these incidents; a draft has none."""
    rows = connection.execute(
        f"SELECT DISTINCT ON (incident) {ALERT_COLUMNS} FROM alert WHERE incident = ANY(%s)"
        " ORDER BY incident, number DESC",
        (list(names),),
    )
    return {message.incident: message for message in map(alert_message, rows)}


def is_warned(connection: Connection, person: str) -> bool:
    """Return whether anything that `person` was told of still stands."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM notified JOIN incident i USING (incident)"
        " WHERE person = %s AND kind <> 'over' AND i.state IN ('draft', 'issued'))",
        (person,),
    ).fetchone()
    return bool(row and row[0])


def paged_since(connection: Connection, since: datetime) -> dict[str, int]:
    """Return how many messages each person was given after `since`, world time, without drills."""
    rows = connection.execute(
        "SELECT person, count(*) FROM notification WHERE due_at > %s AND priority >= 0"
        " GROUP BY person",
        (since,),
    )
    return dict(rows.fetchall())


def waiting(connection: Connection) -> int:
    """Return how many messages no channel has taken yet."""
    row = connection.execute(
        "SELECT count(*) FROM notification WHERE state IN ('queued', 'sending')"
    ).fetchone()
    return int(row[0]) if row else 0


def enqueue(connection: Connection, page: Page, now: datetime) -> bool:
    """Queue `page`; False, and nothing is changed, where any of it was told already."""
    first = page.dues[0]
    names = "\n".join(f"{due.person}\n{due.incident}\n{due.state}" for due in page.dues)
    key = hashlib.sha256(names.encode()).hexdigest()[:32]
    with connection.transaction():
        lock_planning(connection)
        known = connection.execute(
            "SELECT 1 FROM notified JOIN unnest(%s::text[], %s::text[]) AS d (incident, state)"
            " USING (incident, state) WHERE person = %s LIMIT 1",
            ([d.incident for d in page.dues], [d.state for d in page.dues], page.person),
        ).fetchone()
        if known:
            return False
        row = connection.execute(
            "INSERT INTO notification (key, person, text, priority, urgent, due_at)"
            " VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
            (key, first.person, page.text, page.priority, page.urgent, now),
        ).fetchone()
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO notified (person, incident, state, kind, level, step, notification)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [
                    (
                        d.person,
                        d.incident,
                        d.state,
                        d.kind.value,
                        int(d.level),
                        d.step,
                        *(row or ()),
                    )
                    for d in page.dues
                ],
            )
    return True


def withdraw(connection: Connection) -> int:
    """Take back what is queued though all its incidents ended or were acknowledged meanwhile.

    The end itself, what an officer asked for and what comes back after an ack stay, and so does
    what a channel may have already. What is taken back was never told: its rows are gone, so
    that an ack which is taken back lets it go out after all.
    """
    row = connection.execute(
        "WITH stale AS (SELECT id FROM notification m"
        " WHERE state = 'queued' AND attempts = 0 AND channel = 0 AND person <> %s AND NOT EXISTS ("
        "  SELECT 1 FROM notified n JOIN incident i USING (incident) WHERE n.notification = m.id"
        "  AND (n.kind IN ('over', 'asked') OR (i.state IN ('draft', 'issued')"
        "  AND (n.kind <> 'page' OR i.acked_at IS NULL OR i.acked_at < m.due_at))))"
        " FOR UPDATE SKIP LOCKED),"
        " names AS (DELETE FROM notified USING stale WHERE notification = stale.id),"
        " gone AS (DELETE FROM notification m USING stale WHERE m.id = stale.id RETURNING 1)"
        " SELECT count(*) FROM gone",
        (canary.NAME,),
    ).fetchone()
    return int(row[0]) if row else 0


def claim(connection: Connection, *, lease_s: float) -> Claimed | None:
    """Take the most urgent message that is due to be tried, for `lease_s` real seconds.

    Committed before it returns, so whoever crashes while sending leaves a trace, and the
    message is tried again, with the same key, when the claim has run out.
    """
    row = connection.execute(
        "UPDATE notification SET state = 'sending',"
        " claimed_until = now() + make_interval(secs => %s) WHERE id = ("
        " SELECT id FROM notification WHERE (state = 'queued' AND next_try <= now())"
        " OR (state = 'sending' AND claimed_until <= now())"
        " ORDER BY priority DESC, due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)"
        " RETURNING id, key, person, text, channel, attempts, (SELECT coalesce("
        " jsonb_agg(jsonb_build_array(incident, state) ORDER BY incident, state), '[]')"
        " FROM notified WHERE notification = notification.id), (SELECT coalesce(max(level), 0)"
        " FROM notified WHERE notification = notification.id), due_at",
        (lease_s,),
    ).fetchone()
    if row is None:
        return None
    return msgspec.convert(dict(zip(Claimed.__struct_fields__, row, strict=True)), Claimed)


def accepted(connection: Connection, number: int, *, via: str, at: datetime) -> None:
    """Note that the channel `via` took the message `number` at `at`, world time.

    A receipt may have been quicker: it stands.
    """
    connection.execute(
        "UPDATE notification SET accepted_at = %s, via = %s, error = '', attempts = attempts + 1,"
        " state = CASE state WHEN 'sending' THEN 'accepted' ELSE state END, claimed_until = NULL"
        " WHERE id = %s AND state IN ('sending', 'delivered', 'read', 'acked')",
        (at, via, number),
    )


def try_later(
    connection: Connection, claimed: Claimed, *, via: str, error: str, pause_s: float, onward: bool
) -> None:
    """Note that `via` did not take it: again in `pause_s` real seconds, there or `onward`."""
    connection.execute(
        "UPDATE notification SET state = 'queued', via = %s, error = %s, claimed_until = NULL,"
        " attempts = CASE WHEN %s THEN 0 ELSE attempts + 1 END,"
        " channel = channel + %s, next_try = now() + make_interval(secs => %s)"
        " WHERE id = %s AND state = 'sending'",
        (via, error, onward, int(onward), pause_s, claimed.id),
    )


def failed(connection: Connection, number: int, *, error: str, at: datetime) -> None:
    """Note that no channel of the person took the message `number`."""
    connection.execute(
        "UPDATE notification SET state = 'failed', error = %s, failed_at = %s,"
        " claimed_until = NULL WHERE id = %s AND state = 'sending'",
        (error, at, number),
    )


def told_by(connection: Connection, where: str, values: Sequence[Any]) -> list[Told]:
    """Return who was told what `where` a condition on `notified n`, `notification m` holds."""
    rows = connection.execute(
        f"SELECT {_TOLD} WHERE {where} ORDER BY m.due_at, m.id, n.state".encode(), values
    )
    fields = Told.__struct_fields__
    return [_as_told(dict(zip(fields, row, strict=True))) for row in rows]


def _as_told(values: dict[str, Any]) -> Told:
    return Told(**values | {"kind": Kind(values["kind"]), "level": Level(values["level"])})


def _case(row: Sequence[Any]) -> Case:
    *values, since, acted = row
    incident = msgspec.convert(dict(zip(INCIDENT_FIELDS, values, strict=True)), Incident)
    return Case(
        incident=incident,
        since=since or incident.changed,
        acked_level=incident.acked_level,
        acted=acted,
    )
