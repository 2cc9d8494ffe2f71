"""How the city, its venues and its gateways are: kept by the stream, shown by the console."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from forewarn.domain.codec import encode
from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.venue import Programme
from forewarn.domain.vital import Vitals
from forewarn.storage.connection import Connection
from forewarn.storage.rows import GatewayRow, StandingSign

LATEST = """
WITH RECURSIVE known AS (
    (SELECT indicator FROM vital ORDER BY indicator LIMIT 1)
    UNION ALL
    SELECT (SELECT vital.indicator FROM vital WHERE vital.indicator > known.indicator
            ORDER BY vital.indicator LIMIT 1)
    FROM known WHERE known.indicator IS NOT NULL
)
SELECT newest.area, newest.time, newest.body
FROM known CROSS JOIN LATERAL (
    SELECT area, time, body FROM vital WHERE vital.indicator = known.indicator
    ORDER BY time DESC LIMIT 1
) AS newest
ORDER BY newest.area, known.indicator
"""
"""From indicator to indicator through the primary key, as the console asks each second. DISTINCT ON
reads all that was ever stored, and where some chunks are compressed TimescaleDB 2.22 to 2.29.1 may
answer it with old rows (its issue 10447)."""


def store_vitals(connection: Connection, vitals: Sequence[Vitals]) -> None:
    """Keep `vitals`; a sign that is there for its indicator and time stays as it was."""
    with connection.transaction():
        for at in vitals:
            for sign in at.signs:
                connection.execute(
                    "INSERT INTO vital (indicator, time, area, value, state, body)"
                    " VALUES (%s, %s, %s, %s, %s, %s::jsonb) ON CONFLICT DO NOTHING",
                    (
                        sign.indicator,
                        at.time,
                        at.area,
                        sign.value,
                        sign.state,
                        encode(sign).decode(),
                    ),
                )


def store_programmes(connection: Connection, programmes: Sequence[Programme]) -> None:
    """Keep the newest advice of each venue; one that is older than what is there is dropped."""
    with connection.transaction():
        for programme in sorted(programmes, key=lambda p: p.venue):
            connection.execute(
                "INSERT INTO programme AS held (venue, issue_time, body)"
                " VALUES (%s, %s, %s::jsonb) ON CONFLICT (venue) DO UPDATE"
                " SET issue_time = excluded.issue_time, body = excluded.body"
                " WHERE held.issue_time <= excluded.issue_time",
                (programme.venue, programme.issue_time, encode(programme).decode()),
            )


def store_gateways(
    connection: Connection, statuses: Sequence[tuple[datetime, GatewayStatus]]
) -> None:
    """Keep the status of each gateway that was heard last; (heard, status), oldest first."""
    newest = {status.gateway: (heard, status) for heard, status in statuses}
    with connection.transaction():
        for gateway, (heard, status) in sorted(newest.items()):
            connection.execute(
                "INSERT INTO gateway_status AS held (gateway, heard, body)"
                " VALUES (%s, %s, %s::jsonb) ON CONFLICT (gateway) DO UPDATE"
                " SET heard = excluded.heard, body = excluded.body"
                " WHERE held.heard <= excluded.heard",
                (gateway, heard, encode(status).decode()),
            )


def vitals_latest(connection: Connection) -> list[StandingSign]:
    """Return the newest sign of each indicator, by area and indicator."""
    return [
        msgspec.convert({"area": area, "time": time, "sign": body}, StandingSign)
        for area, time, body in connection.execute(LATEST)
    ]


def programmes_latest(connection: Connection) -> list[Programme]:
    """Return the newest advice of each venue, by venue."""
    return [
        msgspec.convert(body, Programme)
        for (body,) in connection.execute("SELECT body FROM programme ORDER BY venue")
    ]


def gateways(connection: Connection) -> list[GatewayRow]:
    """Return what each gateway said last and when we heard it, by gateway."""
    return [
        msgspec.convert({"heard": heard, "status": body}, GatewayRow)
        for heard, body in connection.execute(
            "SELECT heard, body FROM gateway_status ORDER BY gateway"
        )
    ]
