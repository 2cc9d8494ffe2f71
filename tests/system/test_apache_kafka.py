"""The spine on Apache Kafka, with a second Faust worker that joins late and a first one killed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forewarn.domain.config import Services
from forewarn.runtime.engines import EmbeddedMqtt, EmbeddedPostgres
from forewarn.runtime.engines.apache_kafka import ApacheKafka
from forewarn.runtime.services import Service

pytestmark = [pytest.mark.system, pytest.mark.recorded, pytest.mark.timeout(900)]


def test_workers_come_and_go_and_nothing_is_lost(
    tmp_path: Path, kafka_jars: Path, replay: Callable[..., Any]
) -> None:
    engines = [
        EmbeddedMqtt(tmp_path),
        ApacheKafka(tmp_path, kafka_jars),
        EmbeddedPostgres(tmp_path),
    ]
    with replay(hours=24, speed=900, engines=engines, given=Services()) as play:
        play.wait_until(6)
        play.running.add(Service(name="stream-late", arguments=["stream", "run"]))
        play.running.wait_ready(60, ["stream-late"])
        play.wait_until(14)
        play.running.kill("stream")
        play.wait_until(18)
        play.running.kill("apache-kafka")
        play.finish()
        restarts = play.running.restarts
        assert play.ledger.balance.exact, play.account()
        assert play.ledger.messages > 0
    assert restarts["stream"] == restarts["apache-kafka"] == 1
