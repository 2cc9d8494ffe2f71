"""Judges the hazards of a worker's areas over and over, each round from the newest minutes."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from math import inf, isfinite

from forewarn.domain.clock import Clock
from forewarn.domain.hazard import Assessment, Forecast, Threshold
from forewarn.domain.logs import fields
from forewarn.domain.station import Datastream, Site
from stream.assess import Grounds, Observed, assess_without_forecast
from stream.evidence import patience
from stream.forecasting import Forecaster, ForecastFailed
from stream.hazards.contract import Findings, Hazard, View
from stream.hazards.judging import Answers
from stream.minute import CROSSING_TOLERANCE, SPARE_MINUTES, Area
from stream.rounds import Recall
from stream.series import time_of

log = logging.getLogger("stream.hazards")

Borrow = Callable[
    [Sequence[str]], Awaitable[tuple[Mapping[str, Forecast], Mapping[str, Assessment]]]
]
"""Returns the newest stored forecast and assessment of datastreams."""
Publish = Callable[[Findings], Awaitable[None]]

LOOK_S = 0.1
"""Real seconds between two looks for a newer minute."""
BOUNDS = {
    **dict.fromkeys(("rain", "water_depth", "discharge", "density", "specific_flow"), (0.0, inf)),
    **dict.fromkeys(("wave_height", "wind_speed", "wind_gust", "waiting"), (0.0, inf)),
    **dict.fromkeys(("landslide_index", "debris_flow_index"), (0.0, 1.0)),
    "occupancy_share": (0.0, 1.25),
}
"""What a property cannot be below and above, in SI units; a car park may hold some more than it has
bays. What is not here (stage, tide, temperature …) has no such bounds."""
ROUNDING = 1e-3


class Watch:
    """The hazards of one worker, and the minute each was judged last.

    An area's own round (stream/minute.py) says when a minute is complete; its hazards follow,
    on the series of the area. They look further back than it does: each is judged once the
    past that it looks at is there.

    Parameters
    ----------
    hazards : sequence
        All hazards of the site.
    areas : mapping
        All areas of the site, by id.
    forecaster : Forecaster
        The process in which they judge.
    recall, borrow : callable
        Read observations, and newest forecasts and assessments, from the database.
    """

    def __init__(
        self,
        hazards: Sequence[Hazard],
        areas: Mapping[str, Area],
        site: Site,
        forecaster: Forecaster[Answers],
        *,
        clock: Clock,
        recall: Recall,
        borrow: Borrow,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hazards, self._areas = hazards, areas
        self._forecaster, self._clock = forecaster, clock
        self._recall, self._borrow, self._real = recall, borrow, real
        self._datastreams: dict[str, Datastream] = {k: d for k, _, d in site.datastreams()}
        self._thresholds: dict[str, tuple[Threshold, ...]] = {
            **{key: stream.thresholds for key, stream in self._datastreams.items()},
            **{place.key: place.thresholds for place in site.places},
        }
        self._warm: dict[str, asyncio.Task[None]] = {}
        self._judged: dict[str, int] = {}

    def own(self, areas: Iterable[str]) -> None:
        """Watch the hazards of these areas from now on, and no others."""
        ours = set(areas)
        wanted = {hazard.name: hazard for hazard in self._hazards if hazard.area in ours}
        for name in set(self._warm) - set(wanted):
            self._warm.pop(name).cancel()
        for name in set(wanted) - set(self._warm):
            self._judged.pop(name, None)
            self._warm[name] = asyncio.get_running_loop().create_task(self._fill(wanted[name]))

    async def work(self, publish: Publish) -> None:
        """Judge round after round, for ever."""
        try:
            await self._forecaster.ready()
        except ForecastFailed as error:
            log.error("no hazards: %s", error)
        while True:
            if not await self.turn(publish):
                await asyncio.sleep(LOOK_S)

    async def turn(self, publish: Publish) -> int:
        """Judge every hazard whose area was judged at a newer minute; return how many.

        What they found is published at once: it waits for the database as one round.
        """
        due = [
            (hazard, minute)
            for hazard in self._hazards
            if (warm := self._warm.get(hazard.name)) is not None
            and warm.done()
            and (minute := self._areas[hazard.area].issued) is not None
            and minute > self._judged.get(hazard.name, -1)
        ]
        if not due:
            return 0
        began = self._real()
        for hazard, minute in due:
            self._judged[hazard.name] = minute
        answers = await self._ask(due)
        found = [
            self._conclude(hazard, minute, answer)
            for (hazard, minute), answer in zip(due, answers, strict=True)
        ]
        await publish(together(found))
        took_s = round(self._real() - began, 3)
        log.debug("hazards judged", extra=fields(count=len(due), took_s=took_s))
        return len(due)

    def close(self) -> None:
        """End the process, at once."""
        self._forecaster.close()

    async def _ask(self, due: Sequence[tuple[Hazard, int]]) -> Answers:
        lent = sorted({key for hazard, _ in due for key in hazard.borrowed})
        forecasts, assessments = await self._borrow(lent) if lent else ({}, {})
        asked = []
        for hazard, minute in due:
            mine, series = set(hazard.borrowed), self._areas[hazard.area].series
            view = View(
                issue_s=minute * 60.0,
                history=series.history(minute, hazard.history_minutes, hazard.inputs),
                forecasts={key: f for key, f in forecasts.items() if key in mine},
                assessments={key: a for key, a in assessments.items() if key in mine},
            )
            asked.append((hazard.name, view))
        try:
            await self._forecaster.ready()
            return await self._forecaster.predict(asked, max(m for _, m in due) * 60.0)
        except ForecastFailed as error:
            return [str(error)] * len(due)

    def _conclude(self, hazard: Hazard, minute: int, answer: Findings | str) -> Findings:
        """Return the findings; where there are none, or absurd ones, all its targets failed."""
        fault = answer if isinstance(answer, str) else absurdity(answer)
        if isinstance(answer, Findings) and fault is None:
            return answer
        return Findings(
            assessments=[
                assess_without_forecast(
                    hazard.area,
                    key,
                    time_of(minute),
                    f"{hazard.name}: {fault}",
                    self._thresholds[key],
                    Grounds(observed=self._observed(hazard, key, minute)),
                    hazard=kind,
                )
                for key, kind in hazard.targets.items()
            ]
        )

    def _observed(self, hazard: Hazard, key: str, minute: int) -> Observed | None:
        series = self._areas[hazard.area].series
        latest, newest = series.latest(key), series.latest_minute(key)
        if latest is None or newest is None:
            return None
        return Observed(*latest) if minute - newest <= self._patience(key) else None

    def _patience(self, key: str) -> int:
        return patience(self._datastreams[key].interval)

    async def _fill(self, hazard: Hazard) -> None:
        """Fill the area's series with the past that the hazard looks at; judge only then."""
        if not hazard.inputs:
            return
        since = self._clock.now() - timedelta(minutes=hazard.history_minutes + SPARE_MINUTES)
        samples = await self._recall(hazard.inputs, since)
        for key, values in samples.items():
            self._areas[hazard.area].series.add_samples(key, values)


def together(found: Sequence[Findings]) -> Findings:
    """Return what several hazards found as one."""
    return Findings(
        forecasts=[forecast for one in found for forecast in one.forecasts],
        assessments=[assessment for one in found for assessment in one.assessments],
        vitals=[signs for one in found for signs in one.vitals],
        programmes=[programme for one in found for programme in one.programmes],
    )


def absurdity(found: Findings) -> str | None:
    """Return what is wrong with forecasts that cannot be, None if nothing is."""
    for forecast in found.forecasts:
        shape = {len(row) for row in forecast.values}
        if len(forecast.values) != len(forecast.leads_s) or shape != {len(forecast.probabilities)}:
            return f"its forecast of {forecast.datastream} has not one quantile row a lead"
        least, most = BOUNDS.get(forecast.datastream.rpartition("/")[2], (-inf, inf))
        for row in forecast.values:
            if not all(isfinite(value) for value in row):
                return f"its forecast of {forecast.datastream} is not finite"
            if any(b - a < -CROSSING_TOLERANCE for a, b in pairwise(row)):
                return f"the quantiles of its forecast of {forecast.datastream} cross"
            for value in row:
                if not least - ROUNDING <= value <= most + ROUNDING:
                    return (
                        f"its forecast of {forecast.datastream} reaches {value:.6g}, which is "
                        f"{'below' if value < least else 'above'} what can be"
                    )
    return None
