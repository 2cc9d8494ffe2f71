"""Observations and entities that are created over `/v1.1`, and what is refused."""

import json
import socket
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

SENSOR = {"name": "Probe", "description": "A probe", "encodingType": "text/plain", "metadata": "-"}
OBSERVED = {"name": "Dew point", "definition": "urn:dew", "description": "When it gets wet"}
UNIT = {"name": "degree Celsius", "symbol": "Cel", "definition": "ucum:Cel"}
PLACE = {
    "name": "Roof",
    "description": "A flat one",
    "encodingType": "application/geo+json",
    "location": {"type": "Point", "coordinates": [121.5, 29.9]},
}
STREAM = {
    "name": "Dew",
    "description": "Dew on the roof",
    "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
    "unitOfMeasurement": UNIT,
    "Sensor": SENSOR,
    "ObservedProperty": OBSERVED,
}
THING = {"name": "Lab", "description": "A laboratory", "properties": {"floor": 3}}


def at(now: datetime, minutes: int) -> str:
    return (now + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_an_observation_takes_the_way_of_devices(console: Any, way: Any, now: datetime) -> None:
    said = {"phenomenonTime": at(now, -1), "result": 5.5, "Datastream": {"@iot.id": 1}}
    number = console.post("Observations", said)
    told = console.get(f"Observations({number})")
    assert (told["result"], told["resultQuality"]) == (5.5, 1)
    assert told["phenomenonTime"] == at(now, -1).replace("Z", ".000Z")
    batch = json.loads(way.batches[-1])
    assert (batch["gateway"], batch["columns"]["datastreams"]) == ("things-api", ["weir/stage"])
    assert console.post("Observations", said) == number, "repeated without effect"
    other = {"phenomenonTime": at(now, -1), "result": 6.5}
    refused = console.post("Datastreams(1)/Observations", other, 409)
    assert "another result, 5.5, is there for this time, and stays" in refused["message"]
    assert console.get(f"Observations({number})/result") == {"result": 5.5}
    mad = console.post("Datastreams(1)/Observations", {"phenomenonTime": at(now, 0), "result": 999})
    assert console.get(f"Observations({mad})/resultQuality") == {"resultQuality": 4}


def test_what_the_gateway_refuses_is_answered_with_its_reason(console: Any, now: datetime) -> None:
    late = {"phenomenonTime": at(now, -25 * 60), "result": 5.5}
    refused = console.post("Datastreams(1)/Observations", late, 400)
    assert refused["message"] == "time out of bounds: -25.0 h from when its batch was written"
    assert "there is no Datastreams(99)" in str(
        console.post("Datastreams(99)/Observations", late, 400)
    )


def test_arrays_of_observations_each_with_its_own_answer(console: Any, now: datetime) -> None:
    rows = [[at(now, -k), float(k)] for k in range(250)]
    rows[7] = [at(now, -2000), 1.0]
    rows[8] = ["yesterday", 1.0]
    components = ["phenomenonTime", "result"]
    body = [
        {"Datastream": {"@iot.id": 1}, "components": components, "dataArray": rows},
        {"Datastream": {"@iot.id": 2}, "components": components, "dataArray": rows[:1]},
        {"Datastream": {"@iot.id": 77}, "components": components, "dataArray": rows[:1]},
    ]
    status, headers, told = console.ask("POST", "CreateObservations", body)
    assert (status, len(told)) == (201, 252)
    assert [place for place, link in enumerate(told) if link == "error"] == [7, 8, 251]
    assert headers["forewarn-errors"].startswith("7: time out of bounds: -33.3 h")
    assert (
        "8: [0].dataArray[8].phenomenonTime: `yesterday` is no time" in headers["forewarn-errors"]
    )
    assert console.get(told[3])["result"] == 3.0
    assert console.get("Datastreams(1)/Observations?$count=true&$top=0")["@iot.count"] == 248


def test_nobody_says_created_before_the_database_has_it(
    console: Any, way: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.sensorthings.wire.ACK_WITHIN_S", 0.2)
    way.broken = True
    said = {"phenomenonTime": at(now, 0), "result": 5.0}
    status, headers, told = console.ask("POST", "Datastreams(1)/Observations", said)
    assert (status, headers["retry-after"]) == (503, "5")
    assert "send them again as they are" in told["message"]
    way.broken = False
    monkeypatch.undo()
    assert console.post("Datastreams(1)/Observations", said)


def test_a_thing_with_all_that_belongs_to_it(console: Any, way: Any) -> None:
    history = [
        {"phenomenonTime": f"2015-03-01T00:{k}0:00Z", "result": k, "parameters": {"k": k}}
        for k in range(3)
    ]
    thing = console.post(
        "Things",
        {**THING, "Locations": [PLACE], "Datastreams": [{**STREAM, "Observations": history}]},
    )
    told = console.get(
        f"Things({thing})?$expand=Locations,HistoricalLocations/Locations,"
        "Datastreams($expand=Observations($orderby=phenomenonTime),Sensor,ObservedProperty)"
    )
    [stream], [place] = told["Datastreams"], told["Locations"]
    assert (told["properties"], place["location"]) == ({"floor": 3}, PLACE["location"])
    assert told["HistoricalLocations"][0]["Locations"] == told["Locations"]
    assert stream["properties"]["key"] == f"guest-{stream['@iot.id']}/dew-point"
    assert stream["unitOfMeasurement"] == UNIT
    assert [o["result"] for o in stream["Observations"]] == [0, 1, 2]
    assert stream["Observations"][2]["parameters"] == {"k": 2}
    feature = console.get(
        f"Datastreams({stream['@iot.id']})/Observations?$expand=FeatureOfInterest"
    )
    assert feature["value"][0]["FeatureOfInterest"]["feature"] == PLACE["location"]

    console.ask("DELETE", f"Things({thing})")
    console.get(f"Things({thing})", 404)
    console.get(f"Datastreams({stream['@iot.id']})", 404)
    console.get(f"Observations({stream['Observations'][0]['@iot.id']})", 404)


def test_a_feature_of_its_own_an_interval_and_a_valid_time(console: Any) -> None:
    thing = console.post("Things", {**THING, "Locations": [PLACE]})
    stream = console.post(f"Things({thing})/Datastreams", STREAM)
    feature = {
        "name": "Pond",
        "description": "Behind it",
        "encodingType": "application/geo+json",
        "feature": {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]},
    }
    interval, valid = (
        "2015-03-01T00:00:00.000Z/2015-03-02T00:00:00.000Z",
        "2015-03-01T00:00:00Z/2015-04-01T00:00:00Z",
    )
    way = f"Datastreams({stream})/Observations"
    console.post(way, {"phenomenonTime": "2015-02-01T00:00:00Z", "result": 1})
    said = {
        "phenomenonTime": interval,
        "result": 2,
        "validTime": valid,
        "FeatureOfInterest": feature,
    }
    number = console.post(way, said)
    assert console.post(way, said) == number
    told = console.get(f"Observations({number})?$expand=FeatureOfInterest")
    assert (told["phenomenonTime"], told["validTime"]) == (interval, valid)
    pond = told["FeatureOfInterest"]
    assert pond["name"] == "Pond"
    of_pond = console.get(f"FeaturesOfInterest({pond['@iot.id']})/Observations")["value"]
    assert [found["@iot.id"] for found in of_pond] == [number]
    status, _, said = console.ask("DELETE", f"FeaturesOfInterest({pond['@iot.id']})")
    assert (status, "has observations" in said["message"]) == (409, True)
    assert console.ask("DELETE", f"Observations({number})")[0] == 200
    assert console.ask("DELETE", f"FeaturesOfInterest({pond['@iot.id']})")[0] == 200


def test_changes_and_their_trail(console: Any, database: str) -> None:
    thing = console.post("Things", {**THING, "Locations": [PLACE]})
    other = console.post(f"Things({thing})/Locations", {**PLACE, "name": "Cellar"})
    assert console.ask("PATCH", f"Things({thing})", {"name": "Laboratory"})[0] == 200
    patches = [
        {"op": "test", "path": "/properties/floor", "value": 3},
        {"op": "replace", "path": "/properties/floor", "value": -1},
        {"op": "add", "path": "/properties/wet", "value": True},
    ]
    headers = {"Content_Type": "application/json-patch+json"}
    assert console.ask("PATCH", f"Things({thing})", patches, **headers)[0] == 200
    told = console.get(f"Things({thing})?$expand=Locations,HistoricalLocations")
    assert (told["name"], told["properties"]) == ("Laboratory", {"floor": -1, "wet": True})
    assert [place["@iot.id"] for place in told["Locations"]] == [other]
    assert len(told["HistoricalLocations"]) == 2
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT actor, action FROM audit WHERE subject = %s ORDER BY number",
            (f"Things({thing})",),
        ).fetchall()
    assert {actor.partition("-")[0] for actor, _ in found} == {"token:technician"}
    assert [a for _, a in found] == ["things.create", "things.change", "things.change"]


def test_each_request_with_observations_has_one_entry_in_the_trail(
    console: Any, way: Any, database: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[at(now, -k), float(k)] for k in range(5)]
    body = [
        {
            "Datastream": {"@iot.id": n},
            "components": ["phenomenonTime", "result"],
            "dataArray": rows,
        }
        for n in (2, 1, 77)
    ]
    assert len(console.post("CreateObservations", body)) == 15
    console.post("Datastreams(1)/Observations", {"phenomenonTime": at(now, -9), "result": 1})
    console.post("Datastreams(77)/Observations", {"result": 1}, 400)  # nothing was sent
    history = [{"phenomenonTime": f"2015-03-01T00:{k}0:00Z", "result": k} for k in range(3)]
    stream = {**STREAM, "Observations": history}
    thing = console.post("Things", {**THING, "Locations": [PLACE], "Datastreams": [stream]})
    monkeypatch.setattr("console.sensorthings.wire.ACK_WITHIN_S", 0.2)
    monkeypatch.setattr("console.sensorthings.trail.NAMED", 1)
    way.broken = True
    console.post("CreateObservations", body, 503)  # and yet it may arrive
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT subject, detail::jsonb -> 'observations', detail::jsonb -> 'datastreams',"
            " detail::jsonb -> 'datastreams_count', actor, action FROM audit ORDER BY number"
        ).fetchall()
    [guest] = found[2][2]
    assert [row[:4] for row in found] == [
        ("Observations", 10, [1, 2], 2),
        ("Observations", 1, [1], 1),
        (f"Things({thing})", 3, [guest], 1),
        ("Observations", 10, [1], 2),
    ]
    assert {row[4:] for row in found} == {(found[0][4], "things.create")}
    assert found[0][4].startswith("token:technician-")


def test_what_comes_from_the_site_file_is_only_read(console: Any) -> None:
    site = "comes from site.toml, and is changed there alone"
    for method, path, body in (
        ("PATCH", "Things(1)", {"name": "Mine"}),
        ("DELETE", "Things(1)", None),
        ("DELETE", "Datastreams(1)", None),
        ("DELETE", "Sensors(1)", None),
        ("PATCH", "ObservedProperties(1)", {"name": "Mine"}),
        ("POST", "Things(1)/Locations", PLACE),
        ("DELETE", "HistoricalLocations(1)", None),
    ):
        status, _, said = console.ask(method, path, body)
        assert (status, site in said["message"]) == (403, True), (method, path, said)
    assert console.post("Things(1)/Datastreams", STREAM), "a guest's datastream may stand there"


REFUSED: dict[str, tuple[str, Any, int, str]] = {
    "no object": ("Things", [], 400, "body: an object is expected"),
    "torn": ("Things", b'{"name": ', 400, "body: is no JSON"),
    "no name": ("Things", {"description": "x"}, 400, "name: is missing"),
    "empty name": ("Things", {**THING, "name": " "}, 400, "name: a text is expected"),
    "unknown": ("Things", {**THING, "nmae": "x"}, 400, "nmae: Things have no such; they have"),
    "NUL": ("Things", {**THING, "name": "a\0b"}, 400, "a value does not fit"),
    "deep": (
        "Things",
        {**THING, "properties": json.loads('{"a":' * 40 + "1" + "}" * 40)},
        400,
        "properties: nested deeper than 32",
    ),
    "very deep": ("Things", b'{"a":' * 100_000, 400, "body: is no JSON"),
    "inner": (
        "Things",
        {**THING, "Datastreams": [{**STREAM, "Sensor": {"name": "x"}}]},
        400,
        "Datastreams[0].Sensor.description: is missing",
    ),
    "no parents": ("Datastreams", STREAM, 400, "Thing: is missing"),
    "nowhere": ("Things(99)/Datastreams", STREAM, 404, "there is no Things(99)"),
    "no link": ("Datastreams", {**STREAM, "Thing": {"@iot.id": 99}}, 400, "Thing: there is no"),
    "id": ("Datastreams", {**STREAM, "Thing": {"@iot.id": "a"}}, 400, "Thing.@iot.id: a whole"),
    "unit": (
        "Things(1)/Datastreams",
        {**STREAM, "unitOfMeasurement": {"name": "m", "symbol": "m"}},
        400,
        "unitOfMeasurement.definition: is missing",
    ),
    "corner": (
        "Locations",
        {**PLACE, "location": {"type": "Point", "coordinates": [1, 200]}},
        400,
        "location.coordinates: [1, 200] is no longitude",
    ),
    "ring": (
        "Locations",
        {**PLACE, "location": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}},
        400,
        "location.coordinates: a ring has 4 corners",
    ),
    "text": ("Datastreams(1)/Observations", {"result": "wet"}, 400, "result: this server keeps"),
    "true": ("Datastreams(1)/Observations", {"result": True}, 400, "result: this server keeps"),
    "huge": ("Datastreams(1)/Observations", b'{"result": 1e999}', 400, "is no JSON"),
    "no result": ("Datastreams(1)/Observations", {}, 400, "result: is missing"),
    "no zone": (
        "Datastreams(1)/Observations",
        {"result": 1, "phenomenonTime": "2015-03-01T00:00:00"},
        400,
        "phenomenonTime: `2015-03-01T00:00:00` is no time",
    ),
    "old": (
        "Datastreams(1)/Observations",
        {"result": 1, "phenomenonTime": "1800-03-01T00:00:00Z"},
        400,
        "phenomenonTime: is not between 1830 and 2109",
    ),
    "of what": ("Observations", {"result": 1}, 400, "Datastream: is missing"),
    "one": ("Things(1)", THING, 405, "POST is for a set"),
    "property": ("Things(1)/name", "x", 405, "only entities are changed"),
    "no set": ("Thingies", THING, 404, "no set of entities `Thingies`"),
    "arrays": ("CreateObservations", {}, 400, "body: an array of"),
    "components": (
        "CreateObservations",
        [{"Datastream": {"@iot.id": 1}, "components": ["reslut"], "dataArray": []}],
        400,
        "[0].components: `reslut` is no such",
    ),
    "large": ("Things", b" " * 1_000_001, 413, "more than 1000000 bytes"),
}


def test_what_cannot_be_created_is_told_why(console: Any) -> None:
    for name, (path, body, status, why) in REFUSED.items():
        found, _, said = console.ask("POST", path, body)
        assert (found, why in said["message"]) == (status, True), (name, found, said)
    assert console.get("Things?$count=true")["@iot.count"] == 2


def test_a_body_that_does_not_come_is_given_up(
    console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.sensorthings.changing.PATIENCE_S", 0.2)
    for path in ("Things", "CreateObservations"):
        with socket.create_connection(("127.0.0.1", console.port), timeout=3) as line:
            line.sendall(
                f"POST /v1.1/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
                f"Authorization: Bearer {console.token}\r\n\r\n[".encode()
            )
            answer = line.recv(4096)
        assert answer.startswith(b"HTTP/1.1 408 "), (path, answer)


def test_without_the_permit_or_the_broker_nothing_is_written(
    console: Any, console_with: Any, database: str
) -> None:
    said = {"phenomenonTime": "2026-07-12T03:00:00Z", "result": 5.0}
    viewer = console_with("viewer", console.port)
    for method, path in (
        ("POST", "Things"),
        ("DELETE", "Things(1)"),
        ("POST", "CreateObservations"),
    ):
        status, _, told = viewer.ask(method, path, THING)
        assert (status, "it takes `technical`" in told["error"]) == (403, True)
    viewer.token = "guessed"
    assert viewer.ask("POST", "Things", THING)[0] == 401
    alone = console_with("technician")
    status, headers, told = alone.ask("POST", "Datastreams(1)/Observations", said)
    assert (status, headers["retry-after"]) == (503, "5")
    assert "was not told FOREWARN_MQTT_URL" in told["message"]
    assert alone.post("Things", THING), "what is no observation needs no broker"
