"""What the reader and the writer answer with."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from psycopg.types.range import Range

from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.hazard import AlertMessage
from forewarn.domain.observation import DurableAck
from forewarn.domain.vital import VitalSign


class Stored(Struct, frozen=True, kw_only=True):
    """What one `store` did."""

    rows_new: int
    """Observations that the database did not hold before."""
    rows_repeated: int
    """Observations that it held already; revisions are not counted."""
    acks: list[DurableAck]
    """All that is stored of each (gateway, boot) that was part of this call."""


class Sample(Struct, frozen=True):
    """One observation of a datastream that the caller named."""

    phenomenon_time: datetime
    result: float | None
    """In the unit of the datastream; None exactly when `quality` is 9."""
    quality: int


class Latest(Struct, frozen=True):
    """The newest observation, by phenomenon time, of one datastream."""

    datastream: str
    phenomenon_time: datetime
    result: float | None
    quality: int
    received: datetime


class Hour(Struct, frozen=True):
    """Vital signs of one datastream over one hour: good and unchecked values alone."""

    hour: datetime
    """Beginning of the hour."""
    minimum: float
    mean: float
    maximum: float
    count: int


class StandingSign(Struct, frozen=True):
    """The newest sign of one indicator."""

    area: str
    time: datetime
    sign: VitalSign


class GatewayRow(Struct, frozen=True):
    """What a gateway said last, and when we heard it by our clock."""

    heard: datetime
    status: GatewayStatus


class RejectionCount(Struct, frozen=True):
    """How often a gateway's observations were refused for one reason."""

    gateway: str
    reason: str
    count: int
    newest: datetime


class RejectionRow(Struct, frozen=True):
    """One refused observation or payload."""

    gateway: str
    received: datetime
    reason: str
    detail: str
    datastream: str | None
    time_ms: int | None
    result: float | None
    payload: bytes | None


class DeliveredRow(Struct, frozen=True):
    """What is stored of one start of one gateway's agent."""

    gateway: str
    boot_id: str
    stored: list[tuple[int, int]]
    """Inclusive ranges of `seq`, ascending and disjoint."""
    repeats: int
    """Batches that came again after they were stored."""
    updated: datetime
    """Real time, by the database's clock."""


class Totals(Struct, frozen=True, kw_only=True):
    """The database in one line."""

    observations: int
    repeats: int
    """Batches that came again after they were stored."""
    rejections: int
    forecasts: int
    alerts: int
    newest_phenomenon_time: datetime | None
    newest_issue_time: datetime | None
    """Of the forecasts."""


class AlertRow(AlertMessage, frozen=True, kw_only=True):
    """An alert message with what became of it."""

    acknowledged_by: str | None
    """Who first acknowledged the incident."""
    acknowledged_at: datetime | None
    active: bool
    """It is the newest message of its incident, and no Cancel. It may have expired."""


def inclusive(ranges: Sequence[Range[int]]) -> list[tuple[int, int]]:
    """Return the ranges of an int8multirange, which PostgreSQL gives as [lower, upper)."""
    return [(r.lower, r.upper - 1) for r in ranges if r.lower is not None and r.upper is not None]
