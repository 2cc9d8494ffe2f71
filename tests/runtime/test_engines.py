"""The engines are real servers: they keep their ports, and come back from a kill."""

import psycopg
import pytest
from kafka.admin import KafkaAdminClient

from forewarn.domain.topics import KAFKA_TOPICS
from forewarn.runtime.kafka_topics import bootstrap_servers, ensure_topics


def test_topics_are_made_once(kafka_url: str) -> None:
    assert ensure_topics(kafka_url) == []
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers(kafka_url))
    assert set(KAFKA_TOPICS) <= set(admin.list_topics())
    admin.close()


def test_database_is_reached_with_its_password_only(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("forewarn",)
    user, _, host = database_url.partition("://")[2].partition("@")
    name = user.partition(":")[0]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://{name}:wrong@{host}")
