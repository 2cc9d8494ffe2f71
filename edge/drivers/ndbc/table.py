"""NDBC's native text files: standard meteorological, continuous wind, spectral summaries. Pure.

Format: https://www.ndbc.noaa.gov/faq/measdes.shtml. Realtime files have two header lines that
begin with `#` and `MM` where there is no value; historical ones 99, 999 or 9999 in the column's
own width; old ones a year of two digits, and neither minutes nor units.
"""

import re
from datetime import UTC, datetime

from msgspec import Struct

FOOT_M, NAUTICAL_MILE_M = 0.3048, 1852.0

FACTORS = {"hPa": 100.0, "nmi": NAUTICAL_MILE_M, "mi": NAUTICAL_MILE_M, "ft": FOOT_M}
"""Unit in the file → factor to Pa and m; other units are SI already."""


class Column(Struct, frozen=True):
    """What a column holds."""

    unit: str
    """In the file, where it has no line of units."""
    absent: float
    """What stands in historical files where there is no value."""
    what: str


COLUMNS = {
    "WDIR": Column("degT", 999, "wind direction"),
    "WSPD": Column("m/s", 99, "wind speed"),
    "GDR": Column("degT", 999, "gust direction"),
    "GST": Column("m/s", 99, "gust speed"),
    "WVHT": Column("m", 99, "significant wave height"),
    "DPD": Column("sec", 99, "dominant wave period"),
    "APD": Column("sec", 99, "average wave period"),
    "MWD": Column("degT", 999, "direction of the dominant waves"),
    "PRES": Column("hPa", 9999, "sea-level pressure"),
    "ATMP": Column("degC", 999, "air temperature"),
    "WTMP": Column("degC", 999, "water temperature"),
    "DEWP": Column("degC", 999, "dew point"),
    "VIS": Column("nmi", 99, "visibility"),
    "PTDY": Column("hPa", 99, "pressure tendency over three hours"),
    "TIDE": Column("ft", 99, "water level above mean lower low water"),
    "SwH": Column("m", 99, "swell height"),
    "SwP": Column("sec", 99, "swell period"),
    "SwD": Column("-", 999, "swell direction"),
    "WWH": Column("m", 99, "wind-wave height"),
    "WWP": Column("sec", 99, "wind-wave period"),
    "WWD": Column("-", 999, "wind-wave direction"),
}
"""Columns that can be mapped."""

ALIASES = {"WD": "WDIR", "DIR": "WDIR", "SPD": "WSPD", "GSP": "GST", "GMN": "GTIME", "BAR": "PRES"}
"""Older name → today's."""

_COMPASS = (
    *("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE"),
    *("S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"),
)
_DIRECTIONS = ("degT", "-")
"""Units of columns whose values are directions: only these may be compass points."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)

Values = dict[str, float | None]


class Row(Struct, frozen=True):
    """One line: values in SI units (Pa, m, °C, m/s, s, degrees), None where missing."""

    time: datetime
    values: Values


class Table(Struct, frozen=True):
    """One file."""

    columns: tuple[str, ...]
    """That can be mapped, as named today."""
    rows: tuple[Row, ...]
    """In the order of the file."""
    bad: int
    """Lines that are no rows."""
    torn: bool
    """Whether the last line has no end: the file is still being written, or was cut."""


def read(text: str) -> Table:
    """Return the rows of an NDBC file; ValueError where it has no header that is NDBC's.

    A last line without its end may be cut within a number (12.4 → 1): it is no row yet.
    """
    lines = [line for line in text.splitlines(keepends=True) if line.strip()]
    torn = bool(lines) and not lines[-1].endswith(("\n", "\r"))
    head = lines[0].lstrip("#").split() if lines else []
    if len(head) < 5 or head[0] not in ("YY", "YYYY", "yr") or head[1:4] != ["MM", "DD", "hh"]:
        raise ValueError(
            f"`{(lines or [''])[0].rstrip()[:60]}` is no header of an NDBC file (#YY MM DD hh …)"
        )
    first = 5 if head[4] == "mm" else 4
    names = [ALIASES.get(name, name) for name in head[first:]]
    units = _units(lines[1:2], len(head), first)
    rows, bad = [], 0
    for line in lines[1 : -1 if torn else None]:
        if line.startswith("#"):
            continue
        row = _row(line.split(), names, units, first)
        if row is None:
            bad += 1
        else:
            rows.append(row)
    columns = tuple(name for name in names if name in COLUMNS)
    return Table(columns, tuple(rows), bad, torn)


def _units(second: list[str], count: int, first: int) -> list[str] | None:
    """Return the line of units, where there is one."""
    if not second or not second[0].startswith("#"):
        return None
    units = second[0].lstrip("#").split()
    return units[first:] if len(units) == count else None


def _row(fields: list[str], names: list[str], units: list[str] | None, first: int) -> Row | None:
    if len(fields) != first + len(names):
        return None
    time = _time(fields[:first])
    if time is None:
        return None
    values: Values = {}
    for place, (name, text) in enumerate(zip(names, fields[first:], strict=True)):
        if name in COLUMNS:
            unit = units[place] if units else COLUMNS[name].unit
            values[name] = _value(name, text, unit)
    return Row(time, values)


def _time(fields: list[str]) -> datetime | None:
    if not all(field.isascii() and field.isdecimal() for field in fields):
        return None
    year, *rest = (int(field) for field in fields)
    if len(fields[0]) == 2:
        year = 1970 + (year - 70) % 100
    try:
        return datetime(year, *rest, tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def _value(name: str, text: str, unit: str) -> float | None:
    """Return a value in SI units; None for `MM`, for the column's nines and for other texts."""
    if text in _COMPASS and COLUMNS[name].unit in _DIRECTIONS:
        return 22.5 * _COMPASS.index(text)
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    if value == COLUMNS[name].absent:
        return None
    factor = FACTORS.get(unit, 1.0)
    return value if factor == 1 else round(value * factor, 6)
