"""What was in force at a time that is past, from messages and acts: pure functions."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from forewarn.domain.desk import Act, Action, Incident, IncidentState
from forewarn.domain.hazard import AlertMessage, Level
from forewarn.domain.observation import AwareTime


def in_force(message: AlertMessage, at: datetime) -> bool:
    """Return whether `message`, the newest of its incident, stands at `at`."""
    return message.msg_type != "Cancel" and message.sent <= at < message.expires


def incident_then(message: AlertMessage, opened: datetime, acts: Sequence[Action]) -> Incident:
    """Return the incident of `message`, its newest, with what `acts` had done to it.

    Drafts are not kept: it has none.
    """
    acked: tuple[str, datetime | None] = ("", None)
    assigned, shelved = "", None
    for act in acts:
        if act.act is Act.ACK and not acked[0]:
            acked = (act.author, act.at)
        elif act.act is Act.UNACK:
            acked = ("", None)
        elif act.act is Act.ASSIGN:
            assigned = act.detail.get("to", "")
        elif act.act is Act.SHELVE:
            shelved = _time(act.detail.get("until", ""))
        elif act.act is Act.UNSHELVE:
            shelved = None
    return Incident(
        incident=message.incident,
        area=message.area,
        hazard=message.hazard,
        datastream=message.datastream,
        status=message.status,
        drill=message.drill,
        state=IncidentState.ISSUED,
        level=message.level,
        highest=message.level,
        headline=message.headline,
        identifier=message.identifier,
        opened=opened,
        changed=message.sent,
        expires=message.expires,
        acked_by=acked[0],
        acked_at=acked[1],
        acked_level=message.level if acked[0] else Level.NONE,
        assigned_to=assigned,
        shelved_until=shelved,
        shelved_level=message.level if shelved else Level.NONE,
    )


def _time(text: str) -> datetime | None:
    try:
        return msgspec.convert(text, AwareTime)
    except msgspec.ValidationError:
        return None
