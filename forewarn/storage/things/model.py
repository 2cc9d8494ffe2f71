"""The eight kinds of entities: where each is kept, what it has, and who its neighbours are.

In SQL `{t}` is the entity's own table and `{n}` its neighbour's. Nothing in here is a user's text.
"""

from collections.abc import Mapping

from msgspec import Struct

from forewarn.storage.things.errors import Unanswerable

ID_SPAN = 1 << 43
"""An observation's id is `datastream id * 2^43 + phenomenon time [ms] + 2^42`: stable, without a
column of its own, unique from 1830 to 2109, and exact in JavaScript up to datastream 1,023."""
ID_ORIGIN = 1 << 42


class Property(Struct, frozen=True):
    """What an entity has: its SQL, and what it may be compared with."""

    sql: str
    kind: str
    """`number`, `text`, `time`, `json`, `point`, or `shown`: only shown, never compared."""
    shown: str = ""
    """The SQL of what is answered, where it is not `sql`."""


class Neighbour(Struct, frozen=True):
    """A way from one entity to others."""

    target: str
    where: str
    many: bool = False


class Entity(Struct, frozen=True):
    """One kind of entity."""

    one: str
    """Its name where there is only one of it."""
    source: str
    """Its table."""
    id: str
    order: tuple[str, ...]
    """What every answer is sorted by at last, so that pages do not overlap."""
    properties: Mapping[str, Property]
    neighbours: Mapping[str, Neighbour]

    def property(self, name: str) -> Property:
        """Return the property called `name`; Unanswerable lists those there are."""
        if name in ("id", "@iot.id"):
            return Property(self.id, "number")
        if name not in self.properties:
            known = ", ".join(["@iot.id", *self.properties, *self.neighbours])
            raise Unanswerable(f"{self.one} has no `{name[:40]}`; it has {known}")
        return self.properties[name]

    def neighbour(self, name: str) -> Neighbour:
        """Return the way to `name`; Unanswerable lists those there are."""
        if name not in self.neighbours:
            known = ", ".join(self.neighbours)
            raise Unanswerable(f"{self.one} has no neighbour `{name[:40]}`; it has {known}")
        return self.neighbours[name]


def _text(*names: str) -> dict[str, Property]:
    return {name: Property(f"{{t}}.{name}", "text") for name in names}


def _time(sql: str) -> Property:
    return Property(sql, "time", _iso(sql))


def _iso(sql: str) -> str:
    return f"""to_char({sql} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


def _place(sql: str) -> Property:
    """Return a place: compared as a point, which it is not where it is a line or an outline."""
    point = (
        f"(CASE WHEN {sql}->>'type' = 'Point'"
        f" AND jsonb_typeof({sql}->'coordinates'->0) = 'number'"
        f" AND jsonb_typeof({sql}->'coordinates'->1) = 'number' THEN point("
        f"({sql}->'coordinates'->>0)::float8, ({sql}->'coordinates'->>1)::float8) END)"
    )
    return Property(point, "point", sql)


OBSERVED = """(
    SELECT datastream_id, phenomenon_time, result, quality, received FROM observation
    UNION ALL
    SELECT s.datastream_id, f.issue_time + f.leads_s[n] * interval '1 s',
        f.quantiles[n][array_position(f.probabilities, s.probability)], 2::smallint, f.issue_time
    FROM thing_datastream s
    CROSS JOIN LATERAL (
        SELECT * FROM forecast WHERE datastream_id = s.forecast_of ORDER BY issue_time DESC LIMIT 1
    ) AS f
    CROSS JOIN LATERAL generate_subscripts(f.leads_s, 1) AS n
    WHERE s.forecast_of IS NOT NULL AND s.probability = ANY (f.probabilities)
)"""
"""Observations, and beside them the newest forecast of each datastream: one quantile each."""


def _extent() -> Property:
    """Return the time from a datastream's first to its last observation: two steps in an index."""
    first, last = (
        _iso(f"(SELECT {which}(o.phenomenon_time) FROM {OBSERVED} o WHERE o.datastream_id = {{t}}"
             ".datastream_id)") for which in ("min", "max")
    )  # fmt: skip
    return Property("", "shown", f"{first} || '/' || {last}")


_ENCODING = Property("{t}.encoding", "text")
_PROPERTIES = Property("{t}.properties", "json")
_REMARK = (
    "(SELECT r.{0} FROM observation_remark r WHERE r.datastream_id = {{t}}.datastream_id"
    " AND r.phenomenon_time = {{t}}.phenomenon_time)"
)
"""What was said beside an observation; of most there is nothing."""
_FEATURE = (
    "coalesce((SELECT r.feature_id FROM observation_remark r"
    " WHERE r.datastream_id = {0}.datastream_id AND r.phenomenon_time = {0}.phenomenon_time),"
    " (SELECT d.feature_id FROM thing_datastream d WHERE d.datastream_id = {0}.datastream_id))"
)
_NOW_AT = (
    "EXISTS (SELECT FROM thing_location l WHERE l.thing_id = {0}.id AND l.location_id = {1}.id)"
)

ENTITIES: Mapping[str, Entity] = {
    "Things": Entity(
        "Thing",
        "thing",
        "{t}.id",
        ("{t}.id",),
        {**_text("name", "description"), "properties": _PROPERTIES},
        {
            "Datastreams": Neighbour("Datastreams", "{n}.thing_id = {t}.id", many=True),
            "Locations": Neighbour("Locations", _NOW_AT.format("{t}", "{n}"), many=True),
            "HistoricalLocations": Neighbour(
                "HistoricalLocations", "{n}.thing_id = {t}.id", many=True
            ),
        },
    ),
    "Locations": Entity(
        "Location",
        "location",
        "{t}.id",
        ("{t}.id",),
        {
            **_text("name", "description"),
            "encodingType": _ENCODING,
            "location": _place("{t}.place"),
            "properties": _PROPERTIES,
        },
        {
            "Things": Neighbour("Things", _NOW_AT.format("{n}", "{t}"), many=True),
            "HistoricalLocations": Neighbour(
                "HistoricalLocations", "{n}.location_id = {t}.id", many=True
            ),
        },
    ),
    "HistoricalLocations": Entity(
        "HistoricalLocation",
        "historical_location",
        "{t}.id",
        ("{t}.id",),
        {"time": _time("{t}.time")},
        {
            "Thing": Neighbour("Things", "{n}.id = {t}.thing_id"),
            "Locations": Neighbour("Locations", "{n}.id = {t}.location_id", many=True),
        },
    ),
    "Datastreams": Entity(
        "Datastream",
        "thing_datastream",
        "{t}.datastream_id",
        ("{t}.datastream_id",),
        {
            **_text("name", "description"),
            "observationType": Property("{t}.observation_type", "text"),
            "unitOfMeasurement": Property("{t}.unit", "json"),
            "properties": _PROPERTIES,
            "phenomenonTime": _extent(),
        },
        {
            "Thing": Neighbour("Things", "{n}.id = {t}.thing_id"),
            "Sensor": Neighbour("Sensors", "{n}.id = {t}.sensor_id"),
            "ObservedProperty": Neighbour(
                "ObservedProperties", "{n}.id = {t}.observed_property_id"
            ),
            "Observations": Neighbour(
                "Observations", "{n}.datastream_id = {t}.datastream_id", many=True
            ),
        },
    ),
    "Sensors": Entity(
        "Sensor",
        "sensor",
        "{t}.id",
        ("{t}.id",),
        {
            **_text("name", "description"),
            "encodingType": Property("{t}.encoding", "text"),
            "metadata": Property("{t}.metadata", "text"),
            "properties": _PROPERTIES,
        },
        {"Datastreams": Neighbour("Datastreams", "{n}.sensor_id = {t}.id", many=True)},
    ),
    "ObservedProperties": Entity(
        "ObservedProperty",
        "observed_property",
        "{t}.id",
        ("{t}.id",),
        {**_text("name", "definition", "description"), "properties": _PROPERTIES},
        {"Datastreams": Neighbour("Datastreams", "{n}.observed_property_id = {t}.id", many=True)},
    ),
    "Observations": Entity(
        "Observation",
        OBSERVED,
        f"({{t}}.datastream_id::bigint * {ID_SPAN} + {ID_ORIGIN}"
        " + (extract(epoch FROM {t}.phenomenon_time) * 1000)::bigint)",
        ("{t}.datastream_id", "{t}.phenomenon_time"),
        {
            "phenomenonTime": Property(
                "{t}.phenomenon_time",
                "time",
                f"concat({_iso(_REMARK.format('began'))} || '/', {_iso('{t}.phenomenon_time')})",
            ),
            "resultTime": _time("{t}.received"),
            "result": Property("{t}.result", "number"),
            "resultQuality": Property("{t}.quality", "number"),
            "validTime": Property("", "shown", _REMARK.format("valid_time")),
            "parameters": Property("", "shown", _REMARK.format("parameters")),
        },
        {
            "Datastream": Neighbour("Datastreams", "{n}.datastream_id = {t}.datastream_id"),
            "FeatureOfInterest": Neighbour(
                "FeaturesOfInterest",
                "{n}.id = " + _FEATURE.format("{t}"),
            ),
        },
    ),
    "FeaturesOfInterest": Entity(
        "FeatureOfInterest",
        "feature",
        "{t}.id",
        ("{t}.id",),
        {
            **_text("name", "description"),
            "encodingType": _ENCODING,
            "feature": _place("{t}.place"),
            "properties": _PROPERTIES,
        },
        {
            "Observations": Neighbour(
                "Observations",
                "{n}.datastream_id IN"
                " (SELECT d.datastream_id FROM thing_datastream d WHERE d.feature_id = {t}.id"
                " UNION SELECT r.datastream_id FROM observation_remark r"
                f" WHERE r.feature_id = {{t}}.id) AND {_FEATURE.format('{n}')} = {{t}}.id",
                many=True,
            )
        },
    ),
}
