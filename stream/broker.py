"""Is it still the broker that we joined? One that lost its memory must be joined afresh."""

import logging
import time
from contextlib import suppress

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from forewarn.domain.errors import ForewarnError
from forewarn.domain.topics import KAFKA_TOPICS
from forewarn.runtime.kafka_topics import bootstrap_servers, ensure_topics

log = logging.getLogger("stream.broker")

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 2.0
LOOK_EVERY_S = 1.0
"""Real seconds between two looks at the topics' ids."""
REQUEST_TIMEOUT_MS = 2000

Identity = dict[str, str]
"""Topic → the id it was given when it was made: another one means that it was made again."""


class BrokerForgot(ForewarnError):
    """The topics are not those that this worker joined: offsets and acks mean nothing now."""


class TopicWatch:
    """Looks at the ids of our topics. For one thread; blocks for seconds if the broker is away."""

    def __init__(self, kafka_url: str) -> None:
        self._url = kafka_url
        self._admin: KafkaAdminClient | None = None
        self._joined: Identity = {}
        logging.getLogger("kafka").setLevel(logging.CRITICAL)

    def wait(self) -> None:
        """Return when the broker is there and has our topics, making those that are missing."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                ensure_topics(self._url)
                self._joined = self._identity()
                return
            except (KafkaError, OSError) as error:
                self.close()
                if pause == FIRST_PAUSE_S:
                    log.warning("waiting for Kafka at %s: %s", self._url, error)
                time.sleep(pause)
                pause = min(LONGEST_PAUSE_S, pause * 2)

    def look(self) -> None:
        """Raise BrokerForgot if a topic is gone or was made again; a broker that is away is not."""
        try:
            found = self._identity()
        except (KafkaError, OSError) as error:
            log.debug("no answer from Kafka: %s", error)
            self.close()
            return
        lost = [topic for topic in KAFKA_TOPICS if found.get(topic) != self._joined.get(topic)]
        if lost:
            raise BrokerForgot(
                f"Kafka at {self._url} lost {', '.join(lost)}: it was started afresh; "
                "joining it anew, the gateways send again what was not acked"
            )

    def close(self) -> None:
        """Close the connection."""
        admin, self._admin = self._admin, None
        if admin is not None:
            with suppress(KafkaError, OSError):
                admin.close()

    def _identity(self) -> Identity:
        if self._admin is None:
            self._admin = KafkaAdminClient(
                bootstrap_servers=bootstrap_servers(self._url),
                client_id="forewarn-stream-watch",
                request_timeout_ms=REQUEST_TIMEOUT_MS,
                reconnect_backoff_max_ms=500,
            )
        described = self._admin.describe_topics(list(KAFKA_TOPICS))
        return {
            topic["name"]: str(topic.get("topic_id"))
            for topic in described
            if not topic["error_code"]
        }
