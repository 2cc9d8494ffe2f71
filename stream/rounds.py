"""The rounds of a worker: which areas it owns, their series warm, judged minute by minute."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from forewarn.domain.clock import Clock
from forewarn.domain.hazard import Assessment, Forecast
from forewarn.domain.logs import fields
from forewarn.domain.observation import CheckedColumns, to_milliseconds
from forewarn.runtime import metrics
from stream.forecasting import Answer, Forecaster, ForecastFailed
from stream.minute import Area
from stream.series import time_of

log = logging.getLogger("stream.rounds")

AHEAD = timedelta(minutes=2)
"""A station's clock may run this far ahead; values beyond it are stored but not used."""
WARM_WITHIN_S = 10.0
"""Real seconds that an area waits for its past; then it begins without, and gets it later."""

Samples = Mapping[str, Sequence[tuple[int, float | None, int]]]
Recall = Callable[[Sequence[str], datetime], Awaitable[Samples]]
"""Returns what the database holds of datastreams since a time: (time [ms], result, quality)."""
Publish = Callable[[Sequence[Forecast], Sequence[Assessment]], Awaitable[None]]


class Rounds:
    """Judges the areas that this worker owns.

    Parameters
    ----------
    areas : mapping
        All areas of the site, by id.
    forecaster : Forecaster, optional
        Where the model runs; None if there is no model.
    clock : Clock
        World time; `speed` world seconds pass in a real one.
    recall : callable
        Reads the past of an area from the database.
    real : callable
        A steady clock [s].
    """

    def __init__(
        self,
        areas: Mapping[str, Area],
        forecaster: Forecaster[Answer] | None,
        *,
        clock: Clock,
        speed: float,
        recall: Recall,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self._areas, self._forecaster = areas, forecaster
        self._clock, self._speed, self._recall, self._real = clock, speed, recall, real
        self._owned: dict[str, asyncio.Task[None]] = {}

    @property
    def owned(self) -> set[str]:
        """Ids of the areas that are judged here."""
        return set(self._owned)

    def own(self, areas: Iterable[str]) -> None:
        """Judge these areas from now on, and no others; new ones remember the database first."""
        wanted = set(areas) & set(self._areas)
        for area in self.owned - wanted:
            self._owned.pop(area).cancel()
        for area in wanted - self.owned:
            self._areas[area].forget()
            self._owned[area] = asyncio.get_running_loop().create_task(self._warm(area))

    def add(self, checked: CheckedColumns) -> None:
        """Merge checked observations of one area into its series."""
        area = self._areas.get(checked.area)
        if area is not None:
            limit = to_milliseconds(self._clock.now() + AHEAD)
            area.add(checked.columns, not_after_ms=limit, real_s=self._real())

    async def turn(self, publish: Publish) -> int:
        """Judge every owned area that is due, each at its newest minute; return how many.

        Of the others, thresholds that were reached since their round are told at once.
        """
        due = [
            (area, minute)
            for area in (self._areas[identifier] for identifier in sorted(self._owned))
            if (minute := area.due(self._clock.now(), self._real(), self._speed)) is not None
        ]
        for area, minute in due:
            area.begin(minute)
        waiting = self._owned.keys() - {area.identifier for area, _ in due}
        now = self._clock.now()
        if reached := [a for name in sorted(waiting) for a in self._areas[name].reached(now)]:
            await publish([], reached)
        await asyncio.gather(*(self._judge(area, minute, publish) for area, minute in due))
        return len(due)

    async def _judge(self, area: Area, minute: int, publish: Publish) -> None:
        began = self._real()
        answer = await self._answer(area, minute)
        forecasts, assessments = area.conclude(minute, answer)
        await publish(forecasts, assessments)
        metrics.round_seconds.observe(self._real() - began)
        metrics.judged_minute.labels(area=area.identifier).set(minute * 60)
        log.debug(
            "judged",
            extra=fields(
                area=area.identifier,
                minute=time_of(minute).isoformat(),
                forecasts=len(forecasts),
                took_s=round(self._real() - began, 3),
            ),
        )

    async def _answer(self, area: Area, minute: int) -> Answer | str:
        if self._forecaster is None or area.model is None or not area.inputs:
            return "no model"
        history = area.series.history(minute, area.model.history_minutes, area.inputs)
        try:
            return await self._forecaster.predict(history, minute * 60.0)
        except ForecastFailed as error:
            return str(error)

    async def _warm(self, identifier: str) -> None:
        area = self._areas[identifier]
        since = self._clock.now() - timedelta(minutes=area.past_minutes)
        recalling = asyncio.ensure_future(self._recall(area.keys, since))
        try:
            await asyncio.wait({recalling}, timeout=WARM_WITHIN_S)
            if not recalling.done():
                log.warning("no past from the database yet", extra=fields(area=identifier))
                area.warmed(self._clock.now())
            samples = await recalling
        finally:
            recalling.cancel()
        for key, values in samples.items():
            area.series.add_samples(key, values)
        if area.issued is None:
            area.warmed(self._clock.now())
        values_known = sum(len(values) for values in samples.values())
        log.info("area begins", extra=fields(area=identifier, values=values_known))
