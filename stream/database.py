"""One connection to the database that is made again when it breaks, with real back-off."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import psycopg

from forewarn.domain.errors import ForewarnError
from forewarn.domain.logs import fields
from forewarn.storage import Connection, StorageError, connect, migrate

T = TypeVar("T")

log = logging.getLogger("stream.database")

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0

REFUSED = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.NotSupportedError,
    psycopg.ProgrammingError,
)
"""The server understood and refused: to ask again would not help."""


class Stopped(ForewarnError):
    """The worker ends while the database is away; nothing was acknowledged."""


class Database:
    """Runs calls on one connection, waiting for the server for as long as it takes.

    For one thread at a time; `stop` may be called from another one.
    """

    def __init__(self, url: str, application: str = "forewarn-stream") -> None:
        self._url, self._application = url, application
        self._connection: Connection | None = None
        self._stop = threading.Event()

    def stop(self) -> None:
        """Let a call that waits for the server end with Stopped."""
        self._stop.set()

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def run(self, call: Callable[[Connection], T]) -> T:
        """Return `call(connection)`; it is repeated until the server has done it.

        So `call` must be a transaction that may be repeated. Raises one of REFUSED where the
        server refuses it, and Stopped after `stop`.
        """
        pause, lost_at = FIRST_PAUSE_S, 0.0
        while not self._stop.is_set():
            try:
                result = call(self._connected())
            except REFUSED:
                raise
            except (psycopg.Error, StorageError) as error:
                self.close()
                if not lost_at:
                    lost_at = time.monotonic()
                    log.warning("database away, waiting for it: %s", error)
                self._stop.wait(pause)
                pause = min(LONGEST_PAUSE_S, pause * 2)
            else:
                if lost_at:
                    seconds = round(time.monotonic() - lost_at, 1)
                    log.warning("database is back", extra=fields(after_s=seconds))
                return result
        raise Stopped("the worker was told to end while it waited for the database")

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            connection = connect(self._url, application=self._application)
            try:
                applied = migrate(connection)
            except BaseException:
                connection.close()
                raise
            if applied:
                log.info("database migrated", extra=fields(applied=",".join(applied)))
            self._connection = connection
        return self._connection
