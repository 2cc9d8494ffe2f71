"""Looks for canaries where they pass; each witness has a thread and mends its own connection.

A witness that cannot look says nothing, and what nobody has seen is late: that is the point.
"""

import logging
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import psycopg

from forewarn.domain import canary, topics
from forewarn.domain.codec import decode, encode
from forewarn.domain.config import Services
from forewarn.domain.errors import CodecError, ForewarnError
from forewarn.domain.hazard import Assessment
from forewarn.domain.logs import fields
from forewarn.domain.observation import Batch, CheckedColumns, DurableAck, ReceivedBatch
from forewarn.runtime.kafka_topics import bootstrap_servers
from forewarn.runtime.reach import check_reachable
from forewarn.storage import connect
from forewarn.storage.heartbeats import heartbeats, stored_canaries

log = logging.getLogger("watchdog")

LOOK_S = 1.0
CONSOLE_EVERY_S = 5.0
PAUSE_S = 2.0
TIMEOUT_S = 5.0
POLL_MS = 500
RENEW_S = 20.0
"""No canary on Kafka for so long: read it anew, a broker that restarted has forgotten us."""
SERVICES = ("alerts", "pager")
"""Stages that keep a heartbeat in the database."""


class Ledger(Protocol):
    """Where witnesses report; for any thread."""

    def seen(self, stage: str, canary: datetime) -> None:
        """Note that a canary has passed a stage."""
        ...

    def stored(self, stage: str, seq: int) -> None:
        """Note that the canaries of this start up to number `seq` have passed a stage."""
        ...

    def works(self, stage: str) -> None:
        """Note that a stage answers."""
        ...


def keep(name: str, look: Callable[[], None], stop: threading.Event) -> threading.Thread:
    """Start a thread that calls `look` for ever; after an error again, a pause later."""

    def work() -> None:
        trouble = ""
        while not stop.is_set():
            try:
                look()
                trouble = ""
            except Exception as error:  # a witness must outlive whatever its library raises
                if not trouble:
                    log.warning("cannot look", extra=fields(at=name, error=error))
                trouble = str(error)
                stop.wait(PAUSE_S)

    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


class MqttWitness:
    """Publishes canaries as their gateway would; sees PUBACKs and durable acks.

    `boot_id` is that of the canaries whose durable acks count.
    """

    def __init__(self, mqtt_url: str, boot_id: str, ledger: Ledger) -> None:
        import paho.mqtt.client as paho
        from paho.mqtt.enums import CallbackAPIVersion

        url = urlsplit(mqtt_url)
        self.boot_id, self._ledger = boot_id, ledger
        self._flying: dict[int, datetime] = {}
        self._early: set[int] = set()
        """PUBACKs that came before `publish` had told which message they are of."""
        self._lock = threading.Lock()
        self._client: Any = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"forewarn-watchdog-{boot_id}"
        )
        if url.username:
            password = unquote(url.password) if url.password else None
            self._client.username_pw_set(unquote(url.username), password)
        if url.scheme == "mqtts":
            self._client.tls_set()
        self._client.on_connect = self._connected
        self._client.on_publish = self._published
        self._client.on_message = self._acked
        self._client.reconnect_delay_set(min_delay=1, max_delay=5)
        port = url.port or (8883 if url.scheme == "mqtts" else 1883)
        self._client.connect_async(url.hostname or "127.0.0.1", port, keepalive=20)
        self._client.loop_start()

    def send(self, batch: Batch, minute: datetime) -> None:
        """Publish `batch`, the canary of `minute`; it waits in memory for a connection."""
        # Not under our lock: paho calls `_published` while it holds one that `publish` needs.
        told = self._client.publish(topics.observations(canary.NAME), encode(batch), qos=1)
        with self._lock:
            early = told.mid in self._early
            self._early.discard(told.mid)
            if not early:
                self._flying[told.mid] = minute
        if early:
            self._ledger.seen("mqtt", minute)

    def close(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, client: Any, *_: Any) -> None:
        client.subscribe(topics.ack(canary.NAME), qos=1)

    def _published(self, _client: Any, _: Any, mid: int, *__: Any) -> None:
        with self._lock:
            minute = self._flying.pop(mid, None)
            if minute is None:
                self._early.add(mid)
        if minute is not None:
            self._ledger.seen("mqtt", minute)

    def _acked(self, _client: Any, _: Any, message: Any) -> None:
        with suppress(CodecError):
            for ack in decode(message.payload, list[DurableAck]):
                if ack.boot_id == self.boot_id and ack.stored:
                    self._ledger.stored("ack", ack.stored[-1][1])


class KafkaWitness:
    """Sees canaries on Kafka: received, checked and judged. Decodes no other message."""

    def __init__(self, kafka_url: str, ledger: Ledger) -> None:
        self._url, self._ledger = kafka_url, ledger

    def look(self) -> None:
        """Read until no canary has come for a while, from what is newest on."""
        from kafka import KafkaConsumer, TopicPartition
        from kafka.partitioner.default import murmur2

        check_reachable(Services(kafka_url=self._url))
        consumer: Any = KafkaConsumer(
            bootstrap_servers=bootstrap_servers(self._url),
            client_id="forewarn-watchdog",
            enable_auto_commit=False,
            auto_offset_reset="latest",
            request_timeout_ms=5_000,
            bootstrap_timeout_ms=5_000,
        )
        name = canary.NAME.encode()
        hashed = (murmur2(name) & 0x7FFFFFFF) % topics.PARTITIONS
        places = {topics.RAW: hashed, topics.ASSESSMENTS: hashed}
        places[topics.CHECKED] = topics.partition_of(canary.NAME)
        try:
            consumer.assign([TopicPartition(*place) for place in places.items()])
            until, ask_at = time.monotonic() + RENEW_S, 0.0
            while (now := time.monotonic()) < until:
                if now >= ask_at:
                    consumer.end_offsets(consumer.assignment(), timeout_ms=5_000)
                    self._ledger.works("kafka")
                    ask_at = now + LOOK_S
                for part, records in consumer.poll(POLL_MS).items():
                    ours = [r.value or b"" for r in records if r.key == name]
                    until = time.monotonic() + RENEW_S if ours else until
                    for payload in ours:
                        self._take(part.topic, payload)
        finally:
            consumer.close(autocommit=False)

    def _take(self, topic: str, payload: bytes) -> None:
        with suppress(CodecError):
            found = {
                topics.RAW: ("gateway", _received),
                topics.CHECKED: ("checked", _checked),
                topics.ASSESSMENTS: ("rounds", _judged),
            }[topic]
            if (minute := found[1](payload)) is not None:
                self._ledger.seen(found[0], minute)


def _received(payload: bytes) -> datetime | None:
    return canary.newest_in(decode(payload, ReceivedBatch).columns)


def _checked(payload: bytes) -> datetime | None:
    return canary.newest_in(decode(payload, CheckedColumns).columns)


def _judged(payload: bytes) -> datetime | None:
    return canary.seen_by(decode(payload, Assessment))


class DatabaseWitness:
    """Sees which canaries of `boot_id` are stored and which services have had one."""

    def __init__(self, url: str, boot_id: str, ledger: Ledger) -> None:
        self._url, self.boot_id, self._ledger = url, boot_id, ledger

    def look(self, stop: threading.Event) -> None:
        """Look each second until `stop`; the connection is made anew where it breaks."""
        with connect(self._url, application="forewarn-watchdog") as connection:
            connection.execute(f"SET statement_timeout = '{TIMEOUT_S:g}s'".encode())
            while not stop.is_set():
                connection.execute("SELECT 1")
                self._ledger.works("postgres")
                with suppress(psycopg.errors.UndefinedTable):  # until a service has migrated
                    self._ledger.stored("intake", stored_canaries(connection, self.boot_id))
                    for service, minute in heartbeats(connection).items():
                        if service in SERVICES:
                            self._ledger.seen(service, minute)
                stop.wait(LOOK_S)


class ConsoleWitness:
    """Asks the console how it is, at the address it wrote into the state directory."""

    def __init__(self, url: str, state: Path, ledger: Ledger) -> None:
        self._url, self._file, self._ledger = url, state / "console.url", ledger

    def look(self, stop: threading.Event) -> None:
        """Ask once; raises OSError where it does not answer with 200."""
        url = self._url or self._file.read_text(encoding="utf-8").strip()
        try:
            with urllib.request.urlopen(f"{url.rstrip('/')}/healthz", timeout=TIMEOUT_S):
                self._ledger.works("console")
        except (HTTPException, ValueError) as error:
            raise ForewarnError(f"{url}: {error}") from error
        stop.wait(CONSOLE_EVERY_S)
