"""Entities with all that comes along, written down."""

from datetime import datetime

from psycopg.types.json import Jsonb

from forewarn.domain.guest import guest_key
from forewarn.storage.connection import Connection
from forewarn.storage.things.drafts import Draft, Said, Stream
from forewarn.storage.things.errors import Unchangeable
from forewarn.storage.things.tables import add, columns, exists, writable

SETS = {"Thing": "Things", "Sensor": "Sensors", "ObservedProperty": "ObservedProperties"}
"""The three that each datastream belongs to, and the sets they are in."""


class Creation:
    """Writes drafts down, in a transaction of the caller.

    Parameters
    ----------
    connection : Connection
    now : datetime
        World time at which things are where they are told to be.
    """

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, now
        self.observations: list[tuple[Stream, tuple[Said, ...]]] = []
        """What came along, and goes the way of all observations once this is committed."""

    def create(self, draft: Draft) -> int:
        """Return the id of what `draft` has become; Unchangeable says what does not fit."""
        if draft.kind == "Datastreams":
            return self._datastream(draft)
        if draft.kind == "HistoricalLocations":
            return self._historical(draft)
        made = add(self._connection, draft.kind, {"properties": {}, **draft.values})
        if draft.kind == "Things":
            self.move(made, self.linked(draft, "Locations"))
            for name in ("Datastreams", "HistoricalLocations"):
                for child in draft.links.get(name, ()):
                    self._child(child, made)
        if draft.kind == "Locations":
            for thing in self.linked(draft, "Things"):
                writable(self._connection, "Things", thing)
                self.move(thing, [made])
        return made

    def linked(self, draft: Draft, name: str) -> list[int]:
        """Return the ids of the neighbours `name` of `draft`, creating those that are drafts."""
        kind = SETS.get(name, name)
        found = []
        for link in draft.links.get(name, ()):
            if isinstance(link, Draft):
                link = self.create(link)
            elif not exists(self._connection, kind, link):
                path = f"{draft.where}.{name}" if draft.where else name
                raise Unchangeable(f"{path}: there is no {kind}({link})")
            found.append(link)
        return found

    def move(self, thing: int, locations: list[int]) -> None:
        """Note that `thing` is at `locations` from now on, if there are any."""
        if not locations:
            return
        self._connection.execute("DELETE FROM thing_location WHERE thing_id = %s", (thing,))
        for location in dict.fromkeys(locations):
            row = (thing, location)
            self._connection.execute("INSERT INTO thing_location VALUES (%s, %s)", row)
            self._connection.execute(
                "INSERT INTO historical_location (thing_id, location_id, time) VALUES (%s, %s, %s)",
                (*row, self._now),
            )

    def _child(self, child: int | Draft, thing: int) -> None:
        assert isinstance(child, Draft)  # the body has been checked for that
        self.create(
            Draft(
                kind=child.kind,
                values=child.values,
                links={**child.links, "Thing": (thing,)},
                observations=child.observations,
                where=child.where,
            )
        )

    def _datastream(self, draft: Draft) -> int:
        [thing], [sensor], [observed] = (self.linked(draft, name) for name in SETS)
        found = self._connection.execute(
            "SELECT nextval(pg_get_serial_sequence('datastream', 'id')), name"
            " FROM observed_property WHERE id = %s",
            (observed,),
        ).fetchone()
        assert found is not None  # it was there just now
        number, key = int(found[0]), guest_key(*found)
        row = columns(draft.values) | {
            "datastream_id": number,
            "thing_id": thing,
            "sensor_id": sensor,
            "observed_property_id": observed,
            "properties": Jsonb({**draft.values.get("properties", {}), "key": key}),
        }
        self._connection.execute(
            "INSERT INTO datastream (id, key) OVERRIDING SYSTEM VALUE VALUES (%s, %s)",
            (number, key),
        )
        places = ", ".join(f"%({name})s" for name in row)
        sql = f"INSERT INTO thing_datastream ({', '.join(row)}) VALUES ({places})"
        self._connection.execute(sql.encode(), row)
        if draft.observations:
            self.observations.append((Stream(number, key, None), draft.observations))
        return number

    def _historical(self, draft: Draft) -> int:
        [thing], [location] = self.linked(draft, "Thing"), self.linked(draft, "Locations")
        writable(self._connection, "Things", thing)
        found = self._connection.execute(
            "INSERT INTO historical_location (thing_id, location_id, time)"
            " VALUES (%s, %s, %s) RETURNING id",
            (thing, location, draft.values["time"]),
        ).fetchone()
        assert found is not None  # an INSERT of one row
        return int(found[0])
