"""What the page is told, as structs: times in Unix milliseconds, levels as numbers 0 to 4.

`console/web/src/wire.ts` says the same in TypeScript.
"""

from msgspec import Struct

from console.background import Background


class ThresholdView(Struct, frozen=True, kw_only=True):
    """A threshold as it is drawn."""

    value: float
    level: int
    label: str
    source: str


class DatastreamView(Struct, frozen=True, kw_only=True):
    """A datastream as `site.toml` describes it."""

    key: str
    station: str
    property: str
    unit: str
    interval_s: float
    stale_after_s: float
    """Age in world seconds beyond which a value is shown as old."""
    thresholds: list[ThresholdView]
    """Ascending by value."""


class StationView(Struct, frozen=True, kw_only=True):
    """A station as `site.toml` describes it."""

    id: str
    name: str
    area: str
    """Name of the area, for people."""
    datum: str
    invented: bool


class PlaceView(Struct, frozen=True, kw_only=True):
    """A place as `site.toml` describes it: a model gives its value, no instrument does."""

    key: str
    """Of its forecast datastream, `<id>/<property>`."""
    id: str
    name: str
    kind: str
    property: str
    unit: str
    hazard: str
    area: str
    """Name of the area, for people."""
    invented: bool
    stale_after_s: float
    thresholds: list[ThresholdView]
    """Ascending by value."""


class SiteView(Struct, frozen=True, kw_only=True):
    """The site: what does not change while the console runs."""

    id: str
    name: str
    timezone: str
    language: str
    invented: str
    replay: bool
    """The world's time is not the real one: a demonstration or a replay."""
    speed: float
    spark_hours: float
    inundation_stale_after_s: float
    """Age in world seconds beyond which a map of inundation is shown as old."""
    stations: list[StationView]
    datastreams: list[DatastreamView]
    places: list[PlaceView]
    """Those whose water depth the inundation model forecasts."""
    others: list[PlaceView]
    """Slopes, zones, car parks, venues …: judged by the models of other hazards."""


class AreaView(Struct, frozen=True, kw_only=True):
    """The outline of an area."""

    id: str
    name: str
    polygon: list[tuple[float, float]]
    """Closed ring of (latitude, longitude)."""


class PointView(Struct, frozen=True, kw_only=True):
    """Where a station or a place is."""

    id: str
    latitude: float
    longitude: float


class MapView(Struct, frozen=True, kw_only=True):
    """Where everything of the site is."""

    areas: list[AreaView]
    stations: list[PointView]
    places: list[PointView]
    background: Background | None
    """GeoJSON, (longitude, latitude); None if the site has no `map.geojson`."""
    background_error: str
    """Why there is no background although there is a file."""


class Vital(Struct, frozen=True, kw_only=True):
    """The newest observation of a datastream and what it means."""

    key: str
    time: int
    result: float | None
    quality: int
    level: int | None
    """Highest level whose threshold the value has reached; 0 below all of them; None where
    there is no trusted value or no threshold."""
    exceeded: str
    """Label of that threshold."""


class Trace(Struct, frozen=True, kw_only=True):
    """Observations of one datastream as columns, ascending in time."""

    key: str
    time: list[int]
    result: list[float | None]
    quality: list[int]


class ExceedanceView(Struct, frozen=True, kw_only=True):
    """`forewarn.domain.hazard.Exceedance` for the page."""

    level: int
    threshold: float
    label: str
    probability: float
    observed: bool
    onset: int | None
    onset_early: int | None
    onset_late: int | None


class AssessmentView(Struct, frozen=True, kw_only=True):
    """What is thought of one datastream's hazard."""

    key: str
    hazard: str
    issue_time: int
    outcome: str
    reason: str
    exceedances: list[ExceedanceView]
    peak: float | None
    peak_time: int | None
    peak_low: float | None
    """Highest 10 % quantile within the horizon."""
    peak_high: float | None
    """Highest 90 % quantile within the horizon."""
    evidence: list[str]
    horizon_s: int
    where: list[list[tuple[float, float]]]
    """Outlines of (latitude, longitude) of what is at risk; of inundation the zones say it."""


class ForecastView(Struct, frozen=True, kw_only=True):
    """Quantiles of one datastream over the coming hours."""

    key: str
    issue_time: int
    model: str
    leads_s: list[int]
    probabilities: list[float]
    values: list[list[float]]
    degraded: list[str]


class Outlook(Struct, frozen=True, kw_only=True):
    """Forecast and assessment of one datastream; either may be missing."""

    key: str
    forecast: ForecastView | None
    assessment: AssessmentView | None


class AlertView(Struct, frozen=True, kw_only=True):
    """One alert message, without its CAP text."""

    identifier: str
    incident: str
    msg_type: str
    status: str
    sent: int
    expires: int
    area: str
    hazard: str
    key: str
    level: int
    previous_level: int
    headline: str
    headlines: dict[str, str]
    probability: float | None
    onset: int | None
    lead_s: int | None
    threshold: float | None
    acknowledged_by: str
    acknowledged_at: int | None
    active: bool
    drill: str
    """Id of its drill; empty: it is about the world."""


class StationsView(Struct, frozen=True, kw_only=True):
    """Everything of the stations' table."""

    world_time: int
    vitals: list[Vital]
    sparks: list[Trace]
    assessments: list[AssessmentView]


class ZoneView(Struct, frozen=True, kw_only=True):
    """Where water is at least `depth_m` deep at `lead_s` with at least `probability`."""

    lead_s: int
    depth_m: float
    probability: float
    polygons: list[list[list[tuple[float, float]]]]
    """Polygons, each an outer ring and its holes, of (latitude, longitude)."""


class InundationView(Struct, frozen=True, kw_only=True):
    """The newest map of one area, and why there is no newer one.

    A run that failed leaves the map before it in view, with its own `issue_time`.
    """

    area: str
    name: str
    """Name of the area, for people."""
    issue_time: int | None
    """Of the map shown; None where there has never been one."""
    model: str
    members: int
    leads_s: list[int]
    depths_m: list[float]
    probabilities: list[float]
    zones: list[ZoneView]
    degraded: list[str]
    failed: str
    """Why the newest run made no map; empty if it did."""
    failed_time: int | None
    """Issue time of that run."""


class InundationsView(Struct, frozen=True, kw_only=True):
    """The newest map of each area that has one."""

    inundations: list[InundationView]


class InundationNews(Struct, frozen=True, kw_only=True):
    """There is a new map: ask `/api/inundation`. The map itself is too long for an event."""

    version: str


class Heartbeat(Struct, frozen=True, kw_only=True):
    """How the console and its sources are."""

    world_time: int
    speed: float
    database: str
    """Why the database does not answer; empty if it does."""
    newest: int | None
    """Phenomenon time of the newest observation of the site."""
    stale_since: int | None
    """Set to `newest` when nothing newer has come for too long."""
