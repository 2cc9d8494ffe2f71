"""The service as a process, between a real Kafka, PostgreSQL, MQTT broker and HTTP server."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from msgspec.structs import replace

from alerts.desk import Desk
from alerts.keeper import Keeper
from alerts.lifecycle import timing
from forewarn.domain import topics
from forewarn.domain.clock import ManualClock, WorldClock
from forewarn.domain.codec import encode
from forewarn.domain.hazard import Assessment, Level
from forewarn.domain.station import Site
from forewarn.runtime.engines import EmbeddedKafka
from forewarn.runtime.kafka_topics import bootstrap_servers, ensure_topics
from forewarn.runtime.ports import free_port
from forewarn.storage import AlertRow, connect, reader

Assess = Callable[..., Assessment]
Serve = Callable[..., AbstractContextManager[Any]]

SITE = """
id = "testford"
name = "Testford"
timezone = "Asia/Shanghai"
gateways = ["gw"]
alert_rule = { hold = "PT10M" }
[[area]]
id = "west"
name = "West bank"
polygon = [[29.4, 121.8], [29.4, 122.0], [29.5, 122.0], [29.4, 121.8]]
[[station]]
id = "town"
name = "Town bridge"
area = "west"
latitude = 29.45
longitude = 121.9
datastream = [{ property = "stage", unit = "m", interval = "PT1M" }]
"""


class Town:
    """Everything around one alert service, and the service itself as a child process."""

    def __init__(self, folder: Path, kafka: str, mqtt: str, database: str, now: datetime) -> None:
        (folder / "site.toml").write_text(SITE, encoding="utf-8")
        self.folder, self.kafka, self.database = folder, kafka, database
        self.area = f"west-{uuid4().hex[:8]}"
        self.environment = {
            **os.environ,
            "FOREWARN_SITE": str(folder),
            "FOREWARN_KAFKA_URL": kafka,
            "FOREWARN_MQTT_URL": mqtt,
            "FOREWARN_DATABASE_URL": database,
            "FOREWARN_CLOCK": WorldClock(now, time.time(), 1.0).variable(),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.log = folder / "alerts.log"

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start the service and wait until it is ready."""
        ready = self.ready()
        process = self.launch(**environment)
        wait_for(lambda: self.ready() > ready, "the service is ready", self.log)
        return process

    def launch(self, **environment: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "forewarn.cli", "alerts", "run"],
                env=self.environment | environment,
                stderr=log,
                cwd=self.folder,
            )
        self.processes.append(process)
        return process

    def ready(self) -> int:
        return self.log.read_text().count(" ready ") if self.log.exists() else 0

    def say(self, assessment: Assessment) -> None:
        """Publish `assessment` as the stream would, in this town's own area."""
        from kafka import KafkaProducer

        producer = KafkaProducer(bootstrap_servers=bootstrap_servers(self.kafka), acks="all")
        try:
            mine = replace(assessment, area=self.area)
            sent = producer.send(topics.ASSESSMENTS, key=self.area.encode(), value=encode(mine))
            sent.get(timeout=5)
        finally:
            producer.close()

    def stored(self) -> list[AlertRow]:
        """Return this town's messages, oldest first."""
        with connect(self.database) as connection:
            rows = reader.alerts(connection)
        return [row for row in rows[::-1] if row.area == self.area]

    def undelivered(self) -> list[str]:
        """Return `channel identifier` of what is stored but has not gone out."""
        with psycopg.connect(self.database) as connection:
            rows = connection.execute(
                "SELECT wanted, alert.identifier FROM alert"
                " CROSS JOIN unnest(ARRAY['kafka', 'mqtt', 'webhook']) AS wanted"
                " LEFT JOIN delivery ON channel = wanted AND alert.identifier = delivery.identifier"
                " WHERE area = %s AND delivered IS NULL ORDER BY 1, 2",
                (self.area,),
            ).fetchall()
        return [f"{channel} {identifier}" for channel, identifier in rows]

    def wait(self, messages: int) -> list[AlertRow]:
        """Return this town's messages once there are so many."""
        wait_for(lambda: len(self.stored()) >= messages, f"{messages} messages", self.log)
        return self.stored()

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


def wait_for(true: Callable[[], object], what: str, log: Path) -> None:
    end = time.monotonic() + 15
    while not true():
        assert time.monotonic() < end, f"{what}: not within 15 s\n{log.read_text()}"
        time.sleep(0.02)


Found = Callable[[str], Town]


@pytest.fixture
def found(tmp_path: Path, mqtt_url: str, database: str, start: datetime) -> Iterator[Found]:
    """Return a function that founds a town on a Kafka URL."""
    with ExitStack() as stack:

        def make(kafka_url: str) -> Town:
            town = Town(tmp_path, kafka_url, mqtt_url, database, start)
            stack.callback(town.close)
            return town

        yield make


def test_raise_update_cancel_reach_every_channel_within_two_seconds(
    found: Found, kafka_url: str, assess: Assess, serve_hook: Serve
) -> None:
    town, port = found(kafka_url), free_port()
    with serve_hook(port) as hook:
        process = town.start(FOREWARN_WEBHOOK_URL=f"http://127.0.0.1:{port}/in")
        began = time.monotonic()
        town.say(assess(-25, blue=0.9))
        [first] = town.wait(1)
        wait_for(lambda: not town.undelivered(), "all channels", town.log)
        assert hook.identifiers == [first.identifier]
        assert time.monotonic() - began < 2.0, "forecast to published"
        town.say(assess(-24, blue=0.9, red=0.9))
        for minute in (-20, -15, -9):
            town.say(assess(minute))
        rows = town.wait(3)
        wait_for(lambda: not town.undelivered(), "all channels", town.log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(3) == 0
    assert [(r.msg_type, r.level.name, len(r.references)) for r in rows] == [
        ("Alert", "BLUE", 0),
        ("Update", "RED", 1),
        ("Cancel", "NONE", 2),
    ]
    assert hook.identifiers == [row.identifier for row in rows]
    assert (first.status, [row.active for row in rows]) == ("Exercise", [False] * 3)


def test_killed_between_storing_and_publishing_nothing_is_lost_or_doubled(
    found: Found, kafka_url: str, assess: Assess, serve_hook: Serve
) -> None:
    town, port = found(kafka_url), free_port()
    configured = {"FOREWARN_WEBHOOK_URL": f"http://127.0.0.1:{port}/in"}
    deaf = {"FOREWARN_MQTT_URL": f"mqtt://127.0.0.1:{free_port()}"}
    process = town.start(**configured, **deaf)
    town.say(assess(-5, blue=0.9))
    [row] = town.wait(1)
    wait_for(lambda: len(town.undelivered()) == 2, "Kafka alone has it", town.log)
    process.kill()
    process.wait()
    with serve_hook(port) as hook:
        town.start(**configured)
        wait_for(lambda: not town.undelivered(), "all channels", town.log)
        town.say(assess(-5, blue=0.9))
        town.say(assess(-4, blue=0.9, red=0.9))
        rows = town.wait(2)
        wait_for(lambda: not town.undelivered(), "all channels", town.log)
    assert [r.identifier for r in rows][:1] == [row.identifier]
    assert [r.level for r in rows] == [Level.BLUE, Level.RED]
    assert hook.identifiers == [r.identifier for r in rows]


def test_a_dead_webhook_delays_nobody_and_gets_everything_once_it_is_back(
    found: Found, kafka_url: str, assess: Assess, serve_hook: Serve
) -> None:
    town, port = found(kafka_url), free_port()
    town.start(FOREWARN_WEBHOOK_URL=f"http://127.0.0.1:{port}/in")
    town.say(assess(-5, blue=0.9))
    town.say(assess(-4, blue=0.9, yellow=0.9))
    rows = town.wait(2)
    began = time.monotonic()
    waiting = [f"webhook {row.identifier}" for row in rows]
    wait_for(lambda: town.undelivered() == waiting, "the other channels", town.log)
    assert time.monotonic() - began < 2.0
    with serve_hook(port) as hook:
        wait_for(lambda: not town.undelivered(), "the webhook", town.log)
    assert hook.identifiers == [row.identifier for row in rows]


@pytest.mark.soak
def test_a_broker_that_forgot_everything_and_a_database_that_hung_up(
    found: Found, tmp_path: Path, assess: Assess
) -> None:
    kafka = EmbeddedKafka(tmp_path / "kafka")
    with kafka as url:
        town = found(url)
        town.start()
        town.say(assess(-9, blue=0.9))
        town.wait(1)
        kafka.kill()
        kafka.start()
        ensure_topics(url)
        town.say(assess(-8, blue=0.9, yellow=0.9))
        town.wait(2)
        with psycopg.connect(town.database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'forewarn-alerts'"
            )
        town.say(assess(-7, blue=0.9, red=0.9))
        rows = town.wait(3)
        kafka.kill()
    assert [row.level for row in rows] == [Level.BLUE, Level.YELLOW, Level.RED]
    assert len({row.incident for row in rows}) == 1


def test_a_redelivered_assessment_after_a_crash_doubles_nothing(
    database: str, site: Site, assess: Assess, start: datetime
) -> None:
    """Killed after the database had it and before Kafka knew: it comes again."""
    clock, told = ManualClock(start), list[int]()

    def keeper() -> Keeper:
        desk = Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)
        return Keeper(desk, database, clock, lambda: told.append(1))

    payloads = [encode(assess(m, blue=0.9, lead=90 - m)) for m in (-3, -2, -1)]
    for _ in range(2):
        service = keeper()
        service.take(payloads)
        service.close()
    with connect(database) as connection:
        assert len(reader.alerts(connection)) == len(told) == 1


def test_garbage_and_poison_are_passed_over(
    database: str, site: Site, assess: Assess, start: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)
    keeper = Keeper(desk, database, ManualClock(start), lambda: None)
    poison = replace(assess(0, blue=0.9), datastream="town/\x00stage")
    keeper.take([b"", b"{", b"[1]", encode(poison), encode(assess(0, blue=0.9))])
    keeper.close()
    with connect(database) as connection:
        [row] = reader.alerts(connection)
    assert row.datastream == "town/stage"
    assert caplog.text.count("assessment ignored") == 4


def test_a_standing_that_breaks_leaves_time_to_the_others(
    database: str,
    site: Site,
    assess: Assess,
    start: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)
    clock = ManualClock(start)
    keeper = Keeper(desk, database, clock, lambda: None)
    keeper.take([encode(assess(0, blue=0.9, datastream=f"{s}/stage")) for s in ("mill", "town")])
    asyncio.run(clock.advance(timedelta(minutes=150)))  # both are to be renewed, the first breaks
    mill, town = (("west", "flood", f"{name}/stage") for name in ("mill", "town"))
    poison, whole = ("west", "flood", "mill/\x00stage"), desk.standings[mill]
    desk.standings = {poison: whole, town: desk.standings[town]}
    for _ in range(2):
        keeper.tick()
    assert types(database) == [
        ("mill/stage", "Alert"),
        ("town/stage", "Alert"),
        ("town/stage", "Update"),
    ]
    assert caplog.text.count("standing does not go on") == 1
    desk.standings = {mill: whole, town: desk.standings[town]}
    keeper.tick()
    keeper.close()
    assert types(database)[3:] == [("mill/stage", "Update")]


def types(database: str) -> list[tuple[str, str]]:
    """Return the datastream and the type of each message, oldest first."""
    with connect(database) as connection:
        return [(row.datastream, row.msg_type) for row in reader.alerts(connection)[::-1]]


def test_a_drill_is_never_told_as_the_real_thing(
    database: str, site: Site, assess: Assess, start: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)
    keeper = Keeper(desk, database, ManualClock(start), lambda: None)
    keeper.take([encode(replace(assess(0, red=0.9), drill="spring"))])
    keeper.close()
    with connect(database) as connection:
        assert reader.alerts(connection) == []
    assert "a drill's assessment from elsewhere" in caplog.text


def test_it_stops_at_once_even_where_nothing_answers(found: Found) -> None:
    town = found(f"kafka://127.0.0.1:{free_port()}")
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    town.environment["FOREWARN_DATABASE_URL"] = nowhere
    process = town.launch()
    wait_for(lambda: "waiting for the database" in town.log.read_text(), "it waits", town.log)
    process.send_signal(signal.SIGTERM)
    assert process.wait(3) == 0


def test_the_last_mile_starts_within_a_second_and_without_numerics() -> None:
    code = (
        "import time; began = time.perf_counter(); import alerts.service, alerts.cli, sys;"
        "took = time.perf_counter() - began;"
        "print([m for m in ('numpy', 'scipy', 'faust', 'pandas') if m in sys.modules], took)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy, took = run.stdout.rsplit(" ", 1)
    assert heavy == "[]"
    assert float(took) < 1.0
