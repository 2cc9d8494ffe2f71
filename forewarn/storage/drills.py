"""Drills: what is written when one starts, goes on and ends."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from forewarn.domain.drill import Drill, Taken
from forewarn.storage.connection import Connection
from forewarn.storage.incidents import CHANNEL

_FIELDS = Drill.__struct_fields__
_DRILL = ", ".join(f'"{name}"' for name in _FIELDS)


_BEFORE = "least(start, %(at)s - interval '1 microsecond')"
"""What is ended before its start, or with it, was over before it began."""

LOCK = 0x4452_494C
"""Key of the advisory lock under which drills are added one after the other."""


def add_drill(connection: Connection, drill: Drill) -> Drill:
    """Write `drill` and return it with its id; the alert service begins it at its start.

    Raises Taken where another one of its area and hazard is not over by then: two of them would
    be one drill for those who hear them. May be called inside the caller's transaction.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        for other in drills(connection, after=drill.start):
            same = (other.area, other.hazard) == (drill.area, drill.hazard)
            if same and other.start < drill.end and drill.start < other.end:
                raise Taken(
                    f"drill {other.id} of {other.author} is about {drill.hazard} in "
                    f"{drill.area} at that time: end it first"
                )
        return _insert(connection, drill)


def _insert(connection: Connection, drill: Drill) -> Drill:
    names = ("author", "reason", "start", "end", "area", "hazard", "level", "siren")
    given = {name: getattr(drill, name) for name in names} | {"level": int(drill.level)}
    columns, places = (", ".join(f(n) for n in names) for f in ('"{}"'.format, "%({})s".format))
    row = connection.execute(
        f"INSERT INTO drill ({columns}) VALUES ({places}) RETURNING {_DRILL}", given
    ).fetchone()
    connection.execute(f"NOTIFY {CHANNEL}")
    return _drill(row or ())


def end_drill(connection: Connection, number: int, *, author: str, at: datetime) -> bool:
    """End the drill with this id before its time; return whether it was not over yet."""
    found = connection.execute(
        f'UPDATE drill SET "end" = %(at)s, start = {_BEFORE},'
        " ended_by = %(author)s WHERE id = %(number)s AND \"end\" > %(at)s AND ended_by = ''",
        {"at": at, "author": author, "number": number},
    )
    connection.execute(f"NOTIFY {CHANNEL}")
    return found.rowcount > 0


def find_drill(connection: Connection, number: int) -> Drill | None:
    """Return the drill with this id."""
    row = connection.execute(f"SELECT {_DRILL} FROM drill WHERE id = %s", (number,)).fetchone()
    return None if row is None else _drill(row)


def recent_channels(connection: Connection) -> list[str]:
    """Return the channels that the newest 50 messages were given to: who hears of a drill."""
    rows = connection.execute(
        "SELECT DISTINCT channel FROM delivery JOIN (SELECT identifier FROM alert"
        " ORDER BY number DESC LIMIT 50) AS newest USING (identifier) ORDER BY channel"
    )
    return [channel for (channel,) in rows]


def drills(connection: Connection, *, after: datetime) -> list[Drill]:
    """Return the drills that end after `after` or are not closed yet, oldest first."""
    rows = connection.execute(
        f'SELECT {_DRILL} FROM drill WHERE "end" > %s OR closed IS NULL ORDER BY start, id',
        (after,),
    )
    return [_drill(row) for row in rows]


def begun_drills(connection: Connection, now: datetime) -> list[tuple[Drill, bytes | None]]:
    """Return the drills that began and are not closed, with their standing, oldest first."""
    rows = connection.execute(
        f"SELECT {_DRILL}, state FROM drill WHERE closed IS NULL AND (start <= %(now)s"
        ' OR "end" <= %(now)s) ORDER BY id',
        {"now": now},
    )
    return [(_drill(row[:-1]), row[-1]) for row in rows]


def save_drill_standing(connection: Connection, drill: str, state: bytes) -> None:
    """Keep the standing of the drill with this id."""
    connection.execute("UPDATE drill SET state = %s WHERE id = %s", (state, int(drill)))


def close_drill(connection: Connection, number: int, *, at: datetime) -> None:
    """Say that the drill was brought to its end at `at`; it is not taken up again."""
    connection.execute("UPDATE drill SET closed = %s WHERE id = %s", (at, number))
    connection.execute(f"NOTIFY {CHANNEL}")


def _drill(row: Sequence[Any]) -> Drill:
    return msgspec.convert(dict(zip(_FIELDS, row, strict=True)), Drill)
