"""Mosquitto and Apache Kafka as the rest of the system meets them."""

from pathlib import Path

import pytest

from forewarn.domain.topics import KAFKA_TOPICS
from forewarn.runtime import EngineError
from forewarn.runtime.engines import ApacheKafka, Mosquitto
from forewarn.runtime.kafka_topics import ensure_topics
from forewarn.runtime.retained import retained


def test_mosquitto_comes_back_on_its_port(state: Path, mosquitto: Path) -> None:
    engine = Mosquitto(state)
    url = engine.start()
    assert retained(url, "#") == {}
    engine.kill()
    assert engine.start() == url == engine.url_v5
    engine.stop()


def test_apache_kafka_without_its_jars_says_so(state: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"no `java` on PATH|could not be formatted .*jars in"):
        ApacheKafka(state, tmp_path / "nothing").start()


@pytest.mark.system
def test_apache_kafka_keeps_its_topics_when_it_is_killed(state: Path, kafka_jars: Path) -> None:
    engine = ApacheKafka(state, kafka_jars)
    url = engine.start()
    assert set(ensure_topics(url)) == set(KAFKA_TOPICS)
    engine.kill()
    assert engine.start() == url
    assert ensure_topics(url) == []
    engine.stop()
