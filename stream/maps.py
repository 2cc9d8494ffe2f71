"""Maps of where water will stand: drawn over and over, each from the newest judged minute."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import NamedTuple

from forewarn.domain.hazard import Assessment, FloodedZone, Forecast, Inundation, Ring
from forewarn.domain.logs import fields
from forewarn.domain.station import Datastream, Place, Site
from stream.assess import INUNDATION, Grounds, assess, assess_without_forecast
from stream.evidence import evidence, silences
from stream.forecasting import Forecaster, ForecastFailed, Quantiles
from stream.minute import Area, ascending
from stream.series import time_of

log = logging.getLogger("stream.maps")

Publish = Callable[[Inundation, Sequence[Forecast], Sequence[Assessment]], Awaitable[None]]

DEEPEST_M = 50.0
"""A depth beyond this is no water on a street but a model that has gone wrong."""


class Outline(NamedTuple):
    """What the worker knows of a site's inundation model without running it."""

    name: str
    area: str
    inputs: tuple[str, ...]
    """Datastream keys, in the order of the rows of the history."""
    history_minutes: int
    leads_s: tuple[int, ...]
    """Leads of the depths at places [s]."""
    probabilities: tuple[float, ...]
    """Of the quantiles of those depths."""
    zone_leads_s: tuple[int, ...]
    zone_depths_m: tuple[float, ...]
    zone_probabilities: tuple[float, ...]


class Drawn(NamedTuple):
    """One map, as it leaves the process that draws it."""

    members: int
    zones: list[FloodedZone]
    depths: dict[str, Quantiles]
    """Place → quantiles of its depth at the outline's leads [m]."""
    where: dict[str, list[Ring]]
    """Place → outlines of the water around it; absent where it stays dry."""
    evidence: list[str]
    degraded: list[str]


class Maps:
    """Draws the map of one area in a process of its own: it blocks nothing and is never queued.

    While one map is drawn minutes pass; the next is drawn from the newest of them.

    Parameters
    ----------
    outline : Outline
    site : Site
        Where places and datastreams are looked up.
    forecaster : Forecaster
        The process.
    real : callable
        A steady clock [s].
    """

    def __init__(
        self,
        outline: Outline,
        site: Site,
        forecaster: Forecaster[Drawn],
        *,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self.outline, self._forecaster, self._real = outline, forecaster, real
        self.places = tuple(
            place for place in site.places if place.area == outline.area and place.floods
        )
        self._datastreams: Mapping[str, Datastream] = {k: d for k, _, d in site.datastreams()}
        self._drawn: int | None = None
        self._prepared = False

    async def prepare(self) -> None:
        """Start the process, which compiles its kernels unless they are cached."""
        began = self._real()
        log.info("preparing the flood chain; its first start compiles for up to a minute")
        try:
            await self._forecaster.ready()
        except ForecastFailed as error:
            log.error("no maps: %s", error)
            return
        log.info("flood chain is prepared", extra=fields(took_s=round(self._real() - began, 1)))

    async def turn(self, area: Area, publish: Publish) -> bool:
        """Draw a map if `area` was judged at a newer minute than the last map; return whether."""
        minute = area.issued
        if minute is None or minute == self._drawn:
            return False
        if self._drawn is None and area.series.newest is None:
            return False
        began = self._real()
        self._drawn = minute
        silent = silences(area.series, self.outline.inputs, self._datastreams, minute)
        around = self._around(area, minute)
        found = await self._draw(area, minute)
        issue = time_of(minute)
        if isinstance(found, Drawn):
            found = found._replace(degraded=list(dict.fromkeys((*found.degraded, *silent))))
            inundation, forecasts, assessments = self._tell(found, issue, around)
        else:
            inundation, forecasts = self._failed(found, issue), []
            assessments = [self._unknown(place, issue, found) for place in self.places]
        await publish(inundation, forecasts, assessments)
        log.debug(
            "map drawn",
            extra=fields(minute=issue.isoformat(), took_s=round(self._real() - began, 1)),
        )
        return True

    async def _draw(self, area: Area, minute: int) -> Drawn | str:
        outline = self.outline
        history = area.series.history(minute, outline.history_minutes, outline.inputs)
        try:
            await self._forecaster.ready()
            found = await self._forecaster.predict(history, minute * 60.0)
        except ForecastFailed as error:
            return str(error)
        fault = next(filter(None, (absurdity(q) for q in found.depths.values())), None)
        return f"the map was refused: {fault}" if fault else found

    def _around(self, area: Area, minute: int) -> list[str]:
        """Return what the last hour shows where the model looks."""
        return evidence(area.series, self.outline.inputs, "", self._datastreams, minute)

    def _tell(
        self, drawn: Drawn, issue: datetime, around: Sequence[str]
    ) -> tuple[Inundation, list[Forecast], list[Assessment]]:
        outline = self.outline
        inundation = Inundation(
            area=outline.area,
            issue_time=issue,
            model=outline.name,
            members=drawn.members,
            leads_s=list(outline.zone_leads_s),
            depths_m=list(outline.zone_depths_m),
            probabilities=list(outline.zone_probabilities),
            zones=drawn.zones,
            degraded=drawn.degraded,
        )
        forecasts, assessments = [], []
        for place in self.places:
            quantiles = drawn.depths.get(place.id)
            if quantiles is None:
                reason = "it lies outside the terrain of the inundation model"
                assessments.append(self._unknown(place, issue, reason))
                continue
            forecast = Forecast(
                area=outline.area,
                datastream=place.key,
                issue_time=issue,
                model=outline.name,
                leads_s=list(outline.leads_s),
                probabilities=list(outline.probabilities),
                values=[ascending(row) for row in quantiles.values],
                degraded=drawn.degraded,
            )
            grounds = Grounds(
                observed=None,
                evidence=(*drawn.evidence, *around),
                where=tuple(drawn.where.get(place.id, ())),
            )
            forecasts.append(forecast)
            assessments.append(assess(forecast, place.thresholds, grounds, hazard=INUNDATION))
        return inundation, forecasts, assessments

    def _failed(self, reason: str, issue: datetime) -> Inundation:
        return Inundation(
            area=self.outline.area,
            issue_time=issue,
            model=self.outline.name,
            members=0,
            leads_s=[],
            depths_m=[],
            probabilities=[],
            zones=[],
            failed=reason,
        )

    def _unknown(self, place: Place, issue: datetime, reason: str) -> Assessment:
        return assess_without_forecast(
            self.outline.area,
            place.key,
            issue,
            reason,
            place.thresholds,
            Grounds(observed=None),
            hazard=INUNDATION,
        )

    def close(self) -> None:
        """End the process, at once, even in the middle of a map."""
        self._forecaster.close()

    async def work(self, area: Area, owned: Callable[[], bool], publish: Publish) -> None:
        """Draw map after map while the area is ours, for ever."""
        await self.prepare()
        while True:
            if not owned() or not await self.turn(area, publish):
                await asyncio.sleep(LOOK_S)


LOOK_S = 0.2
"""Real seconds between two looks for a newer minute."""


def absurdity(found: Quantiles) -> str | None:
    """Return what is wrong with depths that no street could ever have, None if nothing is."""
    for row in found.values:
        for value in row:
            if not isfinite(value):
                return "a depth is not finite"
            if not 0 <= value <= DEEPEST_M:
                return f"a depth is {value:g} m, outside [0, {DEEPEST_M:g}]"
    return None
