"""NDBC buoys from their text files."""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import isfinite
from pathlib import Path

from edge import DriverError, EdgeError
from edge.address import OtherAddress
from edge.drivers.contract import Answer, Driver, Raws, Shown, channels
from edge.drivers.ndbc.config import NdbcConfig
from edge.drivers.ndbc.source import Source
from edge.drivers.ndbc.table import Row, Table, read
from edge.lines import Lines
from forewarn.domain.clock import Clock
from forewarn.domain.observation import Observation, Quality

AHEAD = timedelta(minutes=10)
"""Rows further in the future than this are not believed."""

SLOWEST = timedelta(hours=1)
"""Columns have a value at least this often."""


def open_line(
    name: str, configs: Sequence[NdbcConfig], lines: Lines, clock: Clock, profiles: Path
) -> list[Driver]:
    """Return the driver of the one file that is device `name`."""
    return [NdbcDriver(name, config, lines, clock) for config in configs]


class NdbcDriver:
    """One file: the rows that are new since it was last read."""

    remembers = True

    def __init__(self, name: str, config: NdbcConfig, lines: Lines, clock: Clock) -> None:
        self._name, self._config, self._lines, self._clock = name, config, lines, clock
        self._channels = channels(config.columns)
        self._raws = Raws(config)
        self._source: tuple[str, Source] | None = None
        self._told: set[datetime] = set()
        self._newest: datetime | None = None
        self._remark = ""

    async def read(self) -> Answer:
        """Report the rows that were not reported before; DriverError where there is no file."""
        now = self._clock.now()
        table = await self._table()
        if table is None:
            return Answer([], self._late(now) or self._remark)
        oldest = now - self._config.backlog
        fresh = sorted(
            (r for r in table.rows if oldest <= r.time <= now + AHEAD and r.time not in self._told),
            key=lambda row: row.time,
        )
        self._told = {time for time in self._told if time >= oldest} | {r.time for r in fresh}
        self._newest = max((row.time for row in table.rows), default=None)
        missing = [name for name in self._channels if name not in table.columns]
        remarks = [f"{table.bad} lines are no rows" if table.bad else ""]
        remarks.append("the last line has no end, and waits for it" if table.torn else "")
        remarks.append(f"the file has no column {', '.join(missing)}" if missing else "")
        ahead = sum(row.time > now + AHEAD for row in table.rows)
        remarks.append(f"{ahead} rows are in the future" if ahead else "")
        self._remark = "; ".join(remark for remark in remarks if remark)
        there = {name: sorted(_times(table, name)) for name in self._channels}
        found = [observation for row in fresh for observation in self._observations(row, there)]
        remark = self._late(now) or self._remark
        return Answer(found, remark, raw=self._raws.take())

    async def _table(self) -> Table | None:
        address = self._lines.address(self._name)
        if not isinstance(address, OtherAddress) or address.scheme not in self._config.schemes:
            raise DriverError(f"{self._config.station}: {address} is not file:// or http(s)://")
        if self._source is None or self._source[0] != address.url:
            self._source = address.url, Source(address.url)
        try:
            text = await asyncio.to_thread(self._source[1].fetch)
            return None if text is None else read(text)
        except (EdgeError, ValueError) as error:
            raise DriverError(f"{self._config.station}: {error}") from error

    def _late(self, now: datetime) -> str:
        if self._newest is None or now - self._newest <= 3 * self._config.interval:
            return ""
        minutes = (now - self._newest).total_seconds() / 60
        return f"the newest row is {minutes:.0f} min old"

    def _observations(self, row: Row, there: dict[str, list[datetime]]) -> list[Observation]:
        """Return the values of a row; `there` are the times at which each column has one.

        Waves come once an hour into a file of ten minutes: `MM` in between is no missing value.
        """
        found = []
        for name, channel in self._channels.items():
            if name not in row.values:
                continue
            value = row.values[name]
            before = bisect_right(there[name], row.time)
            if value is None and before and row.time - there[name][before - 1] < SLOWEST:
                continue
            result = None if value is None else self._raws.convert(channel, value)
            if result is not None and not isfinite(result):
                result = None
            found.append(
                Observation(
                    datastream=self._config.key(channel.property),
                    phenomenon_time=row.time,
                    result=result,
                    quality=Quality.MISSING if result is None else Quality.UNCHECKED,
                )
            )
        return found

    async def probe(self) -> list[Shown]:
        """Return the newest row, as it stands in the file now."""
        self._source = None  # read it though it has not changed
        table = await self._table()
        if table is None or not table.rows:
            return [Shown("file", "no rows", "")]
        row = max(table.rows, key=lambda row: row.time)
        shown = [Shown("file", f"{len(table.rows)} rows", f"newest {row.time.isoformat()}")]
        for name, channel in self._channels.items():
            value = row.values.get(name)
            raw = "missing" if value is None else f"{value:g}"
            result = "missing" if value is None else f"{channel.convert(value):g}"
            shown.append(Shown(name, raw, f"{self._config.key(channel.property)} = {result}"))
        return shown

    async def aclose(self) -> None:
        """Let go of nothing: the file is open only while it is read."""


def _times(table: Table, name: str) -> list[datetime]:
    """Return when column `name` has a value."""
    return [row.time for row in table.rows if row.values.get(name) is not None]
