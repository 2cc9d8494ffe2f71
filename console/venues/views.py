"""What the page `venues` is told; `console/web/src/venues/wire.ts` says the same in TypeScript.

Times are Unix milliseconds of world time.
"""

from msgspec import Struct

from console.cityviews import ProgrammeView


class BoundView(Struct, frozen=True, kw_only=True):
    """From which value on which level is called for."""

    value: float
    level: int
    label: str
    label_zh: str


class ComingView(Struct, frozen=True, kw_only=True):
    """The highest level that is at least as probable as not within what is forecast."""

    level: int
    label: str
    label_zh: str
    probability: float
    onset: int | None


class TrendView(Struct, frozen=True, kw_only=True):
    """The last hour, oldest first; None where nothing trusted was observed."""

    time: list[int]
    value: list[float | None]
    rate: float | None
    """Change in an hour, by the best line; None where too little is known."""
    course: str
    """`rising`, `steady`, `falling` or `unknown`."""


class AheadView(Struct, frozen=True, kw_only=True):
    """The newest forecast, to two hours at most."""

    issue_time: int
    leads_s: list[int]
    low: list[float]
    """10 % quantile at each lead."""
    median: list[float]
    high: list[float]
    """90 % quantile."""


class SpotView(Struct, frozen=True, kw_only=True):
    """A zone, a gate, a car park or a security point."""

    key: str
    id: str
    kind: str
    """`zone`, `gate`, `parking` or `point`."""
    name: str
    name_zh: str
    area: str
    unit: str
    invented: bool
    stale_after_s: float
    issue_time: int | None
    """Of the newest assessment; None: there has never been one."""
    outcome: str
    """`ok`, `degraded` or `failed`; empty: never judged."""
    reason: str
    observed: float | None
    level: int | None
    """What is reached now; None where that is not known: never calm by silence."""
    label: str
    label_zh: str
    coming: ComingView | None
    bounds: list[BoundView]
    """Ascending by value; those that govern now, of a capacity too."""
    figures: dict[str, float]
    evidence: list[str]
    trend: TrendView
    ahead: AheadView | None


class VenueView(Struct, frozen=True, kw_only=True):
    """One venue, or what belongs to none."""

    id: str
    """Empty: places of the site that belong to no venue."""
    name: str
    name_zh: str
    spots: list[SpotView]
    programme: ProgrammeView | None
    """None: nothing was advised yet, which is no go."""


class VenuesView(Struct, frozen=True, kw_only=True):
    """All venues in the site's order; what belongs to none last."""

    venues: list[VenueView]
