"""What the audit trail says of a change."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request

from console.access.sessions import Account
from forewarn.storage import Connection
from forewarn.storage.audit import append_audit
from forewarn.storage.things import Said, Stream

NAMED = 100
"""Datastreams that one entry names; a request of 20,000 is not to swell the trail for ever."""


def note(
    connection: Connection, request: Request, action: str, subject: str, detail: Mapping[str, Any]
) -> None:
    """Write down who did what; the last in a transaction that changes something."""
    account: Account = request.state.account
    append_audit(
        connection,
        at=request.state.access.now(),
        actor=account.id,
        action=f"things.{action}",
        subject=subject,
        detail=detail,
    )


def of_entity(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of an entity with the properties `values`."""
    return {"properties": sorted(values), "name": str(values.get("name", ""))[:200]}


def of_observations(pairs: Sequence[tuple[Stream, Said]]) -> dict[str, Any]:
    """Return how many are sent, and to which datastreams, of which the first are named."""
    numbers = sorted({stream.id for stream, _ in pairs})
    return {
        "observations": len(pairs),
        "datastreams": numbers[:NAMED],
        "datastreams_count": len(numbers),
    }
