"""The shift log: what officers write down, what happened meanwhile, and handing over."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from forewarn.domain.observation import AwareTime


class Category(StrEnum):
    """What an entry of an officer is about."""

    NOTE = "note"
    CALL = "call"
    """Somebody was called, or called."""
    MEASURE = "measure"
    """Something was done outside: a gate closed, a road blocked."""
    FAULT = "fault"
    """Something does not work."""


class Entry(Struct, frozen=True, kw_only=True):
    """One entry of an officer; never changed, only corrected by a later one."""

    number: int = 0
    """Order of writing; 0 before it is written."""
    key: str
    """Made by who writes it: the same key twice is one entry."""
    at: AwareTime
    """World time at which it happened."""
    noted: AwareTime
    """World time at which it was written down."""
    author: str
    category: Category
    text: str
    incident: str | None = None
    corrects: int | None = None
    """Number of the entry that this one takes the place of."""


class Kind(StrEnum):
    """What stands on one line of the log."""

    ENTRY = "entry"
    ACT = "act"
    """What an officer did about an incident."""
    DRAFT = "draft"
    """A draft was approved, rejected or withdrawn."""
    MESSAGE = "message"
    """A warning went out."""
    QUIET = "quiet"
    """A silence or a maintenance began or ended."""
    DRILL = "drill"
    OUTCOME = "outcome"
    """What became of a warning, or an officer's remark on it."""
    HANDOVER = "handover"


class Item(Struct, frozen=True, kw_only=True):
    """One line of the log."""

    at: AwareTime
    """World time."""
    rank: int
    """Which question found it: orders what happened at the same time."""
    id: int
    """Unique within its rank."""
    kind: Kind
    what: str
    """What of that kind: `ack`, `Update`, `silence begins`, `hit`, a category …"""
    author: str
    """Empty: nobody, the rules did it."""
    incident: str
    """Empty: none."""
    level: int | None
    text: str
    """As it was written: the entry, the reason, the headline …"""
    detail: dict[str, Any]
    """What else its kind has."""


class Handover(Struct, frozen=True, kw_only=True):
    """One officer's shift handed over to another."""

    number: int = 0
    key: str
    at: AwareTime
    author: str
    receiver: str
    open_points: str
    shown: dict[str, Any]
    """What was live and what was not known, as it was shown then."""
    taken: AwareTime | None = None
    """World time at which the receiver confirmed it; None: not yet."""
