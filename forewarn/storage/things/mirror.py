"""The stations of a site as things with datastreams, each with an id that stays."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from forewarn.domain.station import Datastream, Site, Station
from forewarn.storage.connection import Connection

LOCK = 0x7468_696E
"""Key of the advisory lock that lets several consoles mirror at once."""

UNITS = {
    "1": "one",
    "m": "metre",
    "mm": "millimetre",
    "m/s": "metre per second",
    "m3/s": "cubic metre per second",
    "deg": "degree of arc",
    "Cel": "degree Celsius",
    "hPa": "hectopascal",
    "min": "minute",
}
"""Names of UCUM codes; a unit that is not here is called by its code."""

UNKNOWN_SENSOR = "not known: the site file names no instrument"


def mirror(connection: Connection, site: Site, now: datetime) -> None:
    """Write what is in `site`; ids never change, and repeating it changes nothing.

    A station that has left the site stays, with its observations. One that was moved gets a
    second location, and a historical location at world time `now`.
    """
    areas = {area.id: area.name for area in site.areas}
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        for station in site.stations:
            thing = _thing(connection, station, areas[station.area])
            _locate(connection, station, thing, now)
            feature = kept(
                connection,
                "feature",
                station.id,
                name=station.name,
                description=f"What is observed at {station.name}",
                place=_point(station),
            )
            for datastream in station.datastreams:
                _datastream(connection, station, datastream, thing, feature)


def _thing(connection: Connection, station: Station, area: str) -> int:
    properties = {"key": station.id, "area": station.area, "invented": station.invented}
    if station.datum:
        properties["datum"] = station.datum
    invented = "; invented for a demonstration" if station.invented else ""
    return kept(
        connection,
        "thing",
        station.id,
        name=station.name,
        description=f"Station {station.id} in {area}{invented}",
        properties=Jsonb(properties),
    )


def _locate(connection: Connection, station: Station, thing: int, now: datetime) -> None:
    location = kept(
        connection,
        "location",
        f"{station.id}@{station.latitude!r},{station.longitude!r}",
        name=station.name,
        description=f"Where {station.name} stands",
        place=_point(station),
    )
    here = connection.execute(
        "SELECT location_id FROM thing_location WHERE thing_id = %s", (thing,)
    ).fetchall()
    if here == [(location,)]:
        return
    connection.execute("DELETE FROM thing_location WHERE thing_id = %s", (thing,))
    connection.execute("INSERT INTO thing_location VALUES (%s, %s)", (thing, location))
    connection.execute(
        "INSERT INTO historical_location (thing_id, location_id, time) VALUES (%s, %s, %s)",
        (thing, location, now),
    )


def _datastream(
    connection: Connection, station: Station, datastream: Datastream, thing: int, feature: int
) -> None:
    key, label = f"{station.id}/{datastream.property}", datastream.property.replace("_", " ")
    sensor = kept(
        connection,
        "sensor",
        key,
        name=f"{station.name}, {label}",
        description=f"The instrument for {label} at {station.name}",
        encoding="text/plain",
        metadata=UNKNOWN_SENSOR,
    )
    observed = kept(
        connection,
        "observed_property",
        datastream.property,
        name=datastream.property,
        definition=f"urn:forewarn:property:{datastream.property}",
        description=f"{label.capitalize()}, as the glossary of Forewarn defines it",
    )
    unit = {
        "name": UNITS.get(datastream.unit, datastream.unit),
        "symbol": datastream.unit,
        "definition": f"ucum:{datastream.unit}",
    }
    properties = {"key": key, "interval_s": datastream.interval.total_seconds()}
    values: dict[str, Any] = {
        "datastream_id": datastream_id(connection, key),
        "thing_id": thing,
        "sensor_id": sensor,
        "observed_property_id": observed,
        "feature_id": feature,
        "name": f"{label.capitalize()} at {station.name}",
        "description": f"{label.capitalize()} [{datastream.unit}] at {station.name}",
        "unit": Jsonb(unit),
        "properties": Jsonb(properties),
    }
    _write(connection, "thing_datastream", "datastream_id", values)


def datastream_id(connection: Connection, key: str) -> int:
    """Return the id under which the observations of `key` are or will be."""
    query = "SELECT id FROM datastream WHERE key = %s"
    found = connection.execute(query, (key,)).fetchone()
    if found is None:
        connection.execute(
            "INSERT INTO datastream (key) VALUES (%s) ON CONFLICT DO NOTHING", (key,)
        )
        found = connection.execute(query, (key,)).fetchone()
    assert found is not None  # it was there, or is now
    return int(found[0])


def kept(connection: Connection, table: str, key: str, **values: Any) -> int:
    """Return the id of the row with this key, which has `values` from now on."""
    _write(connection, table, "key", {"key": key, **values})
    found = connection.execute(f"SELECT id FROM {table} WHERE key = %s", (key,)).fetchone()
    assert found is not None  # it was there, or is now
    return int(found[0])


def _write(connection: Connection, table: str, by: str, values: Mapping[str, Any]) -> None:
    """Insert or change one row; an INSERT alone would use up an id at each start."""
    changed = ", ".join(f"{name} = %({name})s" for name in values if name != by)
    done = connection.execute(f"UPDATE {table} SET {changed} WHERE {by} = %({by})s", values)
    if done.rowcount == 0:
        places = ", ".join(f"%({name})s" for name in values)
        connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", values)


def _point(station: Station) -> Jsonb:
    return Jsonb({"type": "Point", "coordinates": [station.longitude, station.latitude]})
