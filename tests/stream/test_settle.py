"""Settling against a real database: exactly once, through breaks and refusals."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from forewarn.domain.codec import encode
from forewarn.domain.observation import Columns, DurableAck, ReceivedBatch, Rejection
from forewarn.domain.station import Datastream, Limits
from forewarn.storage import connect, reader
from stream.database import Database, Stopped
from stream.qc import QualityControl
from stream.settle import Settler

NOON = datetime(2020, 8, 6, 12, tzinfo=UTC)
NOON_MS = 1_596_715_200_000
A = "a/stage"
LIMITS = Limits(fail=(0.0, 100.0), spike_suspect=0.5, max_rate_per_s=0.05)
STREAM = Datastream(property="stage", unit="m", interval=timedelta(minutes=1), limits=LIMITS)


def message(
    seq: int, *results: float | None, first: int | None = None, refused: tuple[Rejection, ...] = ()
) -> tuple[str, bytes]:
    start = seq if first is None else first
    batch = ReceivedBatch(
        gateway="g",
        boot_id="boot",
        seq=seq,
        received=NOON,
        columns=Columns(
            datastreams=[A],
            of=[0] * len(results),
            time=[NOON_MS + (start + i) * 60_000 for i in range(len(results))],
            result=list(results),
            quality=[9 if result is None else 2 for result in results],
        ),
        rejected=list(refused),
    )
    return "g", encode(batch)


@pytest.fixture
def to(database: str) -> Iterator[Database]:
    opened = Database(database)
    yield opened
    opened.close()


def settler(to: Database) -> Settler:
    return Settler(
        to, QualityControl({A: STREAM}), {A: ("up",)}, lambda: NOON + timedelta(hours=10)
    )


def held(database: str) -> list[tuple[float | None, int]]:
    with connect(database) as connection:
        return [
            (sample.result, sample.quality)
            for sample in reader.series(connection, A, NOON, NOON + timedelta(days=1))
        ]


def test_what_is_committed_is_acked_and_told(to: Database, database: str) -> None:
    settled = settler(to).settle([message(1, 1.0), message(2, 1.1), message(4, 1.2)])
    assert settled.acks == [DurableAck(gateway="g", boot_id="boot", stored=[(1, 2), (4, 4)])]
    assert [(news.area, news.columns.result) for news in settled.checked] == [
        ("up", [1.0, 1.1, 1.2])
    ]
    assert held(database) == [(1.0, 1), (1.1, 1), (1.2, 1)]


def test_the_same_again_changes_nothing(to: Database, database: str) -> None:
    messages = [message(1, 1.0, 1.9, 1.0, 1.0)]
    first = settler(to).settle(messages)
    once = held(database)
    assert [quality for _, quality in once] == [1, 3, 1, 1]
    assert settler(to).settle(messages).acks == first.acks
    assert held(database) == once


def test_a_spike_is_revised_although_its_worker_died_in_between(
    to: Database, database: str
) -> None:
    settler(to).settle([message(1, 1.0, 1.0, 2.0)])
    settler(to).settle([message(2, 1.0, 1.0, first=4)])
    assert [quality for _, quality in held(database)] == [1, 1, 3, 1, 1]


def test_after_an_assignment_the_memory_is_that_of_the_database(
    to: Database, database: str
) -> None:
    ours, theirs = settler(to), settler(to)
    ours.settle([message(1, 1.0)])
    theirs.settle([message(2, 3.5), message(3, 6.0)])  # rises by 2.5 m in each minute
    ours.forget()
    ours.settle([message(4, 8.5)])
    assert [quality for _, quality in held(database)] == [1, 1, 1, 1]


def test_torn_payloads_and_rejections_are_kept(to: Database, database: str) -> None:
    refused = Rejection(reason="unknown datastream", detail="x/y", datastream="x/y")
    settled = settler(to).settle([("g", b"\xff{"), message(1, 1.0, refused=(refused,))])
    assert settled.acks == [DurableAck(gateway="g", boot_id="boot", stored=[(1, 1)])]
    with connect(database) as connection:
        found = {
            (row.gateway, row.reason, row.count) for row in reader.rejection_counts(connection)
        }
    assert found == {("g", "torn payload", 1), ("g", "unknown datastream", 1)}


def test_a_batch_that_the_database_refuses_is_set_aside_and_the_others_stored(
    to: Database, database: str
) -> None:
    impossible = message(2, 1.0, first=1 << 45)  # millions of years ahead
    settled = settler(to).settle([message(1, 1.0), impossible, message(3, 1.1)])
    assert settled.acks[-1].stored == [(1, 3)]
    assert [result for result, _ in held(database)] == [1.0, 1.1]
    with connect(database) as connection:
        [row] = reader.rejections(connection)
    assert "refused by the database" in row.detail


def test_a_connection_that_broke_is_made_again(to: Database, database: str) -> None:
    sink = settler(to)
    sink.settle([message(1, 1.0)])
    with connect(database) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND backend_type = 'client backend'"
        )
    sink.settle([message(2, 1.1)])
    assert [result for result, _ in held(database)] == [1.0, 1.1]


def test_while_the_database_is_away_it_waits_until_it_is_told_to_stop() -> None:
    away = Database("postgresql://forewarn@127.0.0.1:1/forewarn")
    threading.Timer(0.3, away.stop).start()
    with pytest.raises(Stopped):
        settler(away).settle([message(1, 1.0)])
