"""What the page is told of one station. `console/web/src/station/wire.ts` says the same."""

from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from msgspec import Struct

from console.desk.translate import state_now
from console.views import AssessmentView
from forewarn.domain.desk import Incident, Silence
from forewarn.domain.gateway import GatewayStatus
from forewarn.domain.observation import Quality, to_milliseconds
from forewarn.domain.station import Limits
from forewarn.storage import GatewayRow, Latest, RejectionRow


class NewestView(Struct, frozen=True, kw_only=True):
    """The newest value of one datastream, its flag and what the flag comes from."""

    key: str
    time: int
    received: int
    result: float | None
    quality: int
    reason: str
    """`fail_range`, `suspect_range`: outside these limits; `course`: how it changes or does not;
    `missing`; empty: nothing is wrong."""
    fail: tuple[float, float] | None
    """Range of the instrument."""
    suspect: tuple[float, float] | None
    """Range that nature keeps to."""


class RefusedView(Struct, frozen=True, kw_only=True):
    """An observation that was refused before it was stored."""

    gateway: str
    received: int
    key: str
    result: float | None
    reason: str
    detail: str


class QuietView(Struct, frozen=True, kw_only=True):
    """A silence or maintenance that touches the station, now or later."""

    kind: str
    datastream: str
    """Pattern of keys."""
    hazard: str
    start: int
    end: int
    author: str
    reason: str


class HappenedView(Struct, frozen=True, kw_only=True):
    """An incident on one of its datastreams."""

    incident: str
    key: str
    hazard: str
    state: str
    status: str
    highest: int
    headline: str
    opened: int
    ended: int | None


class SentByView(Struct, frozen=True, kw_only=True):
    """A gateway whose instruments name the station."""

    heard: int
    status: GatewayStatus


class StationPageView(Struct, frozen=True, kw_only=True):
    """One station."""

    id: str
    world_time: int
    latitude: float
    longitude: float
    newest: list[NewestView]
    assessments: list[AssessmentView]
    refused: list[RefusedView]
    """Of the last 7 days, the newest 50."""
    quiet: list[QuietView]
    incidents: list[HappenedView]
    """Live, or opened in the last 30 days."""
    gateways: list[SentByView]


def newest_view(latest: Latest, limits: Limits) -> NewestView:
    """Return a value with why it has its flag, as far as its limits tell."""
    return NewestView(
        key=latest.datastream,
        time=to_milliseconds(latest.phenomenon_time),
        received=to_milliseconds(latest.received),
        result=latest.result,
        quality=int(latest.quality),
        reason=flag_reason(latest.result, latest.quality, limits),
        fail=limits.fail,
        suspect=limits.suspect,
    )


def flag_reason(result: float | None, quality: int, limits: Limits) -> str:
    """Return what a flag comes from: what its limits do not explain comes from its course."""
    if result is None:
        return "missing"
    if quality not in (Quality.SUSPECT, Quality.FAIL):
        return ""
    if limits.fail and not limits.fail[0] <= result <= limits.fail[1]:
        return "fail_range"
    if limits.suspect and not limits.suspect[0] <= result <= limits.suspect[1]:
        return "suspect_range"
    return "course"


def refused_view(row: RejectionRow) -> RefusedView:
    """Return a refused observation without its bytes."""
    return RefusedView(
        gateway=row.gateway,
        received=to_milliseconds(row.received),
        key=row.datastream or "",
        result=row.result,
        reason=row.reason,
        detail=row.detail,
    )


def quiet_views(silences: Sequence[Silence], keys: Sequence[str], area: str) -> list[QuietView]:
    """Return the silences that match one of `keys`, which are in `area`."""
    return [
        QuietView(
            kind=silence.kind.value,
            datastream=silence.datastream,
            hazard=silence.hazard,
            start=to_milliseconds(silence.start),
            end=to_milliseconds(silence.end),
            author=silence.author,
            reason=silence.reason,
        )
        for silence in silences
        if silence.area in ("", area) and any(fnmatchcase(k, silence.datastream) for k in keys)
    ]


def happened_view(incident: Incident, now: datetime) -> HappenedView:
    """Return an incident in one line."""
    return HappenedView(
        incident=incident.incident,
        key=incident.datastream,
        hazard=incident.hazard,
        state=state_now(incident, now).value,
        status=incident.status,
        highest=int(incident.highest),
        headline=incident.headline,
        opened=to_milliseconds(incident.opened),
        ended=to_milliseconds(incident.ended) if incident.ended else None,
    )


def gateway_views(rows: Sequence[GatewayRow], station: str) -> list[SentByView]:
    """Return the gateways that have an instrument at `station`, with these instruments alone."""
    return [
        SentByView(heard=to_milliseconds(row.heard), status=row.status)
        for row in rows
        if any(name.partition("/")[0] == station for name in row.status.instruments)
    ]
