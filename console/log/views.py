"""What the log's page is told. Times are Unix milliseconds of world time unless said otherwise.

`console/web/src/log/wire.ts` says the same in TypeScript.
"""

from typing import Any

from msgspec import Struct

from console.report.facts import Facts


class ItemView(Struct, frozen=True, kw_only=True):
    """One line of the log."""

    id: str
    """Unique in the log."""
    number: int
    """Of an entry, an act or a handover among its like."""
    at: int
    kind: str
    """`entry`, `act`, `draft`, `message`, `quiet`, `drill`, `outcome` or `handover`."""
    what: str
    author: str
    """Empty: nobody, the rules did it."""
    incident: str
    level: int | None
    text: str
    detail: dict[str, Any]
    """What else its kind has; times in it are RFC 3339."""


class HandoverView(Struct, frozen=True, kw_only=True):
    """One handover, without what was shown then."""

    number: int
    at: int
    author: str
    receiver: str
    open_points: str
    taken: int | None
    """When the receiver confirmed it; None: not yet."""


class LogView(Struct, frozen=True, kw_only=True):
    """A stretch of the log, newest first."""

    items: list[ItemView]
    next: str
    """`before` of the next, older page; empty: there is none."""
    open: list[HandoverView]
    """What nobody has taken over yet, oldest first."""


class AccountView(Struct, frozen=True, kw_only=True):
    """Somebody to whom a shift can be handed over."""

    id: str
    name: str


class ShiftView(Struct, frozen=True, kw_only=True):
    """What is to be handed over now."""

    facts: Facts
    mark: str
    """Changes when a warning does: what was looked at is what is handed over."""
    accounts: list[AccountView]


class HandedView(Struct, frozen=True, kw_only=True):
    """One handover as it was shown then."""

    handover: HandoverView
    facts: dict[str, Any]
