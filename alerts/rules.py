"""Which level an assessment calls for: on/off probabilities, and what silence may not do."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from forewarn.domain.hazard import AlertRule, Assessment, Exceedance, Level, Outcome


class Reason(StrEnum):
    """Why `judge` chose the level it did."""

    OBSERVED = "observed above the threshold"
    PROBABLE = "probable enough to switch on"
    NOT_YET_OFF = "still too probable to switch off"
    BELOW = "no threshold is probable enough"
    KEPT_DEGRADED = "a degraded assessment never lowers"
    KEPT_FAILED = "a failed assessment never lowers"
    KEPT_OUTDATED = "an assessment that came too late never lowers"


KEPT = {
    Outcome.OK: Reason.KEPT_OUTDATED,
    Outcome.DEGRADED: Reason.KEPT_DEGRADED,
    Outcome.FAILED: Reason.KEPT_FAILED,
}
"""Why an assessment of this outcome, if it is not reliable, could not lower the level."""


class Verdict(Struct, frozen=True):
    """The level that one assessment calls for, and how far it may be trusted."""

    level: Level
    reason: Reason
    reliable: bool
    """True where the assessment may also say that all is well: only outcome `ok` may."""
    decisive: Exceedance | None = None
    """The lowest threshold that calls for `level`; None where the level was only kept."""
    lower: tuple[Exceedance, ...] = ()
    """The lowest threshold that calls for each lower level."""

    def called(self) -> dict[Level, Exceedance | None]:
        """Return every level that is called for, with the threshold that does."""
        return {e.level: e for e in self.lower} | {self.level: self.decisive}


def probability(exceedance: Exceedance) -> float:
    """Return the probability of `exceedance` [0–1]; what is observed is certain."""
    return 1.0 if exceedance.observed else exceedance.probability


def judge(
    assessment: Assessment, previous: Level, rule: AlertRule, *, fresh: bool = True
) -> Verdict:
    """Return the level that `assessment` calls for, given the level assessed before it.

    A level is assessed from the probability `rule.on(level)` on, and until it is below
    `rule.off(level)`; several thresholds may call for one level, any of them suffices.
    Each level is judged by itself and the highest counts. An assessment that is degraded,
    failed or not `fresh` (it says how it was, not how it is) raises but never lowers: then
    the level is `previous`.
    """
    reliable = fresh and assessment.outcome is Outcome.OK
    calling = _calling(assessment.exceedances, previous, rule)
    level = max((e.level for e in calling), default=Level.NONE)
    if level < previous and not reliable:
        return Verdict(previous, KEPT[assessment.outcome], False)
    if level is Level.NONE:
        return Verdict(level, Reason.BELOW, reliable)
    lowest = {e.level: e for e in sorted(calling, key=lambda e: -e.threshold)}
    decisive = lowest.pop(level)
    return Verdict(level, _reason(decisive, rule), reliable, decisive, tuple(lowest.values()))


def _calling(
    exceedances: Iterable[Exceedance], previous: Level, rule: AlertRule
) -> list[Exceedance]:
    return [
        e
        for e in exceedances
        if probability(e) >= (rule.off(e.level) if e.level <= previous else rule.on(e.level))
    ]


def _reason(decisive: Exceedance, rule: AlertRule) -> Reason:
    if decisive.observed:
        return Reason.OBSERVED
    on = decisive.probability >= rule.on(decisive.level)
    return Reason.PROBABLE if on else Reason.NOT_YET_OFF
