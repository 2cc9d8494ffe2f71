import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from alerts import inbox
from alerts.inbox import ForgetfulBroker, Inbox
from forewarn.domain.topics import ASSESSMENTS
from forewarn.runtime.engines import EmbeddedKafka
from forewarn.runtime.errors import EngineError
from forewarn.runtime.kafka_topics import bootstrap_servers, ensure_topics
from forewarn.runtime.ports import free_port


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a group of this test's own; the broker is asked often what it knows."""
    monkeypatch.setattr(inbox, "CHECK_EVERY_S", 0.0)
    return f"test-{uuid4().hex[:8]}"


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[EmbeddedKafka]:
    engine = EmbeddedKafka(tmp_path)
    with engine:
        ensure_topics(engine.url)
        yield engine
        engine.kill()


def say(url: str, *payloads: bytes) -> None:
    """Produce `payloads` to one partition in one batch."""
    from kafka import KafkaProducer

    producer: Any = KafkaProducer(bootstrap_servers=bootstrap_servers(url), linger_ms=100)
    try:
        sent = [producer.send(ASSESSMENTS, value=p, partition=1) for p in payloads]
        for future in sent:
            future.get(timeout=5)
    finally:
        producer.close()


def hear(box: Inbox, count: int) -> list[bytes]:
    heard: list[bytes] = []
    end = time.monotonic() + 5
    while len(heard) < count and time.monotonic() < end:
        heard += box.poll(0.05)
    return heard


def test_a_batch_of_several_is_read_once_and_the_broker_is_trusted(
    kafka: EmbeddedKafka, group: str
) -> None:
    """A batch of four ends, says tansu, after its first: that is no loss of memory."""
    say(kafka.url, b"1", b"2", b"3", b"4")
    with Inbox(kafka.url, group=group) as box:
        assert hear(box, 4) == [b"1", b"2", b"3", b"4"]
        box.commit()
        assert [box.poll(0.02) for _ in range(5)] == [[]] * 5


def test_what_was_not_committed_comes_again(kafka: EmbeddedKafka, group: str) -> None:
    say(kafka.url, b"1")
    with Inbox(kafka.url, group=group) as box:
        assert hear(box, 1) == [b"1"]
        box.commit()
        say(kafka.url, b"2")
        assert hear(box, 1) == [b"2"]
    with Inbox(kafka.url, group=group) as box:
        assert hear(box, 1) == [b"2"]


def test_a_broker_that_restarts_empty_is_noticed(kafka: EmbeddedKafka, group: str) -> None:
    say(kafka.url, b"1")
    with Inbox(kafka.url, group=group) as box:
        hear(box, 1)
        box.commit()
        kafka.kill()
        kafka.start()
        ensure_topics(kafka.url)
        say(kafka.url, b"2")
        with pytest.raises(ForgetfulBroker, match=r"assessments\.v1/1 ends at"):
            hear(box, 9)
    with Inbox(kafka.url, group=group) as box:
        assert hear(box, 1) == [b"2"]


def test_a_broker_that_is_away_is_noticed_at_once(group: str) -> None:
    began = time.monotonic()
    with pytest.raises(EngineError, match="nobody answers"):
        Inbox(f"kafka://127.0.0.1:{free_port()}", group=group)
    assert time.monotonic() - began < 2.0
