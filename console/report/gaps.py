"""What is not known, and why: pure functions. Nothing that is missing is left out."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from console.freshness import stale_after
from console.report.facts import Gap, GapKind, Named
from console.report.names import Names
from console.report.outlooks import is_old
from forewarn.domain.hazard import Assessment, Outcome
from forewarn.domain.station import Site
from forewarn.storage import GatewayRow, Latest, RejectionCount

TRUSTED = (1, 2)
"""QARTOD good and unchecked."""

MANY = 10
"""Rejected observations of one gateway for one reason in a day that are worth saying."""


def gaps(
    site: Site,
    names: Names,
    values: Mapping[str, Latest],
    assessed: Mapping[str, Assessment],
    *,
    at: datetime,
    speed: float,
    maintained: Sequence[str],
    gateways: Sequence[GatewayRow] | None,
    rejected: Iterable[RejectionCount],
) -> list[Gap]:
    """Return everything that is not known at `at`.

    `maintained` are patterns of datastreams that people work on; `gateways` is None where their
    state at that time is not kept.
    """
    found = [*_instruments(site, names, values, at, speed, maintained)]
    found += _judgements(names, assessed, at, speed)
    if gateways is None:
        found.append(Gap(kind=GapKind.PAST, name=Named("", "")))
    else:
        found += _gateways(site, gateways)
    found += [
        Gap(
            kind=GapKind.REJECTED,
            name=Named(count.gateway, count.gateway),
            since=count.newest,
            reason=count.reason,
            count=count.count,
        )
        for count in rejected
        if count.count >= MANY
    ]
    return found


def _instruments(
    site: Site,
    names: Names,
    values: Mapping[str, Latest],
    at: datetime,
    speed: float,
    maintained: Sequence[str],
) -> Iterable[Gap]:
    for key, _, stream in site.datastreams():
        newest = values.get(key)
        if newest is None:
            kind, since = GapKind.NEVER, None
        elif at - newest.phenomenon_time > stale_after(stream.interval, speed):
            kind, since = GapKind.SILENT, newest.phenomenon_time
        elif newest.quality not in TRUSTED:
            kind, since = GapKind.DOUBTED, newest.phenomenon_time
        else:
            continue
        worked_on = any(fnmatchcase(key, pattern) for pattern in maintained)
        yield Gap(kind=kind, name=names.place(key), key=key, since=since, maintenance=worked_on)


def _judgements(
    names: Names, assessed: Mapping[str, Assessment], at: datetime, speed: float
) -> Iterable[Gap]:
    for key, allowed in names.stale.items():
        assessment, name = assessed.get(key), names.place(key)
        if assessment is None:
            yield Gap(kind=GapKind.UNJUDGED, name=name, key=key)
            continue
        since, reason = assessment.issue_time, assessment.reason
        if is_old(assessment, at, allowed, speed):
            yield Gap(kind=GapKind.OUTDATED, name=name, key=key, since=since)
        elif assessment.outcome is Outcome.FAILED:
            yield Gap(kind=GapKind.FAILED, name=name, key=key, since=since, reason=reason)
        elif assessment.outcome is Outcome.DEGRADED:
            yield Gap(kind=GapKind.DEGRADED, name=name, key=key, since=since, reason=reason)


def _gateways(site: Site, rows: Sequence[GatewayRow]) -> Iterable[Gap]:
    heard = {row.status.gateway: row for row in rows}
    for name in site.gateways:
        row, named = heard.get(name), Named(name, name)
        if row is None:
            yield Gap(kind=GapKind.GATEWAY_NEVER, name=named)
            continue
        if not row.status.online:
            yield Gap(kind=GapKind.GATEWAY_OFFLINE, name=named, since=row.heard)
        for instrument, state in row.status.instruments.items():
            if state != "ok":
                yield Gap(kind=GapKind.INSTRUMENT, name=named, key=instrument, reason=state)
