"""The audit trail: rows that are only added, each sealed with the hash of all before it.

    hash(n) = sha256(hash(n - 1) + canonical JSON of [number, at, actor, action, subject, detail])

`hash(0)` is empty. Who changes, removes or inserts a row has to rewrite every row after it;
who cuts the tail is noticed by a hash that was kept elsewhere (`forewarn audit verify` prints
the newest one). Nothing in Forewarn deletes from it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from msgspec import Struct, structs

from forewarn.storage.connection import Connection

LOCK = 0x4155_4449
"""Key of the advisory lock under which rows are added one after the other."""

AT_ONCE = 1000


class AuditRow(Struct, frozen=True, kw_only=True):
    """One thing that was done."""

    number: int
    at: datetime
    """Real time, also where the world runs fast."""
    actor: str
    """Id of the account, `token:NAME`, the name of a service, or `cli:USER`."""
    action: str
    """What was done, e.g. `sign-in`, `alert.acknowledge`."""
    subject: str
    """To what: an account, an incident, a datastream."""
    detail: str
    """Canonical JSON of an object."""
    hash: str
    """Hexadecimal sha256."""


class AuditVerdict(Struct, frozen=True, kw_only=True):
    """What `verify_audit` found."""

    rows: int
    """How many rows were checked before it ended."""
    newest: str
    """Hash of the last row checked; empty where there is none."""
    broken: int | None = None
    """Number of the first row that is wrong or missing."""
    reason: str = ""


FIELDS = "number, at, actor, action, subject, detail, encode(hash, 'hex')"


def append_audit(
    connection: Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
) -> str:
    """Add a row and return its hash, hexadecimal.

    Inside a transaction of the caller it is committed or undone with it; there it should be the
    last call, because nobody else can add a row until that transaction ends. `at` is real time,
    aware; `detail` is what JSON can say. Raises ValueError where `at` is naive.
    """
    if at.tzinfo is None:
        raise ValueError("`at` of an audit row must be aware")
    at, told = at.astimezone(UTC), canonical(detail)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        last = connection.execute(
            "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"
        ).fetchone()
        number, before = (last[0] + 1, bytes(last[1])) if last else (1, b"")
        sealed = _seal(before, number, at, actor, action, subject, told)
        connection.execute(
            "INSERT INTO audit (number, at, actor, action, subject, detail, hash)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (number, at, actor, action, subject, told, sealed),
        )
    return sealed.hex()


class AuditFilter(Struct, frozen=True, kw_only=True):
    """Which rows of the trail are wanted: those that match all of it."""

    actor: str = ""
    """Part of the actor, in small or capital letters; empty: any."""
    action: str = ""
    subject: str = ""
    start: datetime | None = None
    """First instant; None: from the beginning."""
    end: datetime | None = None
    """First instant that is too late."""


EVERY_ROW = AuditFilter()

_WANTED = (
    " strpos(lower(actor), lower(%(actor)s)) > 0 AND strpos(lower(action), lower(%(action)s)) > 0"
    " AND strpos(lower(subject), lower(%(subject)s)) > 0"
    " AND at >= coalesce(%(start)s::timestamptz, '-infinity')"
    " AND at < coalesce(%(end)s::timestamptz, 'infinity')"
)


def audit_rows(
    connection: Connection,
    *,
    before: int | None = None,
    limit: int = 100,
    wanted: AuditFilter = EVERY_ROW,
) -> list[AuditRow]:
    """Return up to `limit` rows with a number under `before`, newest first."""
    rows = connection.execute(
        f"SELECT {FIELDS} FROM audit WHERE number < coalesce(%(before)s, 9223372036854775807)"
        f" AND {_WANTED} ORDER BY number DESC LIMIT %(limit)s",
        {"before": before, "limit": limit} | structs.asdict(wanted),
    )
    return [_row(row) for row in rows]


def audit_rows_after(
    connection: Connection, number: int, *, limit: int = AT_ONCE, wanted: AuditFilter = EVERY_ROW
) -> list[AuditRow]:
    """Return up to `limit` rows with a number above `number`, oldest first."""
    rows = connection.execute(
        f"SELECT {FIELDS} FROM audit WHERE number > %(number)s AND {_WANTED}"
        " ORDER BY number LIMIT %(limit)s",
        {"number": number, "limit": limit} | structs.asdict(wanted),
    )
    return [_row(row) for row in rows]


def audit_trail(connection: Connection, since: datetime | None = None) -> Iterator[AuditRow]:
    """Yield every row from the first at or after `since`, oldest first, a thousand at a time."""
    first = connection.execute(
        "SELECT min(number) FROM audit WHERE at >= coalesce(%s, '-infinity'::timestamptz)", (since,)
    ).fetchone()
    if first and first[0] is not None:
        yield from _rows_from(connection, first[0])


def _rows_from(connection: Connection, number: int) -> Iterator[AuditRow]:
    while rows := audit_rows_after(connection, number - 1):
        yield from rows
        number = rows[-1].number + 1


def verify_audit(
    connection: Connection, *, since: datetime | None = None, expect: str = ""
) -> AuditVerdict:
    """Check the chain from the first row at or after `since`, and name the first broken row.

    `expect` is a hash, hexadecimal, that was kept elsewhere: a chain without it was cut or
    written anew, and is broken after its last row. With `since` only newer rows are searched.
    """
    rows, before, number, seen = 0, b"", 1, not expect
    for row in audit_trail(connection, since):
        if rows == 0 and since is not None and row.number > 1:
            before, number = _hash_of(connection, row.number - 1), row.number
        if wrong := _fault(row, number, before):
            return AuditVerdict(rows=rows, newest=before.hex(), broken=number, reason=wrong)
        rows, before, number = rows + 1, bytes.fromhex(row.hash), number + 1
        seen = seen or row.hash == expect.lower()
    if not seen:
        reason = f"no row has the hash {expect}: rows after {number - 1} were cut off or rewritten"
        return AuditVerdict(rows=rows, newest=before.hex(), broken=number, reason=reason)
    return AuditVerdict(rows=rows, newest=before.hex())


def verify_part(connection: Connection, *, first: int = 1, at_most: int = 10_000) -> AuditVerdict:
    """Check up to `at_most` rows from the one numbered `first`, and name the first broken row.

    The hash of the row before `first` is believed: check that part too.
    """
    rows, before = 0, b"" if first == 1 else _hash_of(connection, first - 1)
    if first > 1 and not before:
        return AuditVerdict(rows=0, newest="", broken=first - 1, reason=f"no row {first - 1}")
    for row in islice(_rows_from(connection, first), at_most):
        if wrong := _fault(row, first + rows, before):
            return AuditVerdict(rows=rows, newest=before.hex(), broken=first + rows, reason=wrong)
        rows, before = rows + 1, bytes.fromhex(row.hash)
    return AuditVerdict(rows=rows, newest=before.hex())


def canonical(detail: Mapping[str, Any]) -> str:
    """Return `detail` as JSON that is the same for the same content."""
    return json.dumps(
        detail, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _fault(row: AuditRow, number: int, before: bytes) -> str:
    if row.number != number:
        return f"row {number} is missing; row {row.number} follows"
    sealed = _seal(before, number, row.at, row.actor, row.action, row.subject, row.detail)
    if sealed.hex() != row.hash:
        return f"row {number} ({row.actor}, {row.action}) is not what was written"
    return ""


def _seal(
    before: bytes, number: int, at: datetime, actor: str, action: str, subject: str, detail: str
) -> bytes:
    time = at.astimezone(UTC).isoformat(timespec="microseconds")
    told = json.dumps([number, time, actor, action, subject, detail], ensure_ascii=False)
    return hashlib.sha256(before + told.encode()).digest()


def _hash_of(connection: Connection, number: int) -> bytes:
    row = connection.execute("SELECT hash FROM audit WHERE number = %s", (number,)).fetchone()
    return bytes(row[0]) if row else b""


def _row(row: tuple[Any, ...]) -> AuditRow:
    return AuditRow(**dict(zip(AuditRow.__struct_fields__, row, strict=True)))
