"""What to do when the outbox is torn: set it aside, save what can be read, and say so.

A torn main file is noticed by SQLite's own check. A torn write-ahead log is not: SQLite
takes what is left of it and says nothing. Therefore the number of the newest batch is
also kept in a small file beside it, `outbox.db.mark`; a database that is behind its mark
has lost batches. Either way the files are set aside as `outbox.db.torn-<time>` and every
whole record is carved out of them.
"""

import logging
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, pairwise
from pathlib import Path

from msgspec import Struct

from edge import OutboxError
from edge.outbox.disk import Disk, is_torn, read_mark, read_oldest, wal_path
from edge.outbox.record import Entry, carve
from forewarn.domain.codec import decode
from forewarn.domain.errors import CodecError
from forewarn.domain.observation import Batch

log = logging.getLogger("edge.outbox")

SAVE_AT_ONCE = 200
"""Batches written in one transaction while saving them from a torn file."""

GAPS_NAMED = 5
"""Gaps between saved batches that a finding names, the newest."""

KEPT_ASIDE = 3
"""Torn outboxes that are kept for a technician; older ones make room."""


class Opened(Struct, frozen=True):
    """An outbox file that is ready, and what was found wrong on the way."""

    disk: Disk
    findings: tuple[str, ...] = ()


def open_disk(path: Path) -> Opened:
    """Open the outbox at `path`; where it is torn, set it aside and save what can be read.

    Raises OutboxError where the file is of another layout, sqlite3.Error or OSError where
    the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    marked = read_mark(path)
    if _size(path) == 0 and (marked or _size(wal_path(path))):
        return _replace(path, "it is empty" if path.is_file() else "it is gone")
    try:
        disk = Disk(path)
    except sqlite3.Error as error:
        if not is_torn(error):
            raise
        return _replace(path, str(error))
    newest = disk.figure("newest")
    return _repair_log(disk, newest, marked) if newest < marked else Opened(disk)


def replace_torn(disk: Disk, error: sqlite3.Error) -> Opened:
    """Do the same for a file that turned out to be torn while it was in use."""
    disk.close()
    return _replace(disk.path, str(error))


def _replace(path: Path, fault: str) -> Opened:
    aside = _aside(path)
    marked, oldest = read_mark(path), read_oldest(path)
    with suppress(FileNotFoundError):
        wal_path(path).replace(wal_path(aside))
    with suppress(FileNotFoundError):
        path.replace(aside)
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    try:
        disk = Disk(path)
        with _closing_on_error(disk):
            files = [aside, wal_path(aside)]
            saved = _save(disk, files, above=0, newest=marked)
    except (sqlite3.Error, OSError):  # e.g. the disk is full: all as it was, to try again later
        wal_path(path).unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            aside.replace(path)
        with suppress(FileNotFoundError):
            wal_path(aside).replace(wal_path(path))
        raise
    first = min([oldest or 1, *saved])
    finding = (
        f"{path} was torn ({fault.splitlines()[0]}): set aside as {aside.name}, {len(saved)} "
        f"batches saved from it; from number {first} on "
        f"{_lacking(saved, first - 1, max(marked, 0, *saved))}"
    )
    log.error(finding)
    return Opened(disk, (finding,))


def _repair_log(disk: Disk, newest: int, marked: int) -> Opened:
    aside = _aside(disk.path)
    if wal_path(disk.path).is_file():
        shutil.copyfile(wal_path(disk.path), wal_path(aside))
    with _closing_on_error(disk):
        saved = _save(disk, [wal_path(aside)], above=newest, newest=marked)
    finding = (
        f"{disk.path}: its log was torn, {marked - newest} batches that had been written were not "
        f"in it: set aside as {wal_path(aside).name}, {len(saved)} saved from it; "
        f"{_lacking({**_written(disk, newest), **saved}, newest, marked)}"
    )
    log.error(finding)
    return Opened(disk, (finding,))


def _written(disk: Disk, number: int) -> dict[int, int]:
    """Return when the batch `number` was written, if it is still there: the last before a gap."""
    entries, _ = disk.fetch([number])
    return {entry.number: decode(entry.payload, Batch).created for entry in entries}


def _save(disk: Disk, files: Sequence[Path], *, above: int, newest: int) -> dict[int, int]:
    """Put the whole records of `files` numbered beyond `above` into `disk`.

    Returns when each saved batch was written, by its number [ms].
    """
    figures = {name: disk.figure(name) for name in ("lost_batches", "lost_observations")}
    saved: dict[int, int] = {}
    rows: list[tuple[Entry, Batch]] = []
    for entry in chain.from_iterable(carve(file) for file in files):
        with suppress(CodecError):
            if entry.number > above:
                rows.append((entry, decode(entry.payload, Batch)))
                saved[entry.number] = rows[-1][1].created
        if len(rows) >= SAVE_AT_ONCE:
            disk.add(rows, figures)
            rows = []
    disk.add(rows, {**figures, "newest": newest})
    return saved


def _lacking(saved: dict[int, int], above: int, newest: int) -> str:
    """Say which of the batches beyond `above`, up to `newest`, are not among those `saved`."""
    numbers = sorted(number for number in saved if above < number <= newest)
    edges = [above, *numbers, newest + 1]
    gaps = [
        (low + 1, high - 1, saved.get(low), saved.get(high))
        for low, high in pairwise(edges)
        if high - low > 1
    ]
    if not gaps:
        return "none is lacking"
    named = [
        (f"{first}–{last}" if last > first else f"{first}")
        + (f" (after {_clock(before)})" if before else "")
        + (f" (before {_clock(after)})" if after else "")
        for first, last, before, after in gaps[-GAPS_NAMED:]
    ]
    missing = sum(last - first + 1 for first, last, _, _ in gaps)
    return (
        f"{missing} batches are lacking, number {', '.join(named)}: lost where the database had "
        "not acked them"
    )


def _clock(created_ms: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(created_ms / 1000))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _aside(path: Path) -> Path:
    torn = sorted(path.parent.glob(f"{path.name}.torn-*"), key=lambda file: file.stat().st_mtime)
    for file in torn[: -2 * (KEPT_ASIDE - 1)]:  # a file and its log each
        file.unlink(missing_ok=True)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    for count in range(1000):
        name = f"{path.name}.torn-{stamp}" + (f"-{count}" if count else "")
        aside = path.with_name(name)
        if not aside.exists() and not wal_path(aside).exists():
            return aside
    raise OutboxError(f"{path}: 1,000 torn outboxes beside it within a second")


@contextmanager
def _closing_on_error(disk: Disk) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError):
        disk.close()
        raise
