"""The outbox's SQLite file: WAL, synchronous FULL, every record with its own checksum."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from edge import OutboxError
from edge.outbox.record import Entry, pack, unpack
from edge.timekeeping.correction import ABSOLUTE_MS, is_provisional
from forewarn.domain.observation import Batch, DurableAck

VERSION = 1
PAGE_BYTES = 8192
"""A batch fits into one page, so that it can be carved whole out of a torn file."""

MARK_BYTES = 21
"""Of each number in the small file beside the outbox: the newest batch, and the oldest kept."""

MAX_INT64 = (1 << 63) - 1

SCHEMA = """
CREATE TABLE batch (
    number INTEGER PRIMARY KEY, boot_id TEXT NOT NULL, seq INTEGER NOT NULL,
    created INTEGER NOT NULL, size INTEGER NOT NULL, observations INTEGER NOT NULL,
    record BLOB NOT NULL, UNIQUE (boot_id, seq));
CREATE TABLE figure (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class Disk:
    """An open outbox file. All methods raise sqlite3.Error where the file fails them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=5.0
        )
        try:
            self._prepare()
            query = "SELECT count(*), coalesce(sum(size), 0) FROM batch"
            self.batches, self.payload_bytes = self._connection.execute(query).fetchone()
            self._waiting = True  # perhaps there are batches whose time is not known
            self._mark = os.open(mark_path(path), os.O_RDWR | os.O_CREAT, 0o644)
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        run = self._connection.execute
        run(f"PRAGMA page_size={PAGE_BYTES}")
        run("PRAGMA journal_mode=WAL")
        run("PRAGMA synchronous=FULL")
        run("PRAGMA secure_delete=FAST")
        run("PRAGMA wal_autocheckpoint=256")
        run("PRAGMA journal_size_limit=4194304")
        version = run("PRAGMA user_version").fetchone()[0]
        if version == 0 and not run("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            run("BEGIN IMMEDIATE")
            for statement in SCHEMA.split(";\n"):
                run(statement)
            run(f"PRAGMA user_version={VERSION}")
            run("COMMIT")
        elif version != VERSION:
            raise OutboxError(
                f"{self.path}: its layout is version {version}, this Forewarn writes {VERSION}; "
                "use the Forewarn that wrote it, or move the file away"
            )
        verdict = run("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)

    def figure(self, name: str) -> int:
        """Return a kept figure, 0 where there is none: `newest`, `lost_batches` …"""
        row = self._connection.execute("SELECT value FROM figure WHERE name=?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def add(self, rows: Sequence[tuple[Entry, Batch]], figures: dict[str, int]) -> int:
        """Write batches and figures in one durable transaction; return the batches added."""
        added = size = 0
        self._waiting |= any(is_provisional(batch) for _, batch in rows)
        with _Transaction(self._connection) as run:
            for entry, batch in rows:
                values = (
                    *(entry.number, batch.boot_id, batch.seq, batch.created),
                    *(len(entry.payload), len(batch.columns), pack(entry)),
                )
                if run("INSERT OR IGNORE INTO batch VALUES (?,?,?,?,?,?,?)", values).rowcount:
                    added += 1
                    size += len(entry.payload)
            newest = max([figures.get("newest", 0), *(entry.number for entry, _ in rows)])
            newest = max(newest, self.figure("newest"))
            for name, value in {**figures, "newest": newest}.items():
                run("INSERT OR REPLACE INTO figure VALUES (?,?)", (name, value))
        self.batches += added
        self.payload_bytes += size
        self._note(newest)
        self._note_oldest()
        return added

    def after(self, number: int, limit: int) -> tuple[list[Entry], int]:
        """Return up to `limit` entries beyond `number`, oldest first, and how many were spoilt.

        A spoilt record, one whose checksum is wrong, is removed: it could never be acked. What
        is dated provisionally is left out: its time is not known yet.
        """
        query = (
            "SELECT number, record FROM batch WHERE number > ? AND created >= ? "
            "ORDER BY number LIMIT ?"
        )
        rows = self._connection.execute(query, (number, ABSOLUTE_MS, limit)).fetchall()
        return self._whole(rows)

    def provisional(self, limit: int) -> tuple[list[Entry], int]:
        """Return up to `limit` entries whose time is not known yet, the newest first."""
        if not self._waiting:
            return [], 0
        query = "SELECT number, record FROM batch WHERE created < ? ORDER BY number DESC LIMIT ?"
        return self._whole(self._connection.execute(query, (ABSOLUTE_MS, limit)).fetchall())

    def last_stamps(self) -> list[tuple[str, int]]:
        """Return (boot id, last stamp [ms]) of what is dated provisionally, in order of writing."""
        if not self._waiting:
            return []
        query = (
            "SELECT boot_id, max(created) FROM batch WHERE created < ? "
            "GROUP BY boot_id ORDER BY min(number)"
        )
        rows = self._connection.execute(query, (ABSOLUTE_MS,)).fetchall()
        self._waiting = bool(rows)
        return rows

    def rewrite(self, rows: Sequence[tuple[Entry, Batch]]) -> None:
        """Put batches with their true times in the place of those with the same number."""
        grown = 0
        with _Transaction(self._connection) as run:
            for entry, batch in rows:
                row = run("SELECT size FROM batch WHERE number=?", (entry.number,)).fetchone()
                if row:
                    values = (batch.created, len(entry.payload), pack(entry), entry.number)
                    run("UPDATE batch SET created=?, size=?, record=? WHERE number=?", values)
                    grown += len(entry.payload) - row[0]
        self.payload_bytes += grown

    def figures(self) -> dict[str, int]:
        """Return every kept figure by its name."""
        return dict(self._connection.execute("SELECT name, value FROM figure").fetchall())

    def note(self, figures: dict[str, int | None]) -> None:
        """Keep figures; one that is None is forgotten."""
        with _Transaction(self._connection) as run:
            for name, value in figures.items():
                if value is None:
                    run("DELETE FROM figure WHERE name=?", (name,))
                else:
                    run("INSERT OR REPLACE INTO figure VALUES (?,?)", (name, value))

    def fetch(self, numbers: Iterable[int]) -> tuple[list[Entry], int]:
        """Return the entries with these numbers that are still there, and the spoilt ones."""
        query = "SELECT number, record FROM batch WHERE number = ?"
        found = (self._connection.execute(query, (number,)).fetchone() for number in numbers)
        return self._whole([row for row in found if row])

    def _whole(self, rows: Sequence[tuple[int, bytes]]) -> tuple[list[Entry], int]:
        entries = [unpack(record) for _, record in rows]
        spoilt = [row[0] for row, entry in zip(rows, entries, strict=True) if entry is None]
        if spoilt:
            self.remove(spoilt)
        return [entry for entry in entries if entry], len(spoilt)

    def settle(self, acks: Sequence[DurableAck]) -> list[int]:
        """Delete what the database is known to hold; return the numbers deleted."""
        query = "SELECT number FROM batch WHERE boot_id=? AND seq BETWEEN ? AND ?"
        numbers: list[int] = []
        for ack in acks:
            for low, high in ack.stored:
                span = (ack.boot_id, max(low, 0), min(high, MAX_INT64))
                if low <= high and low <= MAX_INT64:
                    numbers += [row[0] for row in self._connection.execute(query, span)]
        if numbers:
            self.remove(numbers)
        return numbers

    def first_created(self) -> int | None:
        """Return when the first batch was made [ms]; None where none waits."""
        row = self._connection.execute(
            "SELECT created FROM batch ORDER BY number LIMIT 1"
        ).fetchone()
        return row[0] if row else None

    def oldest(self, limit: int) -> list[tuple[int, int, int]]:
        """Return (number, bytes, observations) of the oldest batches."""
        query = "SELECT number, size, observations FROM batch ORDER BY number LIMIT ?"
        return self._connection.execute(query, (limit,)).fetchall()

    def remove(self, numbers: Sequence[int]) -> None:
        """Delete the batches with these numbers."""
        removed = size = 0
        with _Transaction(self._connection) as run:
            for number in numbers:
                row = run("SELECT size FROM batch WHERE number=?", (number,)).fetchone()
                if row:
                    run("DELETE FROM batch WHERE number=?", (number,))
                    removed += 1
                    size += row[0]
        self.batches -= removed
        self.payload_bytes -= size
        self._note_oldest()

    def boots(self) -> set[str]:
        """Return the boot ids that still have batches here."""
        return {row[0] for row in self._connection.execute("SELECT DISTINCT boot_id FROM batch")}

    def _note(self, number: int) -> None:
        with suppress(OSError):  # the mark only helps to tell a loss; the batch is safe
            os.pwrite(self._mark, f"{number:020d}\n".encode(), 0)

    def _note_oldest(self) -> None:
        row = self._connection.execute("SELECT min(number) FROM batch").fetchone()
        with suppress(OSError):
            os.pwrite(self._mark, f"{row[0] or 0:020d}\n".encode(), MARK_BYTES)

    def close(self) -> None:
        """Close the file; it stays whole at any instant, closed or not."""
        self._connection.close()
        os.close(self._mark)


class _Transaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Callable[..., sqlite3.Cursor]:
        self._connection.execute("BEGIN IMMEDIATE")
        return self._connection.execute

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            try:
                self._connection.execute("COMMIT")
                return
            except sqlite3.Error:
                self._rollback()
                raise
        self._rollback()

    def _rollback(self) -> None:
        with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
            self._connection.execute("ROLLBACK")


def is_torn(error: sqlite3.Error) -> bool:
    """Tell a file that is damaged from a disk that is full or a lock that is held."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError
        )
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def wal_path(path: Path) -> Path:
    """Return where SQLite keeps the write-ahead log of the file at `path`."""
    return path.with_name(path.name + "-wal")


def mark_path(path: Path) -> Path:
    """Return where the number of the newest batch is kept beside the file at `path`."""
    return path.with_name(path.name + ".mark")


def read_oldest(path: Path) -> int:
    """Return the number of the oldest batch that was kept in the outbox at `path`, 0 if unknown."""
    try:
        return int(mark_path(path).read_bytes()[MARK_BYTES : MARK_BYTES + 20] or b"0")
    except (OSError, ValueError):
        return 0


def read_mark(path: Path) -> int:
    """Return the number of the newest batch written to the outbox at `path`, 0 if unknown."""
    try:
        return int(mark_path(path).read_bytes()[:20] or b"0")
    except (OSError, ValueError):
        return 0
