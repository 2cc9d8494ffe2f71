"""NMEA 0183 sentences into values in SI units. Pure.

Garbage is told from "no value": a field that is empty, or a sentence whose status says
that it is void, gives None (missing); a field that is no number gives nothing at all.
"""

import re
from collections.abc import Callable, Iterator
from math import isfinite

from msgspec import Struct

MAX_LINE_BYTES = 255
"""The standard allows 82; some devices send more. Longer lines are garbage."""

KNOT = 1852 / 3600
SPEEDS = {"N": KNOT, "K": 1 / 3.6, "M": 1.0, "S": 0.44704}
"""Metres per second of a knot, km/h, m/s, statute mile per hour."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_BODY = re.compile(r"([A-Z]{2})([A-Z]{3})", re.ASCII)

Values = dict[str, float | None]


class Sentence(Struct, frozen=True):
    """A sentence whose checksum is right."""

    talker: str
    kind: str
    fields: tuple[str, ...]


class LineBuffer:
    """Cuts a stream of bytes into lines; of one without end only the newest bytes are kept."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the lines that `chunk` completes, without their ends."""
        *whole, rest = (self._rest + chunk).replace(b"\r", b"\n").split(b"\n")
        self._rest = rest[-MAX_LINE_BYTES:]
        for line in whole:
            if line:
                yield line[-MAX_LINE_BYTES:]


def parse(line: bytes) -> Sentence | None:
    """Return the sentence at the end of `line`, or None where there is none with a right checksum.

    What stands before the last `$` or `!` is the rest of a sentence that was cut off.
    """
    start = max(line.rfind(b"$"), line.rfind(b"!"))
    if start < 0 or len(line) - start > MAX_LINE_BYTES:
        return None
    body, star, checksum = line[start + 1 :].rstrip(b" \t").rpartition(b"*")
    if not star or not re.fullmatch(rb"[0-9A-Fa-f]{2}", checksum):
        return None
    if int(checksum, 16) != _sum(body) or not body.isascii():
        return None
    address, *fields = body.decode("ascii").split(",")
    named = _BODY.fullmatch(address)
    if not named:
        return Sentence(talker="", kind=address, fields=tuple(fields))
    return Sentence(talker=named[1], kind=named[2], fields=tuple(fields))


def values(sentence: Sentence) -> Values:
    """Return what `sentence` says: field name → value in SI units, None where it says "no value".

    Sentences that are not known here, and fields that are no numbers, give nothing.
    """
    decoder = DECODERS.get(sentence.kind)
    if decoder is None:
        return {}
    try:
        found = decoder(sentence.fields)
    except IndexError:  # a sentence that is too short
        return {}
    return {name: value for name, value in found.items() if value is None or isfinite(value)}


def is_known(sentence: Sentence) -> bool:
    """Tell whether sentences of this kind are decoded here."""
    return sentence.kind in DECODERS


def _sum(body: bytes) -> int:
    total = 0
    for byte in body:
        total ^= byte
    return total


def _put(found: Values, name: str, text: str, factor: float = 1.0, offset: float = 0.0) -> None:
    text = text.strip()
    if not text:
        found[name] = None
    elif _NUMBER.fullmatch(text):
        number = float(text)
        found[name] = number if factor == 1 and not offset else round(number * factor + offset, 9)


def _put_speed(found: Values, name: str, text: str, unit: str) -> None:
    if unit in SPEEDS or not text.strip():
        _put(found, name, text, SPEEDS.get(unit, 1.0))


def _mwv(fields: tuple[str, ...]) -> Values:
    """Wind speed and angle: angle, R|T, speed, unit, A|V."""
    found: Values = {}
    reference = {"R": "relative", "T": "true"}.get(fields[1])
    if reference:
        void = fields[4] != "A"
        _put(found, f"MWV.direction_{reference}", "" if void else fields[0])
        _put_speed(found, f"MWV.speed_{reference}", "" if void else fields[2], fields[3])
    return found


def _mwd(fields: tuple[str, ...]) -> Values:
    """Wind direction and speed: true, T, magnetic, M, knots, N, m/s, M."""
    found: Values = {}
    _put(found, "MWD.direction_true", fields[0])
    _put(found, "MWD.direction_magnetic", fields[2])
    if fields[6].strip() or not fields[4].strip():
        _put(found, "MWD.speed", fields[6])
    else:
        _put_speed(found, "MWD.speed", fields[4], "N")
    return found


def _mtw(fields: tuple[str, ...]) -> Values:
    """Water temperature: value, C."""
    found: Values = {}
    if fields[1].strip() in ("C", ""):
        _put(found, "MTW.temperature", fields[0])
    return found


def _dpt(fields: tuple[str, ...]) -> Values:
    """Depth below the transducer [m], and the transducer's offset [m]."""
    found: Values = {}
    _put(found, "DPT.depth", fields[0])
    _put(found, "DPT.offset", fields[1])
    return found


def _dbt(fields: tuple[str, ...]) -> Values:
    """Depth below the transducer: feet, f, metres, M, fathoms, F."""
    found: Values = {}
    _put(found, "DBT.depth", fields[2])
    return found


def _xdr(fields: tuple[str, ...]) -> Values:
    """Transducers, four fields each: type, value, unit, name."""
    found: Values = {}
    for place in range(0, len(fields) - 3, 4):
        kind, text, unit, name = fields[place : place + 4]
        factor, offset = _XDR_UNITS.get((kind, unit), (1.0, 0.0))
        if name:
            _put(found, f"XDR.{name}", text, factor, offset)
    return found


_XDR_UNITS = {("P", "B"): (1e5, 0.0), ("C", "K"): (1.0, -273.15), ("C", "F"): (5 / 9, -160 / 9)}
"""(type, unit) → (factor, offset) to Pa and °C; other units are SI already."""


def _mda(fields: tuple[str, ...]) -> Values:
    """Meteorological composite: pressure, air, water, humidity, dew point, wind."""
    found: Values = {}
    if fields[2].strip() or not fields[0].strip():
        _put(found, "MDA.pressure", fields[2], 1e5)
    else:
        _put(found, "MDA.pressure", fields[0], 3386.389)
    _put(found, "MDA.air_temperature", fields[4])
    _put(found, "MDA.water_temperature", fields[6])
    _put(found, "MDA.humidity", fields[8])
    _put(found, "MDA.dew_point", fields[10])
    _put(found, "MDA.wind_direction_true", fields[12])
    _put(found, "MDA.wind_direction_magnetic", fields[14])
    if fields[18].strip() or not fields[16].strip():
        _put(found, "MDA.wind_speed", fields[18])
    else:
        _put_speed(found, "MDA.wind_speed", fields[16], "N")
    return found


DECODERS: dict[str, Callable[[tuple[str, ...]], Values]] = {
    "MWV": _mwv,
    "MWD": _mwd,
    "MTW": _mtw,
    "DPT": _dpt,
    "DBT": _dbt,
    "XDR": _xdr,
    "MDA": _mda,
}

FIELDS = (
    *("MWV.speed_true", "MWV.speed_relative", "MWV.direction_true", "MWV.direction_relative"),
    *("MWD.speed", "MWD.direction_true", "MWD.direction_magnetic", "MTW.temperature"),
    *("DPT.depth", "DPT.offset", "DBT.depth"),
    *("MDA.pressure", "MDA.air_temperature", "MDA.water_temperature", "MDA.humidity"),
    *("MDA.dew_point", "MDA.wind_speed", "MDA.wind_direction_true", "MDA.wind_direction_magnetic"),
)
"""Names that `fields` of gateway.toml may use, besides `XDR.<transducer>`."""
