"""From quantiles to an assessment: which thresholds are exceeded, how probably, and when."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from types import MappingProxyType
from typing import NamedTuple

from forewarn.domain.hazard import (
    Assessment,
    Exceedance,
    Forecast,
    Level,
    Outcome,
    Ring,
    Threshold,
)
from stream.quantiles import exceedance, first_crossing, quantile

EARLY, MEDIAN, LATE = 0.9, 0.5, 0.1
FLOOD = "flood"
INUNDATION = "inundation"


class Observed(NamedTuple):
    """The newest trusted observation of the datastream that is judged."""

    time: datetime
    result: float


class Grounds(NamedTuple):
    """What an assessment rests on besides the forecast."""

    observed: Observed | None
    """None where nothing trusted was observed lately: then nothing is `observed`."""
    degraded: tuple[str, ...] = ()
    """What is wrong with the inputs: `suhe/stage silent for 40 min`."""
    evidence: tuple[str, ...] = ()
    """What officers should know: `cheongdam/stage +1.20 m in 60 min`."""
    where: tuple[Ring, ...] = ()
    """Outlines of what will be under water."""
    figures: Mapping[str, float] = MappingProxyType({})
    """Numbers behind the evidence; none of them NaN."""


def assess(
    forecast: Forecast, thresholds: Sequence[Threshold], grounds: Grounds, *, hazard: str = FLOOD
) -> Assessment:
    """Judge `forecast` of one datastream by its thresholds.

    The probability that a threshold is exceeded within the horizon is that of the most
    probable lead: a lower bound, since leads are not independent and not the same. It is
    clipped to the outermost quantiles (stream/quantiles.py). A threshold that the newest
    trusted observation has reached is exceeded with probability 1.
    """
    low, medians, high = (
        [quantile(row, forecast.probabilities, wanted) for row in forecast.values]
        for wanted in (LATE, MEDIAN, EARLY)
    )
    top = max(range(len(medians)), key=medians.__getitem__)
    reasons = tuple(dict.fromkeys((*forecast.degraded, *grounds.degraded)))
    return Assessment(
        area=forecast.area,
        hazard=hazard,
        datastream=forecast.datastream,
        issue_time=forecast.issue_time,
        outcome=Outcome.DEGRADED if reasons else Outcome.OK,
        reason="; ".join(reasons),
        exceedances=[_exceedance(forecast, t, grounds.observed) for t in _ascending(thresholds)],
        peak=medians[top],
        peak_time=forecast.issue_time + timedelta(seconds=forecast.leads_s[top]),
        peak_low=max(low),
        peak_high=max(high),
        where=[list(ring) for ring in grounds.where],
        evidence=list(grounds.evidence),
        horizon_s=forecast.leads_s[-1],
        leads_s=list(forecast.leads_s),
        observed=None if grounds.observed is None else float(grounds.observed.result),
        figures=dict(grounds.figures),
    )


def assess_without_forecast(
    area: str,
    datastream: str,
    issue_time: datetime,
    reason: str,
    thresholds: Sequence[Threshold],
    grounds: Grounds,
    *,
    hazard: str = FLOOD,
) -> Assessment:
    """Judge observations alone, where there is no forecast because of `reason`.

    Thresholds that are exceeded now are listed, with probability 1, and the outcome is
    `degraded`. Of the others nothing is known, so they are not listed; if none is exceeded
    the outcome is `failed`: this is never 'all clear'.
    """
    reached = [
        _exceeded_now(threshold, grounds.observed)
        for threshold in _ascending(thresholds)
        if grounds.observed is not None and grounds.observed.result >= threshold.value
    ]
    return Assessment(
        area=area,
        hazard=hazard,
        datastream=datastream,
        issue_time=issue_time,
        outcome=Outcome.DEGRADED if reached else Outcome.FAILED,
        reason="; ".join(dict.fromkeys((reason, *grounds.degraded))),
        exceedances=reached,
        evidence=list(grounds.evidence),
        observed=None if grounds.observed is None else float(grounds.observed.result),
        figures=dict(grounds.figures),
    )


def _ascending(thresholds: Sequence[Threshold]) -> list[Threshold]:
    return sorted(thresholds, key=lambda threshold: threshold.value)


def _exceedance(forecast: Forecast, threshold: Threshold, observed: Observed | None) -> Exceedance:
    if observed is not None and observed.result >= threshold.value:
        return _exceeded_now(threshold, observed, len(forecast.leads_s))
    probabilities = forecast.probabilities
    by_lead = [exceedance(row, probabilities, threshold.value) for row in forecast.values]
    onset = _crossing(forecast, threshold.value, MEDIAN, observed)
    early = _crossing(forecast, threshold.value, EARLY, observed)
    if onset is None and max(row[-1] for row in forecast.values) >= threshold.value:
        most = max(range(len(by_lead)), key=by_lead.__getitem__)
        onset = forecast.issue_time + timedelta(seconds=forecast.leads_s[most])
    return Exceedance(
        level=Level.parse(threshold.level),
        threshold=threshold.value,
        label=threshold.label,
        probability=max(by_lead),
        onset=onset,
        onset_early=early,
        onset_late=_crossing(forecast, threshold.value, LATE, observed),
        by_lead=list(accumulate(by_lead, max)),
    )


def _exceeded_now(threshold: Threshold, observed: Observed | None, leads: int = 0) -> Exceedance:
    since = None if observed is None else observed.time
    return Exceedance(
        level=Level.parse(threshold.level),
        threshold=threshold.value,
        label=threshold.label,
        probability=1.0,
        observed=True,
        onset=since,
        onset_early=since,
        onset_late=since,
        by_lead=[1.0] * leads,
    )


def _crossing(
    forecast: Forecast, threshold: float, wanted: float, observed: Observed | None
) -> datetime | None:
    """Return when the quantile `wanted` first reaches `threshold`, from what is observed on."""
    line = [quantile(row, forecast.probabilities, wanted) for row in forecast.values]
    leads: list[float] = list(forecast.leads_s)
    if observed is not None and leads[0] > 0:
        now = min(0.0, (observed.time - forecast.issue_time).total_seconds())
        leads, line = [now, *leads], [observed.result, *line]
    lead = first_crossing(leads, line, threshold)
    return None if lead is None else forecast.issue_time + timedelta(seconds=max(0.0, lead))
