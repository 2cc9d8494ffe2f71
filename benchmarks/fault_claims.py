"""Whether a torn outbox says which values are lost: what it held against what the status names."""

import re
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.outbox.record import unpack
from forewarn.domain.codec import decode
from forewarn.domain.observation import Batch

Held = dict[int, frozenset[int]]
"""Number of a batch in the outbox → the values in it."""


def held_in(outbox: Path) -> Held:
    """Return what an outbox that nobody has open holds; a copy is read, the file is not touched."""
    with TemporaryDirectory(prefix="forewarn-held-") as folder:
        copy = Path(folder) / outbox.name
        for end in ("", "-wal"):
            if (file := outbox.with_name(outbox.name + end)).is_file():
                shutil.copyfile(file, copy.with_name(copy.name + end))
        with closing(sqlite3.connect(copy)) as connection:
            rows = connection.execute("SELECT number, record FROM batch").fetchall()
    held = {}
    for number, record in rows:
        if entry := unpack(record):
            columns = decode(entry.payload, Batch).columns
            held[number] = frozenset(int(row[2]) for row in columns.rows() if row[2] is not None)
    return held


def named_lacking(findings: Iterable[str]) -> set[int]:
    """Return the numbers of the batches that the status names as lacking.

    As in "44 batches are lacking, number 3–45 (after 2026-11-21T10:00:00Z), 47: lost where …".
    """
    numbers: set[int] = set()
    for finding in findings:
        for listed in re.findall(r"batch(?:es)? (?:are|is) lacking, number (.+?): lost", finding):
            for first, last in re.findall(r"(\d+)(?:–(\d+))?", re.sub(r"\(.*?\)", "", listed)):
                numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def unsaid(lost: Iterable[int], held: Held, named: set[int]) -> list[int]:
    """Return the values of `lost` that were in no batch whose number is `named`."""
    said: set[int] = set()
    for number in named & held.keys():
        said |= held[number]
    return [value for value in lost if value not in said]


def in_vain(lost: Iterable[int], held: Held, named: set[int]) -> list[int]:
    """Return the numbers `named` as lacking of which nothing is lost."""
    gone = set(lost)
    return sorted(number for number in named if not held.get(number, frozenset()) & gone)
