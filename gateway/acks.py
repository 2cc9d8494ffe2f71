"""Durable acks on their way back: from `acks.v1` to a retained MQTT topic for each gateway."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from kafka import KafkaConsumer
from kafka.errors import KafkaError

from forewarn.domain import topics
from forewarn.domain.codec import decode, encode
from forewarn.domain.errors import CodecError
from forewarn.domain.logs import fields
from forewarn.domain.observation import DurableAck
from forewarn.runtime.kafka_topics import bootstrap_servers, ensure_topics

log = logging.getLogger("gateway.acks")

MAX_BOOTS = 8
"""Starts of an agent of which the ack topic tells; older ones are asked about by resending."""
MAX_GATEWAYS = 1_000
MAX_RANGES = 100
"""Ranges told of one boot: the lowest and the highest. Fewer claims less, never more."""

GATHER_S = 0.05
"""Acks of this time go out as one message for each gateway."""
POLL_MS = 500
QUIET_POLLS = 20
"""After so many polls without an ack, look whether the broker still has its topics."""
BACKOFF_S = (0.5, 5.0)

SETTINGS: dict[str, Any] = {
    "client_id": "forewarn-gateway-acks",
    "group_id": None,
    "enable_auto_commit": False,
    "auto_offset_reset": "latest",
    "request_timeout_ms": 5_000,
    "reconnect_backoff_max_ms": 1_000,
    "bootstrap_timeout_ms": 3_000,
    "metadata_max_age_ms": 10_000,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}


class AckBook:
    """The newest ack of each boot of each gateway, bounded. Safe to use from two threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._acks: OrderedDict[str, OrderedDict[str, DurableAck]] = OrderedDict()

    def note(self, ack: DurableAck) -> None:
        """Remember `ack` in place of what was known of its boot."""
        with self._lock:
            boots = self._acks.setdefault(ack.gateway, OrderedDict())
            self._acks.move_to_end(ack.gateway)
            boots[ack.boot_id] = ack
            boots.move_to_end(ack.boot_id)
            while len(boots) > MAX_BOOTS:
                boots.popitem(last=False)
            while len(self._acks) > MAX_GATEWAYS:
                self._acks.popitem(last=False)

    def payload(self, gateway: str) -> bytes:
        """Return what the ack topic of `gateway` says: a JSON list of `DurableAck`."""
        with self._lock:
            boots = self._acks.get(gateway, OrderedDict())
            return encode([shorten(ack) for ack in boots.values()])

    def payloads(self) -> Iterator[tuple[str, bytes]]:
        """Yield (gateway, payload) of each gateway."""
        with self._lock:
            gateways = list(self._acks)
        for gateway in gateways:
            yield gateway, self.payload(gateway)


def shorten(ack: DurableAck) -> DurableAck:
    """Return `ack` with at most `MAX_RANGES` ranges, so that it fits a small broker."""
    if len(ack.stored) <= MAX_RANGES:
        return ack
    half = MAX_RANGES // 2
    kept = ack.stored[:half] + ack.stored[-half:]
    return DurableAck(gateway=ack.gateway, boot_id=ack.boot_id, stored=kept)


def relay(
    kafka_url: str,
    book: AckBook,
    publish: Callable[[str, bytes], None],
    stopping: threading.Event,
) -> None:
    """Carry acks from Kafka to `publish(gateway, payload)` until `stopping` is set.

    Reads what is new from now on. An ack that is missed is not lost: the edge sends its batch
    again, and the stream acks it again. Survives brokers that go away or forget everything.
    """
    delay = BACKOFF_S[0]
    while not stopping.is_set():
        try:
            ensure_topics(kafka_url)
            consumer = KafkaConsumer(
                topics.ACKS, bootstrap_servers=bootstrap_servers(kafka_url), **SETTINGS
            )
            try:
                _follow(consumer, kafka_url, book, publish, stopping)
            finally:
                consumer.close()
            delay = BACKOFF_S[0]
        except (KafkaError, OSError) as error:
            log.debug("no acks from Kafka", extra=fields(error=error))
            stopping.wait(delay)
            delay = min(2 * delay, BACKOFF_S[1])


def _follow(
    consumer: Any,
    kafka_url: str,
    book: AckBook,
    publish: Callable[[str, bytes], None],
    stopping: threading.Event,
) -> None:
    """Relay until `stopping`, an error, or a broker that has lost its topics."""
    quiet = 0
    while not stopping.is_set():
        records = [record for part in consumer.poll(POLL_MS).values() for record in part]
        for gateway in _note(book, records):
            publish(gateway, book.payload(gateway))
        quiet = 0 if records else quiet + 1
        if quiet >= QUIET_POLLS:
            quiet = 0
            if ensure_topics(kafka_url):
                return
        stopping.wait(GATHER_S)


def _note(book: AckBook, records: list[Any]) -> list[str]:
    """Put the acks in `records` into `book`; return the gateways they are of."""
    changed: dict[str, None] = {}
    for record in records:
        try:
            ack = decode(record.value or b"", DurableAck)
        except CodecError as error:
            log.warning("not an ack", extra=fields(offset=record.offset, error=error))
            continue
        book.note(ack)
        changed[ack.gateway] = None
    return list(changed)
