"""What the page is told of a month's warnings. `console/web/src/models/wire.ts` says the same."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median

from msgspec import Struct

from forewarn.domain.desk import Incident
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.scores import Score, quartiles
from forewarn.domain.verdict import EventOutcome, Remark


class ScoreView(Struct, frozen=True, kw_only=True):
    """One hazard at one level in the month; leads in seconds."""

    status: str
    hazard: str
    level: int
    hits: int
    misses: int
    false_alarms: int
    unknown: int
    pod: float | None
    far: float | None
    csi: float | None
    lead_s: float | None
    """Median of the actual leads of the hits."""
    quartiles_s: tuple[float, float] | None
    early_s: float | None
    """Median of promised - actual onset."""


class VerdictView(Struct, frozen=True, kw_only=True):
    """The outcome of one event at one level."""

    level: int
    verdict: str
    why: str
    threshold: float | None
    warned: int | None
    crossed: int | None
    lead_s: float | None
    uncertain_s: float | None
    decided_by: str


class RemarkView(Struct, frozen=True, kw_only=True):
    """What an officer said afterwards."""

    number: int
    at: int
    author: str
    text: str
    confirmed: bool | None


class EventView(Struct, frozen=True, kw_only=True):
    """A warning that ended, or something that nobody was warned of."""

    event: str
    began: int
    ended: int | None
    area: str
    """Name of the area, for people."""
    hazard: str
    key: str
    status: str
    drill: str
    state: str
    """Of the incident; empty: there was none."""
    headline: str
    verdicts: list[VerdictView]
    """By level; none while it is not judged, and of drills."""
    remarks: list[RemarkView]


class MonthView(Struct, frozen=True, kw_only=True):
    """One month of the site's zone."""

    month: str
    world_time: int
    scores: list[ScoreView]
    events: list[EventView]
    """Newest first."""


def score_view(score: Score) -> ScoreView:
    """Return the counts and ratios of `score`."""
    return ScoreView(
        status=score.status,
        hazard=score.hazard,
        level=int(score.level),
        hits=score.hits,
        misses=score.misses,
        false_alarms=score.false_alarms,
        unknown=score.unknown,
        pod=score.pod,
        far=score.far,
        csi=score.csi,
        lead_s=median(score.leads_s) if score.leads_s else None,
        quartiles_s=quartiles(score.leads_s),
        early_s=median(score.early_s) if score.early_s else None,
    )


def event_views(
    ended: Sequence[Incident],
    outcomes: Sequence[EventOutcome],
    remarks: dict[str, list[Remark]],
    areas: dict[str, str],
) -> list[EventView]:
    """Return incidents with their outcomes, and misses without an incident, newest first."""
    by_event: dict[str, list[EventOutcome]] = {}
    for outcome in outcomes:
        by_event.setdefault(outcome.event, []).append(outcome)
    incidents = {i.incident: i for i in ended}
    views = [
        _event(
            name,
            incidents.get(name),
            by_event.get(name, []),
            remarks.get(name, []),
            areas,
        )
        for name in {**incidents, **by_event}
    ]
    return sorted(views, key=lambda view: (view.began, view.event), reverse=True)


def _event(
    name: str,
    incident: Incident | None,
    outcomes: Sequence[EventOutcome],
    remarks: Sequence[Remark],
    areas: dict[str, str],
) -> EventView:
    told = incident or outcomes[0]
    return EventView(
        event=name,
        began=to_milliseconds(incident.opened if incident else outcomes[0].began),
        ended=_time(incident.ended) if incident else None,
        area=areas.get(told.area, told.area),
        hazard=told.hazard,
        key=told.datastream,
        status=told.status,
        drill=incident.drill if incident else "",
        state=incident.state.value if incident else "",
        headline=incident.headline if incident else "",
        verdicts=[_verdict(outcome) for outcome in outcomes],
        remarks=[_remark(remark) for remark in remarks],
    )


def _verdict(outcome: EventOutcome) -> VerdictView:
    return VerdictView(
        level=int(outcome.level),
        verdict=outcome.verdict.name.lower(),
        why=outcome.why.name.lower(),
        threshold=outcome.threshold,
        warned=_time(outcome.warned),
        crossed=_time(outcome.crossed),
        lead_s=outcome.lead_s,
        uncertain_s=outcome.uncertain_s,
        decided_by=outcome.decided_by,
    )


def _remark(remark: Remark) -> RemarkView:
    return RemarkView(
        number=remark.number,
        at=to_milliseconds(remark.at),
        author=remark.author,
        text=remark.text,
        confirmed=remark.confirmed,
    )


def _time(at: datetime | None) -> int | None:
    return None if at is None else to_milliseconds(at)
