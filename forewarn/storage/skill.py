"""How good the forecasts were: by lead time, and one by one beside what came.

Every forecast is kept (table `forecast`), one a minute; for the skill one in 15 min is enough.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from forewarn.domain.hazard import Forecast
from forewarn.storage.connection import Connection

EVERY = timedelta(minutes=15)
"""The first forecast of each such span counts."""
MAX_ISSUED = 200

_SKILL = """
WITH stream AS (SELECT id FROM datastream WHERE key = %(key)s),
chosen AS (
    SELECT min(issue_time) AS issue_time FROM forecast
    WHERE datastream_id = (SELECT id FROM stream)
        AND issue_time >= %(start)s AND issue_time < %(end)s
    GROUP BY date_bin(%(every)s, issue_time, timestamptz '2000-01-01 00:00Z')
),
issued AS (
    SELECT issue_time, leads_s, quantiles, array_position(probabilities, 0.5) AS mid,
        array_position(probabilities, 0.1) AS low, array_position(probabilities, 0.9) AS high,
        held.result AS held
    FROM chosen JOIN forecast USING (issue_time) LEFT JOIN LATERAL ({held}) AS held ON true
    WHERE datastream_id = (SELECT id FROM stream)
),
pair AS (
    SELECT lead.s, quantiles[lead.i][mid] AS forecast, quantiles[lead.i][low] AS low,
        quantiles[lead.i][high] AS high, came.result AS came, held
    FROM issued CROSS JOIN LATERAL unnest(leads_s) WITH ORDINALITY AS lead (s, i)
    CROSS JOIN LATERAL ({came}) AS came WHERE mid IS NOT NULL
)
SELECT s, count(*), sqrt(avg((forecast - came) ^ 2)), avg(forecast - came),
    avg((came BETWEEN low AND high)::int)::double precision,
    1 - sum((forecast - came) ^ 2) FILTER (WHERE held IS NOT NULL)
        / nullif(sum((held - came) ^ 2), 0)
FROM pair GROUP BY s ORDER BY s
"""
_OBSERVED = """SELECT result FROM observation WHERE datastream_id = (SELECT id FROM stream)
    AND phenomenon_time <= {at} AND phenomenon_time > {at} - %(tolerance)s
    AND quality IN (1, 2) ORDER BY phenomenon_time DESC LIMIT 1"""
_QUERY = _SKILL.format(
    came=_OBSERVED.format(at="issue_time + lead.s * interval '1 s'"),
    held=_OBSERVED.format(at="issue_time"),
)


class LeadSkill(Struct, frozen=True):
    """How good the forecasts of one datastream were at one lead time."""

    lead_s: int
    count: int
    """Forecasts with a trusted observation at their valid time; others count nowhere."""
    rmse: float
    """Of the median, in the unit of the datastream."""
    bias: float
    """Mean of median - observed; positive: forecast too high."""
    coverage: float | None
    """Share of observations inside the 10-90 % interval; 0.8 is right. None: no such quantiles."""
    persistence: float | None
    """1 - SSE / SSE of "it stays as it was at the issue time" (Kitanidis & Bras 1980); 1 is
    perfect, 0 no better. None where that was never wrong or nothing was observed then."""


def skill(
    connection: Connection,
    key: str,
    start: datetime,
    end: datetime,
    *,
    tolerance: timedelta,
    every: timedelta = EVERY,
) -> list[LeadSkill]:
    """Return the skill of the forecasts of `key` issued in [start, end), by lead, ascending.

    Compared with the newest trusted observation at most `tolerance` older than the valid time,
    which should be the interval of the datastream; the issue's own value likewise. The first
    forecast of each span of `every` counts.
    """
    given = {"key": key, "start": start, "end": end, "every": every, "tolerance": tolerance}
    return [LeadSkill(*row) for row in connection.execute(_QUERY.encode(), given)]


def issued(
    connection: Connection, key: str, start: datetime, end: datetime, *, at_most: int = MAX_ISSUED
) -> list[Forecast]:
    """Return forecasts of `key` issued in [start, end), oldest first, at even distances of time.

    Not more than `at_most`: the first of each of so many equal spans.
    """
    rows = connection.execute(
        "SELECT DISTINCT ON (date_bin(%(step)s, issue_time, %(start)s))"
        " area, issue_time, model, leads_s, probabilities, quantiles, degraded FROM forecast"
        " WHERE datastream_id = (SELECT id FROM datastream WHERE key = %(key)s)"
        " AND issue_time >= %(start)s AND issue_time < %(end)s"
        " ORDER BY date_bin(%(step)s, issue_time, %(start)s), issue_time",
        {"key": key, "start": start, "end": end, "step": max(EVERY / 15, (end - start) / at_most)},
    )
    return [
        Forecast(
            area=area,
            datastream=key,
            issue_time=at,
            model=model,
            leads_s=leads,
            probabilities=probabilities,
            values=values,
            degraded=degraded,
        )
        for area, at, model, leads, probabilities, values, degraded in rows
    ]
