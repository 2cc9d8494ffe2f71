"""Warnings of other authorities: to officers as evidence, to subscribers as they came."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
from lxml import etree
from msgspec.structs import replace

from forewarn.domain.clock import ManualClock
from forewarn.domain.foreign import Foreign, ForeignAlert
from forewarn.domain.station import Site
from forewarn.storage.foreign import store_foreign, store_source

ATOM = "{http://www.w3.org/2005/Atom}"
NOW = datetime(2026, 7, 12, 3, 0, tzinfo=UTC)
Serve = Callable[..., Any]


@pytest.fixture
def abroad(site: Site, nmc: Foreign) -> Callable[[str], Site]:
    def made(use: str) -> Site:
        return replace(site, foreign=(replace(nmc, use=use),))

    return made


def test_evidence_is_shown_to_officers_and_not_to_the_public(
    world: Any,
    serve: Serve,
    database: str,
    abroad: Callable[[str], Site],
    message: ForeignAlert,
    nmc: Foreign,
) -> None:
    info = message.infos[0]
    for stored in (
        message,
        replace(message, identifier="n-2", status="Test"),
        replace(message, identifier="n-3", infos=(replace(info, areas=(), located=False),)),
    ):
        assert store_foreign(world.connection, stored)
    client = serve(database, site=abroad("evidence"))
    found = client.json("/api/foreign")
    words, plain = found["alerts"]
    assert (plain["identifier"], plain["areas"], plain["use"]) == ("n-1", ["Town"], "evidence")
    assert (plain["infos"][0]["level"], plain["infos"][0]["level_from"]) == (3, "headline")
    assert (words["identifier"], words["areas"], words["located"]) == ("n-3", [], False)
    [source] = found["sources"]
    assert source["silent"]
    assert "nobody has looked" in source["error"]
    assert client.json("/feeds/town.json")["relayed"] == []
    assert client.get("/feeds/relay/1.xml")[0] == 404

    store_source(world.connection, nmc, asked=datetime.now(UTC), refused=["x.xml: not XML"])
    [source] = client.json("/api/foreign")["sources"]
    assert (source["silent"], source["error"], source["refused"]) == (
        False,
        "",
        ["x.xml: not XML"],
    )
    late = serve(database, site=abroad("evidence"), clock=ManualClock(NOW + timedelta(hours=3)))
    assert late.json("/api/foreign")["alerts"] == []


def test_a_relay_is_published_byte_for_byte(
    world: Any,
    serve: Serve,
    database: str,
    abroad: Callable[[str], Site],
    message: ForeignAlert,
) -> None:
    store_foreign(world.connection, message)
    for other in (
        {"identifier": "n-2", "status": "Exercise"},
        {"identifier": "n-3", "scope": "Restricted"},
        {"identifier": "n-4", "infos": (replace(message.infos[0], areas=()),)},
        {"identifier": "n-5", "source": "gone"},
    ):
        store_foreign(world.connection, replace(message, **other))
    client = serve(database, site=abroad("relay"))
    [told] = client.json("/feeds/town.json")["relayed"]
    assert (told["identifier"], told["severity"], told["source"]) == ("n-1", "Severe", "nmc")
    status, headers, body = client.get(urljoin("/feeds/town.json", told["cap"]))
    assert (status, body) == (200, message.cap)
    assert headers["content-type"].startswith("application/cap+xml")
    feed = etree.fromstring(client.get("/feeds/cap.atom")[2])
    [entry] = feed.iter(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "nmc@example.org"
    assert entry.findtext(f"{ATOM}title") == message.infos[0].headline
    assert entry.find(f"{ATOM}category").get("term") == "relay"  # type: ignore[union-attr]
    for number in (2, 3, 4, 5, 6, 10**30):
        assert client.get(f"/feeds/relay/{number}.xml")[0] == 404

    ended = replace(
        message,
        identifier="n-6",
        msg_type="Cancel",
        sent=NOW,
        references=((message.sender, message.identifier, message.sent),),
    )
    store_foreign(world.connection, ended)
    assert client.json("/feeds/town.json")["relayed"] == []
    assert client.get("/feeds/relay/1.xml")[0] == 200  # by its address, as our own
