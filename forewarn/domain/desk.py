"""The officers' side of an alert: its incident, drafts that wait for people, acts and silences.

An *incident* is one alert from its first draft or message to its outcome. Its id is the one
that CAP messages carry.
"""

from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from forewarn.domain.hazard import Level
from forewarn.domain.observation import AwareTime


class IncidentState(StrEnum):
    """Where an incident is: draft → issued → cancelled or expired → closed."""

    DRAFT = "draft"
    """Waits for people; the public was told nothing yet."""
    ISSUED = "issued"
    """The public was told, and the newest message is in force."""
    CANCELLED = "cancelled"
    """Ended by a Cancel."""
    EXPIRED = "expired"
    """Its newest message ran out without a successor: nobody is warned any more."""
    WITHDRAWN = "withdrawn"
    """A draft that was rejected, or that nothing called for any more."""
    CLOSED = "closed"
    """Ended, and its outcome is known."""


class Act(StrEnum):
    """What an officer can do about an incident."""

    ACK = "ack"
    UNACK = "unack"
    ASSIGN = "assign"
    """`detail["to"]`: a person or group."""
    SHELVE = "shelve"
    """`detail["until"]`: RFC 3339; `detail["reason"]`. Out of the queue and not paged again
    until then, or until its level rises."""
    UNSHELVE = "unshelve"
    ESCALATE = "escalate"
    """The next step of the chain is told now."""
    COMMENT = "comment"
    """`detail["text"]`."""
    APPROVE = "approve"
    """`detail["draft"]`: the id of the draft that was looked at."""
    REJECT = "reject"
    """`detail["draft"]`, `detail["reason"]`."""
    CANCEL = "cancel"
    """`detail["reason"]`; `detail["until"]`: until when forecasts of the same level or a lower
    one do not raise it again."""


DESK_ACTS = frozenset({Act.APPROVE, Act.REJECT, Act.CANCEL})
"""Acts that the alert service carries out; the others are facts as soon as they are written."""


class Action(Struct, frozen=True, kw_only=True):
    """One act of one officer, as it is kept for ever."""

    number: int = 0
    """Order of writing; 0 before it is written."""
    at: AwareTime
    """World time."""
    author: str
    act: Act
    incident: str
    detail: dict[str, str] = {}
    taken: AwareTime | None = None
    """World time at which it took effect; None: the alert service has not come to it yet."""
    refused: str = ""
    """Why it could not be done: `the draft was issued at 03:12 by the rule`."""


class Draft(Struct, frozen=True, kw_only=True):
    """A message that waits for people before it goes out."""

    id: str
    """`<incident>.d<n>`; a new one when its level changes."""
    level: Level
    previous_level: Level
    drafted: AwareTime
    due: AwareTime
    """World time at which the rule decides, if people have not."""
    otherwise: str
    """What the rule does then: `issue` or `withdraw`."""
    needs: int
    """How many different people must approve."""
    approvals: list[str] = []
    headline: str = ""
    headlines: dict[str, str] = {}
    """As in `AlertMessage`."""
    cap: str = ""
    """The message as it would go out now."""


class Incident(Struct, frozen=True, kw_only=True):
    """One alert from its first draft or message to its outcome."""

    incident: str
    area: str
    hazard: str
    datastream: str
    status: str
    """`Actual`, `Exercise` or `Test`."""
    drill: str = ""
    """Id of the drill it belongs to; empty: it is none."""
    state: IncidentState
    level: Level
    """What the public was told last; NONE in a draft and after a Cancel."""
    highest: Level
    """The highest level the public was told, or that a draft asked for."""
    headline: str
    headlines: dict[str, str] = {}
    """As in `AlertMessage`."""
    identifier: str = ""
    """Of the newest message; empty while there is none."""
    opened: AwareTime
    changed: AwareTime
    """When level or state changed last."""
    expires: AwareTime | None = None
    ended: AwareTime | None = None
    draft: Draft | None = None
    """What waits for people; an issued incident has one when a rise must be approved."""
    acked_by: str = ""
    acked_at: AwareTime | None = None
    acked_level: Level = Level.NONE
    """What it called for when it was acknowledged; a rise above it was not."""
    assigned_to: str = ""
    shelved_until: AwareTime | None = None
    shelved_level: Level = Level.NONE
    """The level it had when it was shelved; a higher one ends the shelving."""
    escalations: int = 0
    """How many times an officer asked for the next step of the chain."""

    @property
    def called_for(self) -> Level:
        """The level it asks attention for: what was told, or the draft that waits if higher."""
        return max(self.level, self.draft.level if self.draft else Level.NONE)

    @property
    def heeded(self) -> bool:
        """Whether what it calls for now was acknowledged."""
        return self.acked_at is not None and self.called_for <= self.acked_level


class SilenceKind(StrEnum):
    """What is quiet."""

    SILENCE = "silence"
    """People are not paged for what matches; the public is told as ever."""
    MAINTENANCE = "maintenance"
    """The instruments that match are being worked on: what they say raises nothing and lowers
    nothing, and their silence is no fault."""


class Silence(Struct, frozen=True, kw_only=True):
    """A span in which something is quiet, with its author, reason and end."""

    id: int = 0
    """0 before it is written."""
    kind: SilenceKind
    author: str
    reason: str
    start: AwareTime
    end: AwareTime
    ended_by: str = ""
    """Who ended it before its time."""
    area: str = ""
    """Empty: any."""
    hazard: str = ""
    """Empty: any."""
    datastream: str = "*"
    """Pattern of datastream keys, `zhenhai/*`."""
    up_to: Level = Level.ORANGE
    """Levels above this are told all the same."""


class ApprovalRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rises wait for people, and for how long (`[[approval]]` in site.toml).

    The first rule that matches counts; a rise that none matches goes out at once.
    """

    levels: tuple[str, ...]
    """`["orange", "red"]`."""
    hazards: tuple[str, ...] = ()
    """Empty: every hazard that the public is told of."""
    people: int = 1
    """How many different people must approve, 1 or 2."""
    within: timedelta = timedelta(minutes=5)
    """World time they have; then the rule decides."""
    otherwise: str = "issue"
    """`issue`: it goes out without them. `withdraw`: it does not, and the queue says so."""

    def __post_init__(self) -> None:
        for level in self.levels:
            if Level.parse(level) is Level.NONE:
                raise ValueError("`levels` of an approval must not name `none`")
        if self.people not in (1, 2):
            raise ValueError(f"`people` is {self.people}; one or two can approve")
        if self.within <= timedelta(0):
            raise ValueError("`within` must be longer than nothing")
        if self.otherwise not in ("issue", "withdraw"):
            raise ValueError(f"`otherwise` is `{self.otherwise}`; choose `issue` or `withdraw`")
