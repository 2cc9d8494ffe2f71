"""From the words of the domain to what the page is told: pure functions."""

from collections.abc import Sequence
from datetime import datetime

from console.freshness import INUNDATION_OLD, PLACE_OLD, outlook_stale_after, stale_after
from console.views import (
    AlertView,
    AssessmentView,
    DatastreamView,
    ExceedanceView,
    ForecastView,
    PlaceView,
    SiteView,
    StationView,
    ThresholdView,
    Trace,
    Vital,
)
from forewarn.domain.hazard import Assessment, Forecast, Level, Threshold
from forewarn.domain.observation import Quality, to_milliseconds
from forewarn.domain.station import Datastream, Place, Site, Station
from forewarn.storage import AlertRow, Latest, Sample

SPARK_HOURS = 6.0
SPARK_POINTS = 72

TRUSTED = (Quality.GOOD, Quality.UNCHECKED)


def site_view(site: Site, *, speed: float, replay: bool) -> SiteView:
    """Return what does not change while the console runs."""
    areas = {area.id: area.name for area in site.areas}
    return SiteView(
        id=site.id,
        name=site.name,
        timezone=site.timezone,
        language=site.language,
        invented=site.invented,
        replay=replay,
        speed=speed,
        spark_hours=SPARK_HOURS,
        inundation_stale_after_s=outlook_stale_after(INUNDATION_OLD, speed).total_seconds(),
        stations=[_station(station, areas) for station in site.stations],
        datastreams=[_datastream(*parts, speed=speed) for parts in site.datastreams()],
        places=[_place(place, areas, speed=speed) for place in site.places if place.floods],
        others=[_place(place, areas, speed=speed) for place in site.places if not place.floods],
    )


def vital(latest: Latest, thresholds: Sequence[Threshold]) -> Vital:
    """Return the newest observation with the level it has reached.

    A value that quality control doubts is judged by nobody: its level is None, not 0.
    """
    level: int | None = None
    exceeded = ""
    if thresholds and latest.result is not None and latest.quality in TRUSTED:
        reached = [t for t in thresholds if latest.result >= t.value]
        highest = max(reached, key=lambda t: (Level.parse(t.level), t.value), default=None)
        level = int(Level.parse(highest.level)) if highest else 0
        exceeded = highest.label if highest else ""
    return Vital(
        key=latest.datastream,
        time=to_milliseconds(latest.phenomenon_time),
        result=latest.result,
        quality=int(latest.quality),
        level=level,
        exceeded=exceeded,
    )


def trace(key: str, samples: Sequence[Sample]) -> Trace:
    """Return `samples`, ascending in time, as columns."""
    return Trace(
        key=key,
        time=[to_milliseconds(s.phenomenon_time) for s in samples],
        result=[s.result for s in samples],
        quality=[int(s.quality) for s in samples],
    )


def spark(key: str, samples: Sequence[Sample]) -> Trace:
    """Return the trusted ones of `samples`, thinned to the last of each of 72 parts of 6 h."""
    width_ms = SPARK_HOURS * 3_600_000 / SPARK_POINTS
    kept: dict[int, Sample] = {}
    for sample in samples:
        if sample.quality in TRUSTED:
            kept[int(to_milliseconds(sample.phenomenon_time) // width_ms)] = sample
    return trace(key, list(kept.values()))


def forecast_view(forecast: Forecast) -> ForecastView:
    """Return `forecast` for the page."""
    return ForecastView(
        key=forecast.datastream,
        issue_time=to_milliseconds(forecast.issue_time),
        model=forecast.model,
        leads_s=forecast.leads_s,
        probabilities=forecast.probabilities,
        values=forecast.values,
        degraded=forecast.degraded,
    )


def assessment_view(assessment: Assessment) -> AssessmentView:
    """Return `assessment` for the page."""
    return AssessmentView(
        key=assessment.datastream,
        hazard=assessment.hazard,
        issue_time=to_milliseconds(assessment.issue_time),
        outcome=assessment.outcome.value,
        reason=assessment.reason,
        exceedances=[
            ExceedanceView(
                level=int(e.level),
                threshold=e.threshold,
                label=e.label,
                probability=e.probability,
                observed=e.observed,
                onset=_milliseconds(e.onset),
                onset_early=_milliseconds(e.onset_early),
                onset_late=_milliseconds(e.onset_late),
            )
            for e in assessment.exceedances
        ],
        peak=assessment.peak,
        peak_time=_milliseconds(assessment.peak_time),
        peak_low=assessment.peak_low,
        peak_high=assessment.peak_high,
        evidence=assessment.evidence,
        horizon_s=assessment.horizon_s,
        where=[] if assessment.hazard == "inundation" else assessment.where,
    )


def alert_view(row: AlertRow, areas: dict[str, str]) -> AlertView:
    """Return an alert message for the page; `areas` gives the names of the areas."""
    return AlertView(
        identifier=row.identifier,
        incident=row.incident,
        msg_type=row.msg_type,
        status=row.status,
        sent=to_milliseconds(row.sent),
        expires=to_milliseconds(row.expires),
        area=areas.get(row.area, row.area),
        hazard=row.hazard,
        key=row.datastream,
        level=int(row.level),
        previous_level=int(row.previous_level),
        headline=row.headline,
        headlines=row.headlines,
        probability=row.probability,
        onset=_milliseconds(row.onset),
        lead_s=row.lead_s,
        threshold=row.threshold,
        acknowledged_by=row.acknowledged_by or "",
        acknowledged_at=_milliseconds(row.acknowledged_at),
        active=row.active,
        drill=row.drill,
    )


def _station(station: Station, areas: dict[str, str]) -> StationView:
    return StationView(
        id=station.id,
        name=station.name,
        area=areas[station.area],
        datum=station.datum,
        invented=station.invented,
    )


def _datastream(
    key: str, station: Station, datastream: Datastream, *, speed: float
) -> DatastreamView:
    return DatastreamView(
        key=key,
        station=station.id,
        property=datastream.property,
        unit=datastream.unit,
        interval_s=datastream.interval.total_seconds(),
        stale_after_s=stale_after(datastream.interval, speed).total_seconds(),
        thresholds=_thresholds(datastream.thresholds),
    )


def _place(place: Place, areas: dict[str, str], *, speed: float) -> PlaceView:
    return PlaceView(
        key=place.key,
        id=place.id,
        name=place.name,
        kind=place.kind,
        property=place.observed_property,
        unit=place.unit,
        hazard=place.hazard,
        area=areas[place.area],
        invented=place.invented,
        stale_after_s=outlook_stale_after(PLACE_OLD, speed).total_seconds(),
        thresholds=_thresholds(place.thresholds),
    )


def _thresholds(thresholds: Sequence[Threshold]) -> list[ThresholdView]:
    """Return `thresholds`, ascending by value."""
    return [
        ThresholdView(
            value=t.value, level=int(Level.parse(t.level)), label=t.label, source=t.source
        )
        for t in sorted(thresholds, key=lambda t: t.value)
    ]


def _milliseconds(time: datetime | None) -> int | None:
    return None if time is None else to_milliseconds(time)
