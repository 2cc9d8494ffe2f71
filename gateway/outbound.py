"""Sends to Kafka until Kafka has taken it, and reports in the order of receipt."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError
from msgspec import Struct

from forewarn.domain.config import Services
from forewarn.domain.logs import fields
from forewarn.runtime.errors import EngineError
from forewarn.runtime.kafka_topics import bootstrap_servers, ensure_topics
from forewarn.runtime.reach import check_reachable
from gateway.inbox import Arrived

log = logging.getLogger("gateway.outbound")

WINDOW = 1_000
"""Messages sent and not yet confirmed."""
STALL_S = 1.0
"""Nothing confirmed for this long: perhaps the broker is back without its topics."""
GIVE_UP_S = 15.0
"""Nothing confirmed for this long: start again with a new producer."""
BACKOFF_S = (0.5, 5.0)
CLOSING_S = 1.0

SETTINGS: dict[str, Any] = {
    "client_id": "forewarn-gateway",
    "acks": "all",
    # Repeats are harmless here, and a producer id does not survive a broker that forgets.
    "enable_idempotence": False,
    "linger_ms": 5,
    "batch_size": 131_072,
    "max_block_ms": 2_000,
    "request_timeout_ms": 5_000,
    "delivery_timeout_ms": 8_000,
    "reconnect_backoff_max_ms": 1_000,
    "bootstrap_timeout_ms": 3_000,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}


class _Sent(Struct):
    arrived: Arrived
    topic: str
    """Empty where nothing goes out: it only waits for its turn to be acknowledged."""
    key: bytes
    value: bytes
    future: Any = None
    """None where the producer did not even accept it."""


class Outbound:
    """A window of messages on their way to Kafka.

    Parameters
    ----------
    kafka_url : str
        `kafka://host:port[,host:port…]`.
    taken : callable
        Called with each `Arrived` once Kafka has it, strictly in the order of `send`.
    wake : callable
        Called from the producer's thread when something was confirmed.
    stopping : threading.Event
        Ends all waiting.
    """

    def __init__(
        self,
        kafka_url: str,
        taken: Callable[[Arrived], None],
        wake: Callable[[], None],
        stopping: threading.Event,
    ) -> None:
        self._kafka_url = kafka_url
        self._taken = taken
        self._wake = wake
        self._stopping = stopping
        self._window: deque[_Sent] = deque()
        self._producer: Any = None
        self._offsets: dict[tuple[str, int], int] = {}
        self._progress = self._checked = time.monotonic()

    def __len__(self) -> int:
        return len(self._window)

    def connect(self) -> None:
        """Wait until Kafka answers and has our topics; returns early if stopping."""
        self._wait_for_topics()
        while self._producer is None and not self._stopping.is_set():
            try:
                servers = bootstrap_servers(self._kafka_url)
                self._producer = KafkaProducer(bootstrap_servers=servers, **SETTINGS)
            except (KafkaError, OSError) as error:
                log.debug("no producer", extra=fields(error=error))
                self._stopping.wait(BACKOFF_S[0])

    def send(self, arrived: Arrived, topic: str, key: bytes, value: bytes) -> None:
        """Put a message on its way; waits while the window is full."""
        while len(self._window) >= WINDOW and not self._stopping.is_set():
            self.settle()
            if len(self._window) >= WINDOW:
                self._stopping.wait(0.01)
        if not self._window:
            self._progress = time.monotonic()
        sent = _Sent(arrived=arrived, topic=topic, key=key, value=value)
        self._window.append(sent)
        self._produce(sent)

    def pass_over(self, arrived: Arrived) -> None:
        """Send nothing for `arrived`, but report it in its turn: brokers want acks in order."""
        self._window.append(_Sent(arrived=arrived, topic="", key=b"", value=b""))

    def settle(self) -> None:
        """Report what Kafka has taken; repair where it takes nothing."""
        self._report_passed_over()
        while self._window and (future := self._window[0].future) is not None:
            if not future.is_done or future.failed():
                break
            if not self._advances(future.value):
                self._send_all_again()
                return
            self._taken(self._window.popleft().arrived)
            self._progress = time.monotonic()
            self._report_passed_over()
        if not self._window:
            return
        future = self._window[0].future
        stalled_s = time.monotonic() - self._progress
        if stalled_s > GIVE_UP_S:
            self.close()
        if future is None or future.failed() or self._producer is None:
            self._send_again(future.exception if future is not None else None)
        elif stalled_s > STALL_S and time.monotonic() - self._checked > STALL_S:
            self._look_after_topics()

    def close(self) -> None:
        """Let go of Kafka; what is unconfirmed stays unacknowledged."""
        producer, self._producer = self._producer, None
        if producer is not None:
            # close() alone raises, and leaves its thread, where something is unconfirmed.
            producer._sender.force_close()
            producer._sender.join(CLOSING_S)
            with suppress(KafkaTimeoutError):
                producer.close(timeout=0)

    def _report_passed_over(self) -> None:
        while self._window and not self._window[0].topic:
            self._taken(self._window.popleft().arrived)

    def _produce(self, sent: _Sent) -> None:
        if self._producer is None or not sent.topic:  # None only while stopping
            return
        try:
            sent.future = self._producer.send(sent.topic, sent.value, key=sent.key)
            sent.future.add_both(self._confirmed)
        except KafkaError as error:
            log.debug("not accepted", extra=fields(topic=sent.topic, error=error))
            sent.future = None

    def _confirmed(self, _: object) -> None:
        self._wake()

    def _advances(self, taken: Any) -> bool:
        """Return whether the broker remembers what it took before.

        tansu takes a batch for a topic that it has forgotten, answers with an offset, and
        drops it when the topic is created again: only the offset, smaller than one we have
        seen, gives it away.
        """
        place = (taken.topic, taken.partition)
        before = self._offsets.get(place, -1)
        self._offsets[place] = taken.offset
        return bool(taken.offset < 0 or taken.offset > before)

    def _look_after_topics(self) -> None:
        """Create what a broker without memory forgot; the producer then goes on by itself."""
        try:
            if created := ensure_topics(self._kafka_url):
                log.warning("the broker had lost topics", extra=fields(created=len(created)))
        except (KafkaError, OSError) as error:
            log.debug("Kafka does not answer", extra=fields(error=error))
        self._checked = time.monotonic()

    def _send_again(self, error: Exception | None) -> None:
        """Wait until Kafka is well, and send again what it did not take."""
        log.warning(
            "Kafka did not take a batch; sending again",
            extra=fields(batches=len(self._window), error=error or "no answer"),
        )
        self._stopping.wait(BACKOFF_S[0])
        self.connect()
        for sent in self._window:
            if self._producer is not None and (sent.future is None or sent.future.failed()):
                self._produce(sent)
        self._progress = self._checked = time.monotonic()

    def _send_all_again(self) -> None:
        log.warning("Kafka forgot what it had; sending again what is not acknowledged")
        self._offsets.clear()
        self._wait_for_topics()
        for sent in self._window:
            self._produce(sent)
        self._progress = self._checked = time.monotonic()

    def _wait_for_topics(self) -> None:
        delay, longest = BACKOFF_S
        complained = False
        while not self._stopping.is_set():
            try:
                check_reachable(Services(kafka_url=self._kafka_url))  # else 30 s of silence
                ensure_topics(self._kafka_url)
                break
            except (EngineError, KafkaError, OSError) as error:
                if not complained:
                    log.warning(
                        "no Kafka; nothing is acknowledged until it is back",
                        extra=fields(url=self._kafka_url, error=error),
                    )
                complained = True
                self._stopping.wait(delay)
                delay = min(2 * delay, longest)
        if complained and not self._stopping.is_set():
            log.info("Kafka is there", extra=fields(url=self._kafka_url))
