"""Where entities are kept that may be changed, and how their rows are written."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from forewarn.storage.connection import Connection
from forewarn.storage.things.errors import Absent, ReadOnly

COLUMNS: Mapping[str, str] = {
    "encodingType": "encoding",
    "location": "place",
    "feature": "place",
    "unitOfMeasurement": "unit",
    "observationType": "observation_type",
}
"""Columns that have another name than their property."""
DOCUMENTS = ("properties", "place", "unit")
"""Columns of JSON."""


class Table(NamedTuple):
    """Where a set of entities is kept."""

    name: str
    id: str
    guest: str
    """SQL that is true of what was created over the data API; `t` is the table."""


_GUEST = "starts_with(t.key, 'guest:')"
TABLES: Mapping[str, Table] = {
    "Things": Table("thing", "id", _GUEST),
    "Locations": Table("location", "id", _GUEST),
    "Sensors": Table("sensor", "id", _GUEST),
    "ObservedProperties": Table("observed_property", "id", _GUEST),
    "FeaturesOfInterest": Table("feature", "id", _GUEST),
    "HistoricalLocations": Table(
        "historical_location",
        "id",
        "(SELECT starts_with(o.key, 'guest:') FROM thing o WHERE o.id = t.thing_id)",
    ),
    "Datastreams": Table(
        "thing_datastream",
        "datastream_id",
        "(SELECT starts_with(o.key, 'guest-' || o.id || '/') FROM datastream o"
        " WHERE o.id = t.datastream_id)",
    ),
}


def columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of an entity as columns of its table."""
    named = {COLUMNS.get(name, name): value for name, value in values.items()}
    return {name: Jsonb(v) if name in DOCUMENTS else v for name, v in named.items()}


def add(connection: Connection, kind: str, values: Mapping[str, Any]) -> int:
    """Insert one row that is no station's, and return its id."""
    table, row = TABLES[kind].name, columns(values)
    names = "".join(f", {name}" for name in row)
    places = "".join(f", %({name})s" for name in row)
    found = connection.execute(
        f"INSERT INTO {table} (id, key{names}) OVERRIDING SYSTEM VALUE"
        f" SELECT n, 'guest:' || n{places}"
        f" FROM nextval(pg_get_serial_sequence('{table}', 'id')) AS n RETURNING id".encode(),
        row,
    ).fetchone()
    assert found is not None  # an INSERT of one row
    return int(found[0])


def exists(connection: Connection, kind: str, number: int) -> bool:
    """Return whether there is the entity `kind`(`number`)."""
    table = TABLES[kind]
    sql = f"SELECT 1 FROM {table.name} t WHERE t.{table.id} = %s::bigint"
    return connection.execute(sql.encode(), (number,)).fetchone() is not None


def writable(connection: Connection, kind: str, number: int) -> None:
    """Lock `kind`(`number`) until the transaction ends; Absent or ReadOnly where it cannot be."""
    table = TABLES[kind]
    sql = f"SELECT {table.guest} FROM {table.name} t WHERE t.{table.id} = %s::bigint FOR UPDATE"
    found = connection.execute(sql.encode(), (number,)).fetchone()
    if found is None:
        raise Absent(f"there is no {kind}({number})")
    if not found[0]:
        raise ReadOnly(f"{kind}({number}) comes from site.toml, and is changed there alone")
