"""Answers that all pages share: the database is asked for them seldom, whoever wants to know."""

import asyncio
import logging
import time
from abc import ABC, abstractmethod

import msgspec

from console.prepared import Prepared
from console.readings import Readings
from forewarn.domain.logs import fields
from forewarn.storage import Connection


class Polled(ABC):
    """Asks the database at most once in `interval_s` real seconds.

    Parameters
    ----------
    readings : Readings
    interval_s : float
    nothing : Prepared
        The answer until the database was asked.
    log : logging.Logger
    """

    def __init__(
        self, readings: Readings, interval_s: float, nothing: Prepared, log: logging.Logger
    ) -> None:
        self._readings, self._interval_s, self._log = readings, interval_s, log
        self._asking = asyncio.Lock()
        self._due = float("-inf")
        self._newest = nothing

    @property
    def version(self) -> str:
        """Of what was read last; at the start that of nothing."""
        return self._newest.version

    async def newest(self) -> Prepared:
        """Return what stands; DatabaseUnavailable where the database does not answer.

        What is stored but cannot be read is logged, and what was there before stays, with its age.
        """
        async with self._asking:
            if time.monotonic() >= self._due:
                try:
                    self._newest = await self._readings.ask(self._read)
                except msgspec.ValidationError as error:
                    self._log.error("what is stored cannot be read", extra=fields(error=error))
                self._due = time.monotonic() + self._interval_s
            return self._newest

    def forget(self) -> None:
        """Ask the database the next time, however soon that is: something was just written."""
        self._due = float("-inf")

    @abstractmethod
    def _read(self, connection: Connection) -> Prepared:
        """Return the answer; runs in the database's thread, the compression included."""
