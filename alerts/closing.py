"""Closes what has ended: judges incidents by observations, and looks for what nobody warned of.

A thread with a connection of its own, so that no warning waits for it.
"""

import logging
import threading
from datetime import datetime, timedelta

import psycopg

from alerts.outcome import (
    BEFORE,
    REST,
    Crossing,
    Value,
    Watched,
    judge_incident,
    missed,
    observed_span,
    threshold_of,
)
from forewarn.domain.clock import WorldClock
from forewarn.domain.desk import Act, Incident, IncidentState
from forewarn.domain.errors import ForewarnError
from forewarn.domain.hazard import Level, hazard_of
from forewarn.domain.logs import fields
from forewarn.domain.station import Datastream, Site
from forewarn.domain.verdict import EventOutcome, EventVerdict, Why
from forewarn.storage import Connection, Sample, connect
from forewarn.storage import incidents as desk
from forewarn.storage import outcomes as kept

log = logging.getLogger("alerts.closing")

SETTLE = timedelta(hours=3)
"""World time after its end at which an incident is judged; what came late is there by then."""
EVERY = timedelta(hours=1)
"""World time between two rounds."""
LATE_DATA = timedelta(days=7)
"""How far back misses are looked for and unknown outcomes judged again, as backlogs arrive."""
AROUND = timedelta(days=1)
"""So much more of the observations is looked at on both sides of what is judged."""
REAL_S = 30.0
"""On a clock that runs fast both spans last at least so many real seconds."""
RETRY_S = 5.0


class Closing(threading.Thread):
    """Judges what has ended, each hour of world time, until `stop`.

    Parameters
    ----------
    site : Site
        Its datastreams and thresholds.
    database_url : str
    clock : WorldClock
    status : str
        CAP status of misses without an incident: that of the messages there would have been.
    """

    def __init__(self, site: Site, database_url: str, clock: WorldClock, status: str) -> None:
        super().__init__(name="closing", daemon=True)
        self._site, self._url, self._clock, self._status = site, database_url, clock, status
        least = timedelta(seconds=REAL_S * clock.speed)
        self._settle, every = max(SETTLE, least), max(EVERY, least)
        self._every_s = every.total_seconds() / clock.speed
        self._ending, self._trouble = threading.Event(), ""

    def stop(self) -> None:
        """End soon."""
        self._ending.set()

    def run(self) -> None:
        """Do a round each hour; a lost database is tried again."""
        while not self._ending.is_set():
            try:
                self._round()
                self._say("")
                self._ending.wait(self._every_s)
            except psycopg.errors.UndefinedTable:  # the keeper migrates, and says if it cannot
                self._ending.wait(RETRY_S)
            except (ForewarnError, psycopg.Error) as error:
                self._say(" ".join(str(error).split()))
                self._ending.wait(RETRY_S)
            except Exception:  # what one round cannot read must not end all that follow
                log.exception("outcomes not judged")
                self._ending.wait(self._every_s)

    def _round(self) -> None:
        with connect(self._url, application="forewarn-closing") as connection:
            closed, misses = close_ended(
                connection, self._site, self._clock.now(), self._status, settle=self._settle
            )
        if closed or misses:
            log.info("judged by observations", extra=fields(incidents=closed, misses=misses))

    def _say(self, trouble: str) -> None:
        """Log trouble once, and once that it is over."""
        if trouble and trouble != self._trouble:
            log.warning("outcomes wait for the database", extra=fields(error=trouble))
        elif self._trouble and not trouble:
            log.info("outcomes are judged again")
        self._trouble = trouble


def close_ended(
    connection: Connection,
    site: Site,
    now: datetime,
    status: str,
    *,
    settle: timedelta = SETTLE,
) -> tuple[int, int]:
    """Judge and close what ended `settle` before `now`; look for misses; return how many each."""
    datastreams = {key: datastream for key, _, datastream in site.datastreams()}
    closed = 0
    waiting = kept.incidents_to_judge(
        connection, ended_before=now - settle, doubted_since=now - LATE_DATA
    )
    for incident in waiting:
        outcomes = [] if incident.drill else _outcomes(connection, incident, datastreams)
        done = kept.close_incident(connection, incident.incident, outcomes, now)
        closed += done and incident.state is not IncidentState.CLOSED
    misses = _misses(connection, site, now - settle, status)
    return closed, kept.add_misses(connection, misses, apart_s=REST.total_seconds())


def _outcomes(
    connection: Connection, incident: Incident, datastreams: dict[str, Datastream]
) -> list[EventOutcome]:
    datastream = datastreams.get(incident.datastream)
    by_value = datastream is not None and hazard_of(incident.datastream) == incident.hazard
    start, end = observed_span(incident)
    samples = kept.trusted(connection, incident.datastream, start - AROUND, end + AROUND)
    watched = Watched(
        values=values(samples),
        thresholds=datastream.thresholds if datastream is not None and by_value else (),
        interval=datastream.interval if datastream is not None else EVERY,
    )
    cancelled = [
        a for a in desk.actions(connection, incident.incident) if a.act is Act.CANCEL and a.taken
    ]
    return judge_incident(
        incident,
        kept.messages_of(connection, incident.incident),
        watched,
        cancelled_by=next((a.author for a in cancelled if not a.refused), ""),
    )


def _misses(connection: Connection, site: Site, end: datetime, status: str) -> list[EventOutcome]:
    """Return what was reached in the days before `end` without an incident, oldest first."""
    start = end - LATE_DATA
    judged = {key: (s.area, d) for key, s, d in site.datastreams() if d.thresholds}
    highest = kept.observed_levels(connection, list(judged), start, end)
    found = []
    for key, top in highest.items():
        area, datastream = judged[key]
        if top < min(t.value for t in datastream.thresholds):
            continue
        hazard = hazard_of(key)
        past = kept.incidents_about(connection, hazard, key, start - BEFORE)
        owned = [(i.opened - BEFORE, i.ended or end) for i in past]
        seen = values(kept.trusted(connection, key, start - AROUND, end))
        for level in sorted({Level.parse(t.level) for t in datastream.thresholds}):
            threshold = threshold_of(level, datastream.thresholds)
            if threshold is not None:
                new = missed(seen, threshold, owned, start=start)
                found += [_miss(c, key, area, level, threshold, status) for c in new]
    return found


def _miss(
    crossing: Crossing, key: str, area: str, level: Level, threshold: float, status: str
) -> EventOutcome:
    hazard, at, before = hazard_of(key), crossing.at, crossing.before
    return EventOutcome(
        event=f"miss.{hazard}.{key.replace('/', '-')}.{at:%Y%m%dT%H%M}",
        level=level,
        area=area,
        hazard=hazard,
        datastream=key,
        status=status,
        verdict=EventVerdict.MISS,
        why=Why.NEVER,
        began=at,
        threshold=threshold,
        crossed=at,
        uncertain_s=None if before is None else (at - before).total_seconds(),
    )


def values(samples: list[Sample]) -> list[Value]:
    """Return the times and results of trusted `samples`."""
    return [(s.phenomenon_time, s.result) for s in samples if s.result is not None]
