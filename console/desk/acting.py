"""Writes what an officer does about incidents, with its entry in the audit trail."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from console.desk.translate import act_view, incident_view, state_now
from console.desk.views import DoneView, RefusedView
from forewarn.domain.desk import Act, Action, Incident, IncidentState
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


def write(
    connection: Connection, names: Sequence[str], wish: Wish, areas: Mapping[str, str]
) -> DoneView:
    """Write `wish` for each incident of `names` in one transaction, or say why it cannot be.

    An incident that refuses it does not keep the others from theirs. `areas` are their names.
    """
    acts, refused = [], []
    with connection.transaction():
        found = incidents.lock_incidents(connection, names)
        for name in names:
            incident = found.get(name)
            if incident is None:
                why = f"no incident `{name}`; GET /api/desk/incidents lists them"
                refused.append(RefusedView(id=name, code="unknown", error=why, incident=None))
            elif no := objection(incident, wish, incidents.waiting_of(connection, name)):
                now = incident_view(incident, None, areas, wish.at)
                refused.append(RefusedView(id=name, code=no[0], error=no[1], incident=now))
            else:
                acts.append(_act(connection, name, wish))
        for done in acts:  # last: nobody else can add a row until this transaction ends
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
    if act is Act.ACK and incident.heeded:
        return "acked", f"{incident.acked_by} has acknowledged it already"
    if act is Act.UNACK and incident.acked_at is None:
        return "unacked", "nobody has acknowledged it"
    if act is Act.CANCEL and state is not IncidentState.ISSUED:
        return "not_standing", "no warning of it stands; a draft can be rejected"
    if act in (Act.APPROVE, Act.REJECT):
        return _about_draft(incident, wish, waiting)
    return None


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
    action = Action(at=wish.at, author=wish.author, act=wish.act, incident=name, detail=wish.detail)
    return incidents.act(connection, action)
