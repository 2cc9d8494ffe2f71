"""The page's questions, over HTTP, with a real database behind."""

import gzip
import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from forewarn.domain.clock import WorldClock

pytestmark = pytest.mark.usefixtures("world")


def test_the_page_and_its_assets_come_with_the_headers(serve: Any, database: str) -> None:
    client = serve(database)
    for path, kind in [("/", "text/html"), ("/static/app.js", "javascript"), ("/api/site", "json")]:
        status, headers, body = client.get(path)
        assert (status, kind in headers["content-type"], bool(body)) == (200, True, True), path
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers or "uvicorn" in headers["server"]
    assert client.get("/static/../app.py")[0] == 404


def test_the_site_says_what_is_invented_and_how_fast_time_runs(
    serve: Any, database: str, now: Any
) -> None:
    told = serve(database, clock=WorldClock(now, 0.0, 60)).json("/api/site")
    assert (told["replay"], told["speed"]) == (True, 60)
    assert told["invented"] == "River, town and every number are made up."
    assert [d["key"] for d in told["datastreams"]] == ["weir/stage", "hill/rain"]


def test_stations_carry_newest_values_sparklines_and_assessments(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    minutes = [now - timedelta(minutes=m) for m in (3, 2, 1)]
    world.observe("weir/stage", (minutes[0], 8.4, 1), (minutes[1], 99.0, 4), (minutes[2], 8.6, 1))
    world.observe("stranger/stage", (minutes[2], 1.0, 1))
    world.forecast(now)
    told = serve(database).json("/api/stations")
    [vital] = told["vitals"]
    assert (vital["key"], vital["result"], vital["level"]) == ("weir/stage", 8.6, 2)
    assert vital["exceeded"] == "flood advisory"
    sparks = {trace["key"]: trace["result"] for trace in told["sparks"]}
    assert sparks == {"weir/stage": [8.6], "hill/rain": []} or sparks["weir/stage"] == [8.4, 8.6]
    assert told["assessments"][0]["exceedances"][0]["probability"] == 0.83


def test_a_series_has_its_flags_and_its_hours(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    old, doubted, gone = (now - timedelta(hours=h) for h in (5, 2, 1))
    world.observe("weir/stage", (old, 1.0, 1), (doubted, 2.0, 3), (gone, None, 9))
    client = serve(database)
    told = client.json("/api/series?datastream=weir/stage&hours=3")
    assert (told["result"], told["quality"]) == ([2.0, None], [3, 9])
    assert len(client.json("/api/series?datastream=weir/stage&hours=6")["time"]) == 3


def test_a_forecast_comes_with_its_assessment(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    client = serve(database)
    nothing = client.json("/api/forecast?datastream=weir/stage")
    assert (nothing["forecast"], nothing["assessment"]) == (None, None)
    world.forecast(now)
    told = client.json("/api/forecast?datastream=weir/stage")
    assert len(told["forecast"]["values"]) == len(told["forecast"]["leads_s"]) == 18
    [exceedance] = told["assessment"]["exceedances"]
    assert exceedance["onset"] == (now + timedelta(minutes=155)).timestamp() * 1000


def test_alerts_are_listed_and_their_cap_is_given_apart(
    serve: Any, database: str, world: Any, now: Any
) -> None:
    from forewarn.storage import acknowledge

    world.alert(1)
    message = world.alert(2, msg_type="Update", sent=now + timedelta(minutes=5))
    acknowledge(world.connection, message.incident, "kim", "seen", now)
    client = serve(database)
    newest, first = client.json("/api/alerts")["alerts"]
    assert (newest["identifier"], newest["active"], first["active"]) == (
        "test.flood/2",
        True,
        False,
    )
    assert (newest["acknowledged_by"], newest["area"]) == ("kim", "Town")
    assert "cap" not in newest
    status, headers, body = client.get("/api/cap?identifier=test.flood/2")
    assert (status, headers["content-type"], body) == (200, "application/xml", message.cap.encode())
    assert client.json("/api/cap?identifier=none", 404)["error"] == "no alert message `none`"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/series?datastream=weir/stag", 404, "did you mean `weir/stage`?"),
        ("/api/forecast", 404, "GET /api/site lists them"),
        ("/api/series?datastream=weir/stage&hours=0", 400, "between 0 and 168"),
        ("/api/series?datastream=weir/stage&hours=nan", 400, "between 0 and 168"),
        ("/api/series?datastream=weir/stage&hours=-1e999", 400, "between 0 and 168"),
        ("/nothing", 404, "Not Found"),
    ],
)
def test_a_wrong_question_is_answered_with_what_would_help(
    serve: Any, database: str, path: str, status: int, words: str
) -> None:
    assert words in serve(database).json(path, status)["error"]


def test_only_our_own_names_are_answered(serve: Any, database: str) -> None:
    client = serve(database, hosts=("127.0.0.1", "localhost"))
    assert client.get("/api/site")[0] == 200
    assert client.get("/api/site", Host="LOCALHOST:8080")[0] == 200
    status, headers, _ = client.get("/api/site", Host="rebound.example")
    assert (status, "content-security-policy" in headers) == (421, True)


def test_long_answers_are_compressed(serve: Any, database: str) -> None:
    _, headers, body = serve(database).get("/static/app.js", **{"Accept-Encoding": "gzip"})
    assert headers["content-encoding"] == "gzip"
    assert b"uPlot" in gzip.decompress(body)


def test_a_guest_changes_nothing(serve: Any, database: str) -> None:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", serve(database).port, timeout=10)
    try:
        for path in ("/api/alerts", "/api/site", "/", "/events"):
            connection.request("POST", path, body=b"{}")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 401, path
    finally:
        connection.close()


def test_without_a_database_the_page_stays_and_says_so(serve: Any) -> None:
    client = serve("postgresql://nobody@127.0.0.1:1/none")
    assert client.get("/")[0] == client.get("/api/site")[0] == 200
    assert "does not answer" in client.json("/api/stations", 503)["error"]
    with client.events() as following:
        kind, _, beat = following()
    assert kind == "heartbeat"
    assert "127.0.0.1:1" in beat["database"]
    assert client.get("/healthz")[0] == 503


def test_a_database_that_went_away_is_found_again(
    serve: Any, database: str, world: Any, now: Any, until: Any
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    with psycopg.connect(database.replace(f"/{name}", "/postgres"), autocommit=True) as admin:
        client = serve(database)
        until(lambda: client.get("/healthz")[0] == 200)
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND application_name = 'forewarn console'",
            (name,),
        )
        until(lambda: client.get("/healthz")[0] == 503)
        assert client.get("/")[0] == 200
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        until(lambda: client.get("/healthz")[0] == 200)
    world.observe("weir/stage", (now, 1.0, 1))
    assert json.loads(client.get("/api/stations")[2])["vitals"][0]["result"] == 1.0
