"""Pages to handsets over a real broker, and what their receipts may do."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import pytest
from msgspec.structs import replace
from paho.mqtt.enums import CallbackAPIVersion

from alerts.paging.channels import Ways
from alerts.paging.displays import Displays, ReceiptTaker
from alerts.paging.plan import plan
from alerts.paging.receipts import LATE, Fate, judge, take
from alerts.paging.sender import Sender
from alerts.people.chain import Spans
from alerts.people.directory import Contact, Directory, People
from forewarn.domain import topics
from forewarn.domain.clock import ManualClock
from forewarn.domain.config import convert
from forewarn.domain.desk import Act, Draft, Incident, IncidentState
from forewarn.domain.errors import ConfigError
from forewarn.domain.hazard import Level
from forewarn.domain.paging import Kind, Told
from forewarn.domain.station import Site
from forewarn.storage import Connection, connect
from forewarn.storage.audit import verify_audit
from forewarn.storage.incidents import actions, incident, save_incident
from forewarn.storage.paging import told
from tests.alerts.test_pager import ISSUED, MINUTE, NOW

PEOPLE = People(
    convert(
        {
            "contact": [
                {"id": "li", "name": "Li", "language": "en", "channel": [{"kind": "mqtt"}]}
            ],
            "chain": [{"id": "c", "step": [{"who": ["li"]}]}],
            "responsibility": [{"chain": "c"}],
        },
        Directory,
        source="test",
    )
)
REAL = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with connect(database) as connection:
        save_incident(connection, ISSUED)
        yield connection


def page(connection: Connection, site: Site, now: datetime = NOW) -> str:
    """Queue what is due and return the key of the newest message."""
    plan(connection, now, people=PEOPLE, site=site, spans=Spans())
    row = connection.execute("SELECT key FROM notification ORDER BY id DESC LIMIT 1").fetchone()
    assert row is not None
    return str(row[0])


def say(key: str, receipt: str) -> bytes:
    return json.dumps({"key": key, "receipt": receipt}).encode()


def acts(connection: Connection) -> list[tuple[str, Act]]:
    return [(done.author, done.act) for done in actions(connection, "t.1")]


def test_an_ack_counts_once_and_is_in_the_audit_trail(connection: Connection, site: Site) -> None:
    key = page(connection, site)

    def heard(receipt: str, minutes: int) -> Fate:
        return take(connection, "li", say(key, receipt), now=NOW + minutes * MINUTE, real=REAL)

    assert [heard("delivered", 1), heard("read", 2), heard("ack", 3)] == [
        Fate.NOTED,
        Fate.NOTED,
        Fate.ACTED,
    ]
    assert [heard("ack", 4), heard("read", 4)] == [Fate.UNKNOWN] * 2
    assert acts(connection) == [("li", Act.ACK)]
    found = incident(connection, "t.1")
    assert found is not None
    assert (found.acked_by, found.acked_at) == ("li", NOW + 3 * MINUTE)
    (entry,) = told(connection, "t.1")
    assert (entry.delivered, entry.read, entry.acked) == (
        NOW + MINUTE,
        NOW + 2 * MINUTE,
        NOW + 3 * MINUTE,
    )
    assert verify_audit(connection).rows == 1


def test_what_is_stale_overtaken_or_not_theirs_acknowledges_nothing(
    connection: Connection, site: Site
) -> None:
    save_incident(connection, replace(ISSUED, level=Level.ORANGE))
    orange = page(connection, site)
    save_incident(connection, replace(ISSUED, changed=NOW + MINUTE))
    red = page(connection, site, NOW + MINUTE)
    at, old = NOW + 2 * MINUTE, NOW + MINUTE + LATE + timedelta(seconds=1)

    def heard(contact: str, payload: bytes, now: datetime = at) -> Fate:
        return take(connection, contact, payload, now=now, real=REAL)

    assert heard("wang", say(red, "ack")) is Fate.UNKNOWN
    assert heard("li", say("f" * 32, "ack")) is Fate.UNKNOWN
    assert heard("li", say(orange, "ack")) is Fate.OVERTAKEN
    assert heard("li", say(red, "ack"), old) is Fate.LATE
    for garbage in (b"", b"\xff", b"[]", b'{"key": 1}', say(red, "eaten"), say("\0", "ack")):
        assert heard("li", garbage) is Fate.GARBAGE
    assert acts(connection) == []
    assert [t.progress for t in told(connection, "t.1")] == ["acked", "acked"]


@pytest.mark.parametrize(
    ("level", "kind", "changes", "fate"),
    [
        (Level.RED, Kind.PAGE, {}, Fate.ACTED),
        (Level.RED, Kind.PAGE, {"level": Level.ORANGE}, Fate.ACTED),
        (Level.ORANGE, Kind.PAGE, {}, Fate.OVERTAKEN),
        (Level.NONE, Kind.OVER, {"level": Level.NONE}, Fate.OVERTAKEN),
        (Level.RED, Kind.PAGE, {"state": IncidentState.EXPIRED}, Fate.OVERTAKEN),
    ],
)
def test_an_ack_is_of_what_its_page_told(
    level: Level, kind: Kind, changes: dict[str, object], fate: Fate
) -> None:
    entry = _told(level, kind)
    assert judge(entry, replace(ISSUED, **changes), NOW + LATE, LATE) is fate


def test_an_ack_of_what_was_told_does_not_acknowledge_a_higher_draft() -> None:
    draft = Draft(
        id="d",
        level=Level.RED,
        previous_level=Level.ORANGE,
        drafted=NOW,
        due=NOW,
        otherwise="issue",
        needs=1,
    )
    rising: Incident = replace(ISSUED, level=Level.ORANGE, draft=draft)
    assert judge(_told(Level.ORANGE, Kind.PAGE), rising, NOW, LATE) is Fate.OVERTAKEN
    assert judge(_told(Level.RED, Kind.APPROVE), rising, NOW, LATE) is Fate.ACTED


def _told(level: Level, kind: Kind) -> Told:
    return Told(
        person="li",
        incident="t.1",
        state="x",
        kind=kind,
        level=level,
        step=0,
        progress="accepted",
        channel="mqtt",
        attempts=1,
        queued=NOW,
    )


class Handset:
    """A display of one contact."""

    def __init__(self, url: str, contact: str) -> None:
        self.heard: list[tuple[dict[str, object], bool]] = []
        self._contact, ready = contact, threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda c, *_: c.subscribe(topics.pages(contact), qos=1)
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = lambda _, __, m: self.heard.append(
            (json.loads(m.payload), m.retain)
        )
        parts = urlsplit(url)
        self._client.connect(parts.hostname or "", parts.port or 1883)
        self._client.loop_start()
        assert ready.wait(5)

    def say(self, payload: bytes) -> None:
        self._client.publish(topics.receipts(self._contact), payload, 1).wait_for_publish(5)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


def test_a_handset_hears_its_page_and_its_ack_is_not_lost_while_no_pager_runs(
    connection: Connection, database: str, site: Site, mqtt_url: str, tmp_path: Path
) -> None:
    clock = ManualClock(NOW)

    def serve() -> tuple[Displays, ReceiptTaker]:
        displays = Displays(mqtt_url, client_id="test-pager")
        taker = ReceiptTaker(displays, database, clock, heard=fates.append)
        displays.start()
        taker.start()
        until(displays._client.is_connected)
        return displays, taker

    def end(displays: Displays, taker: ReceiptTaker) -> None:
        taker.stop()
        taker.join()
        displays.stop()

    fates: list[Fate] = []
    key = page(connection, site)
    displays, taker = serve()
    ways = Ways(PEOPLE, tmp_path, displays=displays, console_url="https://ews.example.org")
    sender = Sender(1, people=PEOPLE, database_url=database, clock=clock, ways=ways)
    assert sender.send_one(connection)
    handset = Handset(mqtt_url, "li")
    until(lambda: bool(handset.heard))
    said, retained = handset.heard[0]
    assert retained
    assert (said["key"], said["level"], said["at"]) == (key, "red", "2026-07-11T01:00:00Z")
    assert str(said["text"]).startswith("EXERCISE RED flood warning")
    handset.say(b"garbage")
    until(lambda: fates == [Fate.GARBAGE])
    end(displays, taker)
    handset.say(say(key, "ack"))  # nobody listens
    displays, taker = serve()
    until(lambda: fates == [Fate.GARBAGE, Fate.ACTED])
    end(displays, taker)
    handset.close()
    assert acts(connection) == [("li", Act.ACK)]


def test_after_a_lost_connection_only_what_was_not_acknowledged_is_published_again(
    connection: Connection, database: str, site: Site, mqtt_url: str, tmp_path: Path
) -> None:
    fates: list[Fate] = []
    key, clock = page(connection, site), ManualClock(NOW)
    displays = Displays(mqtt_url, client_id="test-again")
    taker = ReceiptTaker(displays, database, clock, heard=fates.append)
    displays.start()
    taker.start()
    until(displays._client.is_connected)
    handset = Handset(mqtt_url, "li")
    ways = Ways(PEOPLE, tmp_path, displays=displays)
    assert Sender(1, people=PEOPLE, database_url=database, clock=clock, ways=ways).send_one(
        connection
    )

    def keys() -> list[object]:
        return [said["key"] for said, retained in handset.heard if not retained]

    until(lambda: keys() == [key])
    displays._connected(displays._client)
    until(lambda: keys() == [key, key])
    handset.say(say(key, "ack"))
    until(lambda: fates == [Fate.ACTED])
    displays._connected(displays._client)
    displays.publish("li", b'{"key": "last"}', retain=False)
    until(lambda: "last" in keys())
    assert keys() == [key, key, "last"]
    taker.stop()
    taker.join()
    displays.stop()
    handset.close()


def test_the_service_pages_a_display(
    connection: Connection, database: str, mqtt_url: str, tmp_path: Path
) -> None:
    root, now = Path(__file__).parents[2], datetime.now(UTC)
    (tmp_path / "site.toml").write_text((root / "sites/han/site.toml").read_text("utf-8"), "utf-8")
    (tmp_path / "people.toml").write_text(
        '[[contact]]\nid = "wall-7"\nname = "Wall"\n[[contact.channel]]\nkind = "mqtt"\n'
        '[[chain]]\nid = "c"\n[[chain.step]]\nwho = ["wall-7"]\n[[responsibility]]\nchain = "c"\n'
    )
    environment = {
        **os.environ,
        "FOREWARN_SITE": str(tmp_path),
        "FOREWARN_STATE": str(tmp_path),
        "FOREWARN_DATABASE_URL": database,
        "FOREWARN_MQTT_URL": mqtt_url,
        "PYTHONPATH": str(root),
    }
    save_incident(connection, replace(ISSUED, opened=now, changed=now))
    handset = Handset(mqtt_url, "wall-7")
    command = [sys.executable, "-m", "forewarn.cli", "alerts", "page"]
    with (
        (tmp_path / "log").open("ab") as log,
        subprocess.Popen(command, env=environment, stderr=log, cwd=tmp_path) as process,
    ):
        try:
            until(lambda: bool(handset.heard))
        finally:
            process.terminate()
    handset.close()
    assert handset.heard[0][0]["level"] == "red"


def test_a_contact_whose_topic_a_gateway_uses_is_refused() -> None:
    raw = {"id": "status", "name": "x", "channel": [{"kind": "mqtt"}]}
    with pytest.raises(ConfigError, match="gateways use it"):
        convert(raw, Contact, source="test")
