"""What a report or a handover says, before it is put into words. Times are the world's, UTC."""

from enum import StrEnum

from msgspec import Struct

from forewarn.domain.observation import AwareTime


class Named(Struct, frozen=True):
    """Something with a name in both languages; `zh` is `name` where it has none."""

    name: str
    zh: str


class Waiting(Struct, frozen=True, kw_only=True):
    """A draft that waits for people."""

    id: str
    level: int
    due: AwareTime
    otherwise: str
    """What the rule does then: `issue` or `withdraw`."""
    needs: int
    approvals: list[str]


class Outlook(Struct, frozen=True, kw_only=True):
    """What is thought of one threshold of one datastream."""

    key: str
    place: Named
    area: Named
    hazard: str
    unit: str
    level: int
    label: Named
    threshold: float
    probability: float
    observed: bool
    """The threshold is exceeded already."""
    onset: AwareTime | None
    early: AwareTime | None
    """With `late` the 80 % interval of the onset; None: not within the horizon."""
    late: AwareTime | None
    peak: float | None
    peak_low: float | None
    peak_high: float | None
    peak_time: AwareTime | None
    issue_time: AwareTime
    outcome: str
    """`ok`, `degraded` or `failed`."""
    old: bool
    """The assessment is too old to rely on."""
    evidence: list[str]


class InForce(Struct, frozen=True, kw_only=True):
    """A warning in force, a draft that waits, or the one incident that was asked for."""

    incident: str
    live: bool
    """False: it is not in force any more, or was not yet; it was asked for by its name."""
    area: Named
    area_id: str
    place: Named
    key: str
    hazard: str
    level: int
    """What the public was told; 0: a draft of which nothing went out yet. Of what is not live
    the highest that was told."""
    status: str
    drill: str
    headline: Named
    opened: AwareTime
    sent: AwareTime | None
    """When its newest message went out."""
    expires: AwareTime | None
    onset: AwareTime | None
    """As its newest message told it."""
    probability: float | None
    outlook: Outlook | None
    """What is thought now; None: there is no assessment to rely on."""
    draft: Waiting | None
    acked_by: str
    acked_at: AwareTime | None
    assigned_to: str
    shelved_until: AwareTime | None

    @property
    def exercise(self) -> bool:
        """Whether it must not be taken for a warning of the real world."""
        return self.drill != "" or self.status != "Actual"

    @property
    def foremost(self) -> int:
        """The level that matters: what was told, or what a draft asks for."""
        return max(self.level, self.draft.level if self.draft else 0)


class Quiet(Struct, frozen=True, kw_only=True):
    """A silence, a maintenance or a drill that runs."""

    kind: str
    author: str
    reason: str
    start: AwareTime
    end: AwareTime
    area: str
    hazard: str
    datastream: str
    level: int


class GapKind(StrEnum):
    """Why something is not known."""

    NEVER = "never"
    """An instrument that has never said anything."""
    SILENT = "silent"
    DOUBTED = "doubted"
    """The newest value is flagged suspect, failed or missing."""
    GATEWAY_NEVER = "gateway_never"
    GATEWAY_OFFLINE = "gateway_offline"
    INSTRUMENT = "instrument"
    """A gateway says of an instrument that it does not answer."""
    REJECTED = "rejected"
    UNJUDGED = "unjudged"
    """There is no assessment of what has thresholds."""
    FAILED = "failed"
    DEGRADED = "degraded"
    OUTDATED = "outdated"
    PAST = "past"
    """What is not kept: gateways and drafts of an earlier time."""
    CUT = "cut"
    """There is more than is shown."""


class Gap(Struct, frozen=True, kw_only=True):
    """One thing that is not known, or not as well as usual."""

    kind: GapKind
    name: Named
    key: str = ""
    since: AwareTime | None = None
    reason: str = ""
    count: int = 0
    maintenance: bool = False
    """People work on it: its silence is no fault."""


class Facts(Struct, frozen=True, kw_only=True):
    """How things stand at one time."""

    site: str
    timezone: str
    invented: str
    """What is made up here; empty: nothing."""
    replay: bool
    """The world's time is not the real one."""
    at: AwareTime
    past: bool
    """It is about an earlier time, not about now."""
    force: list[InForce]
    """Gravest first."""
    quiet: list[Quiet]
    gaps: list[Gap]
    outlooks: list[Outlook]
    """Of the next hours, most threatening first; those in force included."""
    judged: int
    """How many of the `judgeable` have an assessment to rely on."""
    judgeable: int
    """Datastreams and places with thresholds."""
