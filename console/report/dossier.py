"""Everything that one report tells: how things stand, what was done, who was told, the graphs."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from console.report.facts import Facts, InForce, Named
from console.report.gather import World, gather
from console.report.hydrograph import BACK, Gauge
from console.report.names import Names
from forewarn.domain.logbook import Item, Kind
from forewarn.domain.paging import Told
from forewarn.domain.station import Site
from forewarn.storage import Connection, log, reader
from forewarn.storage.desk import DeliveryRow, deliveries_of
from forewarn.storage.paging import told

GRAPHS = 4
"""Hydrographs in one report."""

LATELY = timedelta(hours=12)
"""A shift: for how long back a report on the whole site tells what was done."""

LINES = 200

TOLD_OF = 30
"""Incidents of which it is told who was told."""

DONE = (Kind.ENTRY, Kind.ACT, Kind.DRAFT)


class Channel(Struct, frozen=True):
    """How far the messages of an incident came on one channel."""

    name: str
    delivered: int
    of: int


class ToldOf(Struct, frozen=True, kw_only=True):
    """Who was told of one incident."""

    headline: Named
    people: dict[str, int]
    """The farthest state of a message → how many people."""
    channels: list[Channel] | None
    """None: not known of an earlier time, channels keep real time."""


class Report(Struct, frozen=True, kw_only=True):
    """The content of one report."""

    facts: Facts
    about: str
    """Id of the one incident it is about; empty: the whole site."""
    made: datetime
    """World time at which it was asked for."""
    by: str
    """Who asked; empty: a guest."""
    since: datetime
    """From when on it tells what was done."""
    measures: list[Item]
    """Oldest first."""
    cut: bool
    """There were more than are told."""
    told: list[ToldOf]
    gauges: list[Gauge]
    site: Site


def compile_report(
    connection: Connection,
    site: Site,
    world: World,
    *,
    by: str,
    at: datetime | None = None,
    about: str = "",
) -> Report:
    """Return the report of `at` (None: now) on the whole site or on the incident `about`.

    `by` is who asked. NoSuchIncident where there is no such incident.
    """
    facts = gather(connection, site, world, at=at, about=about)
    incident = facts.force[0].incident if about else ""
    since = facts.at - LATELY
    if about:
        since = min(since, facts.force[0].opened)
    end = facts.at + timedelta(microseconds=1)
    done = log.logged(connection, since, end, kinds=DONE, incident=incident, limit=LINES + 1)
    return Report(
        facts=facts,
        about=incident,
        made=world.now,
        by=by,
        since=since,
        measures=done[:LINES][::-1],
        cut=len(done) > LINES,
        told=[_told_of(connection, force, facts) for force in facts.force[:TOLD_OF]],
        gauges=[*_gauges(connection, Names(site), facts, about=bool(about))],
        site=site,
    )


def _told_of(connection: Connection, force: InForce, facts: Facts) -> ToldOf:
    rows = [] if facts.past else deliveries_of(connection, force.incident)
    return ToldOf(
        headline=force.headline,
        people=farthest(told(connection, force.incident), facts.at),
        channels=None if facts.past else channels(rows),
    )


def farthest(rows: Iterable[Told], at: datetime) -> dict[str, int]:
    """Return how many people the farthest of their messages had reached in which state at `at`.

    One of whom a message failed counts as failed only where no other came through.
    """
    states = ("queued", "failed", "accepted", "delivered", "read", "acked")
    best: dict[str, int] = {}
    for row in rows:
        for rank, state in enumerate(states):
            time: datetime | None = getattr(row, state)
            if time is not None and time <= at:
                best[row.person] = max(best.get(row.person, 0), rank)
    counted = [states[rank] for rank in best.values()]
    return {state: counted.count(state) for state in states if state in counted}


def channels(rows: Sequence[DeliveryRow]) -> list[Channel]:
    """Return for each channel how many of the messages it has tried it has delivered."""
    names = sorted({row.channel for row in rows})
    return [
        Channel(
            name,
            sum(row.channel == name and row.delivered is not None for row in rows),
            sum(row.channel == name for row in rows),
        )
        for name in names
    ]


def _gauges(connection: Connection, names: Names, facts: Facts, *, about: bool) -> Iterable[Gauge]:
    keys = [f.key for f in facts.force] + ([] if about else [o.key for o in facts.outlooks])
    end = facts.at + timedelta(microseconds=1)
    for key in [key for key in dict.fromkeys(keys) if key in names.units][:GRAPHS]:
        yield Gauge(
            key=key,
            place=names.place(key),
            unit=names.units[key],
            at=facts.at,
            samples=reader.series(connection, key, facts.at - BACK, end),
            forecast=reader.forecast_at(connection, key, facts.at),
            thresholds=names.thresholds.get(key, ()),
        )
