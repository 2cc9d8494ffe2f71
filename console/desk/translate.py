"""From incidents, messages and acts to what the desk's page is told: pure functions."""

from collections.abc import Mapping
from datetime import datetime

from console.desk.views import (
    ActView,
    DeliveryView,
    DraftView,
    IncidentView,
    MessageView,
    ToldView,
)
from forewarn.domain.desk import Action, Draft, Incident, IncidentState
from forewarn.domain.hazard import AlertMessage
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.paging import Told
from forewarn.storage.desk import DeliveryRow, Expected


def state_now(incident: Incident, now: datetime) -> IncidentState:
    """Return its state; what has run out is expired though nobody has written it down yet."""
    over = incident.expires is not None and incident.expires <= now
    issued = incident.state is IncidentState.ISSUED
    return IncidentState.EXPIRED if issued and over else incident.state


def shelved_until(incident: Incident, now: datetime) -> datetime | None:
    """Return until when it is out of the queue; None: it is in the queue."""
    until = incident.shelved_until
    if until is None or until <= now or incident.called_for > incident.shelved_level:
        return None
    return until


def incident_view(
    incident: Incident,
    newest: AlertMessage | Expected | None,
    areas: Mapping[str, str],
    now: datetime,
) -> IncidentView:
    """Return `incident` as it is at `now`; `newest` tells of its newest message."""
    state = state_now(incident, now)
    ran_out = state is IncidentState.EXPIRED and incident.ended is None
    return IncidentView(
        incident=incident.incident,
        area=areas.get(incident.area, incident.area),
        hazard=incident.hazard,
        key=incident.datastream,
        status=incident.status,
        drill=incident.drill,
        state=state.value,
        level=int(incident.level),
        highest=int(incident.highest),
        headline=incident.headline,
        headlines=incident.headlines,
        identifier=incident.identifier,
        opened=to_milliseconds(incident.opened),
        changed=to_milliseconds(incident.changed),
        expires=_milliseconds(incident.expires),
        ended=_milliseconds(incident.expires if ran_out else incident.ended),
        onset=_milliseconds(newest.onset) if newest else None,
        lead_s=newest.lead_s if newest else None,
        probability=newest.probability if newest else None,
        acked_by=incident.acked_by if incident.heeded else "",
        acked_at=_milliseconds(incident.acked_at) if incident.heeded else None,
        assigned_to=incident.assigned_to,
        shelved_until=_milliseconds(shelved_until(incident, now)),
        escalations=incident.escalations,
        draft=_draft(incident.draft) if incident.draft else None,
    )


def message_view(message: AlertMessage) -> MessageView:
    """Return `message` without its CAP text."""
    return MessageView(
        identifier=message.identifier,
        msg_type=message.msg_type,
        sent=to_milliseconds(message.sent),
        expires=to_milliseconds(message.expires),
        level=int(message.level),
        previous_level=int(message.previous_level),
        headline=message.headline,
        headlines=message.headlines,
        probability=message.probability,
        onset=_milliseconds(message.onset),
        threshold=message.threshold,
        cause=cause_of(message),
    )


OFFICER = "Cancelled by the duty officer"

SAME_LEVEL = {
    "The expected time has changed": "moved",
    "Data are missing: no new forecast": "silent",
    "Forecasts are back": "resumed",
    "The warning continues": "renewed",
}
"""How the description of a message that changes no level tells its cause; the first counts."""


def cause_of(message: AlertMessage) -> str:
    """Return why `message` went out, from its level and its words; empty where they do not say."""
    if message.msg_type == "Cancel":
        return "officer" if OFFICER in message.cap else "ended"
    if message.level != message.previous_level:
        return "raised" if message.level > message.previous_level else "lowered"
    return next((cause for said, cause in SAME_LEVEL.items() if said in message.cap), "")


def act_view(action: Action) -> ActView:
    """Return what an officer did."""
    return ActView(
        number=action.number,
        incident=action.incident,
        at=to_milliseconds(action.at),
        author=action.author,
        act=action.act.value,
        detail=action.detail,
        taken=_milliseconds(action.taken),
        refused=action.refused,
    )


def delivery_view(row: DeliveryRow) -> DeliveryView:
    """Return how a channel fared with a message."""
    return DeliveryView(
        identifier=row.identifier,
        channel=row.channel,
        attempts=row.attempts,
        delivered=_milliseconds(row.delivered),
        error=row.error,
    )


def told_view(told: Told) -> ToldView:
    """Return what a person was told."""
    steps = (told.acked, told.read, told.delivered, told.failed, told.accepted, told.queued)
    reached = getattr(told, told.progress, None) or next(time for time in steps if time)
    return ToldView(
        person=told.person,
        kind=told.kind.value,
        level=int(told.level),
        step=told.step,
        progress=told.progress,
        channel=told.channel,
        attempts=told.attempts,
        queued=to_milliseconds(told.queued),
        at=to_milliseconds(reached),
        error=told.error,
    )


def _draft(draft: Draft) -> DraftView:
    return DraftView(
        id=draft.id,
        level=int(draft.level),
        due=to_milliseconds(draft.due),
        otherwise=draft.otherwise,
        needs=draft.needs,
        approvals=draft.approvals,
        headline=draft.headline,
        headlines=draft.headlines,
    )


def _milliseconds(time: datetime | None) -> int | None:
    return None if time is None else to_milliseconds(time)
