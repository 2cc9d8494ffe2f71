"""One worker's parts, put together: what Faust's agents and tasks call. Knows no Faust."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from msgspec import Struct

from forewarn.domain.canary import with_canary
from forewarn.domain.clock import WorldClock
from forewarn.domain.logs import fields
from forewarn.domain.station import Site, load_site
from forewarn.domain.topics import partition_of
from stream.broker import LOOK_EVERY_S, TopicWatch
from stream.database import Database
from stream.flooding import flood_forecaster, outline_of
from stream.forecasting import MODEL_FILE, Model, gauge_forecaster, load_gauge_model, read_model
from stream.hazards.contract import Hazard
from stream.hazards.judging import hazard_forecaster
from stream.hazards.registry import find_hazards
from stream.hazards.watch import Publish as PublishFindings
from stream.hazards.watch import Watch
from stream.keeper import Keeper
from stream.maps import Maps, Outline
from stream.maps import Publish as PublishMap
from stream.minute import Area, routes
from stream.qc import QualityControl
from stream.rounds import Publish, Rounds
from stream.settle import Settler

log = logging.getLogger("stream.worker")

TICK_S = 0.1
"""Real seconds between two looks at which areas are due."""


class Settings(Struct, frozen=True, kw_only=True):
    """What one worker is told."""

    site: Path
    kafka_url: str
    database_url: str
    state: Path
    group: str
    clock: WorldClock


class Worker:
    """The parts of one worker: sink and keeper with a thread and a connection each, the rounds."""

    def __init__(self, settings: Settings) -> None:
        site = load_site(settings.site)
        model, stored, no_model = _model(settings.site)
        outline = outline_of(settings.site, site, model.inputs if model else ())
        self.maps = outline and Maps(outline, site, flood_forecaster(settings.site))
        hazards, mistakes = find_hazards(settings.site, site)
        for mistake in mistakes:
            log.error("a hazard is not judged: %s", mistake)
        settled = with_canary(site)
        areas = {
            area.id: _area(area.id, settled, model, no_model, outline, hazards)
            for area in settled.areas
        }
        self.areas = areas
        self.clock = settings.clock
        self._databases = [Database(settings.database_url) for _ in range(2)]
        self.sink_thread = ThreadPoolExecutor(1, "sink")
        self._keeper_thread = ThreadPoolExecutor(1, "keeper")
        self._watch_thread = ThreadPoolExecutor(1, "watch")
        self.topics = TopicWatch(settings.kafka_url)
        self.settler = Settler(
            self._databases[0],
            QualityControl({key: stream for key, _, stream in settled.datastreams()}),
            routes(settled, areas),
            settings.clock.now,
        )
        self.keeper = Keeper(self._databases[1], self._keeper_thread)
        self.forecaster = None if stored is None else gauge_forecaster(stored)
        self.rounds = Rounds(
            areas,
            self.forecaster,
            clock=settings.clock,
            speed=settings.clock.speed,
            recall=self.keeper.recall,
        )
        self.watch = Watch(
            hazards,
            areas,
            site,
            hazard_forecaster(settings.site),
            clock=settings.clock,
            recall=self.keeper.recall,
            borrow=self.keeper.borrow,
        )

    async def judge_hazards(self, publish: PublishFindings) -> None:
        """Judge the hazards of our areas, round after round, for ever."""
        await self.watch.work(publish)

    async def tick(self, publish: Publish) -> None:
        """Judge area after area, minute after minute, for ever."""
        if self.forecaster is not None:
            self.forecaster.warm_up()
        while True:
            await self.rounds.turn(publish)
            await asyncio.sleep(TICK_S)

    async def draw(self, publish: PublishMap) -> None:
        """Draw the site's map over and over, if it has one and its area is ours, for ever."""
        if self.maps is not None:
            identifier = self.maps.outline.area
            area = self.areas[identifier]
            await self.maps.work(area, lambda: identifier in self.rounds.owned, publish)

    async def look_after_broker(self) -> None:
        """Raise BrokerForgot once the broker is not the one that was joined."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await asyncio.get_running_loop().run_in_executor(self._watch_thread, self.topics.look)

    def assigned(self, checked_partitions: Iterable[int]) -> None:
        """Own the areas of these partitions; what quality control remembers is stale."""
        partitions = set(checked_partitions)
        own = {area for area in self.areas if partition_of(area) in partitions}
        log.info("partitions assigned", extra=fields(areas=",".join(sorted(own)) or "none"))
        self.settler.forget()
        self.rounds.own(own)
        self.watch.own(own)

    def stop(self) -> None:
        """End what waits for the database or the model; harmless to call twice."""
        for database in self._databases:
            database.stop()
        if self.forecaster is not None:
            self.forecaster.close()
        if self.maps is not None:
            self.maps.close()
        self.watch.close()
        for thread in (self.sink_thread, self._keeper_thread, self._watch_thread):
            thread.shutdown(wait=False, cancel_futures=True)


def _area(
    identifier: str,
    site: Site,
    model: Model | None,
    no_model: str,
    outline: Outline | None,
    hazards: Sequence[Hazard],
) -> Area:
    mapped = outline if outline is not None and outline.area == identifier else None
    followers = [hazard for hazard in hazards if hazard.area == identifier]
    return Area(
        identifier,
        site,
        model,
        no_model,
        also=mapped.inputs if mapped else (),
        also_minutes=mapped.history_minutes if mapped else 0,
        others=[key for hazard in hazards for key in hazard.targets],
        watched=[key for hazard in followers for key in hazard.inputs],
        watched_minutes=max((hazard.history_minutes for hazard in followers), default=0),
    )


def _model(site: Path) -> tuple[Model | None, bytes | None, str]:
    """Return the model, as it is stored, and what is said of datastreams it does not forecast."""
    stored, fit = read_model(site), f"run forewarn hindcast fit --site {site}"
    if stored is None:
        log.warning("no model fitted: %s; until then observations alone are judged", fit)
        return None, None, f"no model fitted: {fit}"
    try:
        model: Model = load_gauge_model(stored)
    except ValueError as error:
        log.error("%s: %s; observations alone are judged", site / MODEL_FILE, error)
        return None, None, f"the model cannot be read: {error}"
    return model, stored, f"{model.name} does not forecast it; judged by observations alone"
