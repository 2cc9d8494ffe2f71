"""All that one message says, before it is put into words and XML."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from alerts.lifecycle import Cause, Change, Sent, Standing, Timing, references
from forewarn.domain.drill import Drill
from forewarn.domain.hazard import Assessment, Exceedance, Level
from forewarn.domain.station import Site

AFTER_ONSET = timedelta(hours=1)
"""A message lives at least this long beyond the time it warns of."""


class Notice(Struct, frozen=True, kw_only=True):
    """One message to the public: what, where, when, how sure, and what it follows."""

    identifier: str
    incident: str
    msg_type: str
    status: str
    sent: datetime
    expires: datetime
    references: tuple[Sent, ...]
    cause: Cause
    level: Level
    previous_level: Level
    hazard: str
    datastream: str
    gauge: str
    """Name of the station, for people."""
    property: str
    unit: str
    exceedance: Exceedance | None
    """The threshold that the message names."""
    others: tuple[Exceedance, ...] = ()
    """Higher thresholds that are not improbable."""
    peak: float | None = None
    peak_time: datetime | None = None
    evidence: tuple[str, ...] = ()
    reason: str = ""
    """Why the forecast is degraded, if it is."""
    remark: str = ""
    """What the officer wrote who cancelled it."""
    no_forecast_since: datetime | None = None
    falling: bool = False
    """The newest assessments are below the level, not yet for the hold time."""
    drill: str = ""
    """Id of the drill it belongs to; empty: none."""
    siren: bool = False
    """A drill for which sirens sound."""
    area: str
    area_name: str
    polygons: tuple[tuple[tuple[float, float], ...], ...]
    """Closed rings of (latitude, longitude): what will be under water where that is known, else
    the area; none where the site does not know the area."""
    site: Site


def lead_s(notice: Notice) -> int | None:
    """Return whole seconds from `sent` to the onset; 0 when exceeded; None if not known."""
    exceedance = notice.exceedance
    if exceedance is None or notice.msg_type == "Cancel":
        return None
    if exceedance.observed:
        return 0
    if exceedance.onset is None:
        return None
    return max(0, int((exceedance.onset - notice.sent).total_seconds()))


def name_threshold(
    level: Level, standing: Standing, assessment: Assessment | None
) -> Exceedance | None:
    """Return the threshold that a message of `level` names.

    That which called for the level, as the newest assessment that still did so saw it;
    while forecasts are below the level, as the newest of them sees it. A level that the
    standing fell to is named by its lowest threshold; the end of an incident by the
    threshold that was warned of.
    """
    if level is Level.NONE:
        return standing.told
    same = [e for e in assessment.exceedances if e.level == level] if assessment else []
    current = standing.current
    if current is None or current.level != level:
        return min(same, key=lambda e: e.threshold, default=None)
    if standing.below_since is None:
        return current
    return next((e for e in same if e.threshold == current.threshold), current)


def incident_id(
    site: Site,
    key: tuple[str, str, str],
    standing: Standing,
    sent: datetime,
    drill: Drill | None = None,
) -> str:
    """Return the id of a new incident, e.g. `han.flood.hangang-stage.20200805T0310`.

    The time is the site's. A second incident of one datastream in one minute gets a number; one
    of a drill has the drill's behind the site: `han.drill-7.flood.…`.
    """
    _, hazard, datastream = key
    local = sent.astimezone(ZoneInfo(site.timezone))
    what = re.sub(r"[^A-Za-z0-9_.-]", "-", f"{hazard}.{datastream}")
    where = f"{site.id}.drill-{drill.id}" if drill else site.id
    name = f"{where}.{what}.{local:%Y%m%dT%H%M}"
    earlier, _, number = standing.incident.rpartition("_")
    if standing.incident == name:
        return f"{name}_2"
    return f"{name}_{int(number) + 1}" if earlier == name else name


def sent_time(standing: Standing, now: datetime) -> datetime:
    """Return `now` in whole seconds, later than the incident's last message."""
    whole = now.astimezone(UTC).replace(microsecond=0)
    if not standing.sent:
        return whole
    return max(whole, standing.sent[-1].sent + timedelta(seconds=1))


def expiry(sent: datetime, exceedance: Exceedance | None, validity: timedelta) -> datetime:
    """Return when a message sent at `sent` expires: after `validity`, but beyond the onset."""
    end = sent + validity
    if exceedance is not None and exceedance.onset is not None and not exceedance.observed:
        end = max(end, exceedance.onset + AFTER_ONSET)
    return end.astimezone(UTC).replace(microsecond=0)


def compose(
    change: Change,
    standing: Standing,
    key: tuple[str, str, str],
    *,
    assessment: Assessment | None,
    site: Site,
    status: str,
    now: datetime,
    timing: Timing,
    drill: Drill | None = None,
) -> Notice:
    """Return the notice that announces `change`; `standing` is the one after it.

    `key` is (area, hazard, datastream); `assessment` the newest one, None if there is none
    at hand (a restart, a silence).
    """
    area_id, hazard, datastream = key
    first = change.before is Level.NONE
    sent = sent_time(standing, now)
    drafted = standing.drafting or incident_id(site, key, standing, sent, drill)
    incident = drafted if first else standing.incident
    number = 1 if first else standing.issued + 1
    exceedance = name_threshold(change.after, standing, assessment)
    gauge, prop, unit = _gauge(site, datastream)
    area = next((area for area in site.areas if area.id == area_id), None)
    notice = Notice(
        identifier=f"{incident}.{number}",
        incident=incident,
        msg_type="Alert" if first else "Update" if change.after else "Cancel",
        status=status,
        sent=sent,
        expires=expiry(sent, exceedance, timing.validity),
        references=() if first else references(standing, sent),
        cause=change.cause,
        remark=change.remark,
        level=change.after,
        previous_level=change.before,
        hazard=hazard,
        datastream=datastream,
        gauge=gauge,
        property=prop,
        unit=unit,
        exceedance=exceedance,
        no_forecast_since=standing.forecast_time if standing.silent else None,
        falling=standing.below_since is not None,
        drill=str(drill.id) if drill else "",
        siren=drill is not None and drill.siren,
        area=area_id,
        area_name=area.name if area else area_id,
        polygons=(area.polygon,) if area else (),
        site=site,
    )
    return notice if assessment is None else _with_evidence(notice, assessment)


def _with_evidence(notice: Notice, assessment: Assessment) -> Notice:
    named = notice.exceedance
    return replace(
        notice,
        others=_others(assessment.exceedances, named) if notice.level else (),
        peak=assessment.peak,
        peak_time=assessment.peak_time,
        evidence=tuple(assessment.evidence),
        reason=assessment.reason,
        polygons=_where(assessment) if notice.level and assessment.where else notice.polygons,
    )


def _where(assessment: Assessment) -> tuple[tuple[tuple[float, float], ...], ...]:
    return tuple(tuple(ring) for ring in assessment.where)


def _others(exceedances: Sequence[Exceedance], named: Exceedance | None) -> tuple[Exceedance, ...]:
    above = [e for e in exceedances if named is None or e.threshold > named.threshold]
    return tuple(e for e in above if e.observed or e.probability >= WORTH_NAMING)


WORTH_NAMING = 0.1
"""Higher thresholds at least this probable are named in the description."""


def _gauge(site: Site, key: str) -> tuple[str, str, str]:
    for name, station, datastream in site.datastreams():
        if name == key:
            return station.name, datastream.property, datastream.unit
    for place in site.places:
        if place.key == key:
            return place.name, place.observed_property, place.unit
    station_id, _, prop = key.partition("/")
    return station_id, prop or "value", ""
