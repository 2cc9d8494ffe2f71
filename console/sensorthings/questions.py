"""The way of `/v1.1` to the database: its own, so that a costly question holds up nobody else."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg

from console.errors import ConsoleError, DatabaseUnavailable
from console.sensorthings.errors import Overloaded, QueryRefused
from forewarn.domain.clock import Clock
from forewarn.domain.station import Site
from forewarn.storage import Connection, StorageError, connect
from forewarn.storage.things import Unanswerable, Unchangeable, mirror, mirror_forecasts

T = TypeVar("T")

FORECASTS_S = 60.0
"""How long a datastream may be forecast for the first time before it is found here."""
STATEMENT_TIMEOUT_MS = 2_000
MAX_WAITING = 16
"""Questions that may wait for each other: with the time limit, half a minute at worst."""


class Questions:
    """Questions about things, one after the other, on a thread and a connection of their own.

    The stations of the site are written down when the database is first reached; what is newly
    forecast is looked for now and then.

    Parameters
    ----------
    site : Site
    url : str
        `postgresql://user@host:port/database`.
    clock : Clock
        When a station was first told to be somewhere.
    """

    def __init__(self, site: Site, url: str, clock: Clock) -> None:
        self._site, self._url, self._clock = site, url, clock
        self._connection: Connection | None = None
        self._mirrored = False
        self._look_again = 0.0
        self._waiting = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="things-database")

    async def ask(self, question: Callable[[Connection], T]) -> T:
        """Return `question(connection)`.

        Raises DatabaseUnavailable, Overloaded where it takes or would wait too long, QueryRefused
        where a value in it cannot be what it is taken for, and Unanswerable as it is.
        """
        if self._waiting >= MAX_WAITING:
            raise Overloaded(f"{MAX_WAITING} questions wait already; ask again in a few seconds")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._ask, question)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Let the question under way end, and close the connection."""
        self._thread.submit(self._drop)
        self._thread.shutdown(wait=True)

    def _ask(self, question: Callable[[Connection], T]) -> T:
        try:
            return question(self._connected())
        except (Unanswerable, Unchangeable, ConsoleError):
            raise
        except psycopg.errors.QueryCanceled as error:
            raise Overloaded(
                f"the answer takes more than {STATEMENT_TIMEOUT_MS / 1000:g} s; ask for less: "
                "the observations of one Datastream, a time, a smaller $top, no $count"
            ) from error
        except psycopg.DataError as error:
            raise QueryRefused(f"a value does not fit: {_first_line(error)}") from error
        except (psycopg.Error, StorageError) as error:
            self._drop()
            raise DatabaseUnavailable(_first_line(error)) from error

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = connect(self._url, application="forewarn console things")
            self._connection.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
        if not self._mirrored:
            mirror(self._connection, self._site, self._clock.now())
            self._mirrored = True
        if time.monotonic() >= self._look_again:
            mirror_forecasts(self._connection)
            self._look_again = time.monotonic() + FORECASTS_S
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
