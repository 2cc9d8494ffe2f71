"""One way to connect: UTC, autocommit with explicit transactions, and errors that help."""

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from forewarn.storage.errors import StorageError

Connection = psycopg.Connection[tuple[Any, ...]]

CONNECT_TIMEOUT_S = 5


def connect(url: str, *, application: str = "forewarn") -> Connection:
    """Return a connection to the database at `url`, `postgresql://user@host:port/database`.

    The session's time zone is UTC; statements commit at once unless they are inside
    `connection.transaction()`. `application` is shown in `pg_stat_activity`.

    Raises StorageError naming host, port and database, never the password. Once connected,
    the functions of this package raise `psycopg.OperationalError` when the server goes away.
    """
    try:
        connection = psycopg.connect(
            url,
            autocommit=True,
            application_name=application,
            connect_timeout=CONNECT_TIMEOUT_S,
        )
        connection.execute("SET TIME ZONE 'UTC'")
        return connection
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise StorageError(
            f"database {place(url)}: {reason}; is it running, and is FOREWARN_DATABASE_URL right?"
        ) from error


def place(url: str) -> str:
    """Return `host:port/database` of `url`, without user and password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        return "(not a PostgreSQL URL)"
    host, port = parts.get("host", "localhost"), parts.get("port", "5432")
    return f"{host}:{port}/{parts.get('dbname', '')}"
