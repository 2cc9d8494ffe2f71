"""Keeps forecasts and assessments in the database, behind the warnings and never before them."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from typing import TypeVar

from forewarn.domain.hazard import Assessment, Forecast, Inundation
from forewarn.domain.logs import fields
from forewarn.domain.observation import to_milliseconds
from forewarn.storage import Connection, store_assessments, store_forecast, store_inundation
from forewarn.storage.reader import recent
from stream.database import REFUSED, Database, Stopped
from stream.rounds import Samples

T = TypeVar("T")

log = logging.getLogger("stream.keeper")

WAITING_ROUNDS = 200
"""Rounds kept in memory while the database is away; the oldest are dropped first. They were
published on Kafka all the same."""


_Round = tuple[list[Forecast], list[Assessment], list[Inundation]]


class Keeper:
    """Writes rounds and reads the past of areas, in one thread with a connection of its own."""

    def __init__(self, database: Database, executor: Executor) -> None:
        self._database, self._executor = database, executor
        self._rounds: asyncio.Queue[_Round] = asyncio.Queue()

    async def recall(self, keys: Sequence[str], since: datetime) -> Samples:
        """Return what is stored of `keys` since a time: (time [ms], result, quality), ascending."""

        def call(connection: Connection) -> Samples:
            return {
                key: [(to_milliseconds(s.phenomenon_time), s.result, s.quality) for s in samples]
                for key, samples in recent(connection, keys, since).items()
            }

        return await self._run(partial(self._database.run, call))

    def keep(
        self,
        forecasts: Sequence[Forecast],
        assessments: Sequence[Assessment],
        inundation: Inundation | None = None,
    ) -> None:
        """Note a round that is to be written, with its map if there is one."""
        if self._rounds.qsize() >= WAITING_ROUNDS:
            self._rounds.get_nowait()
            log.warning("a round was not stored: the database is away for too long")
        maps = [] if inundation is None else [inundation]
        self._rounds.put_nowait((list(forecasts), list(assessments), maps))

    async def work(self) -> None:
        """Write rounds as they come, for ever."""
        while True:
            forecasts, assessments, maps = await self._rounds.get()
            while not self._rounds.empty():
                more = self._rounds.get_nowait()
                forecasts += more[0]
                assessments += more[1]
                maps += more[2]
            try:
                await self._run(partial(self._write, forecasts, assessments, maps))
            except REFUSED as error:
                log.error("a round was refused: %s", error, extra=fields(count=len(assessments)))
            except Stopped:
                return

    def _write(
        self, forecasts: list[Forecast], assessments: list[Assessment], maps: list[Inundation]
    ) -> None:
        def call(connection: Connection) -> None:
            store_forecast(connection, forecasts)
            store_assessments(connection, assessments)
            for inundation in maps[-1:]:
                store_inundation(connection, inundation)

        self._database.run(call)

    async def _run(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)
