"""Writes what an officer does about incidents, with its entry in the audit trail."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from starlette.exceptions import HTTPException

from console.desk.translate import act_view, incident_view, state_now
from console.desk.views import DoneView, RefusedView
from forewarn.domain.desk import Act, Action, Incident, IncidentState
from forewarn.domain.hazard import Level
from forewarn.storage import Connection, incidents
from forewarn.storage.audit import append_audit

AT_ONCE = 200
"""Incidents in one request."""

TOGETHER = frozenset({Act.ACK, Act.UNACK, Act.SHELVE, Act.UNSHELVE})
"""Acts that several incidents can be given at once."""

LIVE = (IncidentState.DRAFT, IncidentState.ISSUED)


class Wish(Struct, frozen=True, kw_only=True):
    """One act that somebody wants done."""

    act: Act
    detail: dict[str, str]
    author: str
    at: datetime
    """World time."""
    real: datetime
    """Real time, for the audit trail."""
    seen: Mapping[str, int] = {}
    """Incident → the level that the author looked at, where that is told."""
    key: str = ""
    """Of one press: what comes again with it is done once. Empty: each is another press."""


def write(
    connection: Connection, names: Sequence[str], wish: Wish, areas: Mapping[str, str]
) -> DoneView:
    """Write `wish` for each incident of `names` in one transaction, or say why it cannot be.

    An incident that refuses it does not keep the others from theirs; what was written with the
    wish's key already is returned as it stands. `areas` are the incidents' areas' names.
    """
    acts, new, refused = [], [], []
    with connection.transaction():
        found = incidents.lock_incidents(connection, names)
        for name in names:
            incident = found.get(name)
            if incident is None:
                why = f"no incident `{name}`; GET /api/desk/incidents lists them"
                refused.append(RefusedView(id=name, code="unknown", error=why, incident=None))
            elif before := _pressed(connection, name, wish):
                acts.append(before)
            elif no := objection(incident, wish, incidents.waiting_of(connection, name)):
                now = incident_view(incident, None, areas, wish.at)
                refused.append(RefusedView(id=name, code=no[0], error=no[1], incident=now))
            else:
                new.append(_act(connection, name, wish))
                acts.append(new[-1])
        for done in new:  # last: nobody else can add a row until this transaction ends
            append_audit(
                connection,
                at=wish.real,
                actor=wish.author,
                action=f"alert.{wish.act.value}",
                subject=done.incident,
                detail={**wish.detail, "number": done.number},
            )
    return DoneView(acts=[act_view(done) for done in acts], refused=refused)


def objection(incident: Incident, wish: Wish, waiting: Sequence[Action]) -> tuple[str, str] | None:
    """Return why `wish` cannot be done to `incident` now, as code and text; None: it can.

    `waiting` are the acts of this incident that the alert service has not come to yet.
    """
    act, state = wish.act, state_now(incident, wish.at)
    if state not in LIVE and act is not Act.COMMENT:
        return "over", f"it is {state.value}: only a comment can be added"
    if no := _risen(incident, wish):
        return no
    if act is Act.ACK and incident.heeded:
        return "acked", f"{incident.acked_by} has acknowledged it already"
    if act is Act.UNACK and incident.acked_at is None:
        return "unacked", "nobody has acknowledged it"
    if act is Act.CANCEL and state is not IncidentState.ISSUED:
        return "not_standing", "no warning of it stands; a draft can be rejected"
    if act in (Act.APPROVE, Act.REJECT):
        return _about_draft(incident, wish, waiting)
    return None


def _risen(incident: Incident, wish: Wish) -> tuple[str, str] | None:
    """Object to what was decided by a lower level than the incident calls for now."""
    if incident.called_for <= wish.seen.get(incident.incident, Level.RED):
        return None
    level = incident.called_for.name.lower()
    return "risen", f"it has risen to {level} since it was looked at: look again"


def _about_draft(
    incident: Incident, wish: Wish, waiting: Sequence[Action]
) -> tuple[str, str] | None:
    draft, named = incident.draft, wish.detail["draft"]
    if draft is None:
        return "no_draft", "no draft waits: it was issued, withdrawn or rejected already"
    if draft.id != named:
        level = draft.level.name.lower()
        return "other_draft", f"the draft is `{draft.id}` now ({level}): look at that"
    asked = (a.author for a in waiting if a.act is Act.APPROVE and a.detail.get("draft") == named)
    if wish.act is Act.APPROVE and wish.author in (*draft.approvals, *asked):
        return "approved", f"{wish.author} has approved it already; it needs another person"
    return None


def _act(connection: Connection, name: str, wish: Wish) -> Action:
    detail = wish.detail | ({"key": wish.key} if wish.key else {})
    action = Action(at=wish.at, author=wish.author, act=wish.act, incident=name, detail=detail)
    return incidents.act(connection, action)


def _pressed(connection: Connection, name: str, wish: Wish) -> Action | None:
    """Return what the wish's author did to the incident `name` with the wish's key, if anything.

    HTTPException 409 where that was something else: it would pass for done.
    """
    if not wish.key:
        return None
    for done in incidents.actions(connection, name):
        if done.author == wish.author and done.detail.get("key") == wish.key:
            if done.act is wish.act and _said(done.detail) == _said(wish.detail):
                return done
            raise HTTPException(409, "this key was used for something else: take a new one")
    return None


def _said(detail: Mapping[str, str]) -> dict[str, str]:
    """Return `detail` without what differs when the same is sent again: its key and its end."""
    return {name: text for name, text in detail.items() if name not in ("key", "until")}
