"""From assessments, forecasts and the last hour to what is told of a place: pure functions."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from console.freshness import PLACE_OLD, outlook_stale_after
from console.venues.trend import course
from console.venues.views import AheadView, BoundView, ComingView, SpotView, TrendView
from forewarn.domain.hazard import Assessment, Exceedance, Forecast, Level, Outcome
from forewarn.domain.observation import to_milliseconds
from forewarn.domain.station import Place

KINDS = ("zone", "gate", "parking", "point")
AHEAD = timedelta(hours=2)
PROBABLE = 0.5

Samples = Sequence[tuple[datetime, float | None]]


def spot_view(
    place: Place,
    assessment: Assessment | None,
    forecast: Forecast | None,
    lately: Samples,
    *,
    area: str,
    speed: float,
) -> SpotView:
    """Return one place as it is now, was lately and will be soon."""
    chinese = {t.label: t.label_zh for t in place.thresholds}
    bounds = _bounds(place, assessment, chinese)
    reached = _reached(assessment)
    label = reached.label if reached else ""
    matters = bounds[-1].value if bounds else max((abs(v) for _, v in lately if v), default=0.0)
    return SpotView(
        key=place.key,
        id=place.id,
        kind=place.kind,
        name=place.name,
        name_zh=place.name_zh,
        area=area,
        unit=place.unit,
        invented=place.invented,
        stale_after_s=outlook_stale_after(PLACE_OLD, speed).total_seconds(),
        issue_time=to_milliseconds(assessment.issue_time) if assessment else None,
        outcome=assessment.outcome.value if assessment else "",
        reason=assessment.reason if assessment else "",
        observed=assessment.observed if assessment else None,
        level=_level(assessment, reached),
        label=label,
        label_zh=chinese.get(label, ""),
        coming=_coming(assessment, chinese),
        bounds=bounds,
        figures=assessment.figures if assessment else {},
        evidence=assessment.evidence if assessment else [],
        trend=_trend(lately, matters),
        ahead=_ahead(forecast) if _stands(forecast, assessment) else None,
    )


def _bounds(
    place: Place, assessment: Assessment | None, chinese: dict[str, str]
) -> list[BoundView]:
    """Return what governs now, else what site.toml says."""
    known = [e for e in assessment.exceedances if e.by_value] if assessment else []
    if assessment is not None and assessment.leads_s and known:
        found = [(e.threshold, int(e.level), e.label) for e in known]
    else:
        found = [(t.value, int(Level.parse(t.level)), t.label) for t in place.thresholds]
    return [
        BoundView(value=value, level=level, label=label, label_zh=chinese.get(label, ""))
        for value, level, label in sorted(found)
    ]


def _reached(assessment: Assessment | None) -> Exceedance | None:
    found = [e for e in assessment.exceedances if e.observed] if assessment else []
    return max(found, key=lambda e: (e.level, e.threshold), default=None)


def _level(assessment: Assessment | None, reached: Exceedance | None) -> int | None:
    """Return the level now; None where nothing trusted is observed and nothing calls for one."""
    if assessment is None:
        return None
    if reached is not None:
        return int(reached.level)
    if assessment.outcome is Outcome.FAILED or assessment.observed is None:
        return None
    return int(Level.NONE)


def _coming(assessment: Assessment | None, chinese: dict[str, str]) -> ComingView | None:
    found = assessment.exceedances if assessment else []
    probable = [e for e in found if not e.observed and e.probability >= PROBABLE]
    highest = max(probable, key=lambda e: (e.level, e.threshold), default=None)
    if highest is None:
        return None
    return ComingView(
        level=int(highest.level),
        label=highest.label,
        label_zh=chinese.get(highest.label, ""),
        probability=highest.probability,
        onset=None if highest.onset is None else to_milliseconds(highest.onset),
    )


def _trend(lately: Samples, matters: float) -> TrendView:
    hours = [at.timestamp() / 3600 for at, _ in lately]
    rate, word = course(hours, [value for _, value in lately], matters=matters)
    return TrendView(
        time=[to_milliseconds(at) for at, _ in lately],
        value=[value for _, value in lately],
        rate=rate,
        course=word,
    )


def _stands(forecast: Forecast | None, assessment: Assessment | None) -> bool:
    """Return whether the newest forecast is the newest judgement's: else none could be made."""
    if forecast is None or assessment is None:
        return False
    return forecast.issue_time >= assessment.issue_time - PLACE_OLD


def _ahead(forecast: Forecast | None) -> AheadView | None:
    """Return the quantiles to two hours; None where the forecast has not the three we show."""
    if forecast is None or not {0.1, 0.5, 0.9} <= set(forecast.probabilities):
        return None
    low, median, high = (forecast.probabilities.index(p) for p in (0.1, 0.5, 0.9))
    last = AHEAD.total_seconds()
    rows = [
        (lead, row)
        for lead, row in zip(forecast.leads_s, forecast.values, strict=True)
        if lead <= last
    ]
    return AheadView(
        issue_time=to_milliseconds(forecast.issue_time),
        leads_s=[lead for lead, _ in rows],
        low=[row[low] for _, row in rows],
        median=[row[median] for _, row in rows],
        high=[row[high] for _, row in rows],
    )
