"""The outbox as the agent sees it: on disk where the disk allows, in memory where it does not."""

import logging
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from edge.outbox.disk import Disk, is_torn, read_mark
from edge.outbox.record import Entry
from edge.outbox.repair import open_disk, replace_torn
from edge.timekeeping.correction import Correction, is_provisional, kernel_boot, restamp
from forewarn.domain.codec import decode, encode
from forewarn.domain.observation import Batch, DurableAck

log = logging.getLogger("edge.outbox")

RETRY_DISK_S = 5.0
"""Real seconds between attempts to write to a disk that refused [s]."""

KEPT_FINDINGS = 10

TELL_LOSS_EVERY_S = 60.0

UNKNOWN_NUMBERS = 1_000_000
"""Numbers left free for what may be in a file that cannot be opened yet."""

T = TypeVar("T")


class OutboxState(Struct, frozen=True):
    """How the outbox is, for the gateway's status."""

    batches: int
    """Batches not yet known to be in the database."""
    payload_bytes: int
    lost_batches: int
    """Given up since the outbox was made: it was full, or a record was spoilt."""
    lost_observations: int
    in_memory: int
    """Batches of these that are only in memory, because the disk refuses them."""
    fault: str
    """Why the disk refuses; empty while it does not."""
    findings: tuple[str, ...]
    """What was found torn and how much was saved, the newest last."""


class Outbox:
    """Batches until they are durably acked. Use it from one thread at a time.

    Parameters
    ----------
    path : Path
        The SQLite file; made if it is not there.
    limit_bytes, memory_bytes : int
        Payload kept at most on disk, and in memory while the disk refuses [bytes].
        Beyond it the oldest batches are dropped, counted and logged.
    """

    def __init__(self, path: Path, *, limit_bytes: int, memory_bytes: int) -> None:
        self.path = path
        self._limit, self._memory_limit = limit_bytes, memory_bytes
        self._disk: Disk | None = None
        self._memory: dict[int, tuple[Entry, Batch]] = {}
        self._memory_bytes = 0
        self._findings: list[str] = []
        self._fault = ""
        self._retry_at = 0.0
        self._newest = 0
        self._told_loss_at = -inf
        self._lost = {"lost_batches": 0, "lost_observations": 0}
        self._attach()

    def add(self, batches: Sequence[Batch]) -> list[Entry]:
        """Keep `batches`, durably if the disk allows; never raises for a disk that does not."""
        rows = []
        for batch in batches:
            self._newest += 1
            rows.append((Entry(self._newest, encode(batch)), batch))
        self._memory.update({entry.number: (entry, batch) for entry, batch in rows})
        self._memory_bytes += sum(len(entry.payload) for entry, _ in rows)
        self._write_memory()
        return [entry for entry, _ in rows]

    def retry(self) -> None:
        """Try again to write to disk what is only in memory, if it is time to."""
        if (self._memory or self._disk is None) and time.monotonic() >= self._retry_at:
            self._write_memory()

    def after(self, number: int, limit: int) -> list[Entry]:
        """Return up to `limit` entries numbered beyond `number`, oldest first.

        What is dated provisionally is left out.
        """
        kept = [
            entry
            for entry, batch in self._memory.values()
            if entry.number > number and not is_provisional(batch)
        ]
        nothing: tuple[list[Entry], int] = ([], 0)
        found, spoilt = self._ask(lambda disk: disk.after(number, limit), nothing)
        self._count_spoilt(spoilt)
        return sorted(found + kept, key=lambda entry: entry.number)[:limit]

    def fetch(self, numbers: Sequence[int]) -> list[Entry]:
        """Return those of the entries with these numbers that are still kept."""
        kept = [self._memory[number][0] for number in numbers if number in self._memory]
        wanted = [number for number in numbers if number not in self._memory]
        nothing: tuple[list[Entry], int] = ([], 0)
        found, spoilt = self._ask(lambda disk: disk.fetch(wanted), nothing)
        self._count_spoilt(spoilt)
        return found + kept

    def settle(self, acks: Sequence[DurableAck]) -> list[int]:
        """Forget exactly the batches in the acks' ranges; return their numbers."""
        held = {ack.boot_id: ack.stored for ack in acks}
        in_memory = [
            number
            for number, (_, batch) in self._memory.items()
            if any(low <= batch.seq <= high for low, high in held.get(batch.boot_id, []))
        ]
        for number in in_memory:
            self._forget(number)
        nothing: list[int] = []
        return self._ask(lambda disk: disk.settle(acks), nothing) + in_memory

    def correct(self, corrections: Mapping[str, Correction], limit: int) -> int:
        """Date up to `limit` batches whose time is known now, the newest first; return how many.

        `corrections` is by the boot of the machine; a batch of another boot stays as it is.
        """
        nothing: tuple[list[Entry], int] = ([], 0)
        found, spoilt = self._ask(lambda disk: disk.provisional(limit), nothing)
        self._count_spoilt(spoilt)
        pairs = [(entry, decode(entry.payload, Batch)) for entry in found]
        rows = [
            (Entry(entry.number, encode(dated)), dated)
            for entry, batch in pairs
            if (correction := corrections.get(kernel_boot(batch)))
            for dated in [restamp(batch, correction)]
        ]
        if rows:
            self._ask(lambda disk: disk.rewrite(rows), None)
        for number, (entry, batch) in list(self._memory.items()):
            correction = corrections.get(kernel_boot(batch))
            if correction and is_provisional(batch):
                dated = restamp(batch, correction)
                self._memory[number] = Entry(number, encode(dated)), dated
                self._memory_bytes += len(self._memory[number][0].payload) - len(entry.payload)
        return len(rows)

    def last_stamps(self) -> list[tuple[str, int]]:
        """Return (boot id, last stamp [ms]) of what is dated provisionally, in order."""
        nothing: list[tuple[str, int]] = []
        in_memory = [
            (batch.boot_id, batch.created)
            for _, batch in self._memory.values()
            if is_provisional(batch)
        ]
        return self._ask(lambda disk: disk.last_stamps(), nothing) + in_memory

    def figures(self) -> dict[str, int]:
        """Return the kept figures; none while the disk refuses."""
        nothing: dict[str, int] = {}
        return self._ask(lambda disk: disk.figures(), nothing)

    def note(self, figures: dict[str, int | None]) -> None:
        """Keep figures; one that is None is forgotten."""
        self._ask(lambda disk: disk.note(figures), None)

    def say(self, finding: str) -> None:
        """Add a finding to those that the status shows."""
        log.warning(finding)
        self._found([finding])

    def first_created(self) -> int | None:
        """Return when the first batch that waits was made [ms]; None where none waits."""
        nothing: int | None = None
        in_memory = [batch.created for _, batch in self._memory.values()]
        found = self._ask(lambda disk: disk.first_created(), nothing)
        return found if found is not None else min(in_memory, default=None)

    def boots(self) -> set[str]:
        """Return the boot ids that batches here were written under."""
        return self._ask(lambda disk: disk.boots(), set())

    def state(self) -> OutboxState:
        """Return how the outbox is. This alone may be called from another thread."""
        disk = self._disk
        return OutboxState(
            batches=(disk.batches if disk else 0) + len(self._memory),
            payload_bytes=(disk.payload_bytes if disk else 0) + self._memory_bytes,
            lost_batches=self._lost["lost_batches"],
            lost_observations=self._lost["lost_observations"],
            in_memory=len(self._memory),
            fault=self._fault,
            findings=tuple(self._findings),
        )

    def close(self) -> None:
        """Write what is in memory, if the disk allows, and close the file."""
        if self._memory:
            self._write_memory()
        if self._disk:
            self._disk.close()
            self._disk = None

    def _attach(self) -> None:
        try:
            opened = open_disk(self.path)
        except (sqlite3.Error, OSError) as error:
            self._newest = max(self._newest, read_mark(self.path) + UNKNOWN_NUMBERS)
            self._refused(error)
            return
        self._disk = opened.disk
        self._found(opened.findings)
        self._newest = max(self._newest, self._disk.figure("newest"))
        self._lost = {name: n + self._disk.figure(name) for name, n in self._lost.items()}

    def _write_memory(self) -> None:
        if time.monotonic() >= self._retry_at:
            if self._disk is None:
                self._attach()
            rows = [self._memory[number] for number in sorted(self._memory)]
            if self._ask(lambda disk: self._store(disk, rows), default=False):
                self._memory.clear()
                self._memory_bytes = 0
                if self._fault:
                    log.warning("%s: the disk takes batches again", self.path)
                self._fault, self._retry_at = "", 0.0
        while len(self._memory) > 1 and self._memory_bytes > self._memory_limit:
            batch = self._forget(min(self._memory))
            self._lose(1, len(batch.columns), "the disk refuses and memory is full")

    def _store(self, disk: Disk, rows: list[tuple[Entry, Batch]]) -> bool:
        room = self._limit - sum(len(entry.payload) for entry, _ in rows)
        while disk.batches and disk.payload_bytes > room:
            self._drop_oldest(disk, disk.payload_bytes - room)
        disk.add(rows, self._lost)
        return True

    def _drop_oldest(self, disk: Disk, excess: int) -> None:
        numbers, freed, observations = [], 0, 0
        for number, size, count in disk.oldest(100):
            if freed < excess:
                numbers.append(number)
                freed += size
                observations += count
        disk.remove(numbers)
        self._lose(len(numbers), observations, "it is full")

    def _lose(self, batches: int, observations: int, why: str) -> None:
        self._lost["lost_batches"] += batches
        self._lost["lost_observations"] += observations
        if time.monotonic() - self._told_loss_at >= TELL_LOSS_EVERY_S:
            self._told_loss_at = time.monotonic()
            log.error(
                "%s: %s: the oldest batches are dropped, %d (%d observations) until now",
                *(self.path, why, *self._lost.values()),
            )

    def _forget(self, number: int) -> Batch:
        entry, batch = self._memory.pop(number)
        self._memory_bytes -= len(entry.payload)
        return batch

    def _ask(self, question: Callable[[Disk], T], default: T) -> T:
        """Return the disk's answer; `default` while it refuses. A torn file is replaced once."""
        for _ in range(2):
            if self._disk is None:
                return default
            try:
                return question(self._disk)
            except sqlite3.Error as error:
                if is_torn(error):
                    self._replace(error)
                else:
                    self._refused(error)
                    return default
        return default

    def _replace(self, fault: sqlite3.Error) -> None:
        torn, self._disk = self._disk, None
        try:
            opened = replace_torn(torn, fault) if torn else open_disk(self.path)
        except (sqlite3.Error, OSError) as error:
            self._refused(error)
            return
        self._disk = opened.disk
        self._found(opened.findings)

    def _refused(self, error: Exception) -> None:
        if not self._fault:
            log.error("%s: the disk refuses: %s; batches stay in memory", self.path, error)
        self._fault = str(error)
        self._retry_at = time.monotonic() + RETRY_DISK_S

    def _found(self, findings: Sequence[str]) -> None:
        self._findings = [*self._findings, *findings][-KEPT_FINDINGS:]

    def _count_spoilt(self, spoilt: int) -> None:
        if spoilt:
            self._found([f"{self.path}: {spoilt} records with a wrong checksum"])
            self._lose(spoilt, 0, f"{spoilt} records have a wrong checksum")
