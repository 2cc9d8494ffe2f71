"""A venue: its programme each minute, and one assessment of its running and coming events."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.hazard import Assessment, Forecast
from forewarn.domain.station import Place
from forewarn.domain.venue import Advice, EventState, Programme, Span, Stretch
from stream.assess import Grounds, Observed, assess, assess_without_forecast
from stream.hazards.contract import Findings, View
from stream.hazards.venues import quantities
from stream.hazards.venues.plan import Event, Venue
from stream.hazards.venues.quantities import Inputs, Quantity
from stream.hazards.venues.ruling import ADVICE, Ruling, clock, moment, rule, rule_lightning
from stream.models.venue import advice, paths
from stream.models.venue.advice import Code
from stream.models.venue.lightning import Lightning

Array = NDArray[np.float64]

MODEL = "venue-limits-1"
HISTORY_MIN = 360
LEADS = tuple(range(2, 37, 2))
"""Steps at which the severity is forecast: each ten minutes, to three hours."""
MOST_WHY = 4


class VenueHazard:
    """One venue."""

    history_minutes = HISTORY_MIN

    def __init__(
        self, venue: Venue, place: Place, intervals: Mapping[str, int], timezone: str
    ) -> None:
        self._venue, self._place, self._timezone = venue, place, ZoneInfo(timezone)
        self._intervals = intervals
        self._hold = max(1, round(venue.hold.total_seconds() / 60))
        self._least = max(1, round(venue.least.total_seconds() / 60 / paths.STEP_MIN))
        self.name = f"venue {place.id}"
        self.area = place.area
        asked = [key for s in venue.sources.values() for key in (s.datastream, s.guide) if key]
        self.borrowed: tuple[str, ...] = tuple(dict.fromkeys(asked))
        if venue.heat:
            heat = venue.heat
            asked += [k for k in (heat.temperature, heat.humidity, heat.solar, heat.wind) if k]
        if venue.lightning:
            asked += [venue.lightning.distance, venue.lightning.strokes]
        forecast_only = [key for key in self.borrowed if key not in intervals]
        self.inputs: tuple[str, ...] = tuple(
            key for key in dict.fromkeys(asked) if key not in forecast_only
        )
        self.targets: Mapping[str, str] = {place.key: place.hazard}
        self._given: dict[str, list[tuple[float, int]]] = {}

    def judge(self, view: View) -> Findings:
        """Return the programme, and how near its limits the venue's events will come."""
        known, bolts = self._quantities(view)
        issue = moment(view.issue_s, 0)
        coming = [event for event in self._venue.events if event.end > issue]
        rulings = {event.id: self._rulings(event, known, bolts) for event in coming}
        states = [self._state(event, rulings[event.id], view.issue_s) for event in coming]
        notes = tuple(dict.fromkeys(note for q in known.values() for note in q.notes))
        programme = Programme(
            venue=self._place.id,
            name=self._place.name,
            area=self._place.area,
            issue_time=issue,
            events=states,
            degraded=list(notes),
        )
        forecast, assessment = self._assessed(coming, rulings, states, view.issue_s)
        return Findings(
            forecasts=[forecast] if forecast else [],
            assessments=[assessment],
            programmes=[programme],
        )

    def _quantities(self, view: View) -> tuple[dict[str, Quantity], Lightning | None]:
        inputs = Inputs(view, {key: row for row, key in enumerate(self.inputs)}, self._intervals)
        known = {
            name: quantities.measured(name, source, inputs)
            for name, source in self._venue.sources.items()
        }
        bolts: Lightning | None = None
        if self._venue.heat:
            known["heat"] = quantities.felt_heat(self._venue.heat, inputs)
        if self._venue.lightning:
            known["lightning"], bolts = quantities.lightning(self._venue.lightning, inputs)
        return known, bolts

    def _rulings(
        self, event: Event, known: Mapping[str, Quantity], bolts: Lightning | None
    ) -> list[Ruling]:
        found = []
        for name, limit in event.rules().items():
            quantity = known[limit.of]
            if limit.of == "lightning" and bolts is not None:
                found.append(rule_lightning(name, limit, quantity, bolts))
            else:
                found.append(rule(name, limit, quantity, hold=self._hold))
        return found

    def _state(self, event: Event, rulings: Sequence[Ruling], issue_s: float) -> EventState:
        """Return one event as it is advised now."""
        codes = np.max([ruling.codes for ruling in rulings], axis=0)
        codes[1:] = advice.lasting(codes, self._least)[1:]
        first, last = _steps(event, issue_s)
        during = codes[first:last] if first < paths.STEPS else codes[:0]
        running = first == 0 and event.start.timestamp() <= issue_s
        covered = event.end.timestamp() <= issue_s + 60 * paths.HORIZON_MIN
        code, why = self._advised(during, rulings, first, running=running, covered=covered)
        settled = self._settled(event.id, issue_s, code)
        if settled > code:
            kept = f"{ADVICE[Code(settled)]} until it has been better for {self._hold} min"
            code, why = settled, [kept, *why]
        window = self._window(event, rulings, issue_s, 0 if running else first)
        if running and code < Code.STOP and (during == Code.STOP).any():
            begins = moment(issue_s, first + int(np.argmax(during == Code.STOP)))
            why = [f"stop expected from {clock(begins, self._timezone)}", *why]
        return EventState(
            event=event.id,
            name=event.name,
            start=event.start,
            end=event.end,
            advice=ADVICE[Code(code)],
            why=why[:MOST_WHY],
            limits=[
                ruling.state(slice(first, max(last, first + 1)), self._alone(ruling, issue_s))
                for ruling in rulings
            ],
            timeline=_timeline(codes, rulings, issue_s),
            next_window=window,
        )

    def _alone(self, ruling: Ruling, issue_s: float) -> list[Stretch]:
        """Return the advice by one limit."""
        codes = ruling.codes.copy()
        codes[1:] = advice.lasting(codes, self._least)[1:]
        return _timeline(codes[: ruling.seen], [ruling], issue_s)

    def _advised(
        self,
        during: advice.Codes,
        rulings: Sequence[Ruling],
        first: int,
        *,
        running: bool,
        covered: bool,
    ) -> tuple[int, list[str]]:
        """Return the event's code and why; what no forecast reaches is unknown."""
        if len(during) == 0:
            return Code.UNKNOWN, ["no forecast reaches this event yet"]
        if running:
            code, step = int(during[0]), first
            if code < Code.CAUTION and (during == Code.STOP).any():
                code = Code.CAUTION
        else:
            code = int(during.max())
            step = first + int(np.argmax(during == code))
        if not covered and code < Code.UNKNOWN and not running:
            return Code.UNKNOWN, ["no forecast reaches the end of this event yet"]
        if code == Code.GO:
            return code, []
        return code, [ruling.why(step) for ruling in rulings if int(ruling.codes[step]) == code]

    def _settled(self, event: str, issue_s: float, code: int) -> int:
        """Return the worst advice of the last minutes: better advice must stand for a while."""
        since = issue_s - 60 * self._hold
        given = [(at, old) for at, old in self._given.get(event, []) if since < at < issue_s]
        self._given[event] = [*given, (issue_s, code)]
        return max(code, *(old for _, old in given if old != Code.UNKNOWN), Code.GO)

    def _window(
        self, event: Event, rulings: Sequence[Ruling], issue_s: float, earliest: int
    ) -> Span | None:
        needs = event.needs or event.end - event.start
        steps = int(np.ceil(needs / timedelta(minutes=paths.STEP_MIN)))
        safe = np.all([_safe(ruling) for ruling in rulings], axis=0) & self._open(issue_s)
        found = advice.next_window(safe, steps, earliest=min(earliest, paths.STEPS))
        if found is None:
            return None
        return Span(start=moment(issue_s, found.start), end=moment(issue_s, found.end))

    def _open(self, issue_s: float) -> NDArray[np.bool_]:
        opens, closes = self._venue.hours
        local = [moment(issue_s, step).astimezone(self._timezone) for step in range(paths.STEPS)]
        return np.array([opens <= at.strftime("%H:%M") < closes for at in local])

    def _assessed(
        self,
        coming: Sequence[Event],
        rulings: Mapping[str, Sequence[Ruling]],
        states: Sequence[EventState],
        issue_s: float,
    ) -> tuple[Forecast | None, Assessment]:
        """Return how severe it will be for whatever takes place within three hours."""
        place, issue = self._place, moment(issue_s, 0)
        severe = np.zeros((len(LEADS), len(paths.PROBABILITIES)))
        now, evidence, missing = 0.0, [], []
        blind = False
        for event, state in zip(coming, states, strict=True):
            first, last = _steps(event, issue_s)
            on = np.array([first <= lead < last for lead in LEADS])
            running = event.start <= issue
            if not (on.any() or running):
                continue
            evidence.append(f"{event.name}: {state.advice}" + _because(state))
            for ruling in rulings[event.id]:
                known = ruling.quantiles[list(LEADS)]
                severe[on] = np.fmax(severe[on], known[on])
                if not np.isfinite(known[on]).all() or ruling.now == Code.UNKNOWN:
                    missing.append(ruling.why(0) if ruling.now == Code.UNKNOWN else ruling.name)
                if running:
                    now = float(np.fmax(now, ruling.severity_now))
            blind |= all(ruling.now == Code.UNKNOWN for ruling in rulings[event.id])
        reasons = tuple(dict.fromkeys(missing))
        observed = Observed(issue, now) if now > 0 else None
        grounds = Grounds(observed, reasons, tuple(evidence) or ("no event within three hours",))
        if blind:
            return None, assess_without_forecast(
                place.area,
                place.key,
                issue,
                "nothing is known of the limits of an event",
                place.thresholds,
                grounds,
                hazard=place.hazard,
            )
        forecast = Forecast(
            area=place.area,
            datastream=place.key,
            issue_time=issue,
            model=MODEL,
            leads_s=[60 * paths.STEP_MIN * lead for lead in LEADS],
            probabilities=list(paths.PROBABILITIES),
            values=severe.tolist(),
            degraded=list(reasons),
        )
        return forecast, assess(forecast, place.thresholds, grounds, hazard=place.hazard)


def _steps(event: Event, issue_s: float) -> tuple[int, int]:
    """Return the steps of an event, the last not included; both may lie beyond the horizon."""
    start, end = (
        (at.timestamp() - issue_s) / 60 / paths.STEP_MIN for at in (event.start, event.end)
    )
    return max(0, int(np.floor(start))), min(paths.STEPS, max(1, int(np.ceil(end))))


def _safe(ruling: Ruling) -> NDArray[np.bool_]:
    """Return the steps at which a limit is surely kept, as far as it is known."""
    upper = ruling.quantiles[:, paths.PROBABILITIES.index(0.9)]
    return np.asarray(np.isfinite(upper) & (upper < 2) & (ruling.codes < Code.UNKNOWN))


def _timeline(codes: advice.Codes, rulings: Sequence[Ruling], issue_s: float) -> list[Stretch]:
    """Return the advice from now on, as far as anything is forecast."""
    known = np.flatnonzero(codes != Code.UNKNOWN)
    end = int(known[-1]) + 1 if len(known) else 1
    edges = [0, *(np.flatnonzero(np.diff(codes[:end])) + 1).tolist(), end]
    stretches = []
    for start, stop in pairwise(edges):
        code = int(codes[start])
        why = [r.why(start) for r in rulings if code != Code.GO and int(r.codes[start]) == code]
        stretches.append(
            Stretch(
                start=moment(issue_s, start),
                end=moment(issue_s, stop),
                advice=ADVICE[Code(code)],
                why=why[:MOST_WHY],
            )
        )
    return stretches


def _because(state: EventState) -> str:
    return f" ({'; '.join(state.why)})" if state.why and state.advice is not Advice.GO else ""
