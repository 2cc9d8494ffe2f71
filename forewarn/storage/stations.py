"""What is kept about one station: what was refused of it, and the incidents on its datastreams."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from forewarn.domain.desk import Incident
from forewarn.storage.connection import Connection
from forewarn.storage.incidents import INCIDENT_FIELDS
from forewarn.storage.rows import RejectionRow


def rejections_of(
    connection: Connection, station: str, since: datetime, *, limit: int = 50
) -> list[RejectionRow]:
    """Return up to `limit` observations of `station` refused from `since` on, newest first."""
    rows = connection.execute(
        "SELECT gateway, received, reason, detail, datastream, time_ms, result, payload"
        " FROM rejection WHERE received >= %s AND starts_with(datastream, %s)"
        " ORDER BY received DESC, digest LIMIT %s",
        (since, f"{station}/", limit),
    )
    return [RejectionRow(*row) for row in rows]


def incidents_on(
    connection: Connection, keys: Sequence[str], since: datetime, *, limit: int = 100
) -> list[Incident]:
    """Return incidents on `keys`, newest first: all that are live or were opened since `since`."""
    rows = connection.execute(
        f"SELECT {', '.join(INCIDENT_FIELDS)} FROM incident WHERE datastream = ANY(%s)"
        " AND (opened >= %s OR state IN ('draft', 'issued')) ORDER BY opened DESC LIMIT %s",
        (list(keys), since, limit),
    )
    return [msgspec.convert(dict(zip(INCIDENT_FIELDS, row, strict=True)), Incident) for row in rows]
