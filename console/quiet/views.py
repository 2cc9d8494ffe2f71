"""What the page of drills and silences is told. Times are Unix milliseconds of world time.

`console/web/src/quiet/wire.ts` says the same in TypeScript.
"""

from msgspec import Struct


class DrillView(Struct, frozen=True, kw_only=True):
    """One drill that runs, will, or is being ended."""

    id: int
    author: str
    reason: str
    start: int
    end: int
    area: str
    """Its id."""
    area_name: str
    area_name_zh: str
    hazard: str
    level: int
    siren: bool
    ended_by: str
    """Who ended it before its time; empty: nobody."""


class TouchedView(Struct, frozen=True, kw_only=True):
    """What a pattern of datastreams is about."""

    matches: list[str]
    """Datastreams of the site."""
    degraded: list[str]
    """Judged datastreams whose newest assessment names one of them as an input."""


class SilenceView(Struct, frozen=True, kw_only=True):
    """One silence or maintenance that runs or will."""

    id: int
    kind: str
    """`silence` or `maintenance`."""
    author: str
    reason: str
    start: int
    end: int
    area: str
    """Its id; empty: any."""
    area_name: str
    area_name_zh: str
    hazard: str
    datastream: str
    """Pattern."""
    up_to: int
    touched: TouchedView


class ChoiceView(Struct, frozen=True, kw_only=True):
    """What a drill can be about in one area."""

    area: str
    name: str
    name_zh: str
    hazards: dict[str, list[int]]
    """Hazard → the levels that one of its thresholds calls for."""


class QuietView(Struct, frozen=True, kw_only=True):
    """What runs now and is planned, and what can be asked for."""

    drills: list[DrillView]
    silences: list[SilenceView]
    choices: list[ChoiceView]
    hazards: list[str]
    """All of the site."""
    channels: list[str]
    """Where the newest messages went: a drill goes there too."""
