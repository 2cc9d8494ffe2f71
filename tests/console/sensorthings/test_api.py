"""`/v1.1` over real HTTP: what Grafana, QGIS and curl ask, and what is refused."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def ask(serve: Any, database: str, world: Any, now: datetime) -> Any:
    """Return a function that asks a console with 5 observations for a path and options."""
    for minute in range(5):
        world.observe("weir/stage", (now - timedelta(minutes=minute), 5.0 - minute, 1))
    client = serve(database)

    def asked(path: str = "", status: int = 200) -> Any:
        path = path.removeprefix(f"http://127.0.0.1:{client.port}/v1.1/")
        return client.json("/v1.1/" + quote(path, safe="/?&=$();,:%"), status)

    asked.client = client  # type: ignore[attr-defined]
    return asked


def test_the_root_lists_eight_sets_and_what_is_conformed_to(ask: Any) -> None:
    told = ask()
    assert [found["name"] for found in told["value"]] == [
        "Things",
        "Locations",
        "HistoricalLocations",
        "Datastreams",
        "Sensors",
        "ObservedProperties",
        "Observations",
        "FeaturesOfInterest",
    ]
    for found in told["value"]:
        assert ask(found["url"] + "?$count=true")["@iot.count"] > 0
    [requirement, *_] = told["serverSettings"]["conformance"]
    assert requirement == "http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel"


def _links(told: Any) -> list[str]:
    if isinstance(told, list):
        return [link for inner in told for link in _links(inner)]
    if not isinstance(told, dict):
        return []
    mine = [v for k, v in told.items() if k.endswith(("Link", "url")) and isinstance(v, str)]
    return mine + [link for inner in told.values() for link in _links(inner)]


def test_every_link_from_the_root_on_leads_somewhere(ask: Any) -> None:
    known: set[str] = set()
    wanted = set(_links(ask()))
    while wanted - known and len(known) < 60:
        link = min(wanted - known)
        known.add(link)
        wanted |= set(_links(ask(link)))
    assert len(known) == 60


def test_what_grafana_pages_with(ask: Any) -> None:
    way = "Datastreams(1)/Observations?$count=true&$top=2&$orderby=phenomenonTime desc"
    told, results = ask(way), []
    assert told["@iot.count"] == 5
    while True:
        results += [found["result"] for found in told["value"]]
        if "@iot.nextLink" not in told:
            break
        told = ask(told["@iot.nextLink"])
    assert results == [5.0, 4.0, 3.0, 2.0, 1.0]
    assert len(ask("Observations?$count=true&$skip=0&$top=1000")["value"]) == 5


def test_what_qgis_expands(ask: Any) -> None:
    told = ask("Things?$top=200&$expand=Datastreams($orderby=id;$top=100),Locations")
    weir = told["value"][0]
    assert weir["Datastreams"][0]["unitOfMeasurement"]["definition"] == "ucum:m"
    assert weir["Locations"][0]["location"]["coordinates"] == [121.0, 30.0]


def test_a_page_inside_an_entity_goes_on_with_its_own_options(ask: Any) -> None:
    inner = "Observations($filter=result gt 1;$orderby=phenomenonTime desc;$top=3;$count=true)"
    told = ask(f"Datastreams(1)?$expand={inner}")
    assert told["Observations@iot.count"] == 4
    assert [found["result"] for found in told["Observations"]] == [5.0, 4.0, 3.0]
    rest = ask(told["Observations@iot.nextLink"])
    assert [found["result"] for found in rest["value"]] == [2.0]


def test_a_property_its_value_and_references(ask: Any) -> None:
    assert ask("Things(1)/name") == {"name": "Weir"}
    status, headers, body = ask.client.get("/v1.1/Things(1)/name/$value")
    assert (status, body, headers["content-type"]) == (200, b"Weir", "text/plain; charset=utf-8")
    assert ask("Datastreams(1)/Thing/name") == {"name": "Weir"}
    [found] = ask("Things(1)/Datastreams/$ref")["value"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1\.1/Datastreams\(1\)", found["@iot.selfLink"])


def test_an_array_of_results(ask: Any) -> None:
    [told] = ask("Observations?$resultFormat=dataArray&$filter=result gt 3")["value"]
    assert told["components"] == ["id", "phenomenonTime", "resultTime", "result", "resultQuality"]
    assert [row[3] for row in told["dataArray"]] == [4.0, 5.0]
    assert told["Datastream@iot.navigationLink"].endswith("/v1.1/Datastreams(1)")


def test_filters_of_time_place_and_neighbour(ask: Any) -> None:
    found = ask("Observations?$filter=phenomenonTime ge 2026-07-12T02:59:00Z and result lt 5")
    assert [row["result"] for row in found["value"]] == [4.0]
    square = "geography'POLYGON((120 29,122 29,122 31,120 31,120 29))'"
    near = ask(f"Things?$filter=st_within(Locations/location,{square})&$select=name")
    assert near["value"] == [{"name": "Weir"}, {"name": "Hill"}]
    mine = ask("Datastreams?$filter=Thing/@iot.id eq 2&$select=id,name")["value"]
    assert mine == [{"@iot.id": 2, "name": "Rain at Hill"}]


def test_what_is_refused_says_why(ask: Any) -> None:
    refused = {
        "Thingies": (404, "no set of entities `Thingies`; there are Things"),
        "Things(99)": (404, "there is no such entity"),
        "Things(99)/Datastreams": (404, "there is no such entity"),
        "Things(1)/nmae": (404, "Thing has no neighbour `nmae`"),
        "Things/Datastreams": (404, "Before it an id is needed"),
        "Things('a')": (404, "is no name, nor a name with an id"),
        "Things(999999999999999999)": (404, "there is no such entity"),
        "Observations(999999999999999999)": (404, "there is no such entity"),
        "Things?$filter=name eq 5": (400, "text and number cannot be compared"),
        "Things?$filter=name eq 'a": (400, "cannot be read"),
        "Things?$top=many": (400, "is not a whole number"),
        "Things?$resultFormat=dataArray": (400, "for sets of Observations alone"),
        "Things?top=1": (400, "no query option `top`"),
        "Things?$filter=length(substring(name,99999999999)) gt 1": (400, "a value does not fit"),
    }
    for path, (status, why) in refused.items():
        said = ask(path, status)
        assert why in said["message"], path
        assert said["code"] == status
    assert ask("Things")["value"]  # and it goes on


def test_a_costly_question_is_given_up(
    serve: Any, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.sensorthings.questions.STATEMENT_TIMEOUT_MS", 100)
    client = serve(database)
    assert client.json("/v1.1/Things")["value"]
    with psycopg.connect(database) as other:
        other.execute("LOCK TABLE thing")
        told = client.json("/v1.1/Things", 503)
        assert "takes more than 0.1 s; ask for less" in told["message"]
        assert client.json("/api/site")["datastreams"]
    assert client.json("/v1.1/Things")["value"]
