"""Asks the database how things stand at one time."""

from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree

from msgspec import Struct

from console.desk.translate import shelved_until, state_now
from console.errors import NoSuchIncident
from console.report.facts import Facts, Gap, GapKind, InForce, Named, Outlook, Quiet, Waiting
from console.report.gaps import gaps
from console.report.names import Names
from console.report.outlooks import outlooks, relied_on
from console.report.standing import in_force, incident_then
from forewarn.domain.desk import Incident, IncidentState, SilenceKind
from forewarn.domain.hazard import AlertMessage
from forewarn.domain.station import Site
from forewarn.storage import Connection, asof, drills, incidents, reader

AT_MOST = 200
"""Warnings in one report; `Facts.gaps` says that there are more."""

LIVE = (IncidentState.DRAFT, IncidentState.ISSUED)


class World(Struct, frozen=True, kw_only=True):
    """What the console knows of the world's time."""

    now: datetime
    speed: float
    replay: bool


def gather(
    connection: Connection, site: Site, world: World, *, at: datetime | None = None, about: str = ""
) -> Facts:
    """Return how things stand at `at` (None: now), of the whole site or of the incident `about`.

    NoSuchIncident where there is no such incident.
    """
    names = Names(site)
    then, past = at or world.now, at is not None
    assessed = asof.assessments_at(connection, then)
    messages = asof.messages_at(connection, then)
    found = _then(connection, messages, then) if past else _now(connection, world.now)
    live = {incident.incident for incident in found}
    if about:
        found = [_one(connection, about, found)]
    thought = outlooks(site, names, assessed, then, world.speed)
    force = [
        _force(i, messages.get(i.incident), thought, names, then, live=i.incident in live)
        for i in found[:AT_MOST]
    ]
    missing = gaps(
        site,
        names,
        asof.values_at(connection, names.observed, then),
        assessed,
        at=then,
        speed=world.speed,
        maintained=_maintained(connection, then),
        gateways=None if past else reader.gateways(connection),
        rejected=[] if past else reader.rejection_counts(connection, since=then - names.rejected),
    )
    if len(found) > AT_MOST:
        missing.append(Gap(kind=GapKind.CUT, name=Named("", ""), count=len(found) - AT_MOST))
    return Facts(
        site=site.name,
        timezone=site.timezone,
        invented=site.invented,
        replay=world.replay,
        at=then,
        past=past,
        force=sorted(force, key=lambda f: (-f.foremost, f.opened, f.incident)),
        quiet=_quiet(connection, then),
        gaps=missing,
        outlooks=[o for o in thought if not about or o.key == found[0].datastream],
        judged=sum(
            relied_on(a, then, names.stale[key], world.speed)
            for key, a in assessed.items()
            if key in names.stale
        ),
        judgeable=len(names.stale),
    )


def _now(connection: Connection, now: datetime) -> list[Incident]:
    live = incidents.incidents(connection, live_only=True, limit=AT_MOST + 300)
    return [incident for incident in live if state_now(incident, now) in LIVE]


def _then(
    connection: Connection, messages: dict[str, AlertMessage], at: datetime
) -> list[Incident]:
    standing = {name: m for name, m in messages.items() if in_force(m, at)}
    opened = asof.first_sent(connection, list(standing))
    acts = asof.acts_until(connection, list(standing), at)
    return [incident_then(m, opened[n], acts.get(n, ())) for n, m in standing.items()]


def _one(connection: Connection, about: str, found: Sequence[Incident]) -> Incident:
    known = incidents.incident(connection, about)
    if known is None:
        raise NoSuchIncident(f"no incident `{about}`; GET /api/desk/incidents lists them")
    return next((i for i in found if i.incident == known.incident), known)


def _force(
    incident: Incident,
    message: AlertMessage | None,
    thought: Sequence[Outlook],
    names: Names,
    at: datetime,
    *,
    live: bool,
) -> InForce:
    draft = incident.draft
    foremost = max(incident.level, draft.level if draft else incident.level)
    english, chinese = headlines(message.cap) if message else ("", "")
    written = draft.headline if draft and not message else incident.headline
    return InForce(
        incident=incident.incident,
        area=names.area(incident.area),
        area_id=incident.area,
        place=names.place(incident.datastream),
        key=incident.datastream,
        hazard=incident.hazard,
        live=live,
        level=int(incident.level if live else incident.highest),
        status=incident.status,
        drill=incident.drill,
        headline=Named(english or written, chinese or written),
        opened=incident.opened,
        sent=message.sent if message else None,
        expires=incident.expires,
        onset=message.onset if message else None,
        probability=message.probability if message else None,
        outlook=_outlook_of(thought, incident, int(foremost)),
        draft=_waiting(incident) if live else None,
        acked_by=incident.acked_by if incident.heeded else "",
        acked_at=incident.acked_at if incident.heeded else None,
        assigned_to=incident.assigned_to,
        shelved_until=shelved_until(incident, at),
    )


def _outlook_of(thought: Sequence[Outlook], incident: Incident, level: int) -> Outlook | None:
    """Return the outlook on the threshold of `level`, else the most threatening of its key."""
    if incident.drill:
        return None
    mine = [o for o in thought if o.key == incident.datastream and o.hazard == incident.hazard]
    return next((o for o in mine if o.level == level), mine[0] if mine else None)


def _waiting(incident: Incident) -> Waiting | None:
    draft = incident.draft
    if draft is None:
        return None
    return Waiting(
        id=draft.id,
        level=int(draft.level),
        due=draft.due,
        otherwise=draft.otherwise,
        needs=draft.needs,
        approvals=draft.approvals,
    )


def headlines(cap: str) -> tuple[str, str]:
    """Return the English and the Chinese headline of a CAP message of our own; empty: none."""
    found = {"en": "", "zh": ""}
    try:
        for info in ElementTree.fromstring(cap).iterfind("{*}info"):
            language = (info.findtext("{*}language") or "")[:2].lower()
            if language in found:
                found[language] = (info.findtext("{*}headline") or "").strip()
    except ElementTree.ParseError:
        return "", ""  # the headline of its row is shown instead
    return found["en"], found["zh"]


def _maintained(connection: Connection, at: datetime) -> list[str]:
    """Return the patterns of datastreams that are being worked on at `at`."""
    return [
        silence.datastream
        for silence in incidents.silences(connection, after=at)
        if silence.kind is SilenceKind.MAINTENANCE and silence.start <= at
    ]


def _quiet(connection: Connection, at: datetime) -> list[Quiet]:
    found = [
        Quiet(
            kind=s.kind.value,
            author=s.author,
            reason=s.reason,
            start=s.start,
            end=s.end,
            area=s.area,
            hazard=s.hazard,
            datastream=s.datastream,
            level=int(s.up_to),
        )
        for s in incidents.silences(connection, after=at)
        if s.start <= at
    ]
    found += [
        Quiet(
            kind="drill",
            author=d.author,
            reason=d.reason,
            start=d.start,
            end=d.end,
            area=d.area,
            hazard=d.hazard,
            datastream="*",
            level=int(d.level),
        )
        for d in drills.drills(connection, after=at)
        if d.start <= at < d.end
    ]
    return found
