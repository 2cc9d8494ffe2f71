"""Any order and any repetition of batches leave the same table and exact ranges."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forewarn.domain.observation import (
    DurableAck,
    Rejection,
    from_milliseconds,
    to_milliseconds,
)
from forewarn.storage import Connection, StoredRow, connect, reader, store

START = datetime(2020, 8, 5, tzinfo=UTC)
MS = to_milliseconds(START)
KEYS = ["hangang/stage", "jamsu/stage", "paldang/discharge"]

Batch = tuple[str, str, int]


def row(key: str, minute: int, result: float | None = 1.0, *, received: int = MS) -> StoredRow:
    return (key, MS + 60_000 * minute, result, 9 if result is None else 1, received, False)


def revision(key: str, minute: int, quality: int) -> StoredRow:
    return (key, MS + 60_000 * minute, 1.0, quality, MS, True)


def table(connection: Connection) -> dict[tuple[str, int], tuple[float | None, int]]:
    return {
        (key, to_milliseconds(sample.phenomenon_time)): (sample.result, sample.quality)
        for key, samples in reader.recent(connection, KEYS, START - timedelta(days=40_000)).items()
        for sample in samples
    }


def test_a_row_comes_back_as_it_went(connection: Connection) -> None:
    results = [2.5, -0.1, 1e-300, 1.7976931348623157e308, 0.1 + 0.2, 0.0]
    store(connection, [row("a/b", minute, result) for minute, result in enumerate(results)], [], [])
    samples = reader.series(connection, "a/b", START, START + timedelta(hours=1))
    assert [sample.result for sample in samples] == results
    assert [sample.quality for sample in samples] == [1] * len(results)


@pytest.mark.parametrize("milliseconds", [0, -1, 1, MS + 1, MS + 999, 4_102_444_800_001])
def test_times_keep_their_millisecond(connection: Connection, milliseconds: int) -> None:
    store(connection, [("a/b", milliseconds, 1.0, 1, milliseconds + 7, False)], [], [])
    [newest] = reader.latest(connection)
    assert newest.phenomenon_time == from_milliseconds(milliseconds)
    assert newest.received == from_milliseconds(milliseconds + 7)


def test_the_first_result_stays(connection: Connection) -> None:
    first = store(connection, [row("a/b", 0, 1.0)], [], [])
    again = store(connection, [row("a/b", 0, 2.0)], [], [])
    assert (first.rows_new, first.rows_repeated) == (1, 0)
    assert (again.rows_new, again.rows_repeated) == (0, 1)
    assert reader.latest(connection)[0].result == 1.0


@pytest.mark.parametrize("together", [True, False])
def test_a_missing_result_is_filled_by_a_real_one_and_not_the_reverse(
    connection: Connection, together: bool
) -> None:
    rows = [row("a/b", 0, None), row("a/b", 0, 3.0, received=MS + 5), row("a/b", 0, None)]
    for portion in [rows] if together else [[each] for each in rows]:
        store(connection, portion, [], [])
    [newest] = reader.latest(connection)
    assert (newest.result, newest.quality) == (3.0, 1)
    assert newest.received == from_milliseconds(MS + 5)


def test_a_revision_changes_the_quality_alone_and_survives_the_repeat(
    connection: Connection,
) -> None:
    store(connection, [row("a/b", 0), revision("a/b", 0, 3)], [], [])
    store(connection, [row("a/b", 0)], [], [])
    [newest] = reader.latest(connection)
    assert (newest.result, newest.quality) == (1.0, 3)
    assert store(connection, [revision("a/b", 0, 4)], [], []).rows_repeated == 0
    assert reader.latest(connection)[0].quality == 4


def test_a_revision_makes_no_row_and_nothing_missing(connection: Connection) -> None:
    store(connection, [row("a/b", 0, None), revision("a/b", 0, 3), revision("c/d", 0, 3)], [], [])
    [only] = reader.latest(connection)
    assert (only.datastream, only.result, only.quality) == ("a/b", None, 9)
    store(connection, [row("a/b", 1), revision("a/b", 1, 9)], [], [])
    assert reader.latest(connection)[0].quality == 1


def test_a_failed_store_stores_nothing(connection: Connection) -> None:
    import psycopg

    refused = Rejection(reason="torn payload")
    bad = ("a/b", MS, None, 1, MS, False)
    with pytest.raises(psycopg.errors.CheckViolation):
        store(connection, [row("a/b", 1), bad], [("g", START, refused)], [("g", "b", 1)])
    totals = reader.totals(connection)
    assert (totals.observations, totals.rejections, reader.delivered(connection)) == (0, 0, [])


def test_nothing_to_store_is_no_error(connection: Connection) -> None:
    stored = store(connection, [], [], [])
    assert (stored.rows_new, stored.rows_repeated, stored.acks) == (0, 0, [])


def test_acks_tell_all_that_is_stored_of_the_boots_in_this_call(connection: Connection) -> None:
    store(connection, [], [], [("g", "b1", 1), ("g", "b1", 2), ("h", "b1", 9)])
    stored = store(connection, [], [], [("g", "b1", 4), ("g", "b2", 1)])
    assert stored.acks == [
        DurableAck(gateway="g", boot_id="b1", stored=[(1, 2), (4, 4)]),
        DurableAck(gateway="g", boot_id="b2", stored=[(1, 1)]),
    ]


def test_two_gateways_that_report_one_station_are_both_acked_and_fill_each_others_gaps(
    connection: Connection,
) -> None:
    first = [row("hangang/stage", 0, 2.0), row("hangang/stage", 1, None)]
    second = [
        row("hangang/stage", 0, 2.1),
        row("hangang/stage", 1, 2.2),
        row("hangang/stage", 2, 2.3),
    ]
    acked = [
        ack.gateway
        for rows, gateway in ((first, "north"), (second, "south"))
        for ack in store(connection, rows, [], [(gateway, "boot", 1)]).acks
    ]
    assert acked == ["north", "south"]
    assert [value for value, _ in table(connection).values()] == [2.0, 2.2, 2.3]


def test_repeats_are_counted_within_a_call_and_between_calls(connection: Connection) -> None:
    store(connection, [], [], [("g", "b", 1), ("g", "b", 1), ("g", "b", 2)])
    store(connection, [], [], [("g", "b", 2), ("g", "b", 3), ("g", "b", 3)])
    [held] = reader.delivered(connection)
    assert (held.stored, held.repeats) == ([(1, 3)], 3)
    assert reader.totals(connection).repeats == 3


def test_the_largest_number_that_the_gateway_lets_pass_fits(connection: Connection) -> None:
    largest = 2**53 - 1
    stored = store(connection, [], [], [("g", "b", largest), ("g", "b", largest - 1)])
    assert stored.acks[0].stored == [(largest - 1, largest)]


def test_a_rejection_is_evidence_once(connection: Connection) -> None:
    torn = Rejection(reason="torn payload", detail="why", payload=b"\x00\xff{")
    unknown = Rejection(
        reason="unknown datastream", detail="`x\0`", datastream="x\0", time=10**40, result=1.5
    )
    for hours in (0, 1):
        at = START + timedelta(hours=hours)
        store(connection, [], [("g", at, torn), ("g", at, unknown), ("h", at, torn)], [])
    counts = {
        (c.gateway, c.reason): (c.count, c.newest) for c in reader.rejection_counts(connection)
    }
    assert counts == {
        ("g", "torn payload"): (1, START),
        ("g", "unknown datastream"): (1, START),
        ("h", "torn payload"): (1, START),
    }
    found = {(r.gateway, r.reason): r for r in reader.rejections(connection)}
    assert found["g", "torn payload"].payload == b"\x00\xff{"
    kept = found["g", "unknown datastream"]
    assert (kept.datastream, kept.time_ms, kept.result) == ("x\N{REPLACEMENT CHARACTER}", None, 1.5)
    assert len(reader.rejections(connection, limit=1)) == 1


truth = st.dictionaries(
    st.tuples(st.sampled_from(KEYS), st.integers(0, 20)),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    max_size=25,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(truth, st.data())
def test_any_order_and_any_repetition_leave_the_same_table(
    connection: Connection, values: dict[tuple[str, int], float | None], data: st.DataObject
) -> None:
    """Missing first or repeated, split into any calls: what was sent is there, exactly once."""
    connection.execute("TRUNCATE observation, delivered")
    rows = [row(key, minute, result) for (key, minute), result in values.items()]
    rows += [row(key, minute, None) for key, minute in values]
    batches = [(g, b, n) for g in ("g", "h") for b in ("b1", "b2") for n in (1, 2, 3, 5, 8)]
    wanted = data.draw(st.sets(st.sampled_from(batches)))
    sent: list[tuple[list[StoredRow], list[Batch]]] = []
    for _ in range(data.draw(st.integers(1, 4))):
        some = data.draw(st.lists(st.sampled_from(rows), max_size=30)) if rows else []
        done = data.draw(st.lists(st.sampled_from(sorted(wanted)), max_size=10)) if wanted else []
        sent.append((some, done))
    sent.append((data.draw(st.permutations(rows)), data.draw(st.permutations(sorted(wanted)))))
    new = repeated = 0
    for some, done in sent:
        stored = store(connection, some, [], done)
        new, repeated = new + stored.rows_new, repeated + stored.rows_repeated
    assert table(connection) == {
        (key, MS + 60_000 * minute): (result, 9 if result is None else 1)
        for (key, minute), result in values.items()
    }
    assert (new, repeated) == (len(values), sum(len(some) for some, _ in sent) - len(values))
    held = reader.delivered(connection)
    numbers = {
        (d.gateway, d.boot_id, n)
        for d in held
        for first, last in d.stored
        for n in range(first, last + 1)
    }
    assert numbers == wanted
    assert all(a[1] + 1 < b[0] for d in held for a, b in zip(d.stored, d.stored[1:], strict=False))
    assert sum(d.repeats for d in held) == sum(len(done) for _, done in sent) - len(wanted)


def test_two_workers_with_the_same_rows_wait_for_each_other(database: str) -> None:
    """Opposite orders, as after a rebalance: no deadlock, and every row is new exactly once."""
    rows = [row(f"k{n % 10}/stage", n // 10) for n in range(600)]
    batches = [("g", f"b{n}", 1) for n in range(10)]
    new: list[int] = []

    def work(ours: list[StoredRow], done: list[Batch]) -> None:
        own = connect(database)
        for start in range(0, len(ours), 100):
            new.append(store(own, ours[start : start + 100], [], done).rows_new)
        own.close()

    workers = [
        threading.Thread(target=work, args=(rows, batches)),
        threading.Thread(target=work, args=(rows[::-1], batches[::-1])),
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(new) == 12
    with connect(database) as connection:
        assert sum(new) == 600 == reader.totals(connection).observations
