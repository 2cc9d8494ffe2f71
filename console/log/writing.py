"""Writes entries and handovers, each with its row of the audit trail in the same transaction."""

import hashlib
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import Struct
from starlette.exceptions import HTTPException

from console.access.roles import permits_of
from console.access.sessions import sees
from console.log.views import AccountView
from console.report.facts import Facts
from forewarn.domain.logbook import Entry, Handover
from forewarn.storage import Connection, incidents, log
from forewarn.storage.accounts import accounts
from forewarn.storage.audit import append_audit

Kept = TypeVar("Kept", Entry, Handover)


class Writer(Struct, frozen=True, kw_only=True):
    """Who writes, and when."""

    author: str
    now: datetime
    """World time."""
    real: datetime
    """Real time, for the audit trail."""


def write_entry(connection: Connection, entry: Entry, real: datetime) -> Entry:
    """Write `entry` and return it with its number; sent again it is returned as it stands.

    404 where its incident or the entry it corrects is not there; 409 where that one has a
    correction already, or the key was used by somebody else or for other words.
    """
    with connection.transaction():
        there = log.entry_by_key(connection, entry.key)
        if there is None:
            _check(connection, entry)
            there, new = log.add_entry(connection, entry)
            if new:
                append_audit(
                    connection,
                    at=real,
                    actor=entry.author,
                    action="log.write" if entry.corrects is None else "log.correct",
                    subject=str(there.number),
                    detail={"text": entry.text, "category": entry.category.value}
                    | ({"incident": entry.incident} if entry.incident else {})
                    | ({"corrects": entry.corrects} if entry.corrects is not None else {}),
                )
    return as_written(
        there,
        entry.author,
        text=entry.text,
        category=entry.category,
        incident=entry.incident,
        corrects=entry.corrects,
    )


def as_written(there: Kept, author: str, **said: object) -> Kept:
    """Return what was written with a key, which says `said` by `author`; 409 where it does not."""
    if there.author != author:
        raise HTTPException(409, "somebody else has used this key: take a new one")
    if all(getattr(there, name) == value for name, value in said.items()):
        return there
    if isinstance(there, Entry):
        raise HTTPException(409, f"written as {there.number} already: correct that one")
    raise HTTPException(409, f"handed over as {there.number} already: hand over anew to replace it")


def _check(connection: Connection, entry: Entry) -> None:
    if entry.incident is not None and incidents.incident(connection, entry.incident) is None:
        raise HTTPException(404, f"no incident `{entry.incident}`")
    if entry.corrects is None:
        return
    found = log.entry_to_correct(connection, entry.corrects)
    if found is None:
        raise HTTPException(404, f"no entry {entry.corrects} that could be corrected")
    if found[1] is not None:
        raise HTTPException(
            409, f"entry {entry.corrects} was corrected by entry {found[1]}: correct that one"
        )


def receivers(connection: Connection, site: str, giver: str) -> list[AccountView]:
    """Return who can take over a shift: every other officer of this site."""
    return [
        AccountView(id=row.id, name=row.name)
        for row in accounts(connection)
        if row.disabled is None
        and row.id != giver
        and "act" in permits_of(row.role)
        and sees(row.sites, site)
    ]


def mark_of(facts: Facts) -> str:
    """Return a word that changes when a warning does: its level, its draft or who has it."""
    seen = [
        (f.incident, f.level, f.draft.id if f.draft else "", f.acked_by, f.assigned_to)
        for f in facts.force
    ]
    return hashlib.sha256(msgspec.json.encode(sorted(seen))).hexdigest()[:16]


def give(connection: Connection, handover: Handover, real: datetime) -> Handover:
    """Write `handover`; sent again it is returned as it stands, edited it is refused with 409."""
    with connection.transaction():
        written, new = log.add_handover(connection, handover)
        if new:
            append_audit(
                connection,
                at=real,
                actor=handover.author,
                action="shift.hand-over",
                subject=str(written.number),
                detail={"to": handover.receiver, "open_points": handover.open_points},
            )
    return as_written(
        written, handover.author, receiver=handover.receiver, open_points=handover.open_points
    )


def take(connection: Connection, number: int, writer: Writer) -> Handover:
    """Confirm the handover `number`; confirmed again it is returned as it stands.

    404 where there is none, 403 where it is for somebody else, 409 where a newer one replaces it.
    """
    with connection.transaction():
        found = log.handover(connection, number)
        if found is None:
            raise HTTPException(404, f"no handover {number}")
        if found.receiver != writer.author:
            raise HTTPException(403, f"it is for {found.receiver}, who signs in to take it over")
        if found.taken is not None:
            return found
        if number not in (h.number for h in log.open_handovers(connection)):
            raise HTTPException(409, f"{found.author} has handed over anew since: take that one")
        if log.take_over(connection, number, by=writer.author, at=writer.now):
            append_audit(
                connection,
                at=writer.real,
                actor=writer.author,
                action="shift.take-over",
                subject=str(number),
                detail={"from": found.author},
            )
        return log.handover(connection, number) or found
