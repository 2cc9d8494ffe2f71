"""Entities of guests changed and removed, in a transaction of the caller."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from forewarn.storage.connection import Connection
from forewarn.storage.things.creation import SETS, Creation
from forewarn.storage.things.drafts import Draft
from forewarn.storage.things.errors import Absent, InUse, Unchangeable
from forewarn.storage.things.model import ENTITIES, ID_ORIGIN, ID_SPAN
from forewarn.storage.things.tables import TABLES, columns, writable

LONGEST = timedelta(seconds=20)
"""For what is removed with all its observations: a million of them take a few seconds."""


def change(connection: Connection, number: int, draft: Draft, now: datetime) -> None:
    """Set what `draft` says of the entity `number`; what it does not name stays.

    Raises Absent, ReadOnly, or Unchangeable where a neighbour is not there.
    """
    writable(connection, draft.kind, number)
    table, creation = TABLES[draft.kind], Creation(connection, now)
    row = columns(_with_key(connection, draft, number))
    for name in SETS:
        if name in draft.links and draft.kind != "Things":
            [row[_reference(name)]] = creation.linked(draft, name)
    if draft.kind == "Things":
        creation.move(number, creation.linked(draft, "Locations"))
    if draft.kind == "Locations":
        for thing in creation.linked(draft, "Things"):
            writable(connection, "Things", thing)
            creation.move(thing, [number])
    if row:
        changed = ", ".join(f"{name} = %({name})s" for name in row)
        sql = f"UPDATE {table.name} SET {changed} WHERE {table.id} = %(number)s"
        connection.execute(sql.encode(), row | {"number": number})


def remove(connection: Connection, kind: str, number: int) -> None:
    """Remove the entity with what cannot be without it: a Thing with its Datastreams.

    Raises Absent, ReadOnly, and InUse for a feature of which there are observations.
    """
    connection.execute(f"SET LOCAL statement_timeout = {round(LONGEST.total_seconds() * 1000)}")
    if kind == "Observations":
        _remove_observation(connection, number)
        return
    writable(connection, kind, number)
    if kind in ("Things", "Sensors", "ObservedProperties"):
        column = _reference(ENTITIES[kind].one)
        for (stream,) in connection.execute(
            f"SELECT datastream_id FROM thing_datastream WHERE {column} = %s".encode(), (number,)
        ).fetchall():
            remove(connection, "Datastreams", stream)
    for sql in _BEFORE.get(kind, ()):
        connection.execute(sql, (number,))
    if kind == "FeaturesOfInterest" and _observed(connection, number):
        raise InUse(f"FeaturesOfInterest({number}) has observations or a Datastream")
    table = TABLES[kind]
    connection.execute(f"DELETE FROM {table.name} WHERE {table.id} = %s".encode(), (number,))
    if kind == "Datastreams":
        connection.execute("DELETE FROM datastream WHERE id = %s", (number,))


_BEFORE: Mapping[str, tuple[str, ...]] = {
    "Things": (
        "DELETE FROM thing_location WHERE thing_id = %s",
        "DELETE FROM historical_location WHERE thing_id = %s",
    ),
    "Locations": (
        "DELETE FROM thing_location WHERE location_id = %s",
        "DELETE FROM historical_location WHERE location_id = %s",
    ),
    "Datastreams": (
        "DELETE FROM observation WHERE datastream_id = %s",
        "DELETE FROM observation_remark WHERE datastream_id = %s",
    ),
}


def _observed(connection: Connection, feature: int) -> bool:
    found = connection.execute(
        "SELECT EXISTS (SELECT FROM thing_datastream WHERE feature_id = %(of)s)"
        " OR EXISTS (SELECT FROM observation_remark WHERE feature_id = %(of)s)",
        {"of": feature},
    ).fetchone()
    return found is not None and bool(found[0])


def _remove_observation(connection: Connection, number: int) -> None:
    stream, moment = divmod(number, ID_SPAN)
    writable(connection, "Datastreams", stream)
    row = (stream, (moment - ID_ORIGIN) / 1000)
    for table in ("observation_remark", "observation"):
        sql = f"DELETE FROM {table} WHERE datastream_id = %s AND phenomenon_time = to_timestamp(%s)"
        done = connection.execute(sql.encode(), row)
    if done.rowcount == 0:
        raise Absent(f"there is no Observations({number})")


def _with_key(connection: Connection, draft: Draft, number: int) -> Mapping[str, Any]:
    """Return the values; the `properties` of a datastream always hold its key."""
    if draft.kind != "Datastreams" or "properties" not in draft.values:
        return draft.values
    found = connection.execute("SELECT key FROM datastream WHERE id = %s", (number,)).fetchone()
    if found is None:
        raise Unchangeable(f"Datastreams({number}) has no key")
    return {**draft.values, "properties": {**draft.values["properties"], "key": found[0]}}


def _reference(one: str) -> str:
    """Return the column that refers to the one neighbour `one`."""
    return "observed_property_id" if one == "ObservedProperty" else f"{one.lower()}_id"
