"""Minute series by event time: what was trusted, on a grid of one minute, gaps as NaN."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.observation import Columns, Quality

MINUTE_MS = 60_000
TRUSTED = (int(Quality.GOOD), int(Quality.UNCHECKED))
REFUSED = (int(Quality.SUSPECT), int(Quality.FAIL))

_NEVER = -(1 << 62)


class MinuteSeries:
    """The last hours of several datastreams, each cell the newest trusted value of a minute.

    Minute m holds what was observed in (m − 1 min, m], so that a column never changes by
    something that was observed after it. The grid is a ring: a new minute takes the place
    of the oldest. Late values go to their place while it is still there; repeated ones change
    nothing; a value that is refused later, a spike, leaves its cell and does not come back.

    Rain and other sums must come once a minute or more rarely: of several values in one
    minute the last one stands.

    Parameters
    ----------
    keys : sequence of str
        Datastream keys, in the order of the rows of `history`.
    minutes : int
        Minutes that are kept.
    """

    def __init__(self, keys: Sequence[str], minutes: int) -> None:
        if minutes < 1:
            raise ValueError(f"a minute series needs at least 1 minute, not {minutes}")
        self.keys = tuple(keys)
        self.minutes = minutes
        self.newest: int | None = None
        """Newest minute of the grid, minutes since 1970-01-01T00:00Z; None if nothing came yet."""
        self._row = {key: row for row, key in enumerate(self.keys)}
        # Not looked at before the first value, which fills them: an empty ring takes no memory.
        self._values = np.empty((len(self.keys), minutes))
        self._times = np.empty((len(self.keys), minutes), dtype=np.int64)
        self._latest: list[tuple[int, float] | None] = [None] * len(self.keys)

    def add(self, columns: Columns, *, not_after_ms: int) -> bool:
        """Merge `columns`; return whether a datastream of ours has a newer trusted value now.

        Values after `not_after_ms` are left out: the clock of a station that runs ahead must
        not push everybody's past out of the ring.
        """
        rows = [self._row.get(name) for name in columns.datastreams]
        advanced = False
        for of, time, result, quality in zip(
            columns.of, columns.time, columns.result, columns.quality, strict=True
        ):
            row = rows[of]
            if row is not None and time <= not_after_ms:
                advanced |= self._put(row, time, result, quality)
        return advanced

    def add_samples(self, key: str, samples: Iterable[tuple[int, float | None, int]]) -> None:
        """Merge (time [ms], result, quality) of one datastream, as it was stored."""
        row = self._row.get(key)
        if row is not None:
            for time, result, quality in samples:
                self._put(row, time, result, quality)

    def _put(self, row: int, time: int, result: float | None, quality: int) -> bool:
        minute = -(-time // MINUTE_MS)
        if self.newest is None or minute > self.newest:
            if result is None or quality not in TRUSTED:
                return False
            self._roll(minute)
        assert self.newest is not None
        if minute <= self.newest - self.minutes:
            return False
        column = minute % self.minutes
        held = self._times[row, column]
        if quality in REFUSED:
            self._refuse(row, column, time)
        elif result is not None and quality in TRUSTED and time > held:
            self._times[row, column] = time
            self._values[row, column] = result
            latest = self._latest[row]
            if latest is None or time > latest[0]:
                self._latest[row] = (time, result)
                return True
        return False

    def _refuse(self, row: int, column: int, time: int) -> None:
        """Empty the cell if it holds the value of `time`; the time stays and keeps it out."""
        if time != self._times[row, column]:
            return
        self._values[row, column] = np.nan
        latest = self._latest[row]
        if latest is not None and latest[0] == time:
            self._latest[row] = self._search_latest(row)

    def _search_latest(self, row: int) -> tuple[int, float] | None:
        filled = np.flatnonzero(~np.isnan(self._values[row]))
        if not len(filled):
            return None
        column = filled[np.argmax(self._times[row, filled])]
        return int(self._times[row, column]), float(self._values[row, column])

    def _roll(self, minute: int) -> None:
        """Make `minute` the newest, emptying the columns that it and its like take over."""
        steps = self.minutes if self.newest is None else min(minute - self.newest, self.minutes)
        columns = np.arange(minute - steps + 1, minute + 1) % self.minutes
        self._values[:, columns] = np.nan
        self._times[:, columns] = _NEVER
        self.newest = minute

    def history(
        self, minute: int, minutes: int, keys: Sequence[str] | None = None
    ) -> NDArray[np.float64]:
        """Return the `minutes` up to and with `minute`, NaN where nothing trusted is known.

        Shape (len(keys), minutes), the rows in the order of `keys`, all of ours where none are
        given; the last column is `minute`.
        """
        wanted_keys = self.keys if keys is None else keys
        rows = np.array([self._row[key] for key in wanted_keys], dtype=np.intp)
        grid = np.full((len(rows), minutes), np.nan)
        if self.newest is None:
            return grid
        wanted = np.arange(minute - minutes + 1, minute + 1)
        kept = (wanted <= self.newest) & (wanted > self.newest - self.minutes)
        grid[:, kept] = self._values[rows[:, None], wanted[kept] % self.minutes]
        return grid

    def latest(self, key: str) -> tuple[datetime, float] | None:
        """Return time and value of the newest trusted observation of `key`, if there is one."""
        row = self._row.get(key)
        found = None if row is None else self._latest[row]
        if found is None:
            return None
        return datetime.fromtimestamp(found[0] / 1000, UTC), found[1]

    def latest_minute(self, key: str) -> int | None:
        """Return the minute of the newest trusted observation of `key`, if there is one."""
        row = self._row.get(key)
        found = None if row is None else self._latest[row]
        return None if found is None else -(-found[0] // MINUTE_MS)


def minute_of(time: datetime) -> int:
    """Return the last whole minute that has ended at `time`, minutes since 1970-01-01T00:00Z."""
    return int(time.timestamp() // 60)


def time_of(minute: int) -> datetime:
    """Return the aware UTC time of a minute counted from 1970-01-01T00:00Z."""
    return datetime.fromtimestamp(minute * 60, UTC)
