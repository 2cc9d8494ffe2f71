"""Forecasts as datastreams: one for each quantile of a datastream that has been forecast."""

from typing import Any

from psycopg.types.json import Jsonb

from forewarn.storage.connection import Connection
from forewarn.storage.things.mirror import LOCK, Rows, datastream_id

_NEW = """
    SELECT base.datastream_id, base.thing_id, base.observed_property_id, base.feature_id,
        base.name, base.unit, d.key, newest.model, p.probability
    FROM thing_datastream base JOIN datastream d ON d.id = base.datastream_id
    CROSS JOIN LATERAL (
        SELECT model, probabilities FROM forecast WHERE datastream_id = base.datastream_id
        ORDER BY issue_time DESC LIMIT 1
    ) AS newest
    CROSS JOIN LATERAL unnest(newest.probabilities) AS p (probability)
    WHERE NOT EXISTS (
        SELECT FROM thing_datastream other
        WHERE other.forecast_of = base.datastream_id AND other.probability = p.probability
    ) ORDER BY base.datastream_id, p.probability"""


def mirror_forecasts(connection: Connection) -> int:
    """Write a datastream down for each quantile that has none yet; return how many.

    Their observations are those of the newest forecast (`model.OBSERVED`), so nothing more is
    to be written when another one is issued.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        rows = connection.execute(_NEW).fetchall()
        for row in rows:
            _add(connection, *row)
    return len(rows)


def _add(
    connection: Connection,
    base: int,
    thing: int,
    observed_property: int,
    feature: int,
    name: str,
    unit: Any,
    key: str,
    model: str,
    probability: float,
) -> None:
    columns = ("name", "description", "encoding", "metadata")
    sensor = Rows(connection, "sensor", columns).kept(
        f"model:{model}",
        name=f"Model {model}",
        description=f"The forecast model `{model}`: no instrument",
        encoding="text/plain",
        metadata="forecast",
    )
    mine = f"forecast:{key}:{probability:g}"
    values: dict[str, Any] = {
        "datastream_id": datastream_id(connection, mine),
        "thing_id": thing,
        "sensor_id": sensor,
        "observed_property_id": observed_property,
        "feature_id": feature,
        "name": f"{name}, forecast {probability:.0%} quantile",
        "description": f"Newest forecast of {name}: below it with probability {probability:g};"
        " resultTime is when it was issued",
        "unit": Jsonb(unit),
        "properties": Jsonb({"key": mine, "forecast_of": key, "probability": probability}),
        "forecast_of": base,
        "probability": probability,
    }
    places = ", ".join(f"%({column})s" for column in values)
    sql = f"INSERT INTO thing_datastream ({', '.join(values)}) VALUES ({places})"
    connection.execute(sql.encode(), values)
