"""A drill and a real warning at once through the real services, which are killed on the way.

Alert service, pager and console as processes; PostgreSQL, Kafka, MQTT, HTTP and Modbus as they
are. The site has nothing invented and the clock is the real one: warnings are Actual.
"""

import asyncio
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from alerts.cap_check import check
from forewarn.domain import topics
from forewarn.domain.hazard import Assessment, Level
from forewarn.runtime.kafka_topics import bootstrap_servers
from forewarn.storage import connect
from forewarn.storage.incidents import incidents
from simulators.modbus import TcpBus
from simulators.siren import Siren
from tests.alerts.test_service import Town, wait_for

pytestmark = pytest.mark.soak

EN, ZH = "EXERCISE EXERCISE EXERCISE ", "演习 演习 演习 "

PATIENCE_S = 60.0
"""The pager may only just be starting."""

SITE = """
id = "testford"
name = "Testford"
timezone = "Asia/Shanghai"
gateways = ["gw"]
[[area]]
id = "{area}"
name = "West bank"
polygon = [[29.4, 121.8], [29.4, 122.0], [29.5, 122.0], [29.4, 121.8]]
[[station]]
id = "town"
name = "Town bridge"
area = "{area}"
latitude = 29.45
longitude = 121.9
[[station.datastream]]
property = "stage"
unit = "m"
interval = "PT1M"
thresholds = [
    {{ value = 8.5, level = "blue", label = "advisory" }},
    {{ value = 9.5, level = "orange", label = "flood" }},
    {{ value = 10.5, level = "red", label = "great flood" }},
]
"""

SIRENS = """
[[siren]]
id = "quay"
areas = ["{area}"]
url = "{url}"
coil = 0
limit_register = 0
max_on_s = 2
"""

PEOPLE = """
[[contact]]
id = "li"
name = "Li"
language = "zh"
channel = [{ kind = "file", to = "li.jsonl" }]
[[contact]]
id = "ann"
name = "Ann"
language = "en"
channel = [{ kind = "file", to = "ann.jsonl" }]
[[chain]]
id = "all"
step = [{ who = ["li", "ann"] }]
[[responsibility]]
chain = "all"
[grouping]
wait = "PT0S"
interval = "PT1S"
"""


class Practice(Town):
    """A town on the real clock, with a siren, two people, and officers at the command line."""

    def __init__(self, folder: Path, kafka: str, mqtt: str, database: str, siren: str) -> None:
        super().__init__(folder, kafka, mqtt, database, datetime.now(UTC))
        (folder / "site.toml").write_text(SITE.format(area=self.area), encoding="utf-8")
        (folder / "sirens.toml").write_text(SIRENS.format(area=self.area, url=siren))
        (folder / "people.toml").write_text(PEOPLE, encoding="utf-8")
        self.environment |= {"FOREWARN_STATE": str(folder / "state")}
        del self.environment["FOREWARN_CLOCK"]

    def spawn(self, *command: str) -> None:
        """Start another service beside the alert service."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "forewarn.cli", *command],
                env=self.environment,
                stderr=log,
                cwd=self.folder,
            )
        self.processes.append(process)

    def officer(self, *command: str) -> str:
        """Return what `forewarn alerts` answers."""
        asked = [sys.executable, "-m", "forewarn.cli", "alerts", *command]
        done = subprocess.run(asked, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def drill(self, level: str, *more: str) -> str:
        """Start a drill; return its id."""
        about = ("--area", self.area, "--hazard", "flood", "--level", level, "--reason", "spring")
        return self.officer("drill", "start", "--by", "Li", *about, *more).split()[0]

    def warn(self, assess: Callable[..., Assessment], **chances: float) -> None:
        """Let the stream say now how probable each level is."""
        self.say(assess(0, start=datetime.now(UTC), **chances))

    def told(self, drill: str = "") -> list[tuple[str, str]]:
        return [(m.msg_type, m.level.name) for m in self.stored() if m.drill == drill]

    def until(self, expected: list[tuple[str, str]], drill: str = "") -> None:
        wait_for(lambda: self.told(drill) == expected, f"{drill or 'world'} {expected}", self.log)

    def pages(self) -> list[str]:
        """Return what both people were told."""
        found = (self.folder / "state/pages").glob("*.jsonl")
        lines = [line for path in found for line in path.read_text("utf-8").splitlines()]
        return [json.loads(line)["text"] for line in lines]

    def paged(self, count: int) -> None:
        """Wait until so many pages went out: what ends before somebody was told is not told."""
        end = time.monotonic() + PATIENCE_S
        while len(found := self.pages()) < count:
            assert time.monotonic() < end, f"{found}\n{self.log.read_text()}"
            time.sleep(0.05)

    def feed(self, name: str) -> str:
        """Return a public feed as a stranger gets it."""
        address = (self.folder / "state/console.url").read_text().strip().rstrip("/")
        with urllib.request.urlopen(f"{address}/feeds/{name}", timeout=5) as answer:
            return str(answer.read().decode())


@pytest.fixture
def siren() -> Iterator[tuple[Siren, str]]:
    """Return a simulated siren and the URL of its controller."""
    controller = Siren(time.monotonic)
    bus, loop = TcpBus({1: controller}), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    url = asyncio.run_coroutine_threadsafe(bus.open(), loop).result(5)
    yield controller, url
    asyncio.run_coroutine_threadsafe(bus.close(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


@pytest.fixture
def town(
    tmp_path: Path, kafka_url: str, mqtt_url: str, database: str, siren: tuple[Siren, str]
) -> Iterator[Practice]:
    with ExitStack() as stack:
        made = Practice(tmp_path, kafka_url, mqtt_url, database, siren[1])
        stack.callback(made.close)
        yield made


class Ear:
    """Somebody who listens on the area's MQTT topic."""

    def __init__(self, url: str, area: str) -> None:
        import paho.mqtt.client as paho
        from paho.mqtt.enums import CallbackAPIVersion

        host, _, port = url.removeprefix("mqtt://").partition(":")
        self.heard: list[tuple[bool, dict[str, Any]]] = []
        self._client: Any = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._take
        self._client.on_connect = lambda client, *_: client.subscribe(topics.alerts(area), 1)
        self._client.connect(host, int(port))
        self._client.loop_start()

    def _take(self, _: object, __: object, message: Any) -> None:
        self.heard.append((message.retain, json.loads(message.payload)))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def on_kafka(url: str, area: str) -> list[dict[str, Any]]:
    """Return every message of the area on `alerts.v1`."""
    from kafka import KafkaConsumer

    consumer = KafkaConsumer(
        topics.ALERTS,
        bootstrap_servers=bootstrap_servers(url),
        auto_offset_reset="earliest",
        consumer_timeout_ms=2_000,
    )
    found = [json.loads(record.value) for record in consumer]
    consumer.close()
    return [message for message in found if message["area"] == area]


def says_what_it_is(told: dict[str, Any]) -> None:
    """Check that all texts of a drill's message begin with EXERCISE, and none of a real one."""
    tree = etree.fromstring(told["cap"].encode())
    texts = [told["headline"], *told["headlines"].values()]
    for tag in ("headline", "description"):
        texts += [element.text for element in tree.iter(f"{{*}}{tag}")]
    assert len(texts) == 7
    assert not check(told["cap"].encode())
    assert tree.findtext("{*}status") == told["status"]
    if told["drill"]:
        assert told["status"] == "Exercise"
        assert all(text.startswith((EN, ZH)) for text in texts), texts
    else:
        assert told["status"] == "Actual"
        assert not any("EXERCISE" in text or "演习" in text for text in texts), texts


def test_a_drill_and_a_real_warning_at_once_through_everything(
    town: Practice,
    siren: tuple[Siren, str],
    kafka_url: str,
    mqtt_url: str,
    assess: Callable[..., Assessment],
    serve_hook: Callable[..., AbstractContextManager[Any]],
) -> None:
    controller, _ = siren
    with serve_hook() as hook:
        town.environment["FOREWARN_WEBHOOK_URL"] = hook.url
        ear = Ear(mqtt_url, town.area)
        process = town.start()
        town.spawn("alerts", "page")
        town.spawn("console", "run", "--port", "0")

        town.warn(assess, blue=0.9)
        town.until([("Alert", "BLUE")])
        town.paged(2)
        number = town.drill("red")
        process.kill()  # at once: before, in, or after the drill's first message
        process.wait()
        process = town.start()
        town.until([("Alert", "RED")], number)
        wait_for(lambda: not town.undelivered(), "every channel", town.log)
        town.paged(4)
        assert controller.blasts == 0, "the drill is red and did not ask for sirens"

        town.warn(assess, blue=0.9, red=0.9)
        town.until([("Alert", "BLUE"), ("Update", "RED")])
        wait_for(lambda: controller.blasts == 1, "the real one sounds", town.log)
        wait_for(lambda: not town.undelivered(), "every channel", town.log)
        town.paged(6)
        late = Ear(mqtt_url, town.area)
        wait_for(lambda: late.heard, "what is retained", town.log)
        assert [(kept, m["drill"]) for kept, m in late.heard] == [(True, "")]
        late.close()
        feed = json.loads(town.feed(f"{town.area}.json"))["alerts"]
        assert {entry["status"]: entry["headline"].startswith((EN, ZH)) for entry in feed} == {
            "Actual": False,
            "Exercise": True,
        }
        atom = town.feed("cap.atom")
        assert atom.count("<entry>") == 2
        assert (EN in atom) or (ZH in atom)

        town.officer("drill", "end", number, "--by", "Wei")
        process.kill()
        process.wait()
        process = town.start()
        town.until([("Alert", "RED"), ("Cancel", "NONE")], number)
        town.paged(8)

        wait_for(lambda: not controller.sounding, "its time is over", town.log)
        sounding = town.drill("orange", "--siren")
        town.until([("Alert", "ORANGE")], sounding)
        town.paged(10)
        wait_for(lambda: controller.blasts == 2, "the siren of the drill", town.log)
        wait_for(lambda: not town.undelivered(), "every channel", town.log)
        process.kill()
        process.wait()
        process = town.start()
        town.officer("drill", "end", sounding, "--by", "Wei")
        town.until([("Alert", "ORANGE"), ("Cancel", "NONE")], sounding)
        wait_for(lambda: not town.undelivered(), "every channel", town.log)
        assert controller.blasts == 2, "once for each, whatever was killed"
        assert town.told() == [("Alert", "BLUE"), ("Update", "RED")], "the real one stands"
        town.paged(12)
        ear.close()
        by_kafka, by_mqtt = on_kafka(kafka_url, town.area), [m for _, m in ear.heard]
        by_webhook = [body for _, body in hook.received]

    stored = [row.identifier for row in town.stored()]
    assert len(stored) == 6
    for heard in (by_kafka, by_mqtt, by_webhook):
        assert {message["identifier"] for message in heard} == set(stored)
        for message in heard:
            says_what_it_is(message)
    assert [m["identifier"] for m in by_webhook] == stored, "exactly once, in order"
    practised = [text for text in town.pages() if text.startswith((EN, ZH))]
    real = [text for text in town.pages() if not text.startswith((EN, ZH))]
    assert (len(practised), len(real)) == (8, 4), town.pages()
    assert not any("EXERCISE" in text or "演习" in text for text in real)
    with connect(town.database) as connection:
        found = {i.drill: i.level for i in incidents(connection)}
        assert connection.execute("SELECT count(*) FROM drill WHERE closed IS NULL").fetchone() == (
            0,
        )
    assert found == {"": Level.RED, number: Level.NONE, sounding: Level.NONE}


def test_killed_at_any_moment_a_drill_begins_and_ends_once(town: Practice) -> None:
    process = town.start()
    number = town.drill("orange", "--for", "1m")
    end = time.monotonic() + 58
    kills = 0
    while time.monotonic() < end:
        time.sleep(0.4 + 0.37 * kills)
        process.kill()
        process.wait()
        process, kills = town.launch(), kills + 1
    town.until([("Alert", "ORANGE"), ("Cancel", "NONE")], number)
    assert kills >= 5
