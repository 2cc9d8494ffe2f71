"""What an assessment counts for while instruments are worked on; pure.

* Of a datastream in maintenance nothing counts: its level stays, neither up nor down, and what
  waits for people because of it is dropped.
* What rests on such a datastream is degraded at most: it never lowers.
* That nothing is heard of it meanwhile is no silence; the time begins anew at the end.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from alerts.approval import is_open
from alerts.lifecycle import Standing
from forewarn.domain.desk import Silence
from forewarn.domain.hazard import Assessment, Level, Outcome
from forewarn.domain.maintenance import concerns, inputs_at_work, works


def is_held(datastream: str, silences: Sequence[Silence], *times: datetime) -> bool:
    """Return whether `datastream` is in maintenance at one of `times`."""
    return concerns(datastream, works(silences, *times))


def weighed(assessment: Assessment, silences: Sequence[Silence], *times: datetime) -> Assessment:
    """Return `assessment`, degraded where an input that it names is in maintenance."""
    found = inputs_at_work(assessment, works(silences, *times))
    if not found or assessment.outcome is Outcome.FAILED:
        return assessment
    said = [assessment.reason, *(f"{key} is in maintenance" for key in found)]
    return replace(
        assessment, outcome=Outcome.DEGRADED, reason="; ".join(part for part in said if part)
    )


def held(standing: Standing) -> Standing:
    """Return `standing` with all forgotten that its instrument said beyond what was told.

    What people refused stays refused, and what they cancelled stays cancelled.
    """
    return replace(
        standing,
        assessed=standing.level,
        below_since=None,
        below_seen=None,
        highest_below=Level.NONE,
        claims=tuple(claim for claim in standing.claims if not is_open(claim)),
    )


def listened_since(
    datastream: str, silences: Sequence[Silence], now: datetime, start: datetime
) -> datetime:
    """Return since when `datastream` was to be heard: `start`, or the end of its maintenance."""
    begun = [s for s in silences if s.start <= now and concerns(datastream, works([s], s.start))]
    return max([start, *(min(each.end, now) for each in begun)])
