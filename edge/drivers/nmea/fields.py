"""Texts of NMEA fields into numbers in SI units. Pure.

A field that is empty gives None ("no value"); a field that is no number gives nothing at all.
"""

import re
from datetime import UTC, datetime

KNOT = 1852 / 3600
SPEEDS = {"N": KNOT, "K": 1 / 3.6, "M": 1.0, "S": 0.44704}
"""Metres per second of a knot, km/h, m/s, statute mile per hour."""

Values = dict[str, float | None]
Fields = tuple[str, ...]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_ANGLE = re.compile(r"(\d{1,3})(\d{2}(?:\.\d*)?)", re.ASCII)
_TIME = re.compile(r"(\d{2})(\d{2})(\d{2})(\.\d*)?", re.ASCII)


def number(text: str) -> float | None:
    """Return the number that `text` is; None where it is none."""
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def put(found: Values, name: str, text: str, factor: float = 1.0, offset: float = 0.0) -> None:
    """Put the number in `text` into `found`: None where empty, nothing where it is no number."""
    if not text.strip():
        found[name] = None
    elif (value := number(text)) is not None:
        found[name] = value if factor == 1 and not offset else round(value * factor + offset, 9)


def put_speed(found: Values, name: str, text: str, unit: str) -> None:
    """Put a speed [m/s]; nothing where its unit is not known."""
    if unit in SPEEDS or not text.strip():
        put(found, name, text, SPEEDS.get(unit, 1.0))


def put_position(found: Values, kind: str, fields: Fields, *, valid: bool) -> None:
    """Put `kind.latitude` and `kind.longitude` [deg] from four fields, ddmm.mm,N,dddmm.mm,E."""
    for name, text, side, limit, signs in (
        ("latitude", fields[0], fields[1], 90, "NS"),
        ("longitude", fields[2], fields[3], 180, "EW"),
    ):
        if not valid or not text.strip():
            found[f"{kind}.{name}"] = None
            continue
        parts = _ANGLE.fullmatch(text.strip())
        if parts and side in tuple(signs) and float(parts[2]) < 60:
            degrees = int(parts[1]) + float(parts[2]) / 60
            if degrees <= limit:
                found[f"{kind}.{name}"] = round(degrees if side == signs[0] else -degrees, 8)


def put_time(found: Values, name: str, clock: str, day: str, month: str, year: str) -> None:
    """Put a date and a time hhmmss.ss as Unix seconds; a year of two digits is 1980–2079."""
    if not (clock.strip() and day.strip() and month.strip() and year.strip()):
        found[name] = None
        return
    parts = _TIME.fullmatch(clock.strip())
    if not parts or not (day + month + year).isdecimal():
        return
    whole = int(year) if int(year) >= 100 else 1980 + (int(year) - 80) % 100
    try:
        date = datetime(
            whole, int(month), int(day), int(parts[1]), int(parts[2]), int(parts[3]), tzinfo=UTC
        )
    except ValueError:  # a leap second, or nonsense
        return
    found[name] = date.timestamp() + float(parts[4] or 0)
