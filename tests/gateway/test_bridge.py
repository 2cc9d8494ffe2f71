"""MQTT in, Kafka out, over real brokers that go away and forget."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from kafka.errors import KafkaError

from forewarn.domain import topics
from forewarn.domain.observation import DurableAck
from forewarn.runtime.engines import EmbeddedKafka, EmbeddedMqtt
from forewarn.runtime.kafka_topics import ensure_topics


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[EmbeddedKafka]:
    """Return a Kafka of the test's own, to be killed."""
    engine = EmbeddedKafka(tmp_path)
    yield engine
    engine.stop()


@pytest.fixture
def mqtt(tmp_path: Path) -> Iterator[EmbeddedMqtt]:
    """Return an MQTT broker of the test's own, to be killed."""
    engine = EmbeddedMqtt(tmp_path)
    yield engine
    engine.stop()


def test_good_goes_to_raw_and_torn_to_rejected(peers: Any, mqtt_url: str, kafka_url: str) -> None:
    with (
        peers.bridge(mqtt_url, kafka_url),
        peers.edge(mqtt_url) as edge,
        peers.stream(kafka_url) as stream,
    ):
        edge.publish(peers.batch(1))
        edge.publish(peers.batch(2)[:-9])
        stream.wait_for(1, None)
        found = dict(stream.seen)
        assert next(iter(found[topics.RAW].columns.rows()))[0] == "hangang/stage"
        [refused] = found[topics.REJECTED].rejected
        assert (refused.reason, refused.payload) == ("torn payload", peers.batch(2)[:-9])


def test_what_came_while_the_bridge_was_away_is_carried_in_order(
    peers: Any, mqtt_url: str, kafka_url: str
) -> None:
    with peers.edge(mqtt_url) as edge, peers.stream(kafka_url) as stream:
        with peers.bridge(mqtt_url, kafka_url):
            edge.send(1)
            stream.wait_for(1)
        edge.send(*range(2, 60))
        with peers.bridge(mqtt_url, kafka_url):
            assert stream.wait_for(*range(60)[1:]) == list(range(1, 60))


def test_nothing_is_acknowledged_before_kafka_has_it(
    peers: Any, mqtt_url: str, kafka_url: str, kafka: EmbeddedKafka
) -> None:
    """A bridge whose Kafka is dead takes batches, dies, and the next one gets them again."""
    doomed = kafka.start()
    with peers.edge(mqtt_url) as edge, peers.stream(kafka_url) as stream:
        with peers.bridge(mqtt_url, doomed):
            with peers.stream(doomed) as other:
                edge.send(1)
                other.wait_for(1)
            kafka.kill()
            edge.send(*range(2, 20))
        with peers.bridge(mqtt_url, kafka_url):
            stream.wait_for(*range(2, 20))


@pytest.mark.soak
def test_a_kafka_that_forgets_everything_loses_nothing_unacknowledged(
    peers: Any, mqtt_url: str, kafka: EmbeddedKafka
) -> None:
    url = kafka.start()
    ensure_topics(url)
    with peers.bridge(mqtt_url, url), peers.edge(mqtt_url) as edge:
        with peers.stream(url) as stream:
            edge.send(*range(1, 50))
            stream.wait_for(*range(1, 50))
        kafka.kill()
        edge.send(*range(50, 100))
        kafka.start()
        edge.send(*range(100, 120))
        peers.eventually(lambda: _has_topics(url), what="the topics to be there again")
        with peers.stream(url) as stream:
            stream.wait_for(*range(50, 120))
            edge.send(120)
            stream.wait_for(120)
            stream.acknowledge("b1", (1, 120))
            peers.eventually(lambda: edge.acks or stream.acknowledge("b1", (1, 120)), what="an ack")


def test_acks_come_back_retained_newest_of_each_boot(
    peers: Any, mqtt_url: str, kafka_url: str
) -> None:
    def known() -> list[DurableAck]:
        return edge.acks[-1] if edge.acks else []

    with peers.bridge(mqtt_url, kafka_url), peers.stream(kafka_url) as stream:
        with peers.edge(mqtt_url) as edge:
            peers.eventually(
                lambda: edge.acks or stream.acknowledge("b1", (1, 3)), what="a first ack"
            )
            stream.acknowledge("b2", (7, 7))
            stream.acknowledge("b1", (1, 5), (9, 9))
            expected = {"b1": [(1, 5), (9, 9)], "b2": [(7, 7)]}
            peers.eventually(lambda: {a.boot_id: a.stored for a in known()} == expected)
        with peers.edge(mqtt_url) as edge:
            peers.eventually(lambda: {a.boot_id: a.stored for a in known()} == expected)


@pytest.mark.soak
def test_an_mqtt_broker_that_forgets_gets_subscription_and_acks_again(
    peers: Any, mqtt: EmbeddedMqtt, kafka_url: str
) -> None:
    url = mqtt.start()
    with peers.bridge(url, kafka_url), peers.stream(kafka_url) as stream:
        with peers.edge(url) as edge:
            peers.eventually(
                lambda: edge.acks or stream.acknowledge("b1", (1, 3)), what="a first ack"
            )
            mqtt.kill()
            mqtt.start()
            edge.acks.clear()
            peers.eventually(lambda: edge.acks, what="the ack on the new broker")
            edge.send(4)
            stream.wait_for(4)


@pytest.mark.soak
def test_it_waits_for_a_kafka_that_comes_late(
    peers: Any, mqtt_url: str, kafka: EmbeddedKafka
) -> None:
    with peers.bridge(mqtt_url, kafka.url, says="no Kafka") as log, peers.edge(mqtt_url) as edge:
        kafka.start()
        peers.eventually(lambda: " ready " in log.read_text(), what="ready")
        with peers.stream(kafka.url) as stream:
            edge.send(1)
            stream.wait_for(1)


@pytest.mark.soak
def test_it_ends_in_order_while_it_waits_for_brokers(
    peers: Any, mqtt: EmbeddedMqtt, kafka: EmbeddedKafka
) -> None:
    with peers.bridge(mqtt.url, kafka.url, says="no Kafka") as log:
        kafka.start()
        peers.eventually(lambda: "no MQTT broker" in log.read_text(), what="no MQTT broker")
        kafka.kill()


def test_each_fault_of_a_gateway_is_logged_once(peers: Any, mqtt_url: str, kafka_url: str) -> None:
    with (
        peers.bridge(mqtt_url, kafka_url) as log,
        peers.edge(mqtt_url) as edge,
        peers.stream(kafka_url) as stream,
    ):
        for length in range(5, 10):
            edge.publish(peers.batch(1)[:length])
        edge.send(2)
        stream.wait_for(2)
        assert log.read_text().count("rejected: torn payload") == 1
        assert f"gateway={peers.gateway}" in log.read_text()


def _has_topics(url: str) -> bool:
    from kafka.admin import KafkaAdminClient

    with suppress(KafkaError):
        admin = KafkaAdminClient(bootstrap_servers=url.removeprefix("kafka://"))
        try:
            return set(topics.KAFKA_TOPICS) <= set(admin.list_topics())
        finally:
            admin.close()
    return False
