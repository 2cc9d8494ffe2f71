"""Keeps forecasts and assessments in the database, behind the warnings and never before them."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from typing import TypeVar

from msgspec import Struct

from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.hazard import Assessment, Forecast, Inundation
from forewarn.domain.logs import fields
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.venue import Programme
from forewarn.domain.vital import Vitals
from forewarn.storage import (
    Connection,
    store_assessments,
    store_forecast,
    store_gateways,
    store_inundation,
    store_programmes,
    store_vitals,
)
from forewarn.storage.reader import newest_judgements, recent
from stream.database import REFUSED, Database, Stopped
from stream.rounds import Samples

T = TypeVar("T")

log = logging.getLogger("stream.keeper")

WAITING_ROUNDS = 200
"""Rounds kept in memory while the database is away; the oldest are dropped first. They were
published on Kafka all the same."""


class Round(Struct):
    """What one round, or several, left to be written."""

    forecasts: list[Forecast] = []
    assessments: list[Assessment] = []
    maps: list[Inundation] = []
    vitals: list[Vitals] = []
    programmes: list[Programme] = []
    gateways: list[tuple[datetime, GatewayStatus]] = []

    def add(self, more: "Round") -> None:
        """Append what `more` holds."""
        for name in self.__struct_fields__:
            getattr(self, name).extend(getattr(more, name))


class Keeper:
    """Writes rounds and reads the past of areas, in one thread with a connection of its own."""

    def __init__(self, database: Database, executor: Executor) -> None:
        self._database, self._executor = database, executor
        self._rounds: asyncio.Queue[Round] = asyncio.Queue()

    async def recall(self, keys: Sequence[str], since: datetime) -> Samples:
        """Return what is stored of `keys` since a time: (time [ms], result, quality), ascending."""

        def call(connection: Connection) -> Samples:
            return {
                key: [(to_milliseconds(s.phenomenon_time), s.result, s.quality) for s in samples]
                for key, samples in recent(connection, keys, since).items()
            }

        return await self._run(partial(self._database.run, call))

    async def borrow(
        self, keys: Sequence[str]
    ) -> tuple[dict[str, Forecast], dict[str, Assessment]]:
        """Return the newest stored forecast and assessment of each of `keys` that has one."""
        return await self._run(
            partial(self._database.run, lambda connection: newest_judgements(connection, keys))
        )

    def keep(self, made: Round) -> None:
        """Note a round that is to be written."""
        if self._rounds.qsize() >= WAITING_ROUNDS:
            self._rounds.get_nowait()
            log.warning("a round was not stored: the database is away for too long")
        self._rounds.put_nowait(made)

    async def work(self) -> None:
        """Write rounds as they come, for ever."""
        while True:
            made = Round()
            made.add(await self._rounds.get())
            while not self._rounds.empty():
                made.add(self._rounds.get_nowait())
            try:
                await self._run(partial(self._write, made))
            except REFUSED as error:
                count = len(made.assessments)
                log.error("a round was refused: %s", error, extra=fields(count=count))
            except Stopped:
                return

    def _write(self, made: Round) -> None:
        def call(connection: Connection) -> None:
            store_forecast(connection, made.forecasts)
            store_assessments(connection, made.assessments)
            for inundation in made.maps[-1:]:
                store_inundation(connection, inundation)
            store_vitals(connection, made.vitals)
            store_programmes(connection, made.programmes)
            store_gateways(connection, made.gateways)

        self._database.run(call)

    async def _run(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)
