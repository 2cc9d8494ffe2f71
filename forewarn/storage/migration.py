"""Brings a database to the newest schema: numbered SQL files, each applied once."""

from importlib.resources import files

import psycopg

from forewarn.storage.connection import Connection
from forewarn.storage.errors import StorageError

LOCK = 0x464F_5245
"""Key of the advisory lock that lets several services migrate at once."""

TIMESCALEDB_SUFFIX = ".timescaledb.sql"
"""Files that end so run only where the extension can be loaded, be it at a later start."""


def migrations() -> list[tuple[str, str]]:
    """Return (file name, SQL) of every migration in the order of their numbers."""
    folder = files("forewarn.storage") / "migrations"
    found = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    return [(f.name, f.read_text(encoding="utf-8")) for f in sorted(found, key=lambda f: f.name)]


def migrate(connection: Connection) -> list[str]:
    """Apply what is not applied yet and return the names; nothing to do is an empty list.

    Each file is one transaction. Several services may call this at the same time. Raises
    StorageError naming the file that failed; what came before it stays applied.
    """
    if not _pending(connection):
        return []
    connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
    try:
        pending = _pending(connection)
        for name, sql in pending:
            _apply(connection, name, sql)
        return [name for name, _ in pending]
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))


def _pending(connection: Connection) -> list[tuple[str, str]]:
    applied = _applied(connection)
    timescaledb = has_timescaledb(connection)
    return [
        (name, sql)
        for name, sql in migrations()
        if name not in applied and (timescaledb or not name.endswith(TIMESCALEDB_SUFFIX))
    ]


def _applied(connection: Connection) -> set[str]:
    found = connection.execute("SELECT to_regclass('migration') IS NOT NULL").fetchone()
    if not found or not found[0]:
        return set()
    return {name for (name,) in connection.execute("SELECT name FROM migration")}


def has_timescaledb(connection: Connection) -> bool:
    """Return whether the server can load TimescaleDB in this database."""
    found = connection.execute(
        "SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'"
    ).fetchone()
    return found is not None and found[0] > 0


def _apply(connection: Connection, name: str, sql: str) -> None:
    try:
        with connection.transaction():
            connection.execute(
                "CREATE TABLE IF NOT EXISTS migration ("
                "name text PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())"
            )
            connection.execute(sql.encode())
            connection.execute("INSERT INTO migration (name) VALUES (%s)", (name,))
    except psycopg.Error as error:
        raise StorageError(
            f"migration {name} on {connection.info.host}:{connection.info.port}/"
            f"{connection.info.dbname}: {error}"
        ) from error
