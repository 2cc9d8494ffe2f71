"""Everything that is read, as typed rows. Times in and out are aware UTC."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from forewarn.domain.canary import DATASTREAM as CANARY
from forewarn.domain.hazard import Assessment, Forecast, Inundation, Outcome
from forewarn.storage.alerting import ALERT_COLUMNS, ALERT_FIELDS
from forewarn.storage.connection import Connection
from forewarn.storage.rows import (
    AlertRow,
    DeliveredRow,
    Hour,
    Latest,
    RejectionCount,
    RejectionRow,
    Sample,
    Totals,
    inclusive,
)
from forewarn.storage.signs import gateways, programmes_latest, vitals_latest

__all__ = [
    "alert",
    "alerts",
    "assessment_latest",
    "count_between",
    "delivered",
    "forecast_at",
    "gateways",
    "hourly",
    "inundation_latest",
    "latest",
    "newest_judgements",
    "programmes_latest",
    "recent",
    "rejection_counts",
    "rejections",
    "series",
    "totals",
    "vitals_latest",
]

T = TypeVar("T")

_NO_CANARY = f"datastream_id IS DISTINCT FROM (SELECT id FROM datastream WHERE key = '{CANARY}')"
"""The watchdog's canary is no observation of the world: nobody is to count it as one."""


def latest(connection: Connection, keys: Sequence[str] | None = None) -> list[Latest]:
    """Return the newest observation of each datastream in `keys` (None: of all), by key."""
    return [
        Latest(*row)
        for row in connection.execute(
            "SELECT key, newest.phenomenon_time, newest.result, newest.quality, newest.received"
            " FROM datastream CROSS JOIN LATERAL ("
            "  SELECT * FROM observation WHERE datastream_id = datastream.id"
            "  ORDER BY phenomenon_time DESC LIMIT 1) AS newest"
            " WHERE %(keys)s::text[] IS NULL OR key = ANY(%(keys)s::text[]) ORDER BY key",
            {"keys": None if keys is None else list(keys)},
        )
    ]


def series(connection: Connection, key: str, start: datetime, end: datetime) -> list[Sample]:
    """Return the observations of `key` with start <= phenomenon time < end, ascending."""
    return [
        Sample(*row)
        for row in connection.execute(
            "SELECT phenomenon_time, result, quality FROM observation"
            " WHERE datastream_id = (SELECT id FROM datastream WHERE key = %s)"
            " AND phenomenon_time >= %s AND phenomenon_time < %s ORDER BY phenomenon_time",
            (key, start, end),
        )
    ]


def recent(connection: Connection, keys: Sequence[str], since: datetime) -> dict[str, list[Sample]]:
    """Return the observations of each of `keys` from `since` on, ascending; perhaps none."""
    found: dict[str, list[Sample]] = {key: [] for key in keys}
    for key, *row in connection.execute(
        "SELECT key, phenomenon_time, result, quality"
        " FROM observation JOIN datastream ON datastream.id = datastream_id"
        " WHERE key = ANY(%s) AND phenomenon_time >= %s ORDER BY datastream_id, phenomenon_time",
        (list(keys), since),
    ):
        found[key].append(Sample(*row))
    return found


def count_between(connection: Connection, start: datetime, end: datetime) -> int:
    """Return how many observations with a value have start <= phenomenon time <= end."""
    row = connection.execute(
        f"SELECT count(*) FROM observation WHERE result IS NOT NULL AND {_NO_CANARY}"
        " AND phenomenon_time >= %s AND phenomenon_time <= %s",
        (start, end),
    ).fetchone()
    return int(row[0]) if row else 0


def hourly(connection: Connection, key: str, start: datetime, end: datetime) -> list[Hour]:
    """Return the vital signs of `key` for each hour that begins in [start, end), ascending.

    An hour without a good or unchecked value is left out.
    """
    return [
        Hour(*row)
        for row in connection.execute(
            "SELECT hour, minimum, mean, maximum, count FROM hourly"
            " WHERE datastream_id = (SELECT id FROM datastream WHERE key = %s)"
            " AND hour >= %s AND hour < %s ORDER BY hour",
            (key, start, end),
        )
    ]


def forecast_at(
    connection: Connection, key: str, issued_before: datetime | None = None
) -> Forecast | None:
    """Return the newest forecast of `key`, or the newest issued at or before `issued_before`."""
    row = connection.execute(
        "SELECT area, key, issue_time, model, leads_s, probabilities, quantiles, degraded"
        " FROM forecast JOIN datastream ON datastream.id = datastream_id WHERE key = %(key)s"
        " AND issue_time <= coalesce(%(before)s::timestamptz, 'infinity')"
        " ORDER BY issue_time DESC LIMIT 1",
        {"key": key, "before": issued_before},
    ).fetchone()
    return None if row is None else _struct(Forecast, Forecast.__struct_fields__, row)


def newest_judgements(
    connection: Connection, keys: Sequence[str]
) -> tuple[dict[str, Forecast], dict[str, Assessment]]:
    """Return the newest forecast and the newest assessment of each of `keys` that has one."""
    newest = (
        "SELECT {columns} FROM datastream CROSS JOIN LATERAL (SELECT * FROM {table}"
        " WHERE datastream_id = datastream.id ORDER BY issue_time DESC LIMIT 1) AS newest"
        " WHERE key = ANY(%s)"
    )
    columns = "area, key, issue_time, model, leads_s, probabilities, quantiles, degraded"
    found = connection.execute(newest.format(columns=columns, table="forecast"), (list(keys),))
    forecasts = [_struct(Forecast, Forecast.__struct_fields__, row) for row in found]
    judged = newest.format(columns=_JUDGED, table="assessment")
    assessments = [_judgement(*row) for row in connection.execute(judged, (list(keys),))]
    return {f.datastream: f for f in forecasts}, {a.datastream: a for a in assessments}


def assessment_latest(connection: Connection) -> list[Assessment]:
    """Return the newest assessment of each datastream that has one, by key."""
    rows = connection.execute(
        f"SELECT {_JUDGED} FROM datastream CROSS JOIN LATERAL ("
        "  SELECT * FROM assessment WHERE datastream_id = datastream.id"
        "  ORDER BY issue_time DESC LIMIT 1) AS newest ORDER BY key"
    )
    return [_judgement(*row) for row in rows]


_JUDGED = "key, newest.area, newest.hazard, newest.issue_time, newest.body"


def _judgement(key: str, area: str, hazard: str, issue_time: datetime, body: object) -> Assessment:
    """Return a stored assessment; one that cannot be read has failed, and takes no other along."""
    try:
        return msgspec.convert(body, Assessment)
    except msgspec.ValidationError as error:
        return Assessment(
            area=area,
            hazard=hazard,
            datastream=key,
            issue_time=issue_time,
            outcome=Outcome.FAILED,
            reason=f"what is stored of it cannot be read: {error}",
        )


def inundation_latest(connection: Connection) -> list[Inundation]:
    """Return each area's newest inundation, by area; after a failed one the last good one."""
    return [
        msgspec.convert(body, Inundation)
        for (body,) in connection.execute(
            "SELECT body FROM ("
            "  SELECT DISTINCT ON (area, failed) area, issue_time, failed, body,"
            "    max(issue_time) FILTER (WHERE NOT failed) OVER (PARTITION BY area) AS good"
            "  FROM inundation ORDER BY area, failed, issue_time DESC) AS newest"
            " WHERE NOT failed OR good IS NULL OR issue_time > good"
            " ORDER BY area, issue_time DESC"
        )
    ]


_ALERTS = f"""
    SELECT {ALERT_COLUMNS}, nullif(mine.acked_by, ''), mine.acked_at,
        alert.msg_type <> 'Cancel' AND NOT EXISTS (
            SELECT FROM alert AS newer
            WHERE newer.incident = alert.incident AND newer.number > alert.number
        ) AS active
    FROM alert LEFT JOIN incident AS mine ON mine.incident = alert.incident"""
_ALERT_ROW = (*ALERT_FIELDS, "acknowledged_by", "acknowledged_at", "active")


def alerts(
    connection: Connection, *, active_only: bool = False, limit: int = 100
) -> list[AlertRow]:
    """Return up to `limit` messages, newest first; `active_only`: those that now stand."""
    rows = connection.execute(
        f"SELECT * FROM ({_ALERTS} ORDER BY alert.number DESC) AS found"
        " WHERE active OR NOT %s LIMIT %s",
        (active_only, limit),
    )
    return [_struct(AlertRow, _ALERT_ROW, row) for row in rows]


def alert(connection: Connection, identifier: str) -> AlertRow | None:
    """Return the message with this CAP identifier, if there is one."""
    row = connection.execute(f"{_ALERTS} WHERE alert.identifier = %s", (identifier,)).fetchone()
    return None if row is None else _struct(AlertRow, _ALERT_ROW, row)


def rejection_counts(connection: Connection, since: datetime | None = None) -> list[RejectionCount]:
    """Return how much was refused, ever or received from `since` on, by gateway and reason."""
    return [
        RejectionCount(*row)
        for row in connection.execute(
            "SELECT gateway, reason, count(*), max(received) FROM rejection"
            " WHERE received >= coalesce(%s::timestamptz, '-infinity')"
            " GROUP BY gateway, reason ORDER BY gateway, reason",
            (since,),
        )
    ]


def rejections(
    connection: Connection, limit: int = 100, *, gateway: str = "", datastream: str = ""
) -> list[RejectionRow]:
    """Return the `limit` rejections received last, newest first.

    `gateway`, and a part of the `datastream`, narrow it; empty: all.
    """
    return [
        RejectionRow(*row)
        for row in connection.execute(
            "SELECT gateway, received, reason, detail, datastream, time_ms, result, payload"
            " FROM rejection WHERE %(gateway)s IN ('', gateway)"
            " AND (%(datastream)s = '' OR strpos(datastream, %(datastream)s) > 0)"
            " ORDER BY received DESC, digest LIMIT %(limit)s",
            {"gateway": gateway, "datastream": datastream, "limit": limit},
        )
    ]


def delivered(connection: Connection) -> list[DeliveredRow]:
    """Return what is stored of each start of each gateway's agent."""
    return [
        DeliveredRow(gateway, boot_id, inclusive(seqs), repeats, updated)
        for gateway, boot_id, seqs, repeats, updated in connection.execute(
            "SELECT gateway, boot_id, seqs, repeats, updated FROM delivered"
            " ORDER BY gateway, updated, boot_id"
        )
    ]


def totals(connection: Connection) -> Totals:
    """Return the database in one line. It counts rows: about 50 ms for a million."""
    row = connection.execute(
        f"SELECT (SELECT count(*) FROM observation WHERE {_NO_CANARY}),"
        " (SELECT coalesce(sum(repeats), 0)::bigint FROM delivered),"
        " (SELECT count(*) FROM rejection), (SELECT count(*) FROM forecast),"
        " (SELECT count(*) FROM alert),"
        " (SELECT max(newest.time) FROM datastream CROSS JOIN LATERAL"
        "  (SELECT max(phenomenon_time) AS time FROM observation"
        f"   WHERE datastream_id = datastream.id AND key <> '{CANARY}') AS newest),"
        " (SELECT max(newest.time) FROM datastream CROSS JOIN LATERAL"
        "  (SELECT max(issue_time) AS time FROM forecast"
        "   WHERE datastream_id = datastream.id) AS newest)"
    ).fetchone()
    return _struct(Totals, Totals.__struct_fields__, row or ())


def _struct(schema: type[T], fields: Sequence[str], row: Sequence[Any]) -> T:
    return msgspec.convert(dict(zip(fields, row, strict=True)), schema)
