"""What assessments say of the next hours: pure functions."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from console.freshness import outlook_stale_after
from console.report.facts import Outlook
from console.report.names import LATE, Names
from forewarn.domain.hazard import Assessment, Exceedance, Outcome
from forewarn.domain.station import Site

WORTH_SAYING = 0.1
"""Probability from which a threshold of the next hours is worth a line."""

MOST = 12


def is_old(assessment: Assessment, at: datetime, allowed: timedelta, speed: float) -> bool:
    """Return whether it is too old to rely on at `at`: `allowed` and what it takes to make."""
    return at - assessment.issue_time > outlook_stale_after(allowed, speed) + LATE


def relied_on(assessment: Assessment, at: datetime, allowed: timedelta, speed: float) -> bool:
    """Return whether it can be relied on to say that all is well."""
    return assessment.outcome is Outcome.OK and not is_old(assessment, at, allowed, speed)


def outlooks(
    site: Site, names: Names, assessed: Mapping[str, Assessment], at: datetime, speed: float
) -> list[Outlook]:
    """Return one outlook for each threshold of each assessment, most threatening first.

    Reached ones come first, then by level where it is more likely than not, then by probability.
    """
    found = [
        _outlook(names, key, assessment, e, at, speed)
        for key, assessment in assessed.items()
        if key in names.thresholds
        for e in assessment.exceedances
    ]
    return sorted(found, key=_threat)


def highlights(found: Sequence[Outlook]) -> list[Outlook]:
    """Return the most threatening outlook of each datastream that is worth a line, twelve at most.

    What is too old or failed is no highlight: it is among the gaps.
    """
    first: dict[str, Outlook] = {}
    for outlook in found:
        if (outlook.observed or outlook.probability >= WORTH_SAYING) and not outlook.old:
            first.setdefault(outlook.key, outlook)
    return list(first.values())[:MOST]


def _threat(o: Outlook) -> tuple[float, ...]:
    likely = o.observed or o.probability >= 0.5
    return (-float(likely), -float(o.level if likely else 0), -o.probability, -float(o.level))


def _outlook(
    names: Names, key: str, a: Assessment, e: Exceedance, at: datetime, speed: float
) -> Outlook:
    return Outlook(
        key=key,
        place=names.place(key),
        area=names.area_of(key),
        hazard=a.hazard,
        unit=names.units[key],
        level=int(e.level),
        label=names.label(key, int(e.level), e.label),
        threshold=e.threshold,
        probability=e.probability,
        observed=e.observed,
        onset=e.onset,
        early=e.onset_early,
        late=e.onset_late,
        peak=a.peak,
        peak_low=a.peak_low,
        peak_high=a.peak_high,
        peak_time=a.peak_time,
        issue_time=a.issue_time,
        outcome=a.outcome.value,
        old=is_old(a, at, names.stale[key], speed),
        evidence=a.evidence,
    )
