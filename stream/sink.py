"""Received batches → one transaction, and what has to be told afterwards."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from forewarn.domain.codec import decode
from forewarn.domain.errors import CodecError
from forewarn.domain.observation import (
    CheckedColumns,
    Columns,
    ReceivedBatch,
    Rejection,
    to_milliseconds,
)
from stream.qc import Judged

KEEP_BYTES = 4096
CHECKED_ROWS = 5000
"""Rows of one message on `observations.checked.v1` at most: some 150 kB."""

StoredRow = tuple[str, int, float | None, int, int, bool]
"""(datastream, phenomenon ms, result, quality, received ms, revision), as storage takes it."""


class Control(Protocol):
    """What judges columns: stream.qc.QualityControl."""

    def judge(self, columns: Columns) -> Judged:
        """Return the quality of each row, and revisions of earlier rows."""
        ...


class Intake(NamedTuple):
    """What several received batches come to: the arguments of one `store`, and its news."""

    rows: list[StoredRow]
    rejections: list[tuple[str, datetime, Rejection]]
    batches: list[tuple[str, str, int]]
    checked: list[CheckedColumns]


def read(gateway: str, payload: bytes, received: datetime) -> ReceivedBatch:
    """Return the batch in `payload`; one that cannot be read becomes a rejection with its bytes."""
    try:
        return decode(payload, ReceivedBatch)
    except CodecError as error:
        torn = Rejection(
            reason="torn payload", detail=f"on Kafka: {error}", payload=payload[:KEEP_BYTES]
        )
        return ReceivedBatch(gateway=gateway, received=received, columns=EMPTY, rejected=[torn])


EMPTY = Columns(datastreams=[], of=[], time=[], result=[], quality=[])


def fold(
    received: Sequence[ReceivedBatch], control: Control, routes: Mapping[str, Sequence[str]]
) -> Intake:
    """Judge all batches in their order and gather what is to be stored and told.

    `routes` says which areas want the observations of a datastream: its own, and those whose
    forecasts rest on it.
    """
    rows: list[StoredRow] = []
    revisions: list[StoredRow] = []
    rejections: list[tuple[str, datetime, Rejection]] = []
    batches: list[tuple[str, str, int]] = []
    news: dict[str, _Rows] = {}
    for batch in received:
        columns, at = batch.columns, to_milliseconds(batch.received)
        judged = control.judge(columns)
        names = columns.datastreams
        rows += [
            (names[of], time, result, quality, at, False)
            for of, time, result, quality in zip(
                columns.of, columns.time, columns.result, judged.quality, strict=True
            )
        ]
        revisions += [(*revision, at, True) for revision in judged.revisions]
        rejections += [(batch.gateway, batch.received, refused) for refused in batch.rejected]
        if batch.boot_id is not None and batch.seq is not None:
            batches.append((batch.gateway, batch.boot_id, batch.seq))
    for row in (*rows, *revisions):
        for area in routes.get(row[0], ()):
            news.setdefault(area, []).append(row)
    checked = [part for area, wanted in news.items() for part in _checked(area, wanted)]
    return Intake(rows + revisions, rejections, batches, checked)


_Rows = list[StoredRow]


def _checked(area: str, rows: _Rows) -> list[CheckedColumns]:
    return [
        CheckedColumns(area=area, columns=_columns(rows[start : start + CHECKED_ROWS]))
        for start in range(0, len(rows), CHECKED_ROWS)
    ]


def _columns(rows: _Rows) -> Columns:
    index: dict[str, int] = {}
    of = [index.setdefault(row[0], len(index)) for row in rows]
    return Columns(
        datastreams=list(index),
        of=of,
        time=[row[1] for row in rows],
        result=[row[2] for row in rows],
        quality=[row[3] for row in rows],
    )
