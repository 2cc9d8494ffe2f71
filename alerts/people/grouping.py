"""What is told together and what waits: ten gauges of one river make one message.

What is higher than all that the person was told of the hazard passes at once, and takes with
it what waits; orange and red of an area that the person was not told of follow within seconds.
Nothing is dropped: what a limit or a wait holds back stays due.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from alerts.hazards import texts
from alerts.people.directory import Grouping
from alerts.people.message import message
from forewarn.domain.desk import Incident, IncidentState
from forewarn.domain.hazard import Level
from forewarn.domain.paging import Case, Due, Kind, Page, Told

LIVE = (IncidentState.DRAFT, IncidentState.ISSUED)
AT_ONCE = (Kind.APPROVE, Kind.ASKED, Kind.AGAIN)

BEHIND_ALL = -1
"""Priority of what tells of a drill: no warning waits for it."""


def pages(
    dues: Iterable[Due],
    cases: Mapping[str, Case],
    now: datetime,
    *,
    rule: Grouping,
    languages: Mapping[str, str],
    names: Mapping[str, str],
    counts: Mapping[str, int],
) -> list[Page]:
    """Return the messages that go out at `now`, the most urgent first.

    Parameters
    ----------
    cases : Mapping
        By incident: all that are live or ended lately.
    languages, names : Mapping
        Of each person, `zh` or `en`; of each area.
    counts : Mapping
        How many messages each person was given in the last hour.
    """
    groups: dict[tuple[str, str, str, bool], list[Due]] = {}
    for one in dues:
        incident = cases[one.incident].incident
        key = one.person, incident.hazard, _reality(incident), one.kind is Kind.OVER
        groups.setdefault(key, []).append(one)
    heard = _heard(cases.values())
    found = []
    for (person, hazard, reality, over), group in groups.items():
        told = [] if over else heard.get((person, hazard, reality), [])
        if not _ready(group, told, cases, now, rule):
            continue
        page = _page(group, cases, languages.get(person, "en"), names)
        if page.urgent or counts.get(person, 0) < rule.per_hour:
            found.append(page)
    return sorted(found, key=lambda page: -page.priority)


def _reality(incident: Incident) -> str:
    """Return what is never told together with anything else: the world, or one drill."""
    return f"{incident.status} {incident.drill}"


def _heard(
    cases: Iterable[Case],
) -> dict[tuple[str, str, str], list[tuple[str, Told]]]:
    """Return what each person was told of each hazard, with its area."""
    found: dict[tuple[str, str, str], list[tuple[str, Told]]] = {}
    for case in cases:
        if case.incident.state in LIVE:
            for entry in case.told:
                key = entry.person, case.incident.hazard, _reality(case.incident)
                found.setdefault(key, []).append((case.incident.area, entry))
    return found


def _ready(
    group: Sequence[Due],
    told: Sequence[tuple[str, Told]],
    cases: Mapping[str, Case],
    now: datetime,
    rule: Grouping,
) -> bool:
    level = max(one.level for one in group)
    highest = max((entry.level for _, entry in told), default=Level.NONE)
    if any(one.kind in AT_ONCE for one in group):
        return True
    if level > highest and (told or level >= Level.ORANGE):
        return True
    if not told:
        return now >= min(one.at for one in group) + rule.wait
    last = max(entry.queued for _, entry in told)
    known: dict[str, Level] = {}
    for area, entry in told:
        known[area] = max(entry.level, known.get(area, Level.NONE))
    elsewhere = any(
        one.level >= Level.ORANGE
        and one.level > known.get(cases[one.incident].incident.area, Level.NONE)
        for one in group
    )
    return now >= last + (rule.elsewhere if elsewhere else rule.interval)


def _page(
    group: Sequence[Due], cases: Mapping[str, Case], language: str, names: Mapping[str, str]
) -> Page:
    worst = max(group, key=lambda one: (one.level, one.kind in AT_ONCE))
    incident = cases[worst.incident].incident
    staff = texts(incident.hazard).for_staff
    passes = worst.kind in (Kind.ASKED, Kind.OVER)
    drill = incident.drill != ""
    return Page(
        person=worst.person,
        text=message(incident, worst, others=len(group) - 1, language=language, names=names),
        priority=BEHIND_ALL if drill else 2 * worst.level + (not staff),
        urgent=passes or (worst.level >= Level.ORANGE and not staff and not drill),
        dues=tuple(group),
    )
