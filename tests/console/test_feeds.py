"""Feeds for subscribers, over real HTTP."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from lxml import etree

from alerts.hazards import HAZARDS
from forewarn.domain.clock import ManualClock
from forewarn.domain.hazard import STAFF_HAZARDS

ATOM = "{http://www.w3.org/2005/Atom}"
Serve = Callable[..., Any]


def entries(body: bytes) -> list[str]:
    return [
        found.findtext(f"{ATOM}id") or "" for found in etree.fromstring(body).iter(f"{ATOM}entry")
    ]


def test_what_stands_is_in_the_feeds_and_a_known_version_is_not_sent_again(
    world: Any, serve: Serve, database: str
) -> None:
    message = world.alert(1, headline="Weir < 1 m & rising")
    client = serve(database)
    status, headers, body = client.get("/feeds/cap.atom")
    assert status == 200
    assert headers["content-type"].startswith("application/atom+xml")
    assert entries(body) == ["urn:forewarn:alert:test.flood/1"]
    assert b"Weir &lt; 1 m &amp; rising" in body
    assert entries(client.get("/feeds/town.atom")[2]) == entries(body)
    assert client.get("/feeds/cap.atom", **{"If-None-Match": headers["etag"]})[0] == 304

    [found] = client.json("/feeds/town.json")["alerts"]
    assert (found["level"], found["identifier"]) == ("yellow", message.identifier)
    status, headers, cap = client.get(urljoin("/feeds/town.json", found["cap"]))
    assert (status, cap.decode()) == (200, message.cap)
    assert headers["content-type"].startswith("application/cap+xml")


def test_what_has_expired_or_ended_is_not_live(
    world: Any, serve: Serve, database: str, now: datetime
) -> None:
    world.alert(1, sent=now)
    late = serve(database, clock=ManualClock(now + timedelta(hours=6)))
    assert entries(late.get("/feeds/cap.atom")[2]) == []
    assert late.json("/feeds/town.json") == {
        "area": "town",
        "name": "Town",
        "alerts": [],
        "relayed": [],
    }
    world.alert(2, sent=now + timedelta(minutes=1), msg_type="Cancel")
    assert entries(serve(database).get("/feeds/town.atom")[2]) == []


def test_unknown_areas_and_messages_are_said_so(serve: Serve, database: str) -> None:
    client = serve(database)
    assert "there are: town" in client.json("/feeds/city.json", 404)["error"]
    assert client.get("/feeds/city.atom")[0] == 404
    assert client.get("/cap/none.xml")[0] == 404


@pytest.mark.recorded
def test_the_feed_is_valid_by_the_schema_of_atom(
    recorded_data: Path, world: Any, serve: Serve, database: str
) -> None:
    schema = etree.XMLSchema(etree.parse(recorded_data / "cap/defra/lib/schemas/atom.xsd"))
    client = serve(database)
    schema.assertValid(etree.fromstring(client.get("/feeds/cap.atom")[2]))
    world.alert(1)
    schema.assertValid(etree.fromstring(client.get("/feeds/cap.atom")[2]))


def test_what_is_for_staff_is_not_for_the_public() -> None:
    assert {name for name, words in HAZARDS.items() if words.for_staff} <= STAFF_HAZARDS
