"""A broker that came back empty is told from one that was away."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from forewarn.runtime.engines import EmbeddedKafka
from forewarn.runtime.kafka_topics import ensure_topics
from stream.broker import BrokerForgot, TopicWatch

# kafka-python leaves the socket of a connection that broke to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedKafka]:
    made = EmbeddedKafka(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def watch(engine: EmbeddedKafka) -> Iterator[TopicWatch]:
    made = TopicWatch(engine.url)
    made.wait()
    yield made
    made.close()
    gc.collect()  # while the filter below holds


def test_topics_that_are_the_same_are_no_news(watch: TopicWatch) -> None:
    watch.look()
    watch.look()


def test_a_broker_that_is_away_has_not_forgotten(engine: EmbeddedKafka, watch: TopicWatch) -> None:
    engine.kill()
    watch.look()


@pytest.mark.parametrize("made_again", [False, True], ids=["gone", "made again by another"])
def test_topics_that_are_gone_or_made_again_end_the_worker(
    engine: EmbeddedKafka, watch: TopicWatch, made_again: bool
) -> None:
    engine.kill()
    engine.start()
    if made_again:
        ensure_topics(engine.url)
    with pytest.raises(BrokerForgot, match=r"lost observations\.raw\.v1"):
        look_again(watch)


def look_again(watch: TopicWatch) -> None:
    """Look several times: the first look may but find the old connection broken."""
    for _ in range(5):
        watch.look()
