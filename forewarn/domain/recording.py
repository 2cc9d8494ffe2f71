"""A recorded CSV as observations: any table with a time column and a mapping."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from forewarn.domain.errors import ConfigError, ForewarnError
from forewarn.domain.observation import Observation


class RecordingError(ForewarnError):
    """A recording that cannot be read; names file, line and column."""


class Column(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one column of the CSV becomes a datastream: `result = value * scale + offset`."""

    datastream: str
    scale: float = 1.0
    offset: float = 0.0


class RecordingMapping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sites/<id>/recording.toml`: what the columns of a recorded CSV are."""

    time: str
    """Name of the column with the time."""
    format: str
    """`strptime` format of the time, e.g. `%Y-%m-%d %H:%M`."""
    timezone: str = "UTC"
    """IANA zone of times that carry none."""
    interval: timedelta
    """Time between two rows."""
    missing: tuple[str, ...] = ("", "nan", "NaN", "NA")
    """Cells with one of these texts hold no observation."""
    columns: dict[str, Column]
    """CSV column → datastream. Columns not named here are left out."""


def read(
    path: Path,
    mapping: RecordingMapping,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Iterator[Observation]:
    """Yield the observations of `path` with start <= time < end, in the file's order.

    Missing cells yield nothing. Raises RecordingError naming file, line and column where a
    cell is neither a number nor a missing value, or a column of the mapping is not there.
    """
    zone = _zone(mapping.timezone)
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            at, wanted = _positions(path, header, mapping)
            for line, row in enumerate(rows, start=2):
                if len(row) != len(header):
                    raise RecordingError(
                        f"{path}:{line}: {len(row)} cells where the header has {len(header)}"
                    )
                time = _time(path, line, row[at], mapping.format, zone)
                if (start is None or time >= start) and (end is None or time < end):
                    for position, column in wanted:
                        if row[position].strip() not in mapping.missing:
                            result = _number(path, line, header[position], row[position])
                            yield Observation(
                                datastream=column.datastream,
                                phenomenon_time=time,
                                result=result * column.scale + column.offset,
                            )
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror or error}") from error


def _positions(
    path: Path, header: list[str], mapping: RecordingMapping
) -> tuple[int, list[tuple[int, Column]]]:
    """Return the position of the time, and (position, column) of each mapped column."""
    absent = [name for name in [*mapping.columns, mapping.time] if name not in header]
    if absent:
        raise RecordingError(f"{path}: no column `{absent[0]}`; there are: {', '.join(header)}")
    places = [(header.index(name), column) for name, column in mapping.columns.items()]
    return header.index(mapping.time), places


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"timezone `{name}`: {error}") from error


def _time(path: Path, line: int, text: str, pattern: str, zone: ZoneInfo) -> datetime:
    try:
        time = datetime.strptime(text, pattern)
    except ValueError as error:
        raise RecordingError(f"{path}:{line}: {error}") from error
    return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)


def _number(path: Path, line: int, column: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise RecordingError(f"{path}:{line}: `{text}` in column `{column}` is not a number")
    return number
