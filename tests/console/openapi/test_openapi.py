"""Everything the console answers to programs is described, and rightly."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from console.app import create_app
from console.openapi.document import described, document, operations
from console.openapi.table import TABLE
from forewarn.domain.clock import ManualClock
from forewarn.domain.station import Site

NOW = datetime(2026, 7, 12, 3, 0, tzinfo=UTC)
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture
def routes(site: Site) -> list[Any]:
    return list(create_app(site, NOWHERE, ManualClock(NOW)).routes)


def test_every_route_is_described_and_every_description_is_of_a_route(routes: list[Any]) -> None:
    found, missing = described(routes)
    assert missing == [], "add a line to console/openapi/table.py"
    assert {f"{one.method} {one.path}" for one in found} == set(TABLE)
    assert len(found) > 40


def test_a_route_that_is_forgotten_is_named(routes: list[Any]) -> None:
    short = {name: says for name, says in TABLE.items() if name != "GET /api/series"}
    assert described(routes, short)[1] == ["GET /api/series"]


def test_the_schemas_are_json_schema_and_every_reference_leads_somewhere(
    routes: list[Any],
) -> None:
    made = document(routes, "River", "cookie")
    schemas = made["components"]["schemas"]
    Draft202012Validator.check_schema({"$defs": schemas})
    text = json.dumps(made)
    named = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert named <= set(schemas)
    ids = [said["operationId"] for methods in made["paths"].values() for said in methods.values()]
    assert len(set(ids)) == len(ids)


def test_what_is_said_of_one_route_is_what_it_is(routes: list[Any]) -> None:
    made = document(routes, "River", "cookie")
    series = made["paths"]["/api/series"]["get"]
    assert [p["name"] for p in series["parameters"]] == ["datastream", "hours"]
    assert {"200", "400", "401", "403", "404", "405", "503"} == set(series["responses"])
    assert series["security"] == [{"session": []}, {"token": []}]
    assert made["paths"]["/feeds/{area}.json"]["get"]["security"] == []
    act = made["paths"]["/api/desk/act"]["post"]
    assert "requestBody" in act
    assert "X-Forewarn-CSRF" in [p["name"] for p in act["parameters"]]
    located = made["components"]["schemas"]["ForeignView"]["properties"]["located"]
    assert located["description"].startswith("False: the area is given in words alone")
    of_routes = {f"{method} {path}" for method, path, _ in operations(routes)}
    assert "GET /v1.1/Things" not in TABLE
    assert of_routes > set(TABLE)


def test_people_read_it_without_anything_that_runs(
    serve: Callable[..., Any],
) -> None:
    client = serve(NOWHERE)
    made = client.json("/api/openapi.json")
    assert made["openapi"] == "3.1.0"
    status, headers, body = client.get("/api")
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    links: list[str] = []
    ids: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            assert tag != "script"
            assert "style" not in given
            ids.add(given.get("id") or "")
            if tag == "a":
                links.append(given["href"] or "")

    Reader().feed(body.decode())
    assert {link[1:] for link in links if link.startswith("#")} <= ids
    for path in made["paths"]:
        assert path in body.decode()
