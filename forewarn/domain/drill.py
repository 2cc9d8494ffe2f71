"""A drill: a warning that people practise with, and what every text of it begins with."""

from msgspec import Struct

from forewarn.domain.hazard import Level
from forewarn.domain.observation import AwareTime


class Drill(Struct, frozen=True, kw_only=True):
    """A span in which an area is warned of a hazard that is not there, for people to practise."""

    id: int = 0
    """0 before it is written; `Assessment.drill` is this number as text."""
    author: str
    reason: str
    start: AwareTime
    end: AwareTime
    area: str
    hazard: str
    level: Level
    siren: bool = False
    """Whether the sirens of the area sound, as they would for the real thing."""
    ended_by: str = ""
    """Who ended it before its time."""
    closed: AwareTime | None = None
    """World time at which the alert service had told everybody that it is over."""
