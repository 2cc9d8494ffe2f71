"""What was observed at the places of venues in the last hour, as the models told it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from forewarn.storage.connection import Connection

_OBSERVED = """
SELECT key, newest.issue_time, newest.observed
FROM datastream
CROSS JOIN generate_series(%(start)s::timestamptz + %(step)s, %(end)s, %(step)s) AS step (at)
CROSS JOIN LATERAL (
    SELECT issue_time, (body ->> 'observed')::double precision AS observed FROM assessment
    WHERE datastream_id = datastream.id
        AND issue_time > step.at - %(step)s AND issue_time <= step.at
    ORDER BY issue_time DESC LIMIT 1
) AS newest
WHERE key = ANY(%(keys)s) ORDER BY key, newest.issue_time
"""


def observed(
    connection: Connection, keys: Sequence[str], start: datetime, end: datetime, step: timedelta
) -> dict[str, list[tuple[datetime, float | None]]]:
    """Return what the newest assessment of each `step` in (start, end] took as observed, by key.

    Ascending; None where it trusted nothing. A step without an assessment is left out.
    """
    found: dict[str, list[tuple[datetime, float | None]]] = {key: [] for key in keys}
    given = {"keys": list(keys), "start": start, "end": end, "step": step}
    for key, at, value in connection.execute(_OBSERVED, given):
        found[key].append((at, value))
    return found
