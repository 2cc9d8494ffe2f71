"""The values in a body: each read and checked, with its path in what is said of it."""

from datetime import datetime
from math import isfinite
from typing import Any

from console.sensorthings.errors import BodyRefused

MAX_TEXT = 10_000
MAX_NESTED = 32
"""Objects and arrays inside each other."""
GEOJSON = ("application/geo+json", "application/vnd.geo+json")
_CORNERS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2}
_CORNERS |= {"MultiPolygon": 3}
"""How many arrays there are around a corner of each geometry."""


def text(value: Any, where: str) -> str:
    """Return a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise BodyRefused(f"{where}: a text is expected")
    if len(value) > MAX_TEXT:
        raise BodyRefused(f"{where}: {len(value)} characters; at most {MAX_TEXT} are kept")
    return value


def document(value: Any, where: str) -> dict[str, Any]:
    """Return an object of any names."""
    if not isinstance(value, dict):
        raise BodyRefused(f"{where}: an object is expected")
    shallow(value, where)
    return value


def unit(value: Any, where: str) -> dict[str, str | None]:
    """Return `{name, symbol, definition}`, each a text, or null where there is no unit."""
    found = document(value, where)
    for name in ("name", "symbol", "definition"):
        if name not in found:
            raise BodyRefused(f"{where}.{name}: is missing (null where there is no unit)")
        if not isinstance(found[name], str | None):
            raise BodyRefused(f"{where}.{name}: a text or null is expected")
    return {name: found[name] for name in ("name", "symbol", "definition")}


def place(value: Any, encoding: str, where: str) -> Any:
    """Return a place: of GeoJSON a geometry or a feature, else whatever the encoding means."""
    if encoding not in GEOJSON:
        if not isinstance(value, dict | str) or not value:
            raise BodyRefused(f"{where}: an object or a text is expected")
        shallow(value, where)
        return value
    found = document(value, where)
    if found.get("type") == "Feature":
        _geometry(found.get("geometry"), f"{where}.geometry")
    else:
        _geometry(found, where)
    return found


def moment(value: Any, where: str) -> datetime:
    """Return a time, which must say its zone."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is None or "T" not in value:
        shown = str(value)[:40]
        raise BodyRefused(f"{where}: `{shown}` is no time; write e.g. 2026-07-12T03:00:00Z")
    return found


def interval(value: Any, where: str) -> tuple[datetime, datetime]:
    """Return beginning and end of `begin/end`."""
    begin, _, end = value.partition("/") if isinstance(value, str) else ("", "", "")
    first, last = moment(begin, where), moment(end, where)
    if first > last:
        raise BodyRefused(f"{where}: ends before it begins")
    return first, last


def number(value: Any, where: str) -> float | None:
    """Return a finite number, or None for null."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BodyRefused(f"{where}: this server keeps numbers, and null for a missing one")
    try:
        found = float(value)
    except OverflowError:
        found = float("inf")
    if not isfinite(found):
        raise BodyRefused(f"{where}: {str(value)[:20]} is not finite")
    return found


def shallow(value: Any, where: str, left: int = MAX_NESTED) -> None:
    """Refuse what is nested deeper than `MAX_NESTED`."""
    if not isinstance(value, dict | list):
        return
    if left == 0:
        raise BodyRefused(f"{where}: nested deeper than {MAX_NESTED}")
    for inner in value.values() if isinstance(value, dict) else value:
        shallow(inner, where, left - 1)


def identified(raw: Any, where: str) -> int | None:
    """Return the id in `{"@iot.id": 5}`; None where `raw` describes an entity instead."""
    if not isinstance(raw, dict) or not {"@iot.id", "id"} & raw.keys():
        return None
    number = raw.get("@iot.id", raw.get("id"))
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**63:
        raise BodyRefused(f"{where}.@iot.id: a whole number is expected")
    return number


def _geometry(value: Any, where: str) -> None:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in _CORNERS:
        raise BodyRefused(f"{where}.type: one of {', '.join(_CORNERS)} is expected")
    _corners(value.get("coordinates"), _CORNERS[kind], kind, f"{where}.coordinates")


def _corners(value: Any, deep: int, kind: str, where: str) -> None:
    if not isinstance(value, list) or not value:
        raise BodyRefused(f"{where}: is not what a {kind} of GeoJSON has")
    if deep:
        for inner in value:
            _corners(inner, deep - 1, kind, where)
        if kind.endswith("Polygon") and deep == 1 and (len(value) < 4 or value[0] != value[-1]):
            raise BodyRefused(f"{where}: a ring has 4 corners or more, and the last is the first")
        return
    numbers = [v for v in value if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) != len(value) or not 2 <= len(value) <= 4:
        raise BodyRefused(f"{where}: a corner is [longitude, latitude]")
    if abs(numbers[0]) > 180 or abs(numbers[1]) > 90:
        raise BodyRefused(f"{where}: {value} is no longitude and latitude")
