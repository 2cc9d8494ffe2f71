"""What the page is told of the city, its venues and its gateways; as `views`, for other rooms.

`console/web/src/citywire.ts` says the same in TypeScript. Times are Unix milliseconds.
"""

from msgspec import Struct


class SignView(Struct, frozen=True, kw_only=True):
    """The newest sign of one indicator."""

    indicator: str
    name: str
    area: str
    """Name of the area, for people."""
    unit: str
    time: int
    value: float | None
    state: str
    """`normal`, `near overload`, `overload` or `unknown`."""
    near: float | None
    overload: float | None
    tell: list[str]
    reason: str


class SpanView(Struct, frozen=True, kw_only=True):
    """A stretch of time."""

    start: int
    end: int


class StretchView(Struct, frozen=True, kw_only=True):
    """For how long one advice stands."""

    start: int
    end: int
    advice: str
    """`go`, `caution`, `stop` or `unknown`."""
    why: list[str]


class BandView(Struct, frozen=True, kw_only=True):
    """For how long the advice by one limit alone stands."""

    start: int
    end: int
    advice: str


class LimitView(Struct, frozen=True, kw_only=True):
    """One limit of one event as it stands now."""

    name: str
    key: str
    unit: str
    advice: str
    observed: float | None
    caution: float | None
    stop: float | None
    worst: float | None
    why: str
    bands: list[BandView]
    """From the issue time as far as it is known; empty at `/api/city`."""


class EventView(Struct, frozen=True, kw_only=True):
    """One event of a venue."""

    event: str
    name: str
    start: int
    end: int
    advice: str
    why: list[str]
    limits: list[LimitView]
    timeline: list[StretchView]
    next_window: SpanView | None


class ProgrammeView(Struct, frozen=True, kw_only=True):
    """One venue's schedule as advised now."""

    venue: str
    name: str
    issue_time: int
    events: list[EventView]
    degraded: list[str]


class GatewayView(Struct, frozen=True, kw_only=True):
    """What a gateway said last."""

    gateway: str
    heard: int
    online: bool
    version: str
    backlog: int
    instruments: dict[str, str]
    """`station/driver` → `ok`, a remark, or why it does not answer."""
    lost: int
    """Observations given up because its disk was full or torn."""
    outbox: str
    clock: str
    clock_error_s: float | None
    battery: float | None
    """Charge, 0 to 1."""
    sampling: str
    alarms: dict[str, str]
    config: str
    findings: list[str]


class CityView(Struct, frozen=True, kw_only=True):
    """How the city, its venues and its gateways are."""

    signs: list[SignView]
    programmes: list[ProgrammeView]
    gateways: list[GatewayView]


class CityNews(Struct, frozen=True, kw_only=True):
    """Something of it is new: ask `/api/city`."""

    version: str
