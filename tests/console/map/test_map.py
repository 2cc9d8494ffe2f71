"""What the map is told, over HTTP, with a real database behind."""

import gzip
import time
from datetime import timedelta
from typing import Any

import pytest

from console.background import Background
from forewarn.domain.clock import ManualClock
from forewarn.domain.codec import decode, encode

EMPTY: dict[str, Any] = {"leads_s": [], "depths_m": [], "probabilities": [], "zones": []}
FAILED = {**EMPTY, "members": 0, "failed": "the city model diverged"}
MINUTE = timedelta(minutes=1)


def of(following: Any, kind: str) -> Any:
    """Return the message of the next event of `kind`."""
    while True:
        found, _, message = following()
        if found == kind:
            return message


def test_the_map_says_where_everything_is(serve: Any, database: str) -> None:
    river = {"type": "LineString", "coordinates": [[121.0, 30.0], [121.5, 30.5, 2.0]]}
    feature = {
        "type": "Feature",
        "properties": {"kind": "river", "name": "Yong", "secret": 1},
        "geometry": river,
    }
    background = decode(encode({"type": "FeatureCollection", "features": [feature]}), Background)
    client = serve(database, background=background)
    told = client.json("/api/map")
    assert told["areas"][0]["polygon"][0] == [30, 121]
    assert {p["id"] for p in told["stations"]} == {"weir", "hill"}
    assert told["places"] == [{"id": "dip", "latitude": 30.0, "longitude": 121.0}]
    [found] = told["background"]["features"]
    assert found["geometry"] == river
    assert found["properties"] == {"kind": "river", "name": "Yong"}, "only what is known goes out"


def test_the_site_lists_its_places_with_their_thresholds(serve: Any, database: str) -> None:
    told = serve(database).json("/api/site")
    [place] = told["places"]
    assert (place["key"], place["name"]) == ("dip/depth", "Mill Lane underpass")
    assert [(t["value"], t["level"]) for t in place["thresholds"]] == [(0.3, 3)]
    assert told["inundation_stale_after_s"] == 20 * 60 + 40


def test_a_places_forecast_and_assessment_come_like_any_other(
    serve: Any, database: str, waters: Any, now: Any
) -> None:
    client = serve(database)
    waters.place("dip/depth", now)
    told = client.json("/api/forecast?datastream=dip/depth")
    assert told["forecast"]["leads_s"][1] == 1800
    assessment = told["assessment"]
    assert [assessment[f"peak{end}"] for end in ("_low", "", "_high")] == [0.3, 0.6, 0.9]
    assert client.json("/api/series?datastream=dip/depth")["time"] == []
    assert "dip/depth" in {a["key"] for a in client.json("/api/stations")["assessments"]}
    assert (
        "did you mean `dip/depth`?"
        in client.json("/api/forecast?datastream=dip/dept", 404)["error"]
    )


@pytest.mark.usefixtures("world")
def test_before_any_map_there_is_none(serve: Any, database: str) -> None:
    assert serve(database).json("/api/inundation") == {"inundations": []}


def test_the_newest_map_comes_with_its_zones(
    serve: Any, database: str, waters: Any, now: Any
) -> None:
    waters.inundate(now - 10 * MINUTE)
    waters.inundate(now, degraded=["1 of 12 members diverged"], members=11)
    [told] = serve(database).json("/api/inundation")["inundations"]
    assert (told["area"], told["name"], told["members"]) == ("town", "Town", 11)
    assert told["issue_time"] == now.timestamp() * 1000
    assert (told["failed"], told["failed_time"]) == ("", None)
    assert told["degraded"] == ["1 of 12 members diverged"]
    assert all(zone["polygons"] for zone in told["zones"])
    (y, x), *_ = told["zones"][0]["polygons"][0][0]
    assert (y, x) == (round(y, 5), round(x, 5))
    assert 29.8 < y < 30
    assert 121.5 < x < 121.7, "latitude first"


def test_a_failed_run_keeps_the_map_before_it_and_says_why(
    serve: Any, database: str, waters: Any, now: Any
) -> None:
    waters.inundate(now - 10 * MINUTE)
    waters.inundate(now, **FAILED)
    [told] = serve(database).json("/api/inundation")["inundations"]
    assert told["issue_time"] == (now - 10 * MINUTE).timestamp() * 1000
    assert told["zones"]
    assert (told["failed"], told["failed_time"]) == (
        "the city model diverged",
        now.timestamp() * 1000,
    )


def test_where_every_run_failed_there_is_no_map_and_no_zero(
    serve: Any, database: str, waters: Any, now: Any
) -> None:
    waters.inundate(now, **FAILED)
    [told] = serve(database).json("/api/inundation")["inundations"]
    assert (told["issue_time"], told["zones"]) == (None, [])
    assert told["failed"] == "the city model diverged"


def test_a_client_that_has_the_map_is_not_sent_it_again(
    serve: Any, database: str, waters: Any, now: Any
) -> None:
    waters.inundate(now)
    client = serve(database)
    for path in ("/api/map", "/api/inundation"):
        status, headers, body = client.get(path, **{"Accept-Encoding": "gzip"})
        assert (status, headers["content-encoding"]) == (200, "gzip"), path
        assert gzip.decompress(body).startswith(b"{")
        assert headers["cache-control"] == "no-cache"
        tag = headers["etag"]
        status, headers, body = client.get(path, **{"If-None-Match": f'"other", {tag}'})
        assert (status, headers["etag"], body) == (304, tag, b"")
    waters.inundate(now + MINUTE)
    time.sleep(0.1)
    assert client.get("/api/inundation", **{"If-None-Match": tag})[0] == 200


@pytest.mark.soak
def test_a_map_of_400_kb_is_compressed_and_announced_once(
    serve: Any, database: str, waters: Any, now: Any, invented: Any
) -> None:
    small = invented(now)
    zones = [zone for zone in small.zones for _ in range(6)]
    client = serve(database, clock=ManualClock(now), heartbeat_s=0.2)
    with client.events() as following:
        of(following, "heartbeat")
        big = waters.inundate(now, zones=zones)
        assert len(encode(big)) > 400_000
        news = of(following, "inundation")
        assert list(news) == ["version"], "the map itself is asked for, compressed"
        kinds = [following()[0] for _ in range(8)]
        assert set(kinds) == {"heartbeat"}, "polled 20 times a second, announced once"
    status, headers, body = client.get("/api/inundation", **{"Accept-Encoding": "gzip"})
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert len(body) == int(headers["content-length"]) < 150_000


def test_a_new_map_and_a_places_assessment_arrive_as_events(
    serve: Any, database: str, waters: Any, now: Any
) -> None:
    with serve(database).events() as following:
        of(following, "heartbeat")
        waters.place("dip/depth", now)
        outlook = of(following, "forecast")
        while outlook["forecast"] is None:
            outlook = of(following, "forecast")
        assert (outlook["key"], outlook["assessment"]["peak"]) == ("dip/depth", 0.6)
        waters.inundate(now)
        first = of(following, "inundation")["version"]
        waters.inundate(now + MINUTE, **FAILED)
        assert of(following, "inundation")["version"] != first


def test_a_stored_map_that_cannot_be_read_costs_neither_the_page_nor_the_map_before(
    serve: Any, database: str, world: Any, waters: Any, now: Any, until: Any
) -> None:
    waters.inundate(now)
    client = serve(database)
    until(lambda: client.json("/api/inundation")["inundations"])
    world.connection.execute(
        "INSERT INTO inundation (area, issue_time, failed, body) VALUES ('town', %s, false, %s)",
        (now + MINUTE, '{"area": "town"}'),
    )
    world.connection.commit()
    time.sleep(0.2)
    assert client.json("/api/inundation")["inundations"][0]["zones"]
    world.observe("weir/stage", (now, 1.0, 1))
    until(lambda: client.json("/api/stations")["vitals"])
    assert client.get("/healthz")[0] == 200


def test_without_a_database_the_map_stays_and_the_water_is_not_told(serve: Any) -> None:
    client = serve("postgresql://nobody@127.0.0.1:1/none")
    assert client.json("/api/map")["areas"]
    assert "does not answer" in client.json("/api/inundation", 503)["error"]
