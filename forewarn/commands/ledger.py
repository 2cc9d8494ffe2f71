"""Watches a replay fill the database, then accounts for it: table or JSON."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from forewarn.commands.accounting import (
    Balance,
    Crossing,
    Row,
    Standing,
    Told,
    Verdict,
    balance,
    crossings,
    judge,
    standings,
)
from forewarn.domain.clock import WorldClock
from forewarn.domain.errors import ForewarnError
from forewarn.domain.hazard import Level
from forewarn.domain.observation import Observation, Quality
from forewarn.domain.station import Site
from forewarn.storage import Connection, connect, reader

NO_PROGRESS_S = 120.0
"""Real seconds without a new observation, after the recording's end, until we give up."""

SETTLE_S = 6.0
"""Real seconds after the last observation for its forecast and alert to be written."""

POLL_S = 1.0
MANY = 1_000_000
INSTANT = timedelta(milliseconds=1)


class Ledger:
    """What the file holds, what the database took of it, and what was warned of.

    Parameters
    ----------
    site : Site
        Whose thresholds are judged.
    observations : iterable of Observation
        What the recording holds; must be all of the replay's world.
    """

    def __init__(self, site: Site, observations: Iterable[Observation]) -> None:
        self.site = site
        self.in_file = {
            (o.datastream, o.phenomenon_time): o.result
            for o in observations
            if o.result is not None
        }
        self.balance: Balance = balance(self.in_file, [])
        self.repeats = 0
        self.rejected: dict[str, int] = {}
        self.verdicts: list[Verdict] = []
        self.false_warnings: list[Standing] = []
        self.messages = 0

    @property
    def first(self) -> datetime:
        """Time of the first observation."""
        return min(time for _, time in self.in_file)

    @property
    def last(self) -> datetime:
        """Time of the last observation."""
        return max(time for _, time in self.in_file)

    def watch(self, database_url: str, clock: WorldClock, screen: Console) -> None:
        """Show progress until all is stored or nothing has moved for 120 s; then read it.

        A database that is away is waited for. Raises ForewarnError if it never comes back.
        """
        stored, moved, first, last = 0, time.monotonic(), self.first, self.last
        columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}")
        with Progress(*columns, TimeElapsedColumn(), console=screen) as progress:
            task = progress.add_task("replay", total=(last - first).total_seconds(), said="")
            while True:
                now = min(max(clock.now(), first), last)
                count = self._count(database_url)
                if count is not None and count != stored:
                    stored, moved = count, time.monotonic()
                said = f"{now:%Y-%m-%d %H:%M} UTC  {stored:,} of {len(self.in_file):,} stored"
                said += "" if count is not None else "  (database away)"
                progress.update(task, completed=(now - first).total_seconds(), said=said)
                over = clock.now() > last
                if over and stored >= len(self.in_file):
                    break
                if over and time.monotonic() - moved > NO_PROGRESS_S:
                    break
                time.sleep(POLL_S)
        time.sleep(SETTLE_S)
        self._read(database_url)

    def _count(self, database_url: str) -> int | None:
        try:
            with connect(database_url, application="forewarn replay") as connection:
                return reader.count_between(connection, self.first, self.last)
        except (ForewarnError, psycopg.Error):
            return None

    def _read(self, database_url: str) -> None:
        with connect(database_url, application="forewarn replay") as connection:
            rows, good = self._stored(connection)
            self.balance = balance(self.in_file, rows)
            self.repeats = sum(row.repeats for row in reader.delivered(connection))
            self.rejected = {}
            for row in reader.rejection_counts(connection):
                self.rejected[row.reason] = self.rejected.get(row.reason, 0) + row.count
            alerts = reader.alerts(connection, limit=MANY)
        self.messages = len(alerts)
        told = [Told(datastream=a.datastream, level=a.level, sent=a.sent) for a in alerts]
        levels = {
            key: sorted({Level.parse(t.level) for t in stream.thresholds})
            for key, _, stream in self.site.datastreams()
        }
        events = self._crossings(good)
        self.verdicts, self.false_warnings = judge(events, standings(told, levels))

    def _stored(
        self, connection: Connection
    ) -> tuple[list[Row], dict[str, list[tuple[datetime, float]]]]:
        """Return all rows of the window that have a value, and the series that are trusted."""
        rows: list[Row] = []
        good: dict[str, list[tuple[datetime, float]]] = {}
        for key, _, _ in self.site.datastreams():
            samples = reader.series(connection, key, self.first, self.last + INSTANT)
            rows += [(key, s.phenomenon_time, s.result) for s in samples if s.result is not None]
            good[key] = [
                (s.phenomenon_time, s.result)
                for s in samples
                if s.result is not None and s.quality <= Quality.UNCHECKED
            ]
        return rows, good

    def _crossings(self, good: dict[str, list[tuple[datetime, float]]]) -> list[Crossing]:
        found = [
            event
            for key, _, stream in self.site.datastreams()
            for threshold in stream.thresholds
            for event in crossings(key, threshold, good[key])
        ]
        return sorted(found, key=lambda event: event.time)

    def account(self) -> bytes:
        """Return the account as JSON."""
        body: dict[str, Any] = {
            "observations": self.balance,
            "rejected": self.rejected,
            "arrived_again_and_merged": self.repeats,
            "crossings": [
                {
                    "datastream": verdict.crossing.datastream,
                    "threshold": verdict.crossing.threshold,
                    "crossed": verdict.crossing.time,
                    "warned": verdict.warned,
                    "lead_minutes": _minutes(verdict.lead),
                }
                for verdict in self.verdicts
            ],
            "false_warnings": self.false_warnings,
            "messages": self.messages,
        }
        return msgspec.json.format(msgspec.json.encode(body), indent=1)

    def show(self, screen: Console, zone: ZoneInfo) -> None:
        """Print the account as tables, times in `zone`."""
        table = Table(title="Observations", title_justify="left", show_header=False)
        for name, count in self._rows():
            table.add_row(name, f"{count:,}")
        screen.print(table)
        table = Table(title=f"Threshold crossings ({zone.key})", title_justify="left")
        for name in ("gauge", "threshold", "crossed", "first warned", "ahead"):
            table.add_column(name, justify="right" if name == "ahead" else "left")
        for verdict in self.verdicts:
            crossing, warned = verdict.crossing, verdict.warned
            table.add_row(
                crossing.datastream,
                f"{crossing.threshold.value:g} {crossing.threshold.label}",
                f"{crossing.time.astimezone(zone):%Y-%m-%d %H:%M}",
                f"{warned.astimezone(zone):%Y-%m-%d %H:%M}" if warned else "[red]not warned[/red]",
                _hours(verdict.lead),
            )
        screen.print(table if self.verdicts else "No threshold was crossed.")
        screen.print(f"{len(self.false_warnings)} false warnings, {self.messages} alert messages")
        for span in self.false_warnings:
            until = f"{span.until.astimezone(zone):%m-%d %H:%M}" if span.until else "the end"
            since = f"{span.since.astimezone(zone):%Y-%m-%d %H:%M}"
            screen.print(f"  {span.datastream} {span.level.name.lower()}: {since} to {until}")

    def _rows(self) -> list[tuple[str, int]]:
        lost = self.balance.lost_by_datastream.items()
        return [
            ("in the file", self.balance.in_file),
            ("stored, unchanged", self.balance.stored),
            *((f"rejected: {reason}", count) for reason, count in sorted(self.rejected.items())),
            ("rejected", sum(self.rejected.values())),
            ("lost", self.balance.lost),
            *((f"lost: {datastream}", count) for datastream, count in sorted(lost)),
            ("altered", self.balance.altered),
            ("stored but not in the file", self.balance.invented),
            ("duplicated", self.balance.duplicated),
            ("arrived again and merged", self.repeats),
        ]


def _minutes(lead: timedelta | None) -> float | None:
    return None if lead is None else round(lead.total_seconds() / 60, 1)


def _hours(lead: timedelta | None) -> str:
    if lead is None:
        return ""
    minutes = round(lead.total_seconds() / 60)
    sign = "-" if minutes < 0 else ""
    return f"{sign}{abs(minutes) // 60} h {abs(minutes) % 60:02d}"
