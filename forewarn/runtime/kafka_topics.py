"""Makes the Kafka topics that the services share; harmless where they are there already."""

from forewarn.domain.topics import KAFKA_TOPICS, PARTITIONS


def bootstrap_servers(kafka_url: str) -> list[str]:
    """Return `host:port` of each broker in `kafka://host:port[,host:port…]`."""
    return kafka_url.partition("://")[2].rstrip("/").split(",")


def ensure_topics(
    kafka_url: str, topics: tuple[str, ...] = KAFKA_TOPICS, partitions: int = PARTITIONS
) -> list[str]:
    """Create those of `topics` that are missing, replication 1; return the names created.

    Several services may call this at once: who comes second finds the topic there.
    Raises kafka.errors.KafkaError if no broker answers; callers wait and try again.
    """
    from kafka.admin import KafkaAdminClient, NewTopic
    from kafka.errors import TopicAlreadyExistsError

    admin = KafkaAdminClient(
        bootstrap_servers=bootstrap_servers(kafka_url),
        client_id="forewarn-topics",
        request_timeout_ms=5000,
    )
    created: list[str] = []
    try:
        missing = sorted(set(topics) - set(admin.list_topics()))
        for name in missing:
            try:
                admin.create_topics([NewTopic(name, partitions, 1)])
                created.append(name)
            except TopicAlreadyExistsError:
                continue
    finally:
        admin.close()
    return created
