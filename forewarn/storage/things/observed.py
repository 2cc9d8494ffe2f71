"""What became of observations that were sent, and what was said beside them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg.types.json import Jsonb

from forewarn.domain.guest import GATEWAY
from forewarn.storage.connection import Connection
from forewarn.storage.things.creation import Creation
from forewarn.storage.things.drafts import Draft, Said, Stream
from forewarn.storage.things.errors import Unchangeable
from forewarn.storage.things.model import ID_ORIGIN, ID_SPAN
from forewarn.storage.things.tables import columns, exists

Row = tuple[Stream, Said]

_AT = "timestamptz 'epoch' + asked.time * interval '1 ms'"
_ASKED = "unnest(%s::integer[], %s::bigint[]) WITH ORDINALITY AS asked (datastream_id, time, row)"


def observation_id(stream: int, time_ms: int) -> int:
    """Return the id of the observation of datastream `stream` at `time_ms`."""
    return stream * ID_SPAN + ID_ORIGIN + time_ms


def streams(connection: Connection, numbers: Sequence[int]) -> dict[int, Stream]:
    """Return those of the datastreams `numbers` that there are."""
    rows = connection.execute(
        "SELECT d.id, d.key, t.feature_id FROM thing_datastream t"
        " JOIN datastream d ON d.id = t.datastream_id WHERE d.id = ANY(%s::bigint[])",
        (list(numbers),),
    )
    return {row[0]: Stream(*row) for row in rows}


class Verdict(NamedTuple):
    """What became of one observation."""

    reason: str
    """Why it is not in the database; empty where it is."""
    conflict: bool = False
    """Whether another result is there for its time."""


def verdicts(connection: Connection, rows: Sequence[Row]) -> list[Verdict]:
    """Return what became of each row.

    The first result of a datastream at a time stays, as it does for every device: another one
    for the same time is told from the one that is there.
    """
    if not rows:
        return []
    asked = [[stream.id for stream, _ in rows], [said.time_ms for _, said in rows]]
    stored = connection.execute(
        f"SELECT o.datastream_id IS NOT NULL, o.result FROM {_ASKED} LEFT JOIN observation o"
        " ON o.datastream_id = asked.datastream_id"
        f" AND o.phenomenon_time = {_AT} ORDER BY asked.row".encode(),
        asked,
    ).fetchall()
    absent = [row for row, (there, _) in zip(rows, stored, strict=True) if not there]
    reasons = iter(_refused(connection, absent))
    found: list[Verdict] = []
    for (_, said), (there, result) in zip(rows, stored, strict=True):
        if not there:
            found.append(Verdict(next(reasons)))
        elif result != said.result:
            reason = f"another result, {result}, is there for this time, and stays"
            found.append(Verdict(reason, conflict=True))
        else:
            found.append(Verdict(""))
    return found


def _refused(connection: Connection, rows: Sequence[Row]) -> list[str]:
    """Return why each of `rows` is not there, in one question however many they are."""
    if not rows:
        return []
    asked = [[stream.key for stream, _ in rows], [said.time_ms for _, said in rows]]
    found = connection.execute(
        "SELECT DISTINCT ON (asked.row) reason, detail"
        " FROM unnest(%s::text[], %s::bigint[]) WITH ORDINALITY AS asked (key, time, row)"
        f" LEFT JOIN rejection ON gateway = '{GATEWAY}' AND datastream = asked.key"
        " AND time_ms = asked.time ORDER BY asked.row, received DESC".encode(),
        asked,
    )
    lost = "it was refused on its way"
    return [lost if reason is None else f"{reason}: {detail}" for reason, detail in found]


class Features:
    """The features of interest of observations that are about to be sent.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    now : datetime
        World time.
    """

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, now
        self._of: dict[int, int] = {}
        self._known: dict[int, bool] = {}

    def of(self, stream: Stream, said: Said) -> int | None:
        """Return the feature where it is another than the datastream's, which has one from now on.

        A datastream without one gets that of its first observation, else one made of the place
        of its Thing, as SensorThings asks for. Unchangeable where there is none.
        """
        given = None if said.feature is None else self._given(said.feature)
        usual = self._of.get(stream.id, stream.feature)
        if usual is None:
            usual = given or _of_thing(self._connection, stream.id)
            self._connection.execute(
                "UPDATE thing_datastream SET feature_id = %s WHERE datastream_id = %s",
                (usual, stream.id),
            )
        self._of[stream.id] = usual
        return None if given in (None, usual) else given

    def _given(self, feature: int | Draft) -> int:
        if isinstance(feature, Draft):
            return self._same(feature) or Creation(self._connection, self._now).create(feature)
        if feature not in self._known:
            self._known[feature] = exists(self._connection, "FeaturesOfInterest", feature)
        if not self._known[feature]:
            raise Unchangeable(f"FeatureOfInterest: there is no FeaturesOfInterest({feature})")
        return feature

    def _same(self, draft: Draft) -> int | None:
        """Return a feature that says the same: an observation that is sent again makes no other."""
        row = columns({"properties": {}, **draft.values})
        same = " AND ".join(f"{name} = %({name})s" for name in row)
        sql = f"SELECT min(id) FROM feature WHERE starts_with(key, 'guest:') AND {same}"
        found = self._connection.execute(sql.encode(), row).fetchone()
        return found[0] if found else None


def _of_thing(connection: Connection, stream: int) -> int:
    found = connection.execute(
        "INSERT INTO feature (id, key, name, description, place, encoding)"
        " OVERRIDING SYSTEM VALUE SELECT n, 'guest:' || n, l.name, l.description, l.place,"
        " l.encoding FROM thing_datastream d JOIN thing_location p ON p.thing_id = d.thing_id"
        " JOIN location l ON l.id = p.location_id,"
        " nextval(pg_get_serial_sequence('feature', 'id')) AS n"
        " WHERE d.datastream_id = %s ORDER BY l.id LIMIT 1 RETURNING id",
        (stream,),
    ).fetchone()
    if found is None:
        raise Unchangeable(
            "FeatureOfInterest: is missing, and the Thing has no Location to make one of"
        )
    return int(found[0])


def remark(connection: Connection, rows: Sequence[tuple[Stream, Said, int | None]]) -> None:
    """Keep what was said beside observations that are stored; repeating it changes nothing.

    Each row is the datastream, the observation and its feature where it is another than that
    of the datastream.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO observation_remark VALUES (%s,"
            " timestamptz 'epoch' + %s * interval '1 ms', %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [
                (
                    stream.id,
                    said.time_ms,
                    feature,
                    said.began,
                    said.valid_time,
                    None if said.parameters is None else Jsonb(said.parameters),
                )
                for stream, said, feature in rows
            ],
        )
