"""A hundred alerts at once while all that tells people of them is killed, again and again."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import pytest
from kafka import KafkaConsumer, KafkaProducer
from paho.mqtt.enums import CallbackAPIVersion

from forewarn.domain import topics
from forewarn.domain.clock import WorldClock
from forewarn.domain.codec import decode, encode
from forewarn.domain.desk import Act, Action
from forewarn.domain.hazard import AlertMessage, Assessment, Exceedance, Level, Outcome
from forewarn.runtime.kafka_topics import bootstrap_servers
from forewarn.runtime.services import core_services
from forewarn.runtime.supervisor import Supervisor
from forewarn.storage import Connection, connect
from forewarn.storage.incidents import act
from tests.alerts.test_pager import Receiver, receiving

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

ALERTS, PEOPLE, KILLS = 100, 5, 8
SECOND_STEP = timedelta(seconds=90)
HEAD = 'id = "storm"\nname = "Storm"\ntimezone = "UTC"\ninvented = "all"\ngateways = ["g"]\n'
AREA = '[[area]]\nid = "a{0}"\nname = "A{0}"\npolygon = [[0, 0], [0, 1], [1, 1], [0, 0]]\n'
STATION = (
    '[[station]]\nid = "s{0}"\nname = "S{0}"\narea = "a{0}"\nlatitude = 0\nlongitude = 0\n'
    '[[station.datastream]]\nproperty = "stage"\nunit = "m"\ninterval = "PT1M"\n'
    'thresholds = [{{ value = 5.0, level = "red", label = "bank full" }}]\n'
)
CONTACT = (
    '[[contact]]\nid = "{0}"\nname = "{0}"\nlanguage = "en"\n[[contact.channel]]\n'
    'kind = "webhook"\nto = "{1}"\n'
)


def write_site(folder: Path, hook: str) -> None:
    """Write a site of `ALERTS` areas with a gauge each, and who is told."""
    folder.mkdir()
    areas = "".join(AREA.format(n) for n in range(ALERTS))
    stations = "".join(STATION.format(n) for n in range(ALERTS))
    (folder / "site.toml").write_text(HEAD + areas + stations)
    names = [f"p{n}" for n in range(PEOPLE)]
    people = "".join(CONTACT.format(name, hook) for name in [*names, "chief"])
    listed = ", ".join(f'"{name}"' for name in names)
    (folder / "people.toml").write_text(
        '[grouping]\nwait = "PT0S"\ninterval = "PT0S"\nper_hour = 9999\n'
        f'{people}[[chain]]\nid = "c"\n[[chain.step]]\nwho = [{listed}]\n[[chain.step]]\n'
        f'who = ["chief"]\nafter = "PT{SECOND_STEP.seconds}S"\n'
        '[[responsibility]]\nchain = "c"\n'
    )


def assessment(number: int) -> Assessment:
    """Return what calls for a red alert of one gauge, now."""
    now = datetime.now(UTC)
    reached = Exceedance(
        level=Level.RED,
        threshold=5.0,
        label="bank full",
        probability=0.99,
        observed=True,
        onset=now,
        onset_early=now,
        onset_late=now,
    )
    return Assessment(
        area=f"a{number}",
        hazard="flood",
        datastream=f"s{number}/stage",
        issue_time=now,
        outcome=Outcome.OK,
        exceedances=[reached],
        peak=6.0,
        peak_time=now,
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def running(tmp_path: Path, receiver: Receiver) -> Iterator[Supervisor]:
    """Return the alert service, the pager and the embedded engines."""
    write_site(tmp_path / "site", receiver.url)
    services = [s for s in core_services() if s.name in ("alerts", "pager")]
    clock = WorldClock(datetime.now(UTC), time.time(), 1)
    with Supervisor(tmp_path / "state", tmp_path / "site", clock=clock, services=services) as found:
        found.wait_ready(60)
        yield found


def wait_for(done: Callable[[], bool], seconds: float) -> None:
    """Wait until `done`; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not within {seconds:g} s"
        time.sleep(0.1)


@contextmanager
def killing(running: Supervisor, told: Callable[[], int]) -> Iterator[list[int]]:
    """Kill the alert service, the pager and the MQTT broker at random moments meanwhile.

    Yields how much had been `told` at each.
    """
    rng, ending = random.Random(5), threading.Event()
    hits: list[int] = []

    def work() -> None:
        for number in range(KILLS):
            if ending.wait(rng.uniform(0.1, 1.5)):
                return
            hits.append(told())
            running.kill("mqtt" if number == KILLS // 2 else rng.choice(("alerts", "pager")))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield hits
        thread.join()
    finally:
        ending.set()
        thread.join()


def produce(kafka_url: str) -> None:
    """Send all assessments at once."""
    producer = KafkaProducer(bootstrap_servers=bootstrap_servers(kafka_url), acks="all")
    sent = [
        producer.send(topics.ASSESSMENTS, encode(one), key=one.area.encode())
        for one in map(assessment, range(ALERTS))
    ]
    for future in sent:
        future.get(20)
    producer.close()


def on_kafka(kafka_url: str) -> list[AlertMessage]:
    """Return every alert message on Kafka."""
    consumer = KafkaConsumer(
        topics.ALERTS,
        bootstrap_servers=bootstrap_servers(kafka_url),
        auto_offset_reset="earliest",
        consumer_timeout_ms=5_000,
    )
    found = [decode(record.value, AlertMessage) for record in consumer]
    consumer.close()
    return found


def on_mqtt(mqtt_url: str) -> dict[str, str]:
    """Return area → identifier of what a display that wakes up now finds."""
    found: dict[str, str] = {}
    client = paho.Client(CallbackAPIVersion.VERSION2)

    def hear(_client: Any, _data: Any, message: Any) -> None:
        heard = decode(message.payload, AlertMessage)
        if message.retain:
            found[heard.area] = heard.identifier

    client.on_connect = lambda c, *_: c.subscribe(topics.alerts("+"), qos=1)
    client.on_message = hear
    where = urlsplit(mqtt_url)
    client.connect(where.hostname or "", where.port or 1883)
    client.loop_start()
    end = time.monotonic() + 5
    while len(found) < ALERTS and time.monotonic() < end:
        time.sleep(0.05)
    client.disconnect()
    client.loop_stop()
    return found


def incidents(connection: Connection) -> dict[str, str]:
    """Return incident → area of all that were issued."""
    return dict(
        connection.execute("SELECT incident, area FROM incident WHERE state = 'issued'").fetchall()
    )


def test_a_storm_with_kills_tells_everybody_once(running: Supervisor, receiver: Receiver) -> None:
    urls = running.urls
    with connect(urls.database_url) as connection:
        with killing(running, lambda: len(receiver.states())) as hits:
            produce(urls.kafka_url)
            wait_for(lambda: len(incidents(connection)) == ALERTS, 120)
        known = incidents(connection)
        first = {(f"p{n}", name, "red") for n in range(PEOPLE) for name in known}
        wait_for(lambda: set(receiver.states()) >= first, 90)

        acked = sorted(known)[::2]
        for name in acked:
            act(
                connection,
                Action(at=datetime.now(UTC), author="p0", act=Act.ACK, incident=name),
            )
        assert not [s for s in receiver.states() if s[0] == "chief"], "too slow for this test"
        running.kill("pager")
        second = {("chief", name, "red") for name in known if name not in acked}
        wait_for(lambda: set(receiver.states()) >= first | second, 200)
        time.sleep(5)
        assert sorted(receiver.states()) == sorted(first | second)

        messages = on_kafka(urls.kafka_url)
        identifiers = {message.identifier for message in messages}
        assert {message.incident for message in messages} == set(known)
        assert len(identifiers) == ALERTS
        wait_for(lambda: set(on_mqtt(urls.mqtt_url)) == set(known.values()), 30)
        assert set(on_mqtt(urls.mqtt_url).values()) == identifiers
    assert sum(0 < hit < ALERTS * PEOPLE for hit in hits) >= 2, hits
    assert running.restarts["alerts"] + running.restarts["pager"] >= KILLS // 2
    assert running.restarts["mqtt"] == 1
