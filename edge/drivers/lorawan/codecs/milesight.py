"""Milesight: channel, type, value; channel, type, value … Tables in milesight.toml."""

import struct
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from edge.drivers.lorawan.codecs.decoded import Decoded, PayloadError

_FORMS = {"u8": "<B", "u16": "<H", "u32": "<I", "i8": "<b", "i16": "<h", "i32": "<i"}
_TEXTS = {
    "alarm": {0: "threshold alarm release", 1: "threshold alarm"},
    "tilt": {0: "normal", 1: "tilt"},
}

Values = dict[str, float | str]


@cache
def _tables() -> dict[str, Any]:
    path = Path(__file__).with_name("milesight.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def models() -> list[str]:
    """Return the names of the devices whose payloads are known, e.g. `em310-tilt`."""
    return [name for name in _tables() if name != "attributes"]


def names(model: str) -> list[str]:
    """Return the names of the values of `model`."""
    fields = [field.split()[0] for channel in _tables()[model].values() for field in channel]
    return [name for name in dict.fromkeys(fields) if name not in ("timestamp", "reserved")]


def parameters(model: str) -> dict[str, float]:
    """Return the calibration values that `model` needs: none."""
    return {}


def decode(model: str, payload: bytes, port: int, given: Mapping[str, float]) -> Decoded:
    """Return what `payload` says; of a channel that is not known on, it cannot be read."""
    table, attributes = _tables()[model], _tables()["attributes"]
    values: Values = {}
    history: list[tuple[int, Values]] = []
    place, complaint = 0, ""
    while place < len(payload) and not complaint:
        channel = payload[place : place + 2].hex()
        place += 2
        if channel in attributes:
            place += attributes[channel]
            continue
        if channel not in table:
            complaint = f"channel `{channel}` at byte {place - 2} is not known of a {model}"
            break
        try:
            found, place = _fields(table[channel], payload, place)
        except struct.error:
            complaint = f"torn within channel `{channel}`"
            break
        if "timestamp" in found:
            history.append((int(found.pop("timestamp")), found))
        else:
            values |= found
    if place > len(payload) and not complaint:
        complaint = "torn within an attribute"
    if complaint and not values and not history:
        raise PayloadError(complaint)
    return Decoded(values=values, history=tuple(history), complaint=complaint)


def _fields(fields: list[str], payload: bytes, place: int) -> tuple[Values, int]:
    """Return the values of one channel, and the place behind it; struct.error where it is torn."""
    found: Values = {}
    bits = False
    for field in fields:
        name, form, *divisor = field.split()
        (byte,) = struct.unpack_from("<B", payload, place)
        if form.startswith("bit"):
            found[name] = "trigger" if byte >> int(form[3:]) & 1 else "normal"
            bits = True
            continue
        if form in _FORMS:
            (raw,) = struct.unpack_from(_FORMS[form], payload, place)
            found[name] = raw / int(divisor[0][1:]) if divisor else raw
            place += struct.calcsize(_FORMS[form])
            continue
        if form in _TEXTS:
            found[name] = _TEXTS[form].get(byte, f"unknown ({byte})")
        place += 1
    return found, place + bits
