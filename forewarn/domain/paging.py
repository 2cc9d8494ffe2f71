"""Paging: what one person is told of one incident, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from forewarn.domain.desk import Incident
from forewarn.domain.hazard import Level
from forewarn.domain.observation import AwareTime


class Kind(StrEnum):
    """Why somebody is told."""

    PAGE = "page"
    """The level rose, or a step of the chain came."""
    APPROVE = "approve"
    """A draft waits for people."""
    ASKED = "asked"
    """An officer asked for the next step."""
    AGAIN = "again"
    """It was acknowledged, and nothing was done since."""
    OVER = "over"
    """It ended."""


class Due(Struct, frozen=True, kw_only=True):
    """One person is to be told of one state of one incident, once."""

    person: str
    incident: str
    state: str
    """With person and incident the key of the message: `orange`, `orange#2`, `over`; and with `/2`
    at the end once the incident was issued again after its end had been told"""
    kind: Kind
    level: Level
    step: int
    """Of the chain, from 0; -1: none, as for the end."""
    at: datetime
    """World time since when it has been due."""


class Page(Struct, frozen=True, kw_only=True):
    """One message to one person, of one incident or of several that are alike."""

    person: str
    text: str
    priority: int
    """Higher goes first."""
    urgent: bool
    """Passes the limits of its recipient."""
    dues: tuple[Due, ...]


class Told(Struct, frozen=True, kw_only=True):
    """What one person was told of one incident, and how far the message came."""

    person: str
    incident: str
    state: str
    """What was told, see `Due.state`."""
    kind: Kind
    level: Level
    step: int
    progress: str
    """queued, sending, accepted, delivered, read, acked or failed."""
    channel: str
    """The one tried last; empty: none yet."""
    attempts: int
    queued: datetime
    """World time, as all of these."""
    accepted: datetime | None = None
    """The channel took it; that is not yet that anybody received it."""
    delivered: datetime | None = None
    read: datetime | None = None
    acked: datetime | None = None
    failed: datetime | None = None
    error: str = ""


class Case(Struct, frozen=True, kw_only=True):
    """An incident with all that decides who is told of it."""

    incident: Incident
    since: datetime
    """World time at which its present level was first told."""
    acked_level: Level = Level.NONE
    """The highest level that had been issued or drafted when it was acknowledged."""
    acted: datetime | None = None
    """World time of the newest act of an officer about it."""
    told: tuple[Told, ...] = ()


class Claimed(Struct, frozen=True, kw_only=True):
    """A message that this worker alone may send, until its claim runs out."""

    id: int
    key: str
    person: str
    text: str
    channel: int
    attempts: int
    """On this channel, before this one."""
    incidents: list[tuple[str, str]]
    """(incident, state) of all it tells of."""
    level: Level
    """The highest it tells of; NONE: the end."""
    due_at: AwareTime
    """World time at which it was queued."""


class Receipt(Struct, frozen=True, kw_only=True):
    """What a display or handset says of one page, on MQTT."""

    key: str
    """Of the page."""
    receipt: Literal["delivered", "read", "ack"]
