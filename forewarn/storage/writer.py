"""Everything that is written, each call one transaction, each repeatable without effect."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from forewarn.domain.codec import encode
from forewarn.domain.hazard import Assessment, Forecast, Inundation
from forewarn.domain.observation import DurableAck, Rejection
from forewarn.storage.alerting import (
    acknowledge,
    load_standings,
    mark_delivered,
    mark_failed,
    save_standing,
    store_alert,
)
from forewarn.storage.connection import Connection
from forewarn.storage.rows import Stored, inclusive

__all__ = [
    "StoredRow",
    "acknowledge",
    "load_standings",
    "mark_delivered",
    "mark_failed",
    "save_standing",
    "store",
    "store_alert",
    "store_assessments",
    "store_forecast",
    "store_inundation",
]

StoredRow = tuple[str, int, float | None, int, int, bool]
"""(datastream key, phenomenon ms, result, quality, received ms, revision). A revision only
changes the quality of a row that is there: a verdict that came late, such as a spike."""

_COLUMNS = (
    "unnest(%s::integer[], %s::bigint[], %s::double precision[], %s::smallint[], %s::bigint[])"
    " AS incoming (datastream_id, time, result, quality, received)"
)
_TIME = "timestamptz 'epoch' + incoming.{} * interval '1 ms'"

# Sorted, so that two workers that store the same rows wait for each other and never deadlock.
_INSERT = (
    "INSERT INTO observation (datastream_id, phenomenon_time, result, quality, received) "
    f"SELECT datastream_id, {_TIME.format('time')}, result, quality, {_TIME.format('received')} "
    f"FROM {_COLUMNS} ORDER BY 1, 2 ON CONFLICT DO NOTHING"
)
_FILL = (
    "UPDATE observation o SET result = incoming.result, quality = incoming.quality, "
    f"received = {_TIME.format('received')} FROM {_COLUMNS} "
    "WHERE o.datastream_id = incoming.datastream_id "
    f"AND o.phenomenon_time = {_TIME.format('time')} "
    "AND o.result IS NULL AND incoming.result IS NOT NULL"
)
_REVISE = (
    "UPDATE observation o SET quality = revised.quality "
    "FROM unnest(%s::integer[], %s::bigint[], %s::smallint[])"
    " AS revised (datastream_id, time, quality) "
    "WHERE o.datastream_id = revised.datastream_id "
    "AND o.phenomenon_time = timestamptz 'epoch' + revised.time * interval '1 ms' "
    "AND o.result IS NOT NULL AND revised.quality <> 9"
)
_DELIVER = """
    INSERT INTO delivered AS held (gateway, boot_id, seqs, repeats)
    SELECT gateway, boot_id, range_agg(int8range(seq, seq, '[]')), count(*) - count(DISTINCT seq)
    FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS batch (gateway, boot_id, seq)
    GROUP BY gateway, boot_id ORDER BY gateway, boot_id
    ON CONFLICT (gateway, boot_id) DO UPDATE SET
        seqs = held.seqs + excluded.seqs,
        repeats = held.repeats + excluded.repeats + (
            SELECT coalesce(sum(upper(again) - lower(again)), 0)
            FROM unnest(held.seqs * excluded.seqs) AS again
        ),
        updated = now()
    RETURNING gateway, boot_id, seqs"""
_REJECT = """
    INSERT INTO rejection
        (digest, gateway, received, reason, detail, datastream, time_ms, result, payload)
    SELECT * FROM unnest(%s::bytea[], %s::text[], %s::timestamptz[], %s::text[], %s::text[],
        %s::text[], %s::bigint[], %s::double precision[], %s::bytea[])
    ORDER BY 1 ON CONFLICT DO NOTHING"""


MAPS_KEPT = timedelta(days=1)


def store(
    connection: Connection,
    rows: Sequence[StoredRow],
    rejections: Sequence[tuple[str, datetime, Rejection]],
    batches: Sequence[tuple[str, str, int]],
) -> Stored:
    """Commit observations, rejections and the progress of their batches, all or nothing.

    The first result of a (datastream, time) stays; only a missing one is filled by a real
    one. `rejections` are (gateway, received, rejection), `batches` (gateway, boot_id, seq).
    Order and repetition do not matter, within a call and between calls, except that a
    revision needs its row. Best in portions of about 1,000 rows.

    The rows go as five arrays into one INSERT, which is as fast as COPY into a temporary table
    (5.2 and 5.2 ms for 1,000 rows, PostgreSQL 18), and works where COPY does not.
    """
    originals = [row for row in rows if not row[5]]
    revisions = {row[:2]: row[3] for row in rows if row[5]}
    with connection.transaction():
        ids = _datastream_ids(connection, {row[0] for row in rows})
        new = _insert(connection, originals, ids)
        if revisions:
            keys, times = zip(*revisions, strict=True)
            columns = [[ids[key] for key in keys], times, revisions.values()]
            connection.execute(_REVISE, [_array(column) for column in columns])
        _reject(connection, rejections)
        acks = _deliver(connection, batches)
    return Stored(rows_new=new, rows_repeated=len(originals) - new, acks=acks)


def store_forecast(connection: Connection, forecasts: Sequence[Forecast]) -> None:
    """Keep `forecasts`; one that is there for its datastream and issue time is not rewritten."""
    with connection.transaction():
        ids = _datastream_ids(connection, {forecast.datastream for forecast in forecasts})
        for f in forecasts:
            connection.execute(
                "INSERT INTO forecast (datastream_id, issue_time, area, model, leads_s,"
                " probabilities, quantiles, degraded) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                [
                    ids[f.datastream],
                    f.issue_time,
                    f.area,
                    f.model,
                    f.leads_s,
                    f.probabilities,
                    f.values,
                    f.degraded,
                ],
            )


def store_assessments(connection: Connection, assessments: Sequence[Assessment]) -> None:
    """Keep `assessments`; one that is there for its datastream and issue time stays as it was."""
    with connection.transaction():
        ids = _datastream_ids(connection, {assessment.datastream for assessment in assessments})
        for a in assessments:
            connection.execute(
                "INSERT INTO assessment (datastream_id, issue_time, area, hazard, outcome, body)"
                " VALUES (%s, %s, %s, %s, %s, %s::jsonb) ON CONFLICT DO NOTHING",
                (ids[a.datastream], a.issue_time, a.area, a.hazard, a.outcome, encode(a).decode()),
            )


def store_inundation(connection: Connection, inundation: Inundation) -> None:
    """Keep `inundation`, and of its area no more than the last day: a map is up to 400 kB.

    One that is there for its area and issue time stays as it was, unless it failed.
    """
    with connection.transaction():
        connection.execute(
            "INSERT INTO inundation AS held (area, issue_time, failed, body)"
            " VALUES (%s, %s, %s, %s::jsonb) ON CONFLICT (area, issue_time) DO UPDATE"
            " SET failed = excluded.failed, body = excluded.body WHERE held.failed",
            (
                inundation.area,
                inundation.issue_time,
                bool(inundation.failed),
                encode(inundation).decode(),
            ),
        )
        connection.execute(
            "DELETE FROM inundation WHERE area = %s AND issue_time < %s",
            (inundation.area, inundation.issue_time - MAPS_KEPT),
        )


def _datastream_ids(connection: Connection, keys: set[str]) -> dict[str, int]:
    """Return the id of each key, making those that are new."""
    wanted = sorted(keys)
    query = "SELECT key, id FROM datastream WHERE key = ANY(%s)"
    ids: dict[str, int] = dict(connection.execute(query, (wanted,)).fetchall())
    if absent := [key for key in wanted if key not in ids]:
        connection.execute(
            "INSERT INTO datastream (key) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
            (absent,),
        )
        ids |= dict(connection.execute(query, (absent,)).fetchall())
    return ids


def _insert(connection: Connection, rows: Sequence[StoredRow], ids: dict[str, int]) -> int:
    """Insert `rows`, fill what was missing, and return how many were not there before."""
    if not rows:
        return 0
    keys, times, results, qualities, received, _ = zip(*rows, strict=True)
    columns = [[ids[key] for key in keys], times, results, qualities, received]
    arrays = [_array(column) for column in columns]
    new = connection.execute(_INSERT, arrays).rowcount
    if new < len(rows):
        connection.execute(_FILL, arrays)
    return new


def _array(values: Iterable[float | None]) -> str:
    """Return `values` as PostgreSQL writes an array: three times as fast as adapting a list."""
    return "{" + ",".join(["NULL" if value is None else repr(value) for value in values]) + "}"


def _reject(connection: Connection, rejections: Sequence[tuple[str, datetime, Rejection]]) -> None:
    if not rejections:
        return
    rows = [
        (
            blake2b(encode((gateway, refused)), digest_size=16).digest(),
            _text(gateway),
            received,
            _text(refused.reason),
            _text(refused.detail),
            None if refused.datastream is None else _text(refused.datastream),
            refused.time if refused.time is not None and abs(refused.time) < 2**63 else None,
            refused.result,
            refused.payload,
        )
        for gateway, received, refused in rejections
    ]
    connection.execute(_REJECT, [list(column) for column in zip(*rows, strict=True)])


def _text(text: str) -> str:
    """Return `text` without NUL, which JSON can carry and PostgreSQL cannot."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _deliver(connection: Connection, batches: Sequence[tuple[str, str, int]]) -> list[DurableAck]:
    if not batches:
        return []
    columns = [list(column) for column in zip(*batches, strict=True)]
    return [
        DurableAck(gateway=gateway, boot_id=boot_id, stored=inclusive(seqs))
        for gateway, boot_id, seqs in connection.execute(_DELIVER, columns)
    ]
