"""What stands behind the broker, as far as the edge can see it: a subscriber that acks."""

import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from forewarn.domain import topics
from forewarn.domain.codec import decode, encode
from forewarn.domain.observation import Batch, DurableAck


class Upstream:
    """Takes the batches and the status of one gateway; acks when the test says so."""

    def __init__(self, url: str, gateway: str) -> None:
        self.gateway = gateway
        self.batches: list[Batch] = []
        self.statuses: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._subscribed = threading.Event()
        parts = urlsplit(url)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"test-{gateway}")
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._heard
        self._client.connect(parts.hostname or "", parts.port or 1883)
        self._client.loop_start()
        assert self._subscribed.wait(5)

    def _connected(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([(topics.observations(self.gateway), 1), (topics.status(self.gateway), 1)])

    def _heard(self, _: Any, __: Any, message: mqtt.MQTTMessage) -> None:
        with self._lock:
            if message.topic == topics.status(self.gateway):
                self.statuses.append(decode(message.payload, dict))
            else:
                self.batches.append(decode(message.payload, Batch))

    def seen(self) -> list[tuple[str, int]]:
        """Return (boot_id, seq) of every batch in the order of arrival, repeats included."""
        with self._lock:
            return [(batch.boot_id, batch.seq) for batch in self.batches]

    def values(self) -> set[tuple[str, int, float | None]]:
        """Return every (datastream, milliseconds, result) that arrived."""
        with self._lock:
            return {row[:3] for batch in self.batches for row in batch.columns.rows()}

    def ack(self, *keys: tuple[str, int]) -> None:
        """Publish, retained, that the database holds these batches; () for none."""
        boots: dict[str, list[tuple[int, int]]] = {}
        for boot, seq in sorted(set(keys)):
            boots.setdefault(boot, []).append((seq, seq))
        acks = [DurableAck(gateway=self.gateway, boot_id=b, stored=r) for b, r in boots.items()]
        self._client.publish(topics.ack(self.gateway), encode(acks), qos=1, retain=True)

    def say(self, payload: bytes) -> None:
        """Publish `payload` on the ack topic."""
        self._client.publish(topics.ack(self.gateway), payload, qos=1)

    def close(self) -> None:
        self._client.publish(topics.ack(self.gateway), b"", qos=1, retain=True).wait_for_publish(2)
        self._client.disconnect()
        self._client.loop_stop()


def wait(condition: Callable[[], object], *, within_s: float = 8.0, why: str = "") -> None:
    """Wait until `condition` holds; fail after a while."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain {why}"
        time.sleep(0.02)
