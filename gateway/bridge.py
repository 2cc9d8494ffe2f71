"""MQTT to Kafka: each message is checked, handed to Kafka, and only then acknowledged."""

import logging
import threading
from typing import Any

from paho.mqtt.client import Client, MQTTMessage

from forewarn.domain import topics
from forewarn.domain.clock import Clock
from forewarn.domain.logs import fields
from forewarn.domain.observation import ReceivedBatch
from forewarn.runtime import metrics
from gateway.acks import AckBook
from gateway.foreign.plan import Foreign
from gateway.inbox import Arrived, Inbox
from gateway.mqtt import make_client
from gateway.outbound import Outbound
from gateway.registry import Registry
from gateway.route import route, subscriptions

log = logging.getLogger("gateway.bridge")

IDLE_S = 0.5
MAX_REMEMBERED_FAULTS = 1_000


class Bridge:
    """One MQTT session and one Kafka producer.

    Parameters
    ----------
    client_id : str
        Names the MQTT session at the broker; the same after every restart.
    foreign : Foreign
        What devices without our agent are called, and what they feed.
    book : AckBook
        Its acks are published again whenever the connection is new.
    """

    def __init__(
        self,
        *,
        mqtt_url: str,
        kafka_url: str,
        client_id: str,
        registry: Registry,
        foreign: Foreign,
        clock: Clock,
        book: AckBook,
        stopping: threading.Event,
    ) -> None:
        self._registry, self._foreign, self._clock, self._book = registry, foreign, clock, book
        self._stopping = stopping
        self.ready = threading.Event()
        """Set once the first subscription stands."""
        self._inbox = Inbox()
        self._connection = 0
        self._said_unreachable = False
        self._faults: set[tuple[str, str]] = set()
        self._client = make_client(mqtt_url, client_id)
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._outbound = Outbound(kafka_url, self._acknowledge, self._inbox.wake, stopping)
        metrics.window.set_function(lambda: len(self._outbound))

    def run(self) -> None:
        """Carry batches until `stopping` is set."""
        self._outbound.connect()
        if not self._stopping.is_set():
            self._client.loop_start()
        while not self._stopping.is_set():
            arrived = self._inbox.take(IDLE_S)
            if arrived is not None:
                self._carry(arrived)
            self._outbound.settle()

    def close(self) -> None:
        """Leave both brokers. The MQTT session stays: the broker keeps what comes meanwhile."""
        self._inbox.close()
        self._client.disconnect()
        self._client.loop_stop()
        self._outbound.close()

    def publish_ack(self, gateway: str, payload: bytes) -> None:
        """Publish `payload`, retained, on the ack topic of `gateway`."""
        if self._client.is_connected():
            self._client.publish(topics.ack(gateway), payload, qos=1, retain=True)

    def _carry(self, arrived: Arrived) -> None:
        outgoing = route(arrived, self._registry, self._foreign)
        if outgoing is None:
            metrics.messages_taken.labels(to="nowhere").inc()
            self._outbound.pass_over(arrived)
            return
        metrics.messages_taken.labels(to=outgoing.topic).inc()
        if outgoing.batch is not None and outgoing.batch.rejected:
            self._count_rejected(outgoing.batch)
        self._outbound.send(arrived, outgoing.topic, outgoing.key, outgoing.value)

    def _acknowledge(self, arrived: Arrived) -> None:
        if arrived.connection == self._connection:
            self._client.ack(arrived.mid, arrived.qos)

    def _count_rejected(self, batch: ReceivedBatch) -> None:
        """Count rejections, and log the first of each gateway and reason."""
        for refused in batch.rejected:
            metrics.values_rejected.labels(reason=refused.reason).inc()
            fault = (batch.gateway, refused.reason)
            if fault not in self._faults and len(self._faults) < MAX_REMEMBERED_FAULTS:
                self._faults.add(fault)
                log.warning(
                    "rejected: %s",
                    refused.reason,
                    extra=fields(gateway=batch.gateway, detail=refused.detail),
                )

    def _on_connect(self, client: Client, _: Any, flags: Any, reason: Any, __: Any) -> None:
        if reason.is_failure:
            log.warning("MQTT refused us", extra=fields(reason=reason))
            return
        self._connection += 1
        self._said_unreachable = False
        self._inbox.clear()
        client.subscribe([(topic, 1) for topic in subscriptions(self._foreign)])
        for gateway, payload in self._book.payloads():
            client.publish(topics.ack(gateway), payload, qos=1, retain=True)

    def _on_connect_fail(self, client: Client, _: Any) -> None:
        if not self._said_unreachable:
            log.warning(
                "no MQTT broker; trying on", extra=fields(at=f"{client.host}:{client.port}")
            )
        self._said_unreachable = True

    def _on_subscribe(self, client: Client, _: Any, mid: int, codes: Any, __: Any) -> None:
        if any(code.is_failure for code in codes):
            log.error("MQTT refused the subscription", extra=fields(reason=codes))
        else:
            self.ready.set()
            log.info("ready", extra=fields(site=self._registry.site))

    def _on_disconnect(self, client: Client, _: Any, flags: Any, reason: Any, __: Any) -> None:
        if not self._stopping.is_set():
            log.warning("MQTT connection lost; trying again", extra=fields(reason=reason))

    def _on_message(self, client: Client, _: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        self._inbox.put(
            Arrived(
                connection=self._connection,
                mid=message.mid,
                qos=message.qos,
                topic=topic,
                payload=bytes(message.payload),
                received=self._clock.now(),
                retained=message.retain,
            )
        )
