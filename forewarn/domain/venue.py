"""What a venue may do: its events, each with go, caution or stop, and the next safe window."""

from enum import StrEnum

from msgspec import Struct

from forewarn.domain.observation import AwareTime


class Advice(StrEnum):
    """What is advised for an event at a time."""

    GO = "go"
    CAUTION = "caution"
    STOP = "stop"
    UNKNOWN = "unknown"
    """Nothing trusted is known: it never reads as go."""


class Span(Struct, frozen=True, kw_only=True):
    """A stretch of time, `start` included, `end` not."""

    start: AwareTime
    end: AwareTime


class Stretch(Struct, frozen=True, kw_only=True):
    """For how long one advice stands."""

    start: AwareTime
    end: AwareTime
    advice: Advice
    why: list[str] = []
    """Limits that make it so, e.g. `gust 14.2 m/s above 13.9 m/s`."""


class LimitState(Struct, frozen=True, kw_only=True):
    """One limit of one event as it stands now."""

    name: str
    """`wind`, `gust`, `wave`, `tide`, `heat`, `lightning`, `crowd`, `parking` …"""
    datastream: str
    unit: str
    advice: Advice
    observed: float | None = None
    """Newest trusted observation; None where there is none."""
    caution: float | None = None
    stop: float | None = None
    worst: float | None = None
    """Upper end of what is forecast during the event (lower, where low values are bad)."""
    why: str = ""
    timeline: list[Stretch] = []
    """Advice by this limit alone from the issue time on, as far as it is known; lightning, which
    nobody forecasts, no further than what has struck calls for."""


class EventState(Struct, frozen=True, kw_only=True):
    """One event of the schedule, as advised now."""

    event: str
    name: str
    start: AwareTime
    end: AwareTime
    advice: Advice
    """For now while it runs; before, the worst of what is expected while it will run."""
    why: list[str] = []
    limits: list[LimitState] = []
    timeline: list[Stretch] = []
    """From the issue time on, without gaps, as far as something is forecast."""
    next_window: Span | None = None
    """The next stretch without stop that is long enough for the event; None: none is seen."""


class Programme(Struct, frozen=True, kw_only=True):
    """The schedule of one venue as advised at one time, as on `programmes.v1`."""

    venue: str
    name: str
    area: str
    issue_time: AwareTime
    events: list[EventState]
    degraded: list[str] = []
    """What the advice lacks: `buoy/wind_speed silent for 12 min`."""
