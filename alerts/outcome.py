"""What became of a warning, level by level, judged by observations. Pure; docs/outcomes.md.

Only trusted observations count. A false alarm needs observations without a long gap for as
long as people were warned; else the verdict is `unknown`. Missing observations never mean
that all was well.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from forewarn.domain.desk import Incident
from forewarn.domain.hazard import AlertMessage, Level, Threshold
from forewarn.domain.verdict import EventOutcome, EventVerdict, Why

BEFORE = timedelta(hours=3)
"""A threshold that was reached up to this long before the first message is of that incident,
which came too late for it. As long as the horizon of assessments."""
REST = timedelta(hours=3)
"""Trusted values below a threshold for this long end an event; what follows is a new one."""
PATIENCE = timedelta(minutes=30)
"""A gap up to this long is none, nor one up to three intervals of the datastream."""

Span = tuple[datetime, datetime]
Value = tuple[datetime, float]
"""Phenomenon time and result of one trusted observation."""


class Watched(Struct, frozen=True, kw_only=True):
    """What was seen of one datastream."""

    values: Sequence[Value]
    """Trusted ones, ascending in time."""
    thresholds: Sequence[Threshold]
    """Of the site on this datastream; none where the hazard is not judged by its value."""
    interval: timedelta
    """How often a value is expected."""

    @property
    def tolerance(self) -> timedelta:
        """Return how far two values may lie apart without a gap between them."""
        return max(3 * self.interval, PATIENCE)


class Crossing(Struct, frozen=True):
    """The beginning of one event: the first trusted value at or above the threshold."""

    at: datetime
    before: datetime | None
    """Time of the trusted value before it, which was below; None where there is none."""


def threshold_of(level: Level, thresholds: Sequence[Threshold]) -> float | None:
    """Return the lowest value that calls for `level` or a higher one, if any does."""
    return min((t.value for t in thresholds if Level.parse(t.level) >= level), default=None)


def crossings(values: Sequence[Value], threshold: float) -> list[Crossing]:
    """Return the beginning of each event in `values`, ascending in time.

    Trusted values below `threshold` for `REST` end an event; a gap ends none.
    """
    found: list[Crossing] = []
    below_since: datetime | None = None
    before: datetime | None = None
    above = False
    for time, value in values:
        if value >= threshold:
            if not above:
                found.append(Crossing(time, before))
            above, below_since = True, None
        else:
            below_since = below_since or time
            above = above and time - below_since < REST
        before = time
    return found


def warned_spans(messages: Sequence[AlertMessage], level: Level) -> list[Span]:
    """Return when people were warned of at least `level`, as disjoint [start, end), ascending.

    `messages` are those of one incident, oldest first; each stands until the next or its expiry.
    """
    ends = [*(m.sent for m in messages[1:]), None]
    spans: list[Span] = []
    for message, end in zip(messages, ends, strict=True):
        until = message.expires if end is None else min(end, message.expires)
        if not _warns(message, level) or until <= message.sent:
            continue
        if spans and spans[-1][1] >= message.sent:
            spans[-1] = (spans[-1][0], until)
        else:
            spans.append((message.sent, until))
    return spans


def is_covered(values: Sequence[Value], span: Span, tolerance: timedelta) -> bool:
    """Return whether `values` leave no gap longer than `tolerance` anywhere in `span`."""
    start, end = span
    around = [t for t, _ in values if start - tolerance <= t <= end + tolerance]
    if not around or around[0] - start > tolerance or end - around[-1] > tolerance:
        return False
    return all(b - a <= tolerance or b <= start or a >= end for a, b in pairwise(around))


def observed_span(incident: Incident) -> Span:
    """Return the span of observations that the outcome of an ended `incident` rests on."""
    return incident.opened - BEFORE, incident.ended or incident.expires or incident.changed


def judge_incident(
    incident: Incident,
    messages: Sequence[AlertMessage],
    watched: Watched,
    *,
    cancelled_by: str = "",
) -> list[EventOutcome]:
    """Return the outcome of an ended incident for each level it is about, lowest first.

    Parameters
    ----------
    incident : Incident
        Cancelled or expired.
    messages : sequence of AlertMessage
        All of its messages, oldest first.
    watched : Watched
        With values from `observed_span(incident)` and a tolerance more on both sides.
    cancelled_by : str
        The officer who cancelled it; empty where it ended by itself.

    Returns
    -------
    list of EventOutcome
        One for each level that people were warned of, and for each that was or may have been
        reached without.
    """
    levels = {m.level for m in messages if _warns(m, Level.BLUE)}
    levels |= {Level.parse(t.level) for t in watched.thresholds}
    found = (_judge_level(incident, messages, watched, level) for level in sorted(levels))
    return [replace(o, cancelled_by=cancelled_by) for o in found if o is not None]


def _warns(message: AlertMessage, level: Level) -> bool:
    return message.msg_type != "Cancel" and message.level >= level


def _judge_level(
    incident: Incident, messages: Sequence[AlertMessage], watched: Watched, level: Level
) -> EventOutcome | None:
    first = next((m for m in messages if _warns(m, level)), None)
    threshold = threshold_of(level, watched.thresholds)
    known = {t.value for t in watched.thresholds}
    foreign = first is not None and first.threshold is not None and first.threshold not in known
    blank = EventOutcome(
        event=incident.incident,
        level=level,
        area=incident.area,
        hazard=incident.hazard,
        datastream=incident.datastream,
        status=incident.status,
        verdict=EventVerdict.UNKNOWN,
        why=Why.NO_THRESHOLD,
        began=incident.opened,
        warned=first.sent if first else None,
        promised=first.onset if first else None,
    )
    if threshold is None or foreign:
        return blank if first is not None else None
    blank = replace(blank, threshold=threshold)
    spans, (start, end) = warned_spans(messages, level), observed_span(incident)
    seen = [value for value in watched.values if value[0] <= end]
    if not any(time >= start for time, _ in seen):
        return replace(blank, why=Why.NO_OBSERVATIONS)
    new = next((c for c in crossings(seen, threshold) if c.at >= start), None)
    if new is None and any(time >= start and value >= threshold for time, value in seen):
        new = Crossing(start, None)  # since before what is looked at
    if new is None:
        return _not_reached(blank, spans or [(start, end)], watched, warned=first is not None)
    if new.before is None and new.at - start <= watched.tolerance:
        ongoing = replace(blank, verdict=EventVerdict.ONGOING, why=Why.SINCE_BEFORE)
        return ongoing if first is not None else None
    return _reached(blank, new, new.before or start, spans, messages, watched.tolerance)


def _not_reached(
    blank: EventOutcome, spans: Sequence[Span], watched: Watched, *, warned: bool
) -> EventOutcome | None:
    if not all(is_covered(watched.values, span, watched.tolerance) for span in spans):
        return replace(blank, why=Why.GAP)
    if not warned:
        return None
    return replace(blank, verdict=EventVerdict.FALSE_ALARM, why=Why.NOT_REACHED)


def _reached(
    blank: EventOutcome,
    crossing: Crossing,
    seen_before: datetime,
    spans: Sequence[Span],
    messages: Sequence[AlertMessage],
    tolerance: timedelta,
) -> EventOutcome:
    """Return the outcome of a level that was reached after `seen_before`, at `crossing.at`."""
    at = crossing.at
    gap = at - seen_before > tolerance
    since = seen_before if gap else at
    uncertain = None if crossing.before is None else (at - crossing.before).total_seconds()
    blank = replace(blank, crossed=at, uncertain_s=uncertain)
    holding = next((s for s in spans if s[0] <= since and at < s[1]), None)
    if holding is not None:
        promise = next(m.onset for m in messages if m.sent == holding[0] and _warns(m, blank.level))
        lead = (at - holding[0]).total_seconds()
        hit = replace(blank, verdict=EventVerdict.HIT, why=Why.WARNED, lead_s=lead)
        return replace(hit, warned=holding[0], promised=promise)
    if any(s[0] <= at and since < s[1] for s in spans):
        return replace(blank, why=Why.GAP)  # warned for a part of the gap in which it was reached
    miss = replace(blank, verdict=EventVerdict.MISS, why=Why.NEVER)
    if blank.warned is None:
        return miss
    if blank.warned > at:
        return replace(miss, why=Why.LATE, lead_s=(at - blank.warned).total_seconds())
    return replace(miss, why=Why.LOWERED)


def missed(
    values: Sequence[Value], threshold: float, owned: Sequence[Span], *, start: datetime
) -> list[Crossing]:
    """Return the events that begin at or after `start` and outside every span in `owned`.

    `owned` are the observed spans of the incidents on this datastream: what began in one of
    them is judged with it. `values` begin well before `start`, so that a new event is told
    from one that goes on; without any value before it, it is new.
    """
    new = [c for c in crossings(values, threshold) if c.at >= start]
    return [c for c in new if not any(a <= c.at <= b for a, b in owned)]
