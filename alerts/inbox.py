"""Assessments from Kafka: nothing is committed before it was handled, and a broker may forget.

All partitions are read without group membership: a service that was killed is followed by
the next one at once, instead of after a session timeout. Offsets are still committed under
a group's name. Should two services run by mistake, identifiers are the same in both.
"""

import time
from types import TracebackType
from typing import Any

from forewarn.domain import topics
from forewarn.domain.config import Services
from forewarn.runtime.kafka_topics import bootstrap_servers, ensure_topics
from forewarn.runtime.reach import check_reachable

GROUP = "forewarn-alerts"
CHECK_EVERY_S = 1.0
"""Real seconds after which the broker is asked whether it still knows what it gave us."""
BROKER_TIMEOUT_MS = 5_000
FETCH_WAIT_MS = 100
"""tansu answers a waiting fetch only when its time is over: this is latency."""


class ForgetfulBroker(Exception):
    """The broker has less than was read from it before: it restarted empty. Connect again."""


class Inbox:
    """One connection to the topic of assessments; after any error, open another.

    Raises EngineError when nobody listens, KafkaError when the broker goes away, and
    ForgetfulBroker. The first look at the port matters: kafka-python waits 30 s for a
    broker that is away, longer and longer between attempts.
    """

    def __init__(self, kafka_url: str, *, group: str = GROUP) -> None:
        from kafka import KafkaConsumer, TopicPartition

        check_reachable(Services(kafka_url=kafka_url))
        ensure_topics(kafka_url)
        self._consumer: Any = KafkaConsumer(
            bootstrap_servers=bootstrap_servers(kafka_url),
            client_id="forewarn-alerts",
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            request_timeout_ms=BROKER_TIMEOUT_MS,
            reconnect_backoff_max_ms=1_000,
            bootstrap_timeout_ms=BROKER_TIMEOUT_MS,
        )
        numbers = self._consumer.partitions_for_topic(topics.ASSESSMENTS)
        self._partitions = [
            TopicPartition(topics.ASSESSMENTS, number)
            for number in sorted(numbers or range(topics.PARTITIONS))
        ]
        self._consumer.assign(self._partitions)
        self._unsettled: set[Any] = set()
        self._committed: set[Any] = set()
        self._checked = time.monotonic()

    def poll(self, timeout_s: float) -> list[bytes]:
        """Return the payloads that came within `timeout_s` real seconds, oldest first."""
        records = self._consumer.poll(timeout_ms=int(timeout_s * 1000))
        self._unsettled.update(records)
        if not records and time.monotonic() - self._checked > CHECK_EVERY_S:
            self._check()
            self._checked = time.monotonic()
        return [record.value or b"" for found in records.values() for record in found]

    def commit(self) -> None:
        """Say that everything polled so far is in the database."""
        self._consumer.commit(timeout_ms=BROKER_TIMEOUT_MS)
        self._committed |= self._unsettled
        self._unsettled.clear()

    def close(self) -> None:
        """Leave; what was not committed comes again."""
        self._consumer.close(autocommit=False, timeout_ms=1_000)

    def __enter__(self) -> "Inbox":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check(self) -> None:
        """Raise ForgetfulBroker if it lost the offsets we committed, or the topic began anew.

        Ends are not compared further: tansu says the end of a batch of four is after its first.
        """
        ends = self._consumer.end_offsets(self._partitions, timeout_ms=BROKER_TIMEOUT_MS)
        for partition in self._committed:
            known = self._consumer.committed(partition, timeout_ms=BROKER_TIMEOUT_MS)
            if known is None or (known and not ends[partition]):
                raise ForgetfulBroker(
                    f"{partition.topic}/{partition.partition} ends at {ends[partition]}, "
                    f"our committed offset is {known}"
                )
