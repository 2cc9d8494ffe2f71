"""A worker as a process, on a real Kafka broker and a real database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, KafkaProducer

from forewarn.domain.clock import REAL
from forewarn.domain.codec import decode, encode
from forewarn.domain.hazard import Assessment, Outcome
from forewarn.domain.observation import (
    CheckedColumns,
    Columns,
    DurableAck,
    ReceivedBatch,
    to_milliseconds,
)
from forewarn.domain.topics import ACKS, ASSESSMENTS, CHECKED, RAW, REJECTED
from forewarn.runtime.kafka_topics import bootstrap_servers
from forewarn.storage import connect, reader
from stream.worker import Settings, Worker

SITE = """
id = "test"
name = "Test"
timezone = "UTC"
gateways = ["g"]
[[area]]
id = "{area}"
name = "Down"
polygon = [[0, 0], [0, 1], [1, 1], [0, 0]]
[[station]]
id = "{area}"
name = "Town"
area = "{area}"
latitude = 0
longitude = 0
[[station.datastream]]
property = "stage"
unit = "m"
interval = "PT1M"
limits = {{ fail = [0, 100], spike_suspect = 5 }}
thresholds = [{{ value = 50, level = "red", label = "flood" }}]
"""
VALUES = 20


class Bench:
    """A site of its own, its worker processes, and both ends of the wire."""

    def __init__(self, kafka_url: str, database_url: str, folder: Path) -> None:
        self.name = f"t{uuid4().hex[:8]}"
        self.key = f"{self.name}/stage"
        self.servers, self.database_url, self.folder = (
            bootstrap_servers(kafka_url),
            database_url,
            folder,
        )
        (folder / "site.toml").write_text(SITE.format(area=self.name), encoding="utf-8")
        self._environment = os.environ | {
            "FOREWARN_KAFKA_URL": kafka_url,
            "FOREWARN_DATABASE_URL": database_url,
            "FOREWARN_STATE": str(folder / "state"),
            "FOREWARN_SITE": str(folder),
        }
        self._environment.pop("FOREWARN_CLOCK", None)
        self.producer = KafkaProducer(bootstrap_servers=self.servers, acks="all")
        self.begin = datetime.now(UTC) - timedelta(minutes=15)
        self.log = folder / "worker.log"

    def start(self, group: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-P", "-m", "forewarn.cli", "stream", "run"]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*command, "--group", f"{self.name}-{group}"], env=self._environment, stderr=log
            )

    def send(self, seq: int, topic: str = RAW) -> None:
        """Send batch `seq`, VALUES seconds of the stage, rising by 1 mm each; once a second."""
        first = to_milliseconds(self.begin) + seq * VALUES * 1000
        batch = ReceivedBatch(
            gateway=self.name,
            boot_id="boot",
            seq=seq,
            received=datetime.now(UTC),
            columns=Columns(
                datastreams=[self.key],
                of=[0] * VALUES,
                time=[first + 1000 * i for i in range(VALUES)],
                result=[60 + (seq * VALUES + i) / 1000 for i in range(VALUES)],
                quality=[2] * VALUES,
            ),
        )
        self.producer.send(topic, key=self.name.encode(), value=encode(batch)).get(10)

    def stored(self) -> list[float | None]:
        with connect(self.database_url) as connection:
            end = self.begin + timedelta(days=1)
            return [
                sample.result
                for sample in reader.series(
                    connection, self.key, self.begin - timedelta(seconds=1), end
                )
            ]

    def delivered(self) -> list[tuple[int, int]]:
        with connect(self.database_url) as connection:
            rows = reader.delivered(connection)
        return next((row.stored for row in rows if row.gateway == self.name), [])

    def heard(self, topic: str, schema: Any) -> Iterator[Any]:
        """Yield what was said of this test on `topic` from the beginning, until it is quiet."""
        listener = KafkaConsumer(
            topic,
            bootstrap_servers=self.servers,
            auto_offset_reset="earliest",
            consumer_timeout_ms=500,
            group_id=None,
        )
        try:
            for record in listener:
                if record.key == self.name.encode():
                    yield decode(record.value, schema)
        finally:
            listener.close()

    def until(self, condition: Callable[[], Any], timeout_s: float = 30.0) -> Any:
        deadline = time.monotonic() + timeout_s
        while not (found := condition()):
            assert time.monotonic() < deadline, self.log.read_text(encoding="utf-8")
            time.sleep(0.05)
        return found

    def ready(self, times: int = 1) -> None:
        self.until(lambda: self.log.exists() and self.log.read_text().count("is ready") >= times)


@pytest.fixture
def bench(kafka_url: str, database: str, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(kafka_url, database, tmp_path)
    yield made
    made.producer.close()


@contextmanager
def running(process: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.soak
def test_from_kafka_to_the_database_and_back_exactly_once_through_a_kill(bench: Bench) -> None:
    for seq in range(1, 21):
        bench.send(seq, REJECTED if seq == 7 else RAW)
    bench.producer.send(RAW, key=bench.name.encode(), value=b"{torn").get(10)
    with running(bench.start("first")) as worker:
        bench.until(bench.stored)
        for seq in range(21, 31):
            bench.send(seq)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    for seq in range(31, 41):
        bench.send(seq)
    # A group of its own reads all again, and need not wait until the dead worker is missed.
    with running(bench.start("second")) as worker:
        bench.until(lambda: bench.delivered() == [(1, 40)])
        [assessment] = bench.until(lambda: list(bench.heard(ASSESSMENTS, Assessment))[-1:])
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
        assert time.monotonic() - began < 3
    assert bench.stored() == [60 + i / 1000 for i in range(VALUES, 41 * VALUES)]
    *_, last = bench.heard(ACKS, DurableAck)
    assert last.stored == [(1, 40)]
    checked = {
        row
        for news in bench.heard(CHECKED, CheckedColumns)
        for row in zip(news.columns.time, news.columns.result, strict=True)
    }
    assert len(checked) == 40 * VALUES
    with connect(bench.database_url) as connection:
        refused = reader.rejections(connection)
        reasons = [row.reason for row in refused if row.gateway == bench.name]
        assert [a.area for a in reader.assessment_latest(connection)] == [bench.name]
    assert reasons == ["torn payload"]
    assert assessment.outcome is Outcome.DEGRADED
    assert "no model fitted" in assessment.reason
    assert assessment.exceedances[0].observed


@pytest.mark.soak
def test_told_to_end_while_the_database_is_away_it_ends_in_order(
    kafka_url: str, tmp_path: Path
) -> None:
    bench = Bench(kafka_url, "postgresql://forewarn@127.0.0.1:1/forewarn", tmp_path)
    bench.send(1)
    bench.producer.close()
    with running(bench.start("only")) as worker:
        bench.until(
            lambda: b"database away" in (bench.log.read_bytes() if bench.log.exists() else b"")
        )
        bench.ready()
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
        assert time.monotonic() - began < 3


def test_a_damaged_model_is_named_and_observations_are_still_judged(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(SITE.format(area="down"), encoding="utf-8")
    (tmp_path / "flood.npz").write_bytes(b"torn")
    worker = Worker(
        Settings(
            site=tmp_path,
            kafka_url="kafka://127.0.0.1:1",
            database_url="postgresql://127.0.0.1:1/none",
            state=tmp_path,
            group="test",
            clock=REAL,
        )
    )
    _, [assessment] = worker.areas["down"].conclude(0, "no model")
    worker.stop()
    assert worker.forecaster is None
    assert "the model cannot be read" in assessment.reason
