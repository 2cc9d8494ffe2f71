"""`alerts.v1`: every message, keyed by its incident, for whatever listens."""

from typing import Any

from alerts import ChannelError
from alerts.channels import Active
from forewarn.domain.codec import encode
from forewarn.domain.config import Services
from forewarn.domain.hazard import AlertMessage
from forewarn.domain.topics import ALERTS
from forewarn.runtime.errors import EngineError
from forewarn.runtime.kafka_topics import bootstrap_servers, ensure_topics
from forewarn.runtime.reach import check_reachable

TIMEOUT_S = 5.0


class KafkaChannel:
    """A producer that is made anew after every failure: the broker may have lost its topics."""

    name = "kafka"

    def __init__(self, kafka_url: str) -> None:
        self._url = kafka_url
        self._producer: Any = None

    def deliver(self, message: AlertMessage, active: Active) -> None:
        """Produce `message` and wait until the broker has it (acks=all)."""
        from kafka.errors import KafkaError

        try:
            producer = self._producer or self._connect()
            sent = producer.send(ALERTS, key=message.incident.encode(), value=encode(message))
            sent.get(timeout=TIMEOUT_S)
        except (KafkaError, EngineError) as error:
            self.close()
            raise ChannelError(f"kafka at {self._url}: {error}") from error

    def keep(self, active: Active) -> None:
        """Do nothing: a broker's memory of past alerts is in the database."""

    def close(self) -> None:
        """Drop the producer."""
        if self._producer is not None:
            self._producer.close(timeout=1)
            self._producer = None

    def _connect(self) -> Any:
        from kafka import KafkaProducer

        check_reachable(Services(kafka_url=self._url))
        ensure_topics(self._url)
        milliseconds = int(TIMEOUT_S * 1000)
        self._producer = KafkaProducer(
            bootstrap_servers=bootstrap_servers(self._url),
            client_id="forewarn-alerts",
            acks="all",
            max_block_ms=milliseconds,
            request_timeout_ms=milliseconds - 1000,
            delivery_timeout_ms=milliseconds,
            bootstrap_timeout_ms=milliseconds,
        )
        return self._producer
