"""The bodies of OGC's test suite (ets-sta10): each gets the verdict that version 1.1 asks for.

They were written for a draft of version 1.0 in which nothing but an ObservedProperty had a name,
and links were written `id`. So most of them are refused as they stand, for their missing `name`;
named, what was valid then is valid now, and what was invalid stays so.
"""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytestmark = pytest.mark.recorded

NAMED = ("Thing", "Location", "Datastream", "Sensor", "FeatureOfInterest")


class Case(NamedTuple):
    """What becomes of one file."""

    way: str
    """Where it is sent; `{thing}` and others are entities that are there."""
    as_it_is: str
    """Why it is refused; empty: it is created."""
    named: str
    """The same once it has the names that 1.1 asks for."""


NO_NAME = "name: is missing"
OWN = "Datastreams({stream})/Observations"
CASES = {
    "thing/thing.json": Case("Things", NO_NAME, ""),
    "thing/1.json~": Case("Things", "body: is no JSON", "body: is no JSON"),
    "thing/2.json": Case("Things", NO_NAME, "Datastreams[0].Sensor: is missing"),
    "thing/3.json": Case("Things", NO_NAME, "Datastreams[0].Sensor: is missing"),
    "thing/4.json": Case("Things", NO_NAME, ""),
    "thing/5.json": Case("Things", NO_NAME, ""),
    "thing/6.json": Case("Things", NO_NAME, ""),
    "thing/7.json": Case("Things", NO_NAME, ""),
    "thing/complete.json": Case("Things", NO_NAME, ""),
    "thing/embeddedLocation.json": Case("Things", NO_NAME, ""),
    "thing/largeProperties.json": Case("Things", NO_NAME, ""),
    "thing/shovel.json": Case("Things", NO_NAME, ""),
    "locations/2.json": Case("Locations", "Thing: Locations have no such", "Thing: Locations have"),
    "locations/3.json": Case("Locations", NO_NAME, ""),
    "locations/4.json": Case("Locations", NO_NAME, ""),
    "locations/cuba-point.json": Case("Locations", NO_NAME, ""),
    "locations/location.json": Case("Locations", NO_NAME, ""),
    "locations/southern-alberta-polygon.json": Case("Locations", NO_NAME, ""),
    "foi/1.json": Case("FeaturesOfInterest", NO_NAME, ""),
    "foi/2.json": Case("FeaturesOfInterest", NO_NAME, ""),
    "foi/deerfootTrail.json": Case("FeaturesOfInterest", NO_NAME, ""),
    "foi/foi.json": Case("FeaturesOfInterest", NO_NAME, ""),
    "foi/missingEncodingType.json": Case("FeaturesOfInterest", NO_NAME, "encodingType: is missing"),
    "sensors/2.json": Case("Sensors", NO_NAME, ""),
    "sensors/3.json": Case("Sensors", NO_NAME, ""),
    "sensors/4.json": Case("Sensors", NO_NAME, ""),
    "sensors/sensor.json": Case("Sensors", NO_NAME, ""),
    "observedproperties/2.json": Case("ObservedProperties", "", ""),
    "observedproperties/3.json": Case("ObservedProperties", "", ""),
    "observedproperties/4.json": Case("ObservedProperties", "", ""),
    "observedproperties/observedproperty.json": Case("ObservedProperties", "", ""),
    "datastreams/1.json": Case("Datastreams", NO_NAME, "Thing: is missing"),
    "datastreams/2.json": Case("Datastreams", NO_NAME, "Thing: is missing"),
    "datastreams/3.json": Case("Datastreams", NO_NAME, "Thing: is missing"),
    "datastreams/4.json": Case("Datastreams", NO_NAME, "Thing: is missing"),
    "datastreams/5.json": Case("Datastreams", NO_NAME, ""),
    "datastreams/6.json": Case("Datastreams", NO_NAME, ""),
    "datastreams/7.json": Case("Datastreams", NO_NAME, ""),
    "datastreams/8.json": Case("Datastreams", NO_NAME, ""),
    "datastreams/datastream.json": Case("Datastreams", NO_NAME, ""),
    "datastreams/embeddedEntities.json": Case("Datastreams", NO_NAME, ""),
    "datastreams/embeddedEntities2.json": Case("Things({thing})/Datastreams", NO_NAME, ""),
    "datastreams/embeddedEntitiesAddObservations.json": Case(
        "Things({thing})/Datastreams", NO_NAME, ""
    ),
    "datastreams/linkedObservedProperty.json": Case("Datastreams", NO_NAME, "Thing: is missing"),
    "datastreams/linkedObservedPropertyValid.json": Case("Datastreams", NO_NAME, ""),
    "datastreams/linkedSensor.json": Case("Datastreams", NO_NAME, "Thing: is missing"),
    "datastreams/linkedSensorValid.json": Case("Datastreams", NO_NAME, ""),
    "datastreams/linkedThing.json": Case("Datastreams", NO_NAME, "Sensor: is missing"),
    "datastreams/linkedThingValid.json": Case("Datastreams", NO_NAME, ""),
    "datastreams/nestedDatastream.json": Case("Things({thing})/Datastreams", NO_NAME, ""),
    "unitsOfMeasurement/1.json": Case("unit", "", ""),
    "unitsOfMeasurement/noName.json": Case("unit", "unitOfMeasurement.name: is missing", "same"),
    "unitsOfMeasurement/noSymbol.json": Case(
        "unit", "unitOfMeasurement.symbol: is missing", "same"
    ),
    "unitsOfMeasurement/noDefinition.json": Case(
        "unit", "unitOfMeasurement.definition: is missing", "same"
    ),
    "observations/1.json": Case("Observations", "Datastream: is missing", "same"),
    "observations/2.json": Case(OWN, "", ""),
    "observations/3.json": Case(OWN, "", ""),
    "observations/4.json": Case(OWN, "", ""),
    "observations/5.json": Case(OWN, "", ""),
    "observations/6.json": Case(OWN, "", ""),
    "observations/7.json": Case("Observations", "", ""),
    "observations/8.json": Case("Observations", "", ""),
    "observations/9.json": Case("Observations", "", ""),
    "observations/10.json": Case("Observations", "", ""),
    "observations/11.json": Case("Observations", "Datastream: is missing", "same"),
    "observations/12.json": Case(OWN, "", ""),
    "observations/13.json": Case(OWN, "", ""),
    "observations/14.json": Case(OWN, "", ""),
    "observations/dataArray.json": Case("CreateObservations", "error", "error"),
    "observations/embeddedFeatureOfInterestValid.json": Case(
        "Observations", "FeatureOfInterest.name: is missing", ""
    ),
    "observations/intervalPhenomenonTime.json": Case("Observations", "", ""),
    "observations/linkedDataStream.json": Case("Observations", "", ""),
    "observations/linkedDataStreamWithFOI.json": Case("Observations", "", ""),
    "observations/observation.json": Case(OWN, "FeatureOfInterest.name: is missing", ""),
    "observations/observationWithoutPTime.json": Case(
        "Observations", "Datastream: is missing", "same"
    ),
    "observations/observationWithoutPTimeValid.json": Case(OWN, "", ""),
}


def named(body: Any, kind: str) -> Any:
    """Return `body` with a name for each entity in it that has none."""
    if isinstance(body, list):
        return [named(entry, kind) for entry in body]
    if not isinstance(body, dict) or body.keys() <= {"id", "@iot.id"}:
        return body
    inside = {
        name: named(value, name.rstrip("s"))
        for name, value in body.items()
        if name.rstrip("s") in NAMED
    }
    return ({"name": "named"} if kind in NAMED else {}) | body | inside


KINDS = {"Things": "Thing", "Locations": "Location", "FeaturesOfInterest": "FeatureOfInterest"}
KINDS |= {"Sensors": "Sensor", "Datastreams": "Datastream"}


@pytest.fixture
def bodies(recorded_data: Path) -> Path:
    folder = recorded_data / "sensorthings" / "ets-sta10-json-entities"
    if not folder.is_dir():
        pytest.skip(f"no bodies in {folder}")
    return folder


def _world(console: Any) -> dict[str, int]:
    """Create what the bodies refer to."""
    place = {
        "name": "Roof",
        "description": "-",
        "encodingType": "application/geo+json",
        "location": {"type": "Point", "coordinates": [1, 2]},
    }
    texts = {"name": "x", "description": "x", "encodingType": "x"}
    ids = {
        "thing": console.post("Things", {"name": "x", "description": "x", "Locations": [place]}),
        "sensor": console.post("Sensors", {**texts, "metadata": "x"}),
        "foi": console.post("FeaturesOfInterest", {**texts, "feature": {"any": 1}}),
        "observedproperty": console.post(
            "ObservedProperties", {"name": "x", "description": "x", "definition": "x"}
        ),
    }
    ids["datastream"] = ids["stream"] = _stream(console, ids)
    return ids


UNIT = {"name": "m", "symbol": "m", "definition": "m"}


def _stream(console: Any, ids: dict[str, int], status: int = 201, unit: Any = UNIT) -> Any:
    links = {"Sensor": ids["sensor"], "ObservedProperty": ids["observedproperty"]}
    body = {"name": "x", "description": "x", "observationType": "x", "unitOfMeasurement": unit}
    body |= {name: {"@iot.id": number} for name, number in links.items()}
    return console.post(f"Things({ids['thing']})/Datastreams", body, status)


def _filled(text: str, ids: dict[str, int]) -> str:
    """Return the body with the ids that it asks for as `$THING-ID`."""
    for name, number in (*ids.items(), ("obsprop", ids["observedproperty"])):
        text = re.sub(rf"\${name}[-_]id", str(number), text, flags=re.IGNORECASE)
    assert "$" not in text, text
    return text


def _sent(console: Any, ids: dict[str, int], case: Case, text: str, *, whole: bool) -> str:
    """Return why the body is refused, empty where it is created."""
    try:
        body: Any = json.loads(text)
    except json.JSONDecodeError:
        body = text.encode()
    if case.way == "unit":
        told = _stream(console, ids, 201 if not case.as_it_is else 400, body)
        return "" if isinstance(told, int) else str(told["message"])
    way = case.way.format(**ids)
    if whole:
        body = named(body, KINDS.get(way.rpartition("/")[2], ""))
    status, _, told = console.ask("POST", way, body)
    if way == "CreateObservations":
        assert (status, told) == (201, ["error", "error"])
        return "error"
    assert status == (400 if "message" in told else 201), told
    return str(told.get("message", ""))


@pytest.mark.soak
def test_every_body_gets_its_verdict(console: Any, bodies: Path) -> None:
    files = {str(f.relative_to(bodies)) for f in bodies.glob("*/*")}
    assert files == CASES.keys(), "every file has its verdict"
    ids = _world(console)
    for name, case in CASES.items():
        if name.startswith("observations/"):  # several of them are of the same time
            ids["datastream"] = ids["stream"] = _stream(console, ids)
        text = _filled((bodies / name).read_text(encoding="utf-8"), ids)
        told = _sent(console, ids, case, text, whole=False)
        assert (case.as_it_is in told, bool(case.as_it_is)) == (True, bool(told)), (name, told)
        if case.as_it_is and case.named != "same":
            told = _sent(console, ids, case, text, whole=True)
            assert (case.named in told, bool(case.named)) == (True, bool(told)), (name, told)


def test_what_frost_fills_itself_with(console: Any, recorded_data: Path) -> None:
    text = (recorded_data / "sensorthings" / "frost-entitiesDefault.json").read_text()
    thing = console.post("Things", json.loads(text))
    told = console.get(f"Things({thing})?$expand=Datastreams($expand=Observations)")
    assert [len(stream["Observations"]) for stream in told["Datastreams"]] == [2, 2]
