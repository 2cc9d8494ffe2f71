import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from alerts.channels import Channel
from alerts.channels.mqtt import MqttChannel
from alerts.channels.webhook import WebhookChannel
from alerts.delivery import FIRST_PAUSE_S, IDLE_S, LONGEST_PAUSE_S, Delivery, pause_after
from alerts.desk import Desk
from alerts.keeper import Keeper
from alerts.lifecycle import timing
from forewarn.domain.clock import ManualClock, WorldClock
from forewarn.domain.codec import encode
from forewarn.domain.hazard import Assessment
from forewarn.domain.station import Site
from forewarn.runtime.engines import EmbeddedMqtt
from forewarn.storage import connect, pending_deliveries

Assess = Callable[..., Assessment]


@pytest.fixture
def identifiers(database: str, site: Site, assess: Assess, start: datetime) -> list[str]:
    """Store three messages of one incident; return their identifiers."""
    clock = ManualClock(start)
    desk = Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)
    keeper = Keeper(desk, database, clock, lambda: None)
    keeper.take(
        [encode(assess(0, blue=0.9, yellow=y, red=r)) for y, r in ((0, 0), (0.9, 0), (0.9, 0.9))]
    )
    keeper.close()
    with connect(database) as connection:
        return [message.identifier for message in pending_deliveries(connection, "webhook")]


@contextmanager
def delivering(channel: Channel, database: str, now: datetime) -> Iterator[Delivery]:
    delivery = Delivery(channel, database, WorldClock(now, time.time(), 1.0))
    delivery.start()
    try:
        yield delivery
    finally:
        delivery.stop()
        delivery.join(5)


def wait_for(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def notes(database: str) -> list[tuple[str, int, bool, str]]:
    """Return (identifier, attempts, delivered, error) of what was tried."""
    with psycopg.connect(database) as connection:
        return connection.execute(
            "SELECT identifier, attempts, delivered IS NOT NULL, error FROM delivery ORDER BY 1"
        ).fetchall()


def test_a_message_that_is_refused_lets_the_others_pass_and_is_tried_again(
    hook: Any, database: str, identifiers: list[str], start: datetime
) -> None:
    hook.status, hook.only = 400, identifiers[0]
    with delivering(WebhookChannel(hook.url), database, start) as delivery:
        wait_for(lambda: hook.identifiers == identifiers[1:], "the others")
        wait_for(lambda: len(notes(database)) == 3, "three notes")
        assert notes(database)[0][2:] == (
            False,
            f"webhook {hook.url}: answered 400 Bad Request",
        )
        hook.only = "nothing"
        time.sleep(FIRST_PAUSE_S)
        delivery.wake()
        wait_for(lambda: hook.identifiers == [*identifiers[1:], identifiers[0]], "the first")
        wait_for(lambda: notes(database)[0] == (identifiers[0], 2, True, ""), "the note")


def test_however_many_are_refused_newer_ones_go_out(
    hook: Any,
    database: str,
    identifiers: list[str],
    start: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("forewarn.storage.deliveries.AT_ONCE", 1)
    hook.status, hook.only = 400, identifiers[0]
    with delivering(WebhookChannel(hook.url), database, start):
        wait_for(lambda: hook.identifiers == identifiers[1:], "the others")


def test_a_new_channel_does_not_shout_the_past(
    hook: Any, database: str, identifiers: list[str], start: datetime
) -> None:
    with delivering(WebhookChannel(hook.url), database, start + timedelta(hours=25)):
        wait_for(lambda: [n[2] for n in notes(database)] == [True] * len(identifiers), "set aside")
    assert hook.received == []


def test_pauses_grow_and_end() -> None:
    assert [pause_after(n) for n in (0, 1, 2, 3)] == [IDLE_S, FIRST_PAUSE_S, 1.0, 2.0]
    assert pause_after(40) == LONGEST_PAUSE_S


@pytest.mark.soak
def test_an_mqtt_broker_that_forgot_its_retained_messages_gets_them_back(
    tmp_path: Any, database: str, identifiers: list[str], start: datetime
) -> None:
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    broker = EmbeddedMqtt(tmp_path)
    heard: list[bytes] = []
    display = paho.Client(CallbackAPIVersion.VERSION2)
    display.on_connect = lambda client, *_: client.subscribe("forewarn/v1/alerts/west", qos=1)
    display.on_message = lambda _, __, m: heard.append(m.payload)
    with broker as url:
        with delivering(MqttChannel(url, client_id="forgotten"), database, start):
            wait_for(lambda: len(notes(database)) == 3, "delivered")
            broker.kill()
            broker.start()
            display.connect("127.0.0.1", int(url.rsplit(":", 1)[1]))
            display.loop_start()
            wait_for(lambda: any(identifiers[-1].encode() in m for m in heard), "retained")
            display.disconnect()
            display.loop_stop()


def test_a_database_that_is_not_migrated_yet_is_waited_for(
    database: str,
    identifiers: list[str],
    hook: Any,
    start: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with connect(database) as connection:
        connection.execute("ALTER TABLE alert RENAME TO not_there_yet")
        with delivering(WebhookChannel(hook.url), database, start):
            time.sleep(0.3)
            connection.execute("ALTER TABLE not_there_yet RENAME TO alert")
            wait_for(lambda: hook.identifiers == identifiers, "delivery after the migration")
    assert "cannot deliver" not in caplog.text
