"""Each channel against a real broker or a real HTTP server."""

import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import pytest
from msgspec.structs import replace
from paho.mqtt.enums import CallbackAPIVersion

from alerts import ChannelError, Refused
from alerts.channels.kafka import KafkaChannel
from alerts.channels.mqtt import MqttChannel
from alerts.channels.webhook import WebhookChannel
from alerts.desk import Desk
from alerts.lifecycle import timing
from alerts.routing import to_retain, worst
from forewarn.domain import topics
from forewarn.domain.codec import decode
from forewarn.domain.hazard import AlertMessage, Assessment, Level
from forewarn.domain.station import Site
from forewarn.runtime.ports import free_port

Assess = Callable[..., Assessment]


@pytest.fixture
def message(site: Site, assess: Assess, start: datetime) -> AlertMessage:
    desk = Desk(site, timing=timing(site.alert_rule), status="Actual", start=start)
    step = desk.take(assess(0, blue=0.8), start)
    assert step is not None
    assert step.message is not None
    return step.message


def none_active() -> list[AlertMessage]:
    return []


# ---------------------------------------------------------------- webhook


def test_the_webhook_gets_the_message_as_json_with_its_identifier_as_key(
    hook: Any, message: AlertMessage
) -> None:
    WebhookChannel(hook.url).deliver(message, none_active)
    [(key, body)] = hook.received
    assert key == message.identifier
    assert decode(json.dumps(body), AlertMessage) == message


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (500, ChannelError, "answered 500"),
        (429, ChannelError, "answered 429"),
        (400, Refused, "answered 400"),
        (302, Refused, "redirecting to https://example.org/new; give that URL instead"),
    ],
)
def test_a_webhook_that_does_not_say_2xx_has_not_taken_it(
    hook: Any, message: AlertMessage, status: int, kind: type[ChannelError], words: str
) -> None:
    hook.status = status
    with pytest.raises(ChannelError, match=words) as caught:
        WebhookChannel(hook.url).deliver(message, none_active)
    assert caught.type is kind


def test_a_webhook_that_nobody_serves_is_named(message: AlertMessage) -> None:
    url = f"http://127.0.0.1:{free_port()}/in"
    with pytest.raises(ChannelError, match=f"webhook {url}: .*refused"):
        WebhookChannel(url).deliver(message, none_active)


# ---------------------------------------------------------------- kafka


def test_kafka_has_the_message_under_its_incident(kafka_url: str, message: AlertMessage) -> None:
    from kafka import KafkaConsumer, TopicPartition

    mine = replace(message, incident="test.channel.kafka", identifier="test.channel.kafka.1")
    channel = KafkaChannel(kafka_url)
    channel.deliver(mine, none_active)
    channel.close()
    consumer = KafkaConsumer(
        bootstrap_servers=urlsplit(kafka_url).netloc, auto_offset_reset="earliest", group_id=None
    )
    try:
        numbers = range(topics.PARTITIONS)
        consumer.assign([TopicPartition(topics.ALERTS, number) for number in numbers])
        end, found = time.monotonic() + 5, list[AlertMessage]()
        while not found and time.monotonic() < end:
            for records in consumer.poll(timeout_ms=100).values():
                keyed = [r for r in records if r.key == b"test.channel.kafka"]
                found += [decode(record.value, AlertMessage) for record in keyed]
    finally:
        consumer.close()
    assert found == [mine]


def test_a_kafka_that_is_away_is_named(message: AlertMessage) -> None:
    url = f"kafka://127.0.0.1:{free_port()}"
    with pytest.raises(ChannelError, match=f"kafka at {url}: .*nobody answers"):
        KafkaChannel(url).deliver(message, none_active)


# ---------------------------------------------------------------- mqtt


def hears(url: str, area: str) -> list[tuple[str, bool]]:
    """Return (identifier, retained) of what a display finds when it wakes up."""
    heard: list[tuple[str, bool]] = []
    ready = threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_connect = lambda c, *_: c.subscribe(topics.alerts(area), qos=1)
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda _, __, m: heard.append(
        (decode(m.payload, AlertMessage).identifier, m.retain)
    )
    parts = urlsplit(url)
    client.connect(parts.hostname or "", parts.port or 1883)
    client.loop_start()
    assert ready.wait(5)
    end = time.monotonic() + 2
    while not heard and time.monotonic() < end:
        time.sleep(0.02)
    client.disconnect()
    client.loop_stop()
    return heard


def connected(url: str, name: str) -> MqttChannel:
    channel = MqttChannel(url, client_id=name)
    end = time.monotonic() + 5
    while not channel._client.is_connected() and time.monotonic() < end:
        time.sleep(0.01)
    return channel


def test_a_display_that_wakes_up_finds_the_worst_that_stands(
    mqtt_url: str, message: AlertMessage
) -> None:
    red = replace(message, area="display", identifier="red", level=Level.RED)
    blue = replace(message, area="display", identifier="blue", level=Level.BLUE)
    over = replace(red, identifier="over", msg_type="Cancel", level=Level.NONE)
    end = replace(blue, identifier="end", msg_type="Cancel", level=Level.NONE)
    channel = connected(mqtt_url, "test-display")
    try:
        for sent, active, retained in (
            (red, [red], "red"),
            (blue, [red, blue], "red"),
            (over, [blue], "blue"),
            (end, [], "end"),
        ):
            channel.deliver(sent, lambda active=active: active)
            assert hears(mqtt_url, "display") == [(retained, True)]
    finally:
        channel.close()


def test_an_mqtt_broker_that_is_away_leaves_the_message_pending(message: AlertMessage) -> None:
    channel = MqttChannel(f"mqtt://127.0.0.1:{free_port()}", client_id="test-away")
    try:
        with pytest.raises(ChannelError, match="not connected"):
            channel.deliver(message, none_active)
    finally:
        channel.close()


def test_the_newest_of_the_highest_level_is_the_worst(message: AlertMessage) -> None:
    older = replace(message, identifier="a", level=Level.RED)
    newer = replace(older, identifier="b", sent=message.sent.replace(minute=59))
    elsewhere = replace(newer, identifier="c", area="elsewhere")
    assert worst([older, message, newer, elsewhere], "west") is newer
    assert worst([], "west") is None
    assert to_retain(message, []) is None, "an old message that was delivered late"
