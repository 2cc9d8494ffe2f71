"""The console's way to the database: one thread, one connection, opened again when it breaks."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg

from console.errors import DatabaseUnavailable
from forewarn.storage import AlertRow, Connection, StorageError, connect, reader

T = TypeVar("T")

STATEMENT_TIMEOUT_MS = 2_000
"""A question that takes longer is given up: the page must stay quick and the end short."""


class Readings:
    """Questions to the database, one after the other, off the event loop.

    Parameters
    ----------
    url : str
        `postgresql://user@host:port/database`.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="console-database")

    async def ask(self, question: Callable[[Connection], T]) -> T:
        """Return `question(connection)`; DatabaseUnavailable says why there is no answer."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._ask, question)

    def close(self) -> None:
        """Let the question under way end, and close the connection."""
        self._thread.submit(self._drop)
        self._thread.shutdown(wait=True)

    def _ask(self, question: Callable[[Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = connect(self._url, application="forewarn console")
                self._connection.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
            return question(self._connection)
        except (psycopg.Error, StorageError) as error:
            self._drop()
            raise DatabaseUnavailable(_first_line(error)) from error

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def alert_rows(connection: Connection) -> list[AlertRow]:
    """Return every alert message that stands, however old, and the newest 100 of all."""
    rows = {row.identifier: row for row in reader.alerts(connection, active_only=True)}
    rows |= {row.identifier: row for row in reader.alerts(connection)}
    return sorted(rows.values(), key=lambda row: row.sent, reverse=True)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
