"""A gateway process, and peers that speak to it over real brokers."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from signal import SIGTERM
from subprocess import Popen
from typing import Any
from urllib.parse import urlsplit

import pytest
from kafka import KafkaConsumer, KafkaProducer
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from forewarn.domain import topics
from forewarn.domain.clock import WorldClock
from forewarn.domain.codec import decode, encode
from forewarn.domain.observation import Batch, Columns, DurableAck, ReceivedBatch, to_milliseconds
from forewarn.runtime.kafka_topics import bootstrap_servers

NOW = datetime(2020, 8, 5, 12, tzinfo=UTC)
_numbers = count(1)


def eventually(
    condition: Callable[[], Any], *, within_s: float = 15.0, what: str = "it to happen"
) -> Any:
    """Return the first truthy answer of `condition`, or fail."""
    end = time.monotonic() + within_s
    while not (answer := condition()):
        if time.monotonic() > end:
            pytest.fail(f"waited {within_s} s in vain for {what}")
        time.sleep(0.02)
    return answer


def batch(gateway: str, seq: int, boot_id: str = "b1") -> Batch:
    """Return a batch of one observation."""
    now = to_milliseconds(NOW)
    columns = Columns(
        datastreams=["hangang/stage"], of=[0], time=[now + seq], result=[2.5], quality=[2]
    )
    return Batch(gateway=gateway, boot_id=boot_id, seq=seq, created=now, columns=columns)


SITE = """
id = "lab"
name = "Lab"
timezone = "UTC"
gateways = ["{gateway}"]
[[area]]
id = "hall"
name = "Hall"
polygon = [[0, 0], [0, 1], [1, 1], [0, 0]]
[[station]]
id = "hangang"
name = "Gauge"
area = "hall"
latitude = 0
longitude = 0
[[station.datastream]]
property = "stage"
unit = "m"
interval = "PT1M"
"""
ENDS_WITHIN_S = 3.0


@contextmanager
def running(
    mqtt_url: str, kafka_url: str, gateway: str, folder: Path, says: str = " ready "
) -> Iterator[Path]:
    """Run `forewarn gateway run` until the end of the block; yield its log.

    It must have said `says`, end on SIGTERM within three seconds whatever is broken around
    it, and never have raised.
    """
    (folder / "site.toml").write_text(SITE.format(gateway=gateway), encoding="utf-8")
    log = folder / f"gateway-{next(_numbers)}.log"
    environment = os.environ | {
        "FOREWARN_MQTT_URL": mqtt_url,
        "FOREWARN_KAFKA_URL": kafka_url,
        "FOREWARN_SITE": str(folder),
        "FOREWARN_CLOCK": WorldClock(NOW, time.time(), 1.0).variable(),
    }
    command = [sys.executable, "-m", "forewarn.cli", "gateway", "run", "--name", gateway]
    with log.open("wb") as file, Popen(command, env=environment, stderr=file, cwd=folder) as child:
        try:
            eventually(lambda: says in log.read_text(encoding="utf-8"), what=says)
            yield log
        finally:
            child.send_signal(SIGTERM)
            try:
                code = child.wait(ENDS_WITHIN_S)
            finally:
                child.kill()
    assert (code, "Traceback" in log.read_text(encoding="utf-8")) == (0, False), log.read_text()


class Edge:
    """The other end of MQTT: publishes batches, hears acks."""

    def __init__(self, mqtt_url: str, gateway: str) -> None:
        self.gateway = gateway
        self.acks: list[list[DurableAck]] = []
        parts = urlsplit(mqtt_url)
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=f"edge-{gateway}")
        self.client.max_inflight_messages_set(200)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda client, *_: client.subscribe(topics.ack(gateway), qos=1)
        self.client.on_message = self._on_ack
        self.client.connect_async(parts.hostname or "", parts.port or 1883)
        self.client.loop_start()
        eventually(self.client.is_connected, what="the edge to connect")

    def _on_ack(self, client: Client, _: Any, message: MQTTMessage) -> None:
        self.acks.append(decode(bytes(message.payload), list[DurableAck]))

    def publish(self, payload: bytes) -> None:
        """Publish, and wait for the broker to have it."""
        self.client.publish(topics.observations(self.gateway), payload, qos=1).wait_for_publish(10)

    def send(self, *seqs: int) -> None:
        """Publish batches with these numbers."""
        for seq in seqs:
            self.publish(encode(batch(self.gateway, seq)))

    def close(self) -> None:
        """Leave the broker."""
        self.client.disconnect()
        self.client.loop_stop()


class Stream:
    """The other end of Kafka: reads what a gateway sent, publishes acks."""

    def __init__(self, kafka_url: str, gateway: str) -> None:
        self.gateway = gateway
        servers = bootstrap_servers(kafka_url)
        self.consumer = KafkaConsumer(
            topics.RAW,
            topics.REJECTED,
            bootstrap_servers=servers,
            group_id=None,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        self.producer = KafkaProducer(bootstrap_servers=servers, enable_idempotence=False)
        self.seen: list[tuple[str, ReceivedBatch]] = []

    def read(self) -> list[tuple[str, ReceivedBatch]]:
        """Return (topic, batch) of everything of this gateway so far."""
        for records in self.consumer.poll(100).values():
            for record in records:
                if record.key == self.gateway.encode():
                    self.seen.append((record.topic, decode(record.value, ReceivedBatch)))
        return self.seen

    def wait_for(self, *seqs: int) -> list[int | None]:
        """Return the numbers of all batches so far, once `seqs` are among them."""
        eventually(
            lambda: set(seqs) <= {received.seq for _, received in self.read()},
            what=f"batches {seqs[:3]}… in Kafka",
        )
        return [received.seq for _, received in self.seen]

    def acknowledge(self, boot_id: str, *stored: tuple[int, int]) -> None:
        """Publish a durable ack."""
        ack = DurableAck(gateway=self.gateway, boot_id=boot_id, stored=list(stored))
        key = self.gateway.encode()
        self.producer.send(topics.ACKS, encode(ack), key=key).get(10)

    def close(self) -> None:
        """Leave the broker."""
        self.consumer.close()
        self.producer.close()


class Peers:
    """What a test of the bridge needs, for one gateway of its own."""

    def __init__(self, gateway: str, folder: Path) -> None:
        self.gateway = gateway
        self.folder = folder

    eventually = staticmethod(eventually)

    def batch(self, seq: int) -> bytes:
        """Return an encoded batch."""
        return encode(batch(self.gateway, seq))

    def bridge(
        self, mqtt_url: str, kafka_url: str, says: str = " ready "
    ) -> AbstractContextManager[Path]:
        """Run a gateway process, always with the same client id; yields its log."""
        return running(mqtt_url, kafka_url, self.gateway, self.folder, says)

    def edge(self, mqtt_url: str) -> AbstractContextManager[Edge]:
        """Connect an edge."""
        return closing(Edge(mqtt_url, self.gateway))

    def stream(self, kafka_url: str) -> AbstractContextManager[Stream]:
        """Connect a stream."""
        return closing(Stream(kafka_url, self.gateway))


@pytest.fixture
def peers(tmp_path: Path) -> Peers:
    """Return peers around a gateway id that no other test uses."""
    folder = tmp_path / "site"
    folder.mkdir()
    return Peers(f"gw-{next(_numbers)}-{time.time_ns() % 10**9}", folder)
