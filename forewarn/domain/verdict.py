"""What became of a warning: the words and numbers of an outcome. docs/outcomes.md has them all."""

from enum import StrEnum

from msgspec import Struct

from forewarn.domain.hazard import Level
from forewarn.domain.observation import AwareTime


class EventVerdict(StrEnum):
    """What observations say of one level of one event."""

    HIT = "hit"
    """The threshold was reached while people were warned of that level or a higher one."""
    MISS = "miss"
    """It was reached while nobody was warned of that level, or only afterwards."""
    FALSE_ALARM = "false alarm"
    """People were warned, and observations without a gap show that it was not reached."""
    UNKNOWN = "unknown"
    """Observations cannot tell. It is counted neither as right nor as wrong."""
    ONGOING = "ongoing"
    """It had been exceeded for hours before the first message: no new event, not counted."""


class Why(StrEnum):
    """Why the verdict is what it is."""

    WARNED = "reached while warned"
    LATE = "warned only after it was reached"
    NEVER = "never warned of this level"
    LOWERED = "warned before, but no more when it was reached"
    NOT_REACHED = "not reached while warned"
    GAP = "observations are missing for too long"
    NO_THRESHOLD = "not judged by a threshold of the site on this datastream"
    NO_OBSERVATIONS = "no trusted observations"
    SINCE_BEFORE = "exceeded since before"
    CONFIRMED = "confirmed by an officer"
    NOT_CONFIRMED = "an officer says it did not happen"


class EventOutcome(Struct, frozen=True, kw_only=True):
    """The outcome of one event at one level."""

    event: str
    """The incident, or `miss.<hazard>.<datastream>.<time>` where there was none."""
    level: Level
    area: str
    hazard: str
    datastream: str
    status: str
    """`Actual`, `Exercise` or `Test`."""
    verdict: EventVerdict
    why: Why
    began: AwareTime
    """When the incident opened; of a miss without one, when the threshold was reached."""
    threshold: float | None = None
    """Lowest value that calls for this level or a higher one, in the datastream's unit."""
    warned: AwareTime | None = None
    """When the first message of at least this level was sent; None: never."""
    promised: AwareTime | None = None
    """The onset that message promised."""
    crossed: AwareTime | None = None
    """Time of the first trusted observation at or above the threshold."""
    lead_s: float | None = None
    """`crossed - warned` [s]; negative where the warning came after."""
    uncertain_s: float | None = None
    """How much earlier it may have been reached: time since the trusted observation before [s]."""
    cancelled_by: str = ""
    """The officer who cancelled the incident by hand."""
    decided_by: str = ""
    """The officer whose word settled what observations could not tell."""

    @property
    def early_s(self) -> float | None:
        """Return `promised - crossed` [s]: positive where it came before it was promised."""
        if self.promised is None or self.crossed is None:
            return None
        return (self.promised - self.crossed).total_seconds()


class Remark(Struct, frozen=True, kw_only=True):
    """What an officer says of an event afterwards."""

    number: int = 0
    """0 before it is written."""
    event: str
    at: AwareTime
    author: str
    text: str
    confirmed: bool | None = None
    """Whether the hazard happened; None: the remark does not say."""
