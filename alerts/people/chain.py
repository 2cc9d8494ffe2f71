"""Who is due to be told of an incident: a pure function of what happened and the time.

* Each step of the chain is told once of each level; the first at once.
* After an ack nobody is paged but for a higher level, the end, or because an officer asked.
* An ack of orange or red after which nobody did anything for half an hour comes back, first to
  who acknowledged it and the first step, then to one step more each time.
* What is shelved or silenced is not paged, unless its level rises above that.
* The end goes to all who were told, and to nobody else. What is issued again after that is new.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from alerts.people.directory import Chain, People
from forewarn.domain.desk import Incident, IncidentState, Silence, SilenceKind
from forewarn.domain.hazard import Level
from forewarn.domain.paging import Case, Due, Kind

LIVE = (IncidentState.DRAFT, IncidentState.ISSUED)


class Spans(Struct, frozen=True, kw_only=True):
    """Spans of world time; `spans` makes them long enough for a clock that runs fast."""

    idle: timedelta = timedelta(minutes=30)
    """An ack without any act for this long comes back."""
    late: timedelta = timedelta(hours=1)
    """The end is not told any more when it is older than this, and no receipt acknowledges a page
    that is."""


def spans(speed: float) -> Spans:
    """Return the spans on a clock that runs `speed` times real time: at least 30 real seconds."""
    least, usual = timedelta(seconds=30 * speed), Spans()
    return Spans(idle=max(usual.idle, least), late=max(usual.late, least))


def due(
    case: Case, now: datetime, *, people: People, silences: Sequence[Silence], spans: Spans
) -> list[Due]:
    """Return all that is to be told of `case` at `now` and was not told yet."""
    mark = _mark(case)
    if mark:
        case = _anew(case, mark)
    told = {(entry.person, entry.state) for entry in case.told}
    found: dict[tuple[str, str], Due] = {}
    for one in _due(case, now, people, silences, spans):
        key = one.person, one.state
        if key not in told and key not in found:
            found[key] = replace(one, state=one.state + mark)
    return list(found.values())


def _mark(case: Case) -> str:
    """Return what states end with: nothing, and `/2` once it began again after its end was told."""
    ends = len({entry.state for entry in case.told if entry.kind is Kind.OVER})
    mark = f"/{ends + 1}" if ends else ""
    if case.incident.state in LIVE or any(entry.state.endswith(mark) for entry in case.told):
        return mark
    return f"/{ends}" if ends > 1 else ""


def _anew(case: Case, mark: str) -> Case:
    """Return `case` as if it began after its last end: what was told and acknowledged since."""
    incident = case.incident
    ends = [e.queued for e in case.told if e.kind is Kind.OVER and not e.state.endswith(mark)]
    acked = incident.acked_at is not None and incident.acked_at > max(ends)
    return replace(
        case,
        incident=incident if acked else replace(incident, acked_at=None),
        since=max(case.since, incident.changed),
        told=tuple(
            replace(entry, state=entry.state.removesuffix(mark))
            for entry in case.told
            if entry.state.endswith(mark)
        ),
    )


def is_quiet(incident: Incident, level: Level, now: datetime, silences: Sequence[Silence]) -> bool:
    """Return whether `level` of `incident` is shelved or silenced at `now`."""
    shelved = incident.shelved_until is not None and now < incident.shelved_until
    if shelved and level <= incident.shelved_level:
        return True
    return any(
        s.kind is SilenceKind.SILENCE
        and s.start <= now < s.end
        and level <= s.up_to
        and s.area in ("", incident.area)
        and s.hazard in ("", incident.hazard)
        and fnmatchcase(incident.datastream, s.datastream)
        for s in silences
    )


def _due(
    case: Case, now: datetime, people: People, silences: Sequence[Silence], spans: Spans
) -> Iterator[Due]:
    incident = case.incident
    if incident.state not in LIVE:
        yield from _over(case, now, silences, spans)
        return
    wanted = []
    if incident.level > Level.NONE:
        wanted.append((Kind.PAGE, incident.level, case.since))
    if incident.draft is not None:
        wanted.append((Kind.APPROVE, incident.draft.level, incident.draft.drafted))
    for kind, level, since in wanted:
        chain = people.chain(incident, level)
        if chain is None:
            continue
        quiet = is_quiet(incident, level, now, silences)
        acked = incident.acked_at is not None and level <= case.acked_level
        name = level.name.lower() if kind is Kind.PAGE else f"approve {level.name.lower()}"
        yield from _asked(case, chain, name, level, now, people)
        if acked and kind is Kind.PAGE and not quiet:
            yield from _again(case, chain, now, people, spans)
        elif not acked and not quiet:
            yield from _steps(case, chain, kind, name, level, since, now, people)


def _steps(
    case: Case,
    chain: Chain,
    kind: Kind,
    name: str,
    level: Level,
    since: datetime,
    now: datetime,
    people: People,
) -> Iterator[Due]:
    """Yield the steps that have come, in every round that has begun."""
    rounds = min(max(0, (now - since) // chain.every), chain.repeat)
    told = case.told if kind is Kind.PAGE else ()  # another draft is asked about anew
    worse = {t.person for t in told if t.kind is Kind.PAGE and t.level > level}
    for number in range(rounds + 1):
        start = since + number * chain.every
        state = name if number == 0 else f"{name}#{number + 1}"
        lost = True
        for index, step in enumerate(chain.steps):
            who = people.who(step.who, now)
            if now >= start + step.after or (lost and number == 0):
                at = min(start + step.after, now)
                heard = [person for person in who if person not in worse]  # a fall is no news
                yield from _each(heard, case, state, kind, level, index, at)
            lost = lost and _unreached(case, who, state)


def _unreached(case: Case, who: Sequence[str], state: str) -> bool:
    """Return whether nobody of `who` can be reached: an empty rota, or every channel failed."""
    failed = {t.person for t in case.told if t.state == state and t.progress == "failed"}
    return set(who) <= failed


def _asked(
    case: Case, chain: Chain, name: str, level: Level, now: datetime, people: People
) -> Iterator[Due]:
    """Yield the steps that officers asked for; who was told of this page or draft is not again."""
    for index in range(1, case.incident.escalations + 1):
        if index < len(chain.steps):
            who = people.who(chain.steps[index].who, now)
            yield from _each(who, case, name, Kind.ASKED, level, index, now)


def _again(case: Case, chain: Chain, now: datetime, people: People, spans: Spans) -> Iterator[Due]:
    acked = case.incident.acked_at
    if acked is None or case.incident.level < Level.ORANGE:
        return
    idle = max(acked, case.acted or acked)
    times = (now - idle) // spans.idle
    if times < 1:
        return
    who = [people.named(case.incident.acked_by)]
    who += [name for step in chain.steps[:times] for name in people.who(step.who, now)]
    names = [name for name in dict.fromkeys(who) if name is not None]
    state = f"again {idle:%Y%m%dT%H%M%S}#{times}"
    at = idle + times * spans.idle
    yield from _each(names, case, state, Kind.AGAIN, case.incident.level, times - 1, at)


def _over(case: Case, now: datetime, silences: Sequence[Silence], spans: Spans) -> Iterator[Due]:
    incident = case.incident
    ended = incident.ended or incident.changed
    told = {t.person: t.level for t in case.told if t.kind is not Kind.OVER}
    highest = max((t.level for t in case.told), default=Level.NONE)
    if now - ended > spans.late or is_quiet(incident, highest, now, silences):
        return
    yield from _each(list(told), case, "over", Kind.OVER, Level.NONE, -1, ended)


def _each(
    who: Sequence[str],
    case: Case,
    state: str,
    kind: Kind,
    level: Level,
    step: int,
    at: datetime,
) -> Iterator[Due]:
    for person in who:
        yield Due(
            person=person,
            incident=case.incident.incident,
            state=state,
            kind=kind,
            level=level,
            step=step,
            at=at,
        )
