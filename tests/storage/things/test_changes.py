"""Entities of guests in the database: created, changed, removed; those of the site stay."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from forewarn.domain.observation import Rejection, to_milliseconds
from forewarn.storage import Connection, store
from forewarn.storage.things import (
    Absent,
    Creation,
    Draft,
    InUse,
    ReadOnly,
    Said,
    Stream,
    Unchangeable,
    ask,
    change,
    observed,
    remove,
)
from forewarn.storage.things.question import Expand, Options, Step

NOW = datetime(2026, 7, 12, 3, 0, tzinfo=UTC)
MS = to_milliseconds(NOW)
POINT = {"type": "Point", "coordinates": [121.5, 30.0]}


def draft(kind: str, links: dict[str, Any] | None = None, **values: Any) -> Draft:
    texts = {"name": f"A {kind}", "description": "-"}
    return Draft(kind=kind, values={**texts, **values}, links=links or {})


def stream_of(thing: int | Draft, *said: Said) -> Draft:
    sensor = draft("Sensors", encodingType="text/plain", metadata="-")
    seen = draft("ObservedProperties", definition="urn:dew")
    unit = {"name": "m", "symbol": "m", "definition": "m"}
    made = draft(
        "Datastreams",
        {"Thing": (thing,), "Sensor": (sensor,), "ObservedProperty": (seen,)},
        unitOfMeasurement=unit,
        observationType="x",
    )
    return Draft(kind=made.kind, values=made.values, links=made.links, observations=said)


def thing_at(*places: Draft) -> Draft:
    return draft("Things", {"Locations": places}, properties={"floor": 3})


PLACE = draft("Locations", encodingType="application/geo+json", location=POINT)


def count(connection: Connection, kind: str) -> int:
    return len(ask(connection, [Step(kind)], Options(), NOW).rows)


def test_a_thing_and_its_datastream_go_with_their_observations(connection: Connection) -> None:
    creation = Creation(connection, NOW)
    thing = creation.create(thing_at(PLACE))
    number = creation.create(stream_of(thing, Said(time_ms=MS, result=1.0)))
    [(stream, _)] = creation.observations
    assert stream.key == f"guest-{number}/a-observedproperties"
    store(connection, [(stream.key, MS + k, float(k), 2, MS, False) for k in range(3)], [], [])
    observed.remark(connection, [(stream, Said(time_ms=MS, result=0.0, parameters={"a": 1}), None)])
    rows = ask(connection, [Step("Datastreams", number), Step("Observations")], Options(), NOW).rows
    assert [row["parameters"] for row in rows] == [{"a": 1}, None, None]
    with connection.transaction():
        remove(connection, "Things", thing)
    kinds = ("Things", "Datastreams", "Observations", "HistoricalLocations")
    assert [count(connection, kind) for kind in kinds] == [0, 0, 0, 0]
    assert count(connection, "Locations") == 1, "a place may be another thing's too"


def test_a_thing_that_moves_has_a_history_and_an_own_key_stays(connection: Connection) -> None:
    creation = Creation(connection, NOW)
    thing = creation.create(thing_at(PLACE))
    number = creation.create(stream_of(thing))
    later = NOW + timedelta(hours=1)
    with connection.transaction():
        change(connection, thing, draft("Things", {"Locations": (PLACE,)}), later)
        change(connection, number, draft("Datastreams", properties={"key": "mine"}), later)
    expand = (Expand("HistoricalLocations", Options()), Expand("Locations", Options()))
    [found] = ask(connection, [Step("Things", thing)], Options(expand=expand), NOW).rows
    times = [row["time"] for row in found["HistoricalLocations"]]
    assert times == ["2026-07-12T03:00:00.000Z", "2026-07-12T04:00:00.000Z"]
    assert (len(found["Locations"]), found["properties"]) == (1, {"floor": 3})
    [stream] = ask(connection, [Step("Datastreams", number)], Options(), NOW).rows
    assert stream["properties"]["key"].startswith(f"guest-{number}/")


def test_each_observation_is_told_what_became_of_it(connection: Connection) -> None:
    thing = Creation(connection, NOW).create(thing_at(PLACE))
    number = Creation(connection, NOW).create(stream_of(thing))
    stream = observed.streams(connection, [number, 999])[number]
    rejected = Rejection(reason="late", detail="very", datastream=stream.key, time=MS + 2)
    rows = [(stream.key, MS, 1.0, 2, MS, False), (stream.key, MS + 1, None, 9, MS, False)]
    store(connection, rows, [("things-api", NOW, rejected)], [])
    said = [(0, 1.0), (0, 2.0), (1, None), (1, 3.0), (2, 1.0), (3, 1.0)]
    pairs = [(stream, Said(time_ms=MS + k, result=result)) for k, result in said]
    assert [v.reason for v in observed.verdicts(connection, pairs)] == [
        "",
        "another result, 1.0, is there for this time, and stays",
        "",
        "another result, None, is there for this time, and stays",
        "late: very",
        "it was refused on its way",
    ]


def test_what_became_of_many_takes_as_few_questions_as_of_one(connection: Connection) -> None:
    first, second = (Stream(number, f"guest-{number}/dew", None) for number in (1, 2))
    rejections = [
        Rejection(reason="late", detail=f"{k}", datastream=stream.key, time=MS + k)
        for stream in (first, second)
        for k in range(100)
    ]
    older = Rejection(reason="early", detail="-", datastream=second.key, time=MS + 7)
    told = [("things-api", NOW, one) for one in rejections]
    other = [("gw", NOW, Rejection(reason="x", detail="x", datastream=first.key, time=MS - 1))]
    store(connection, [], [*told, ("things-api", NOW - timedelta(hours=1), older), *other], [])
    pairs = [
        (stream, Said(time_ms=MS + k, result=1.0))
        for k in range(-1, 100)
        for stream in (second, first)
    ]
    questions: list[Any] = []

    class Counting:
        def execute(self, *question: Any) -> Any:
            questions.append(question)
            return connection.execute(*question)

    found = [v.reason for v in observed.verdicts(cast(Connection, Counting()), pairs)]
    lost = "it was refused on its way"
    assert found == [lost, lost, *(f"late: {k}" for k in range(100) for _ in "ab")]
    assert len(questions) == 2


def test_features_are_the_first_ones_the_things_or_their_own(connection: Connection) -> None:
    thing = Creation(connection, NOW).create(thing_at(PLACE))
    bare = Creation(connection, NOW).create(thing_at())
    pond = draft("FeaturesOfInterest", encodingType="x", feature={"any": 1})
    first, second, third = (
        observed.streams(connection, [n])[n]
        for n in (Creation(connection, NOW).create(stream_of(t)) for t in (thing, thing, bare))
    )
    features = observed.Features(connection, NOW)
    assert features.of(first, Said(time_ms=MS, result=1.0)) is None, "made of the place"
    own = features.of(first, Said(time_ms=MS, result=1.0, feature=pond))
    assert own is not None
    assert features.of(second, Said(time_ms=MS, result=1.0, feature=pond)) is None
    again = observed.Features(connection, NOW)
    known = Stream(second.id, second.key, own)
    assert again.of(known, Said(time_ms=MS, result=1.0, feature=pond)) is None, "the same one"
    with pytest.raises(Unchangeable, match="the Thing has no Location"):
        features.of(third, Said(time_ms=MS, result=1.0))
    with pytest.raises(Unchangeable, match=r"there is no FeaturesOfInterest\(99\)"):
        features.of(third, Said(time_ms=MS, result=1.0, feature=99))
    with connection.transaction(), pytest.raises(InUse):
        remove(connection, "FeaturesOfInterest", own)


def test_what_is_not_there_or_not_a_guests_is_refused(connection: Connection) -> None:
    connection.execute(
        "INSERT INTO thing (key, name, description, properties) VALUES ('weir', 'W', '-', '{}')"
    )
    [(weir,)] = connection.execute("SELECT id FROM thing").fetchall()
    with pytest.raises(ReadOnly, match="changed there alone"):
        change(connection, weir, draft("Things"), NOW)
    with pytest.raises(Absent):
        change(connection, 999, draft("Things"), NOW)
    with pytest.raises(Absent):
        remove(connection, "Observations", 999 * 2**43)
    with pytest.raises(Unchangeable, match=r"Thing: there is no Things\(999\)"):
        Creation(connection, NOW).create(stream_of(999))
