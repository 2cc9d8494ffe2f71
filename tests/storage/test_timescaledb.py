"""What only TimescaleDB does: hypertables, compression, retention, the continuous aggregate."""

from datetime import UTC, datetime, timedelta

import pytest

from forewarn.domain.observation import to_milliseconds
from forewarn.storage import Connection, StoredRow, connect, migrate, reader, store
from forewarn.storage.migration import TIMESCALEDB_SUFFIX, migrations
from forewarn.storage.rows import Hour

pytestmark = pytest.mark.system

START = datetime(2020, 8, 5, tzinfo=UTC)
DAYS = 30


def rows(result: float = 1.0) -> list[StoredRow]:
    times = [to_milliseconds(START + timedelta(hours=n)) for n in range(24 * DAYS)]
    return [(key, time, result, 1, time, False) for key in ("a/x", "b/x") for time in times]


def hours(connection: Connection) -> list[Hour]:
    return reader.hourly(connection, "a/x", START, START + timedelta(days=DAYS))


def compress(connection: Connection) -> int:
    found = connection.execute("SELECT compress_chunk(c) FROM show_chunks('observation') AS c")
    return len(found.fetchall())


def test_a_plain_database_with_rows_becomes_a_timescaledb(fresh_timescaledb_url: str) -> None:
    """First only the plain migrations, then rows, then the extension turns up."""
    connection = connect(fresh_timescaledb_url)
    plain = [each for each in migrations() if not each[0].endswith(TIMESCALEDB_SUFFIX)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("forewarn.storage.migration.migrations", lambda: plain)
        assert migrate(connection) == [name for name, _ in plain]
    store(connection, rows(), [], [])
    before = hours(connection)
    assert migrate(connection) == [each[0] for each in migrations() if each not in plain]
    assert hours(connection) == before
    assert reader.totals(connection).observations == len(rows())
    _has_policies(connection)
    connection.close()


def _has_policies(connection: Connection) -> None:
    jobs = connection.execute(
        "SELECT hypertable_name, proc_name FROM timescaledb_information.jobs"
        " WHERE hypertable_name IS NOT NULL"
    ).fetchall()
    expected = {
        (table, f"policy_{kind}")
        for table in ("observation", "forecast", "assessment")
        for kind in ("compression", "retention")
    }
    assert expected <= set(jobs)
    assert "policy_refresh_continuous_aggregate" in {kind for _, kind in jobs}


@pytest.mark.parametrize("connection", ["timescaledb"], indirect=True)
def test_late_and_repeated_rows_are_harmless_in_compressed_chunks(connection: Connection) -> None:
    store(connection, rows()[1:], [], [])
    assert compress(connection) > 1
    again = store(connection, rows(result=7.0), [], [])
    assert (again.rows_new, again.rows_repeated) == (1, len(rows()) - 1)
    key, time, *_ = rows()[5]
    store(connection, [(key, time, 1.0, 3, time, True)], [], [])
    found = reader.series(connection, "a/x", START, START + timedelta(hours=6))
    assert [(s.result, s.quality) for s in found] == [(7.0, 1), *[(1.0, 1)] * 4, (1.0, 3)]
    assert reader.latest(connection)[1].phenomenon_time == START + timedelta(hours=24 * DAYS - 1)
    assert reader.totals(connection).observations == len(rows())


@pytest.mark.parametrize("connection", ["timescaledb"], indirect=True)
def test_hourly_is_the_same_before_and_after_a_refresh_and_for_late_rows(
    connection: Connection,
) -> None:
    def refresh() -> None:
        connection.execute("CALL refresh_continuous_aggregate('hourly', NULL, NULL)")

    store(connection, rows(), [], [])
    computed = hours(connection)
    refresh()
    assert hours(connection) == computed
    assert len(computed) == 24 * DAYS
    late = to_milliseconds(START + timedelta(minutes=7))
    store(connection, [("a/x", late, 5.0, 1, late, False)], [], [])
    refresh()
    assert (hours(connection)[0].maximum, hours(connection)[0].count) == (5.0, 2)


@pytest.mark.parametrize("connection", ["timescaledb"], indirect=True)
def test_a_retention_policy_drops_what_is_too_old(connection: Connection) -> None:
    ancient = to_milliseconds(datetime(1971, 1, 1, tzinfo=UTC))
    store(connection, [*rows(), ("a/x", ancient, 1.0, 1, ancient, False)], [], [])
    jobs = connection.execute(
        "SELECT job_id FROM timescaledb_information.jobs"
        " WHERE proc_name = 'policy_retention' AND hypertable_name = 'observation'"
    ).fetchall()
    connection.execute("CALL run_job(%s)", jobs[0])
    assert reader.totals(connection).observations == len(rows())
