"""Warnings of other authorities: stored as they came, read as they stand."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from psycopg.types.json import Jsonb

from forewarn.domain.foreign import Foreign, ForeignAlert, ForeignInfo
from forewarn.storage.connection import Connection
from forewarn.storage.errors import StorageError

SKEW = timedelta(minutes=15)
"""A message that says it was sent later than this after now is not shown yet: its clock, or
ours, is wrong, or this world is not today's."""
KEPT = timedelta(days=30)
"""For so long after it expired a message is kept."""


class ForeignRow(Struct, frozen=True, kw_only=True):
    """One message of a source."""

    number: int
    source: str
    sender: str
    identifier: str
    sent: datetime
    msg_type: str
    status: str
    scope: str
    note: str
    expires: datetime
    areas: list[str]
    """Ids of the site's areas that it meets."""
    located: bool
    infos: list[ForeignInfo]
    signed_by: str
    received: datetime
    live: bool
    """It is Actual, neither expired nor ended nor replaced, and no message of the future."""


class SourceRow(Struct, frozen=True, kw_only=True):
    """How one source fared when it was last looked at."""

    source: str
    url: str
    asked: datetime
    answered: datetime | None
    error: str
    refused: list[str]


def store_foreign(connection: Connection, message: ForeignAlert) -> bool:
    """Keep `message`; False where the source had sent it before.

    Where it is known, which areas it meets is written anew: the site may have others now. Raises
    StorageError where the same name was given to another text.
    """
    with connection.transaction():
        row = connection.execute(
            "INSERT INTO foreign_alert (source, sender, identifier, sent, msg_type,"
            " status, scope, note, expires, areas, located, infos, signed_by, cap)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (source, sender, identifier, sent) DO UPDATE SET"
            " areas = excluded.areas, located = excluded.located, infos = excluded.infos"
            " WHERE foreign_alert.cap = excluded.cap RETURNING number, xmax = 0",
            (
                message.source,
                message.sender,
                message.identifier,
                message.sent,
                message.msg_type,
                message.status,
                message.scope,
                message.note,
                message.expires,
                list(message.areas),
                message.located,
                Jsonb(msgspec.to_builtins(message.infos)),
                message.signed_by,
                message.cap,
            ),
        ).fetchone()
        if row is None:
            raise StorageError("it was sent before, under the same name, with another text")
        # A Test or an Exercise ends nothing that is real.
        counts = message.status == "Actual" and message.msg_type in ("Update", "Cancel")
        for reference in message.references if counts else ():
            connection.execute(
                "INSERT INTO foreign_reference (number, source, sender, identifier, sent)"
                " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (row[0], message.source, *reference),
            )
    return bool(row[1])


def store_source(
    connection: Connection,
    source: Foreign,
    *,
    asked: datetime,
    error: str = "",
    refused: Sequence[str] = (),
) -> None:
    """Say how a look at `source` went at real time `asked`; it was read unless `error`."""
    connection.execute(
        "INSERT INTO foreign_source (source, url, asked, answered, error, refused)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (source) DO UPDATE SET"
        " url = excluded.url, asked = excluded.asked,"
        " answered = coalesce(excluded.answered, foreign_source.answered),"
        " error = excluded.error, refused = excluded.refused",
        (
            source.id,
            source.url,
            asked,
            None if error else asked,
            error,
            Jsonb(list(refused)),
        ),
    )


def drop_old(connection: Connection, now: datetime) -> int:
    """Forget what expired more than `KEPT` before `now`; return how many messages."""
    done = connection.execute("DELETE FROM foreign_alert WHERE expires < %s", (now - KEPT,))
    return done.rowcount


_COLUMNS = tuple(name for name in ForeignRow.__struct_fields__ if name != "live")
_LIVE = """(status = 'Actual' AND msg_type IN ('Alert', 'Update')
    AND expires > %(now)s AND sent <= %(latest)s
    AND NOT EXISTS (SELECT FROM foreign_reference AS later JOIN foreign_alert AS ended
        USING (number) WHERE later.source = found.source AND later.sender = found.sender
        AND later.identifier = found.identifier AND later.sent = found.sent
        AND later.number <> found.number AND ended.sent <= %(latest)s))"""
_FOREIGN = "SELECT {}, {} AS live FROM foreign_alert AS found".format(
    ", ".join(f'"{name}"' for name in _COLUMNS), _LIVE
)


def foreign_live(
    connection: Connection, now: datetime, sources: Sequence[str], *, limit: int = 500
) -> list[ForeignRow]:
    """Return what stands at world time `now` of `sources`, the newest first.

    Without its message in hand, a Cancel or Update counts as soon as it is here: in whatever
    order they came, what was replaced or ended never stands.
    """
    rows = connection.execute(
        f"SELECT * FROM ({_FOREIGN} WHERE source = ANY(%(sources)s) AND expires > %(now)s)"
        " AS all_of WHERE live ORDER BY sent DESC, number DESC LIMIT %(limit)s",
        {"now": now, "latest": now + SKEW, "sources": list(sources), "limit": limit},
    )
    return [_row(row) for row in rows]


def foreign_recent(connection: Connection, now: datetime, *, limit: int = 100) -> list[ForeignRow]:
    """Return the `limit` messages that came last, whatever became of them, newest first."""
    rows = connection.execute(
        f"{_FOREIGN} ORDER BY number DESC LIMIT %(limit)s",
        {"now": now, "latest": now + SKEW, "limit": limit},
    )
    return [_row(row) for row in rows]


def relayed_cap(connection: Connection, number: int, sources: Sequence[str]) -> bytes | None:
    """Return the bytes of a message that may be relayed, as they came, also when it has ended."""
    found = connection.execute(
        "SELECT cap FROM foreign_alert WHERE number = %s AND source = ANY(%s)"
        " AND status = 'Actual' AND scope = 'Public' AND areas <> '{}'",
        (number, list(sources)),
    ).fetchone()
    return None if found is None else bytes(found[0])


def foreign_sources(connection: Connection) -> list[SourceRow]:
    """Return how each source fared that was ever looked at, by id."""
    names = SourceRow.__struct_fields__
    columns = ", ".join(f'"{name}"' for name in names)
    rows = connection.execute(f"SELECT {columns} FROM foreign_source ORDER BY source")
    return [msgspec.convert(dict(zip(names, row, strict=True)), SourceRow) for row in rows]


def _row(row: Sequence[Any]) -> ForeignRow:
    found = dict(zip((*_COLUMNS, "live"), row, strict=True))
    return msgspec.convert(found, ForeignRow)
