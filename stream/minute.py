"""The minute: which areas are due, and what comes out of one round for one of them. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from math import isfinite

from msgspec.structs import replace

from forewarn.domain.hazard import Assessment, Forecast, hazard_of
from forewarn.domain.observation import Columns
from forewarn.domain.station import Datastream, Limits, Site
from stream.assess import Grounds, Observed, assess, assess_without_forecast
from stream.evidence import evidence, patience, silences
from stream.forecasting import Answer, Model, Quantiles
from stream.series import MinuteSeries, minute_of, time_of

SILENT_AFTER_S = 10.0
"""Real seconds after the end of a minute at which an area is judged without news."""
SETTLE_S = 0.5
"""Real seconds given to an area's other inputs once the first one has a new minute."""
EVIDENCE_MINUTES = 61
JUST_AFTER = timedelta(milliseconds=1)
"""An assessment between two rounds is newer than that of the round."""
PROMPT = timedelta(minutes=2)
"""What was observed longer ago came late, and waits for the round that sees all that came."""
SPARE_MINUTES = 60
"""Minutes kept beyond what is looked at: a minute may be judged a little late."""
CROSSING_TOLERANCE = 1e-6
FAR = 1e6
"""A forecast beyond this is absurd where the instrument's range is not known."""


class Area:
    """One area: what is judged there, the series it needs, and the last minute judged.

    Parameters
    ----------
    identifier : str
        Id of the area.
    site : Site
        Where datastreams, limits and thresholds are looked up.
    model : Model, optional
        The fitted model; without one only observations are judged.
    no_model : str
        The reason given for a datastream that no model forecasts.
    also, also_minutes :
        Datastreams kept besides, and for how long: what the area's map is drawn from.
    others : collection
        Datastreams that somebody else judges.
    watched, watched_minutes :
        Inputs of the hazards that follow this area's rounds, and for how long they are kept.
    """

    def __init__(
        self,
        identifier: str,
        site: Site,
        model: Model | None,
        no_model: str,
        *,
        also: Sequence[str] = (),
        also_minutes: int = 0,
        others: Collection[str] = (),
        watched: Sequence[str] = (),
        watched_minutes: int = 0,
    ) -> None:
        self.identifier, self.model, self._no_model = identifier, model, no_model
        self._watched = bool(watched)
        self.datastreams: dict[str, Datastream] = {key: d for key, _, d in site.datastreams()}
        targets = model.targets if model else ()
        self.judged = tuple(
            key
            for key, station, stream in site.datastreams()
            if station.area == identifier
            and key not in others
            and (stream.thresholds or key in targets)
        )
        forecast = any(key in targets for key in self.judged)
        self.inputs = model.inputs if model and forecast else ()
        self._waited_for = tuple(dict.fromkeys((*self.inputs, *self.judged, *watched)))
        self.wanted = tuple(dict.fromkeys((*self.inputs, *also, *watched)))
        self.keys = tuple(dict.fromkeys((*self._waited_for, *also)))
        self._grounded_on = tuple(dict.fromkeys((*self.inputs, *self.judged)))
        history = model.history_minutes if model and forecast else 0
        self.past_minutes = max(history, EVIDENCE_MINUTES, also_minutes) + SPARE_MINUTES
        """Minutes of the past with which its rounds begin."""
        self.minutes = max(self.past_minutes, watched_minutes + SPARE_MINUTES)
        """Minutes that are kept; its hazards fill in what lies before (stream/hazards/watch.py)."""
        self.forget()

    def forget(self) -> None:
        """Empty the series: it will be filled from the database."""
        self.series = MinuteSeries(self.keys, self.minutes)
        self.issued: int | None = None
        self._advanced_at: float | None = None
        self._began: datetime | None = None
        self._news = False
        self._found: dict[str, Forecast | str] = {}
        self._said: dict[str, Assessment] = {}
        self._silent: list[str] = []

    def add(self, columns: Columns, *, not_after_ms: int, real_s: float) -> None:
        """Merge checked observations that came at `real_s` of a steady clock."""
        advanced = self.series.add(columns, not_after_ms=not_after_ms)
        self._news |= advanced
        if advanced and self._advanced_at is None and self._newest_beyond(self.issued):
            self._advanced_at = real_s

    def warmed(self, now: datetime) -> None:
        """Begin after what the database held, or now where it held nothing of late."""
        newest, ended = self._newest(), minute_of(now)
        if newest is None or newest <= ended - self.past_minutes:
            newest = ended
        self.issued = min(newest, ended)
        self._advanced_at, self._began = None, now

    def due(self, now: datetime, real_s: float, speed: float) -> int | None:
        """Return the minute to judge at world time `now`, None if there is nothing to do yet.

        A minute is due when observations have come for it, as soon as all inputs that report
        have theirs, or SETTLE_S after the first; or SILENT_AFTER_S after it ended, without.
        Who has just begun gives what waits on the wire as long to arrive.
        """
        if self.issued is None or not (self.judged or self._watched):
            return None
        ended, newest = minute_of(now), self._newest()
        if newest is not None and min(newest, ended) > self.issued:
            minute = min(newest, ended)
            waited = real_s - (self._advanced_at if self._advanced_at is not None else real_s)
            if waited >= SETTLE_S or self._complete(minute):
                return minute
        since = time_of(self.issued + 1)
        since = since if self._began is None else max(since, self._began)
        overdue_s = (now - since).total_seconds() / speed
        return ended if overdue_s >= SILENT_AFTER_S and ended > self.issued else None

    def begin(self, minute: int) -> None:
        """Note that `minute` is being judged."""
        self.issued, self._advanced_at = minute, None

    def _newest(self) -> int | None:
        found = [self.series.latest_minute(key) for key in self._waited_for]
        return max((minute for minute in found if minute is not None), default=None)

    def _newest_beyond(self, minute: int | None) -> bool:
        newest = self._newest()
        return newest is not None and (minute is None or newest > minute)

    def _complete(self, minute: int) -> bool:
        """Tell whether each input that reports has a value as new as its interval lets expect."""
        for key in self._waited_for:
            newest, stream = self.series.latest_minute(key), self.datastreams.get(key)
            if newest is None or stream is None or minute - newest > patience(stream.interval):
                continue
            if minute - newest >= max(1, round(stream.interval.total_seconds() / 60)):
                return False
        return True

    def conclude(
        self, minute: int, answer: Answer | str
    ) -> tuple[list[Forecast], list[Assessment]]:
        """Return the forecasts and assessments of `minute`.

        `answer` is what the model said, or why it said nothing.
        """
        inputs = self.inputs or self.judged
        self._silent = silences(self.series, inputs, self.datastreams, minute)
        self._found = {key: self._forecast(key, minute, answer) for key in self.judged}
        at = time_of(minute)
        self._said = {
            key: self._assess(key, found, minute, at) for key, found in self._found.items()
        }
        forecasts = [found for found in self._found.values() if isinstance(found, Forecast)]
        return forecasts, list(self._said.values())

    def reached(self, now: datetime) -> list[Assessment]:
        """Return what cannot wait for the end of its minute: thresholds first seen reached.

        The last round's forecast stands; the assessment is of the time of the observation. A
        threshold that was said to be reached is not said again before the next round.
        """
        pending = self._newest_beyond(self.issued) and minute_of(now) > (self.issued or 0)
        if pending or not self._news:  # a round that is pending begins within SETTLE_S
            return []
        self._news = False
        crossed = {key: said for key in self._found if (said := self._reaches(key, now))}
        self._said |= crossed
        return list(crossed.values())

    def _reaches(self, key: str, now: datetime) -> Assessment | None:
        """Return what is to be said of `key` if it has just reached a threshold."""
        latest, said = self.series.latest(key), self._said[key]
        if latest is None or now - latest[0] > PROMPT:
            return None
        known = {e.threshold for e in said.exceedances if e.observed}
        reached = {t.value for t in self.datastreams[key].thresholds if t.value <= latest[1]}
        if reached <= known:
            return None
        at = max(min(latest[0], now), said.issue_time + JUST_AFTER)
        minute = max(minute_of(now), self.series.latest_minute(key) or 0)
        return self._assess(key, self._found[key], minute, at)

    def _assess(self, key: str, found: Forecast | str, minute: int, at: datetime) -> Assessment:
        thresholds, kind = self.datastreams[key].thresholds, hazard_of(key)
        grounds = self._grounds(key, minute)
        if isinstance(found, Forecast):
            return replace(assess(found, thresholds, grounds, hazard=kind), issue_time=at)
        return assess_without_forecast(
            self.identifier, key, at, found, thresholds, grounds, hazard=kind
        )

    def _grounds(self, key: str, minute: int) -> Grounds:
        latest = self.series.latest(key)
        newest = self.series.latest_minute(key)
        fresh = newest is not None and minute - newest <= patience(self.datastreams[key].interval)
        return Grounds(
            observed=Observed(*latest) if latest and fresh else None,
            degraded=tuple(self._silent),
            evidence=tuple(evidence(self.series, self._grounded_on, key, self.datastreams, minute)),
        )

    def _forecast(self, key: str, minute: int, answer: Answer | str) -> Forecast | str:
        if self.model is None or key not in self.model.targets:
            return self._no_model
        if isinstance(answer, str):
            return answer
        found = answer.get(key, "the model gave no answer for it")
        if isinstance(found, str):
            return found
        leads, probabilities = list(self.model.leads_s), list(self.model.probabilities)
        shape = (len(leads), len(probabilities))
        fault = absurdity(found, shape, self.datastreams[key].limits)
        if fault:
            return f"the forecast of {self.model.name} was refused: {fault}"
        return Forecast(
            area=self.identifier,
            datastream=key,
            issue_time=time_of(minute),
            model=self.model.name,
            leads_s=leads,
            probabilities=probabilities,
            values=[ascending(row) for row in found.values],
            degraded=list(found.degraded),
        )


def absurdity(found: Quantiles, shape: tuple[int, int], limits: Limits) -> str | None:
    """Return what is wrong with quantiles that no gauge could ever follow, None if nothing is.

    They must be finite, ascend with probability, and lie within the instrument's range
    widened by its own span on both sides.
    """
    rows, wanted = found.values, shape[1]
    if len(rows) != shape[0] or any(len(row) != wanted for row in rows):
        return f"it has not {shape[0]} leads by {wanted} quantiles"
    if not all(isfinite(value) for row in rows for value in row):
        return "it is not finite"
    if any(b - a < -CROSSING_TOLERANCE for row in rows for a, b in pairwise(row)):
        return "its quantiles cross"
    low, high = limits.fail or (-FAR / 3, FAR / 3)
    low, high = low - (high - low), high + (high - low)
    lowest, highest = min(map(min, rows)), max(map(max, rows))
    if lowest < low or highest > high:
        return f"it reaches from {lowest:g} to {highest:g}, outside [{low:g}, {high:g}]"
    return None


def ascending(row: Sequence[float]) -> list[float]:
    """Return `row` without decreases by rounding."""
    return list(accumulate(row, max))


def routes(site: Site, areas: Mapping[str, Area]) -> dict[str, tuple[str, ...]]:
    """Return for each datastream the areas that want it: its own, and those that rest on it."""
    found: dict[str, tuple[str, ...]] = {}
    for key, station, _ in site.datastreams():
        users = [area.identifier for area in areas.values() if key in area.wanted]
        found[key] = tuple(dict.fromkeys((station.area, *users)))
    return found
