"""Lines of common buoys into samples. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite

from msgspec import Struct

from edge.drivers.nmea.framing import parse as parse_sentence

COLUMNS = ("time", "heave", "down", "north", "south", "east", "west", "-")
"""Names that columns of a line may have; `-` is stepped over."""

_SIGNS = {"down": ("heave", -1.0), "south": ("north", -1.0), "west": ("east", -1.0)}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_CHECKSUM = re.compile(r"\*([0-9A-Fa-f]{2})$")


class Heave(Struct, frozen=True):
    """One sample, displacements in metres."""

    heave: float
    north: float = 0.0
    east: float = 0.0
    time: float | None = None
    """Unix seconds by the buoy's clock, where it sends them."""


def csv(line: bytes, columns: Sequence[str], scale: float, prefix: str) -> Heave | None:
    """Return the sample in a line of values, or None where there is none.

    Values are separated by comma, semicolon or blanks. A `*hh` at the end must be the exclusive
    or of what stands before it, without a leading `$`.
    """
    try:
        text = line.decode("ascii").strip()
    except UnicodeDecodeError:
        return None
    if found := _CHECKSUM.search(text):
        text = text[: found.start()]
        total = 0
        for letter in text.removeprefix("$"):
            total ^= ord(letter)
        if total != int(found[1], 16):
            return None
    if not text.startswith(prefix):
        return None
    fields = re.split(r"\s*[,;]\s*|\s+", text[len(prefix) :].strip(" \t,;"))
    if len(fields) != len(columns):
        return None
    parts: dict[str, float] = {}
    for name, field in zip(columns, fields, strict=True):
        if name == "-":
            continue
        value = _time(field) if name == "time" else _number(field)
        if value is None:
            return None
        axis, sign = _SIGNS.get(name, (name, 1.0))
        parts[axis] = value if axis == "time" else value * scale * sign
    return _sample(parts)


def xdr(line: bytes, transducers: Mapping[str, str], scale: float) -> Heave | None:
    """Return the sample in an XDR sentence: displacements (`D`) by the transducers' names."""
    sentence = parse_sentence(line)
    if sentence is None or sentence.kind != "XDR" or sentence.nested:
        return None
    parts: dict[str, float] = {}
    fields = sentence.fields
    for place in range(0, len(fields) - 3, 4):
        kind, text, _, name = fields[place : place + 4]
        value = _number(text)
        if kind == "D" and name in transducers and value is not None:
            axis, sign = _SIGNS.get(transducers[name], (transducers[name], 1.0))
            parts[axis] = value * scale * sign
    wanted = {_SIGNS.get(axis, (axis, 1.0))[0] for axis in transducers.values()}
    return _sample(parts) if parts.keys() >= wanted else None


def pfec(line: bytes, scale: float) -> Heave | None:
    """Return the sample in Furuno's `$PFEC,GPhve,<heave>,<status>`; status `A` is a real one."""
    sentence = parse_sentence(line)
    if sentence is None or sentence.kind != "PFEC" or len(sentence.fields) < 3:
        return None
    kind, text, status = sentence.fields[:3]
    value = _number(text)
    if kind != "GPhve" or status != "A" or value is None:
        return None
    return Heave(value * scale)


def _sample(parts: dict[str, float]) -> Heave | None:
    if "heave" not in parts or not all(isfinite(value) for value in parts.values()):
        return None
    return Heave(parts["heave"], parts.get("north", 0.0), parts.get("east", 0.0), parts.get("time"))


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _time(text: str) -> float | None:
    """Return Unix seconds, from such or from ISO 8601; without a zone it is UTC."""
    if (seconds := _number(text)) is not None:
        return seconds
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
