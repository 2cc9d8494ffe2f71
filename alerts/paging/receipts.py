"""What displays and handsets answer: notes it, and turns an ack into the act of that person.

A receipt acts only on what is recent and was not overtaken: who acknowledges an orange page has
not seen that it is red by now, and a handset that was out of reach for hours knows nothing.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from forewarn.domain.codec import decode
from forewarn.domain.desk import Act, Action, Incident, IncidentState
from forewarn.domain.errors import CodecError
from forewarn.domain.hazard import Level
from forewarn.domain.paging import Kind, Receipt, Told
from forewarn.storage import Connection
from forewarn.storage.audit import append_audit
from forewarn.storage.incidents import act, incident
from forewarn.storage.receipts import receipt

LATE = timedelta(hours=1)
"""World time after which an ack of a page is only noted."""
LIVE = (IncidentState.DRAFT, IncidentState.ISSUED)
STATES = {"delivered": "delivered", "read": "read", "ack": "acked"}


class Fate(StrEnum):
    """What became of a receipt."""

    NOTED = "noted"
    ACTED = "acted"
    """It acknowledged an incident."""
    LATE = "late"
    """An ack, noted, of a page that is too old to act on."""
    OVERTAKEN = "overtaken"
    """… of a level that is not the highest any more, or of what has ended."""
    UNKNOWN = "unknown"
    """Of no page of this person, or it says no more than an earlier one."""
    GARBAGE = "garbage"


def take(
    connection: Connection,
    contact: str,
    payload: bytes,
    *,
    now: datetime,
    real: datetime,
    late: timedelta = LATE,
) -> Fate:
    """Carry out one receipt of `contact`; all of it is committed, or nothing is.

    `now` is world time, `real` the audit trail's. May be repeated: the second time is `UNKNOWN`.
    """
    try:
        said = decode(payload, Receipt)
    except CodecError:
        return Fate.GARBAGE
    if "\0" in said.key:
        return Fate.GARBAGE  # a text of PostgreSQL holds no NUL
    with connection.transaction():
        state = STATES[said.receipt]
        told = receipt(connection, key=said.key, person=contact, receipt=state, at=now)
        if not told:
            return Fate.UNKNOWN
        if said.receipt != "ack":
            return Fate.NOTED
        fates = {}
        for entry in told:
            found = incident(connection, entry.incident)
            fates[entry.incident] = judge(entry, found, now, late) if found else Fate.OVERTAKEN
        acked = [name for name, fate in fates.items() if fate is Fate.ACTED]
        for name in acked:
            act(connection, Action(at=now, author=contact, act=Act.ACK, incident=name))
        for name in acked:  # last: nobody else can add a row until this transaction ends
            append_audit(
                connection,
                at=real,
                actor=contact,
                action="alert.ack",
                subject=name,
                detail={"page": said.key},
            )
    return Fate.ACTED if acked else next(iter(fates.values()))


def judge(entry: Told, incident: Incident, now: datetime, late: timedelta) -> Fate:
    """Return whether an ack of `entry` acknowledges `incident` at `now`."""
    draft = incident.draft.level if incident.draft else Level.NONE
    if incident.state not in LIVE or entry.kind is Kind.OVER:
        return Fate.OVERTAKEN
    if now - entry.queued > late:
        return Fate.LATE
    return Fate.OVERTAKEN if entry.level < max(incident.level, draft) else Fate.ACTED
