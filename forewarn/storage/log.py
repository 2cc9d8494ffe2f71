"""The shift log: officers' entries, handovers, and one list of all that happened, newest first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from forewarn.domain.logbook import Entry, Handover, Item, Kind
from forewarn.storage.connection import Connection
from forewarn.storage.logged import logged_by

_ENTRY_FIELDS = Entry.__struct_fields__
_ENTRY = ", ".join(_ENTRY_FIELDS)
_ITEM_FIELDS = Item.__struct_fields__
_HANDOVER = (
    "SELECT h.number, h.key, h.at, h.author, h.receiver, h.open_points, h.shown, t.at"
    " FROM handover h LEFT JOIN taken_over t ON t.handover = h.number"
)

_LOGGED = logged_by(
    "at >= %(start)s AND at < %(end)s"
    " AND (%(at)s::timestamptz IS NULL OR"
    "  (at, rank, id) < (%(at)s::timestamptz, %(rank)s::int, %(number)s::bigint))"
    " AND (%(every)s OR kind = ANY(%(kinds)s))"
    " AND (%(incident)s = '' OR incident = %(incident)s)"
    " AND (%(text)s = '' OR strpos(lower(concat_ws(' ', what, author, incident, text,"
    "  detail->>'headline', detail->>'to', detail->>'refused')), lower(%(text)s)) > 0)"
)

Cursor = tuple[datetime, int, int]
"""`at`, `rank` and `id` of the last item that was seen: the next ones are older."""


def add_entry(connection: Connection, entry: Entry) -> tuple[Entry, bool]:
    """Write `entry`; return it with its number, and whether it is new.

    One with the same key and author is returned as it stands, and nothing is written.
    """
    names = _ENTRY_FIELDS[1:]
    found = connection.execute(
        f"INSERT INTO log_entry ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"
        f" ON CONFLICT (key) DO NOTHING RETURNING {_ENTRY}",
        [entry.category.value if n == "category" else getattr(entry, n) for n in names],
    ).fetchone()
    if found is not None:
        return _entry(found), True
    there = entry_by_key(connection, entry.key)
    return there or entry, False


def entry_by_key(connection: Connection, key: str) -> Entry | None:
    """Return the entry that was written with this key."""
    found = connection.execute(f"SELECT {_ENTRY} FROM log_entry WHERE key = %s", (key,)).fetchone()
    return None if found is None else _entry(found)


def entry_to_correct(connection: Connection, number: int) -> tuple[Entry, int | None] | None:
    """Return an entry and the number of the one that corrects it already.

    Inside a transaction nobody else can do so until its end.
    """
    found = connection.execute(
        f"SELECT {_ENTRY} FROM log_entry WHERE number = %s FOR UPDATE", (number,)
    ).fetchone()
    if found is None:
        return None
    later = connection.execute(
        "SELECT number FROM log_entry WHERE corrects = %s", (number,)
    ).fetchone()
    return _entry(found), later[0] if later else None


def logged(
    connection: Connection,
    start: datetime,
    end: datetime,
    *,
    before: Cursor | None = None,
    kinds: Sequence[Kind] = (),
    text: str = "",
    incident: str = "",
    limit: int = 100,
) -> list[Item]:
    """Return up to `limit` items of [start, end), newest first, older than `before`.

    `kinds` empty: every kind; `text`: only what has it, in any case, in what was written, its
    author or its incident; `incident`: only what is about it.
    """
    at, rank, number = before or (None, None, None)
    rows = connection.execute(
        _LOGGED.encode(),
        {
            "start": start,
            "end": end,
            "at": at,
            "rank": rank,
            "number": number,
            "every": not kinds,
            "kinds": [kind.value for kind in kinds],
            "incident": incident,
            "text": text,
            "limit": limit,
        },
    )
    return [
        msgspec.convert(dict(zip(_ITEM_FIELDS, row, strict=True)), Item) for row in rows.fetchall()
    ]


def add_handover(connection: Connection, handover: Handover) -> tuple[Handover, bool]:
    """Write `handover`; return it as it stands, and whether it is new (its key was not there)."""
    done = connection.execute(
        "INSERT INTO handover (key, at, author, receiver, open_points, shown)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING",
        (
            handover.key,
            handover.at,
            handover.author,
            handover.receiver,
            handover.open_points,
            Jsonb(handover.shown),
        ),
    )
    there = handover_by_key(connection, handover.key)
    return there or handover, done.rowcount > 0


def handover_by_key(connection: Connection, key: str) -> Handover | None:
    """Return the handover that was written with this key."""
    row = connection.execute(f"{_HANDOVER} WHERE h.key = %s", (key,)).fetchone()
    return None if row is None else _handover(row)


def handover(connection: Connection, number: int) -> Handover | None:
    """Return the handover with this number, with what was shown then."""
    row = connection.execute(f"{_HANDOVER} WHERE h.number = %s", (number,)).fetchone()
    return None if row is None else _handover(row)


def open_handovers(connection: Connection) -> list[Handover]:
    """Return what nobody has taken over yet, oldest first; an author's newer one replaces it."""
    rows = connection.execute(
        f"{_HANDOVER} WHERE t.handover IS NULL AND NOT EXISTS (SELECT FROM handover newer"
        "  WHERE newer.author = h.author AND newer.number > h.number) ORDER BY h.number"
    )
    return [_handover(row) for row in rows]


def take_over(connection: Connection, number: int, *, by: str, at: datetime) -> bool:
    """Confirm the handover `number`; False where it is not for `by`, or taken already."""
    done = connection.execute(
        "INSERT INTO taken_over (handover, at, by) SELECT number, %s, %s FROM handover"
        " WHERE number = %s AND receiver = %s ON CONFLICT (handover) DO NOTHING",
        (at, by, number, by),
    )
    return done.rowcount > 0


def _entry(row: Sequence[Any]) -> Entry:
    return msgspec.convert(dict(zip(_ENTRY_FIELDS, row, strict=True)), Entry)


def _handover(row: Sequence[Any]) -> Handover:
    return msgspec.convert(dict(zip(Handover.__struct_fields__, row, strict=True)), Handover)
