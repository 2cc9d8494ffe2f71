"""Settles received batches: judged, committed, and only then acknowledged. Runs in one thread."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from forewarn.domain.logs import fields
from forewarn.domain.observation import (
    CheckedColumns,
    DurableAck,
    ReceivedBatch,
    Rejection,
    to_milliseconds,
)
from forewarn.runtime import metrics
from forewarn.storage import Connection, Stored, store
from forewarn.storage.reader import latest, series
from stream.database import REFUSED, Database
from stream.qc import QualityControl
from stream.sink import Intake, fold, read

log = logging.getLogger("stream.sink")

TICK = timedelta(milliseconds=1)


class Settled(NamedTuple):
    """What may be told now that the database holds it."""

    acks: list[DurableAck]
    checked: list[CheckedColumns]
    rows: int


class Settler:
    """Quality control and storage of what the gateways received.

    The memory of quality control is a cache: `forget` makes the next call rebuild it from
    the database, after a start and when partitions were assigned.

    Parameters
    ----------
    database : Database
        Where it is committed; a call lasts until the database has it.
    control : QualityControl
        Judges the values.
    routes : mapping
        Datastream → areas that want its observations.
    now : callable
        World time.
    """

    def __init__(
        self,
        database: Database,
        control: QualityControl,
        routes: Mapping[str, Sequence[str]],
        now: Callable[[], datetime],
    ) -> None:
        self._database, self._control = database, control
        self._routes, self._now = routes, now
        self._wanted, self._remembered = 1, 0

    def forget(self) -> None:
        """Rebuild the memory of quality control from the database before the next batch."""
        self._wanted += 1

    def settle(self, messages: Sequence[tuple[str, bytes]]) -> Settled:
        """Commit (gateway, payload) messages, whole batches in their order, and return the news.

        Blocks while the database is away. Raises Stopped if the worker ends meanwhile, and
        psycopg.Error where the database takes not even a rejection: then nothing was told.
        """
        if self._remembered != self._wanted:
            self._remember()
        received = [read(gateway, payload, self._now()) for gateway, payload in messages]
        torn = sum(batch.seq is None for batch in received)
        if torn:
            log.warning("torn payloads kept as rejections", extra=fields(count=torn))
        intake = fold(received, self._control, self._routes)
        try:
            acks = self._store(intake).acks
        except REFUSED as error:
            log.error("database refused %d batches, trying each: %s", len(received), error)
            acks = [ack for batch in received for ack in self._store_alone(batch)]
        metrics.rows_stored.inc(len(intake.rows))
        metrics.batches_stored.inc(len(received))
        return Settled(acks, intake.checked, len(intake.rows))

    def _store(self, intake: Intake) -> Stored:
        def call(connection: Connection) -> Stored:
            return store(connection, intake.rows, intake.rejections, intake.batches)

        return self._database.run(call)

    def _store_alone(self, batch: ReceivedBatch) -> list[DurableAck]:
        """Store one batch; what the database refuses becomes a rejection, which is stored."""
        intake = fold([batch], self._control, {})
        try:
            return self._store(intake).acks
        except REFUSED as error:
            log.error("batch refused by the database", extra=fields(gateway=batch.gateway))
            reason = f"refused by the database: {error}"
            refused = Rejection(reason="torn payload", detail=reason[:1000])
            rejections = [(batch.gateway, batch.received, refused)]
            return self._store(intake._replace(rows=[], rejections=rejections)).acks

    def _remember(self) -> None:
        wanted = self._wanted
        memories = self._control.memories()
        history = self._database.run(lambda connection: _recall(connection, memories))
        self._control.warm(history)
        self._remembered = wanted
        values = sum(len(samples) for samples in history.values())
        log.info("quality control remembers", extra=fields(values=values))


def _recall(
    connection: Connection, memories: Mapping[timedelta, Sequence[str]]
) -> dict[str, list[tuple[int, float | None, int]]]:
    """Return the last values of each datastream, as far back from its newest one as is of use."""
    reach = {key: memory for memory, keys in memories.items() for key in keys}
    history: dict[str, list[tuple[int, float | None, int]]] = {}
    for newest in latest(connection, list(reach)):
        end = newest.phenomenon_time
        samples = series(connection, newest.datastream, end - reach[newest.datastream], end + TICK)
        history[newest.datastream] = [
            (to_milliseconds(s.phenomenon_time), s.result, s.quality) for s in samples
        ]
    return history
