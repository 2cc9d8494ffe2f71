"""What may come: levels and thresholds, forecasts, and assessments of a hazard."""

from datetime import timedelta
from enum import IntEnum, StrEnum

from msgspec import Struct, field

from forewarn.domain.observation import AwareTime


class Level(IntEnum):
    """Warning levels of the Chinese four-colour system; NONE is 'no warning stands'."""

    NONE = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4

    @classmethod
    def parse(cls, text: str) -> "Level":
        """Return the level named by `text`, in any case; ValueError names the choices."""
        try:
            return cls[text.upper()]
        except KeyError:
            names = ", ".join(level.name.lower() for level in cls)
            raise ValueError(f"unknown level `{text}`; choose from {names}") from None


class Threshold(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number on one datastream whose exceedance calls for a warning level."""

    value: float
    """In the unit of the datastream, e.g. stage above gauge datum [m]."""
    level: str
    """`blue`, `yellow`, `orange` or `red`."""
    label: str
    """What officers call it: `flood advisory`, `closed to people`."""
    source: str = ""
    """Where the number comes from; `invented` where it does."""
    label_zh: str = ""
    """`label` in Chinese, for messages in Chinese; empty: `label`."""

    def __post_init__(self) -> None:
        if Level.parse(self.level) is Level.NONE:
            raise ValueError("`level` of a threshold must not be `none`")


class Forecast(Struct, frozen=True, kw_only=True):
    """Quantiles of one datastream over the coming hours, issued at one time.

    `values[i][j]` is the quantile `probabilities[j]` at `issue_time + leads_s[i]`.
    """

    area: str
    datastream: str
    issue_time: AwareTime
    """World time of the newest observation the forecast rests on."""
    model: str
    leads_s: list[int]
    """Lead times, seconds after `issue_time`, ascending."""
    probabilities: list[float]
    """Non-exceedance probabilities, ascending, e.g. 0.05 … 0.95; 0.5 is among them."""
    values: list[list[float]]
    """(n_leads, n_probabilities), in the unit of the datastream; rows never decrease."""
    degraded: list[str] = []
    """Why this forecast is wider than usual: `suhe/stage silent for 40 min`."""


class Outcome(StrEnum):
    """Whether an assessment can be relied on to say that all is well."""

    OK = "ok"
    DEGRADED = "degraded"
    """Inputs were late, flagged or missing; probabilities hold, with a wider spread."""
    FAILED = "failed"
    """No forecast could be made. It says nothing about the hazard: never 'all clear'."""


HAZARDS = {
    "tide": "storm_tide",
    "wave_height": "wave",
    "wind_speed": "gale",
    "wind_gust": "gale",
    "rain": "rainstorm",
    "pulse": "canary",
}
"""Observed property → the hazard of its thresholds; of all others, flood."""

STAFF_HAZARDS = frozenset({"parking", "security", "vital", "canary"})
"""Told to staff alone, never to the public."""


def hazard_of(datastream: str) -> str:
    """Return the hazard under which thresholds of a datastream are judged by default."""
    return HAZARDS.get(datastream.partition("/")[2], "flood")


class Exceedance(Struct, frozen=True, kw_only=True):
    """How probable it is that one threshold is exceeded within the horizon, and when."""

    level: Level
    threshold: float
    label: str
    probability: float
    """That the threshold is exceeded at any lead of the horizon [0–1]."""
    observed: bool = False
    """The newest trusted observation is already above the threshold."""
    by_value: bool = True
    """False: not the datastream's value calls for the level but what `label` says, e.g. `the
    point has been silent for 12 min`; `threshold` then only ranks it among the others."""
    onset: AwareTime | None = None
    """When the median first exceeds it (else the most probable lead); None if it never does."""
    onset_early: AwareTime | None = None
    """When the 90 % quantile first exceeds it."""
    onset_late: AwareTime | None = None
    """When the 10 % quantile first exceeds it; None: possibly not within the horizon."""
    by_lead: list[float] = []
    """That it is exceeded at or before each of the assessment's `leads_s`; empty where there is
    no forecast. Lower bounds, as `probability` is."""


Ring = list[tuple[float, float]]
"""Closed ring of (latitude, longitude), first point repeated at the end."""


class Assessment(Struct, frozen=True, kw_only=True):
    """What we think of one hazard at one place now: probabilities, not yet a warning.

    The alert service turns it into a level; `failed` and `degraded` never lower one.
    """

    area: str
    hazard: str
    """`flood` at a gauge, `inundation` at a place …: docs/glossary.md. CAP event and texts are
    looked up by it."""
    datastream: str
    """The datastream whose thresholds are judged, e.g. `hangang/stage`."""
    issue_time: AwareTime
    outcome: Outcome
    reason: str = ""
    """Why it is degraded or failed, for the officer."""
    exceedances: list[Exceedance] = []
    """One for each threshold of the datastream, ascending by value; empty if failed."""
    peak: float | None = None
    """Highest median within the horizon, in the unit of the datastream."""
    peak_time: AwareTime | None = None
    peak_low: float | None = None
    """Highest 10 % quantile within the horizon."""
    peak_high: float | None = None
    """Highest 90 % quantile within the horizon."""
    where: list[Ring] = []
    """Outlines of what will be under water, where that is known; else the area's own."""
    evidence: list[str] = []
    """What it rests on, in words: `cheongdam/stage +1.20 m in 60 min`."""
    horizon_s: int = 10_800
    leads_s: list[int] = []
    """Leads of the forecast [s]; empty where there was none."""
    observed: float | None = None
    """What the datastream is now, in its unit; None where nothing trusted was observed lately."""
    figures: dict[str, float] = {}
    """Numbers behind the evidence by name, where a model tells them: docs/models/crowd.md."""
    drill: str = ""
    """Id of the drill it was made for; empty where it is about the world. Whatever follows from
    it says EXERCISE."""


class FloodedZone(Struct, frozen=True, kw_only=True):
    """Where water is at least `depth_m` deep at `lead_s` with at least `probability`."""

    lead_s: int
    depth_m: float
    probability: float
    polygons: list[list[Ring]]
    """Polygons, each an outer ring followed by its holes; none where nothing is flooded."""


class Inundation(Struct, frozen=True, kw_only=True):
    """Where water will stand in one area over the coming hours, from an ensemble.

    Depths at places travel as `Forecast` of `<place>/depth` beside it.
    """

    area: str
    issue_time: AwareTime
    """World time of the newest observation it rests on."""
    model: str
    members: int
    """Ensemble members that ran to the end."""
    leads_s: list[int]
    depths_m: list[float]
    """Depth classes of the zones [m], ascending."""
    probabilities: list[float]
    """Probabilities of the zones, ascending."""
    zones: list[FloodedZone]
    degraded: list[str] = []
    """Why it is less sure than usual: `2 of 12 members diverged`."""
    failed: str = ""
    """Why there is none; it says nothing about the hazard: never 'all clear'."""


class AlertRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the standing level rises and when it may fall again (`[alert_rule]` in site.toml)."""

    on_probability: float = 0.5
    """A level is assessed when its threshold's exceedance is at least this probable."""
    off_probability: float = 0.2
    """It is still assessed until the probability is below this."""
    cost_loss: dict[str, float] = {}
    """Level → cost of acting for nothing as a share of the loss if nobody acts [0–1]: who acts
    from that probability on loses least in the long run (Murphy 1977, Mon. Weather Rev. 105,
    803). It takes the place of `on_probability` for that level, and its `off_probability`
    keeps the same share of it."""
    hold: timedelta = field(default_factory=lambda: timedelta(minutes=30))
    """World time for which a lower level must be assessed before the standing level falls."""

    def __post_init__(self) -> None:
        if not 0 < self.off_probability <= self.on_probability <= 1:
            raise ValueError(
                f"needs 0 < off_probability ({self.off_probability}) <= on_probability "
                f"({self.on_probability}) <= 1"
            )
        for level, ratio in self.cost_loss.items():
            if Level.parse(level) is Level.NONE or not 0 < ratio <= 1:
                raise ValueError(f"`cost_loss` of `{level}` is {ratio}; needs a level and (0, 1]")

    def on(self, level: Level) -> float:
        """Return the probability from which `level` is assessed."""
        return self.cost_loss.get(level.name.lower(), self.on_probability)

    def off(self, level: Level) -> float:
        """Return the probability below which `level` is no longer assessed."""
        return self.on(level) * self.off_probability / self.on_probability


class AlertMessage(Struct, frozen=True, kw_only=True):
    """One CAP message as it is published on `alerts.v1` and MQTT, and stored."""

    identifier: str
    """CAP identifier; a new one for each message, Updates and Cancels included."""
    incident: str
    """Constant from the first Alert to the Cancel: `han.flood.hangang-stage.20200805T0310`."""
    msg_type: str
    """`Alert`, `Update` or `Cancel`."""
    status: str
    """`Actual`, `Exercise` or `Test`."""
    sent: AwareTime
    expires: AwareTime
    area: str
    hazard: str
    datastream: str
    level: Level
    previous_level: Level
    headline: str
    """In the site's language."""
    headlines: dict[str, str] = {}
    """In each language of the message: `zh-CN`, `en-US`."""
    probability: float | None
    onset: AwareTime | None
    lead_s: int | None
    """Seconds from `sent` to `onset`; 0 when the threshold is already exceeded."""
    threshold: float | None
    references: list[str]
    cap: str
    """The CAP 1.2 XML."""
    drill: str = ""
    """Id of the drill it belongs to; empty: none. Every text of a drill begins with EXERCISE."""
    siren: bool = False
    """A drill for which sirens sound; without it they stay silent in a drill."""
