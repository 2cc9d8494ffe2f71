"""The stations of a site as things with datastreams, each with an id that stays."""

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
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        _Mirror(connection, site, now).write()


class Rows:
    """Rows of one table by their keys, read once; only what is new or changed is written.

    Parameters
    ----------
    connection : Connection
        In a transaction that holds `LOCK`.
    table : str
    columns : tuple of str
        What is kept beside the key.
    by, number : str
        The columns of the key and of the id.
    """

    def __init__(
        self,
        connection: Connection,
        table: str,
        columns: tuple[str, ...],
        by: str = "key",
        number: str = "id",
    ) -> None:
        self._connection, self._table, self._by, self._number = connection, table, by, number
        sql = f"SELECT {by}, {number}, {', '.join(columns)} FROM {table}"
        self._held: dict[Any, tuple[int, dict[str, Any]]] = {
            row[0]: (row[1], dict(zip(columns, row[2:], strict=True)))
            for row in connection.execute(sql.encode())
        }

    def kept(self, key: Any, **values: Any) -> int:
        """Return the id of the row with this key, which has `values` from now on."""
        plain = {name: v.obj if isinstance(v, Jsonb) else v for name, v in values.items()}
        held = self._held.get(key)
        if held and held[1] == plain:
            return held[0]
        row = {self._by: key, **values}
        if held:
            changed = ", ".join(f"{name} = %({name})s" for name in values)
            sql = f"UPDATE {self._table} SET {changed} WHERE {self._by} = %({self._by})s"
        else:
            places = ", ".join(f"%({name})s" for name in row)
            sql = f"INSERT INTO {self._table} ({', '.join(row)}) VALUES ({places})"
        found = self._connection.execute(f"{sql} RETURNING {self._number}".encode(), row).fetchone()
        assert found is not None  # one row was there, or is now
        self._held[key] = (found[0], plain)
        return int(found[0])


class _Mirror:
    def __init__(self, connection: Connection, site: Site, now: datetime) -> None:
        self._connection, self._site, self._now = connection, site, now
        self._areas = {area.id: area.name for area in site.areas}
        named = ("name", "description")
        self._things = Rows(connection, "thing", (*named, "properties"))
        self._locations = Rows(connection, "location", (*named, "place"))
        self._features = Rows(connection, "feature", (*named, "place"))
        self._sensors = Rows(connection, "sensor", (*named, "encoding", "metadata"))
        self._properties = Rows(
            connection, "observed_property", ("name", "definition", "description")
        )
        columns = ("thing_id", "sensor_id", "observed_property_id", "feature_id")
        self._streams = Rows(
            connection,
            "thing_datastream",
            (*columns, *named, "unit", "properties"),
            by="datastream_id",
            number="datastream_id",
        )
        numbers = connection.execute("SELECT key, id FROM datastream").fetchall()
        self._numbers: dict[str, int] = dict(numbers)
        self._here: dict[int, list[int]] = {}
        for thing, location in connection.execute(
            "SELECT thing_id, location_id FROM thing_location"
        ):
            self._here.setdefault(thing, []).append(location)

    def write(self) -> None:
        """Write all stations."""
        for station in self._site.stations:
            thing = self._thing(station)
            self._locate(station, thing)
            feature = self._features.kept(
                station.id,
                name=station.name,
                description=f"What is observed at {station.name}",
                place=_point(station),
            )
            for datastream in station.datastreams:
                self._datastream(station, datastream, thing, feature)

    def _thing(self, station: Station) -> int:
        properties = {"key": station.id, "area": station.area, "invented": station.invented}
        if station.datum:
            properties["datum"] = station.datum
        invented = "; invented for a demonstration" if station.invented else ""
        return self._things.kept(
            station.id,
            name=station.name,
            description=f"Station {station.id} in {self._areas[station.area]}{invented}",
            properties=Jsonb(properties),
        )

    def _locate(self, station: Station, thing: int) -> None:
        location = self._locations.kept(
            f"{station.id}@{station.latitude!r},{station.longitude!r}",
            name=station.name,
            description=f"Where {station.name} stands",
            place=_point(station),
        )
        if self._here.get(thing) == [location]:
            return
        row = (thing, location)
        self._connection.execute("DELETE FROM thing_location WHERE thing_id = %s", (thing,))
        self._connection.execute("INSERT INTO thing_location VALUES (%s, %s)", row)
        self._connection.execute(
            "INSERT INTO historical_location (thing_id, location_id, time) VALUES (%s, %s, %s)",
            (*row, self._now),
        )

    def _datastream(
        self, station: Station, datastream: Datastream, thing: int, feature: int
    ) -> None:
        key, label = f"{station.id}/{datastream.property}", datastream.property.replace("_", " ")
        sensor = self._sensors.kept(
            key,
            name=f"{station.name}, {label}",
            description=f"The instrument for {label} at {station.name}",
            encoding="text/plain",
            metadata=UNKNOWN_SENSOR,
        )
        observed = self._properties.kept(
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
        self._streams.kept(
            self._numbers.get(key) or datastream_id(self._connection, key),
            thing_id=thing,
            sensor_id=sensor,
            observed_property_id=observed,
            feature_id=feature,
            name=f"{label.capitalize()} at {station.name}",
            description=f"{label.capitalize()} [{datastream.unit}] at {station.name}",
            unit=Jsonb(unit),
            properties=Jsonb(properties),
        )


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


def _point(station: Station) -> Jsonb:
    return Jsonb({"type": "Point", "coordinates": [station.longitude, station.latitude]})
