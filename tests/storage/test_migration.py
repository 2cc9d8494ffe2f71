"""The schema comes once, whoever asks for it, and errors say where and why."""

import threading
from urllib.parse import urlsplit

import psycopg
import pytest

from forewarn.runtime.ports import HOST
from forewarn.storage import Connection, StorageError, connect, migrate
from forewarn.storage.migration import TIMESCALEDB_SUFFIX, has_timescaledb, migrations


def wanted(connection: Connection) -> list[str]:
    timescaledb = has_timescaledb(connection)
    names = [name for name, _ in migrations()]
    return [name for name in names if timescaledb or not name.endswith(TIMESCALEDB_SUFFIX)]


def test_a_migrated_database_needs_nothing(connection: Connection) -> None:
    assert migrate(connection) == []
    applied = connection.execute("SELECT name FROM migration ORDER BY name").fetchall()
    assert [name for (name,) in applied] == wanted(connection)


def test_several_services_may_start_at_once(database: str) -> None:
    first = connect(database)
    if has_timescaledb(first):
        first.close()
        pytest.skip("TimescaleDB leaves with its schema; the lock is the same")
    expected = wanted(first)
    first.execute("DROP SCHEMA public CASCADE")
    first.execute("CREATE SCHEMA public")
    first.close()
    applied: list[list[str]] = []

    def start() -> None:
        own = connect(database)
        applied.append(migrate(own))
        own.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied) == [[], [], [], expected]


def test_a_migration_that_fails_is_named_and_leaves_no_trace(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(lambda: _forget(connection, "9998_good.sql", "good"))
    broken = [("9998_good.sql", "CREATE TABLE good ()"), ("9999_bad.sql", "CREATE TABLE x (y z)")]
    monkeypatch.setattr("forewarn.storage.migration.migrations", lambda: broken)
    with pytest.raises(StorageError, match=r'9999_bad.sql on 127.0.0.1:.*type "z" does not exist'):
        migrate(connection)
    monkeypatch.setattr("forewarn.storage.migration.migrations", lambda: broken[:1])
    assert migrate(connection) == []


def _forget(connection: Connection, migration: str, table: str) -> None:
    connection.execute("DELETE FROM migration WHERE name = %s", (migration,))
    connection.execute(f"DROP TABLE {table}")


def test_numbers_are_unique_and_ascend() -> None:
    numbers = [name[:4] for name, _ in migrations()]
    assert numbers == sorted(set(numbers))


def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StorageError) as raised:
        connect(f"postgresql://someone:secret@{HOST}:1/rivers")
    assert f"database {HOST}:1/rivers" in str(raised.value)
    assert "is it running" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_url_of_something_else_is_refused() -> None:
    with pytest.raises(StorageError, match="not a PostgreSQL URL"):
        connect("mqtt://127.0.0.1:1883")


def test_a_wrong_database_name_is_told(database: str) -> None:
    url = urlsplit(database)._replace(path="/nowhere").geturl()
    with pytest.raises(StorageError, match='database "nowhere" does not exist'):
        connect(url)


def test_a_server_that_goes_away_raises_what_the_docstring_says(database: str) -> None:
    connection = connect(database)
    [pid] = connection.execute("SELECT pg_backend_pid()").fetchone() or [0]
    other = connect(database)
    other.execute("SELECT pg_terminate_backend(%s)", (pid,))
    other.close()
    with pytest.raises(psycopg.OperationalError):
        migrate(connection)
    connection.close()
