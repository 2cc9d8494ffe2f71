"""AIS messages in AIVDM sentences: weather and water of stations, and aids to navigation. Pure.

Decoded are message 8 with DAC 1 and FI 31 or 11 (IMO SN.1/Circ.289 and 236: meteorological and
hydrographic) and message 21 (ITU-R M.1371, aid to navigation: a buoy that says whether it is off
its place). Layouts as in gpsd's "AIVDM/AIVDO protocol decoding"
(https://gpsd.gitlab.io/gpsd/AIVDM.html).
"""

import re
from collections import OrderedDict

from msgspec import Struct

from edge.drivers.nmea.fields import KNOT, Fields, Values

MAX_PARTS = 9
MAX_WAITING = 50
"""Messages of several sentences of which one has not come yet; the oldest are given up."""

KINDS = {
    1: "position of a ship",
    2: "position of a ship",
    3: "position of a ship",
    4: "base station",
    5: "voyage of a ship",
    6: "addressed message",
    7: "acknowledgement",
    8: "broadcast of another kind",
    9: "position of an aircraft",
    10: "question for the time",
    11: "time",
    12: "addressed safety text",
    13: "acknowledgement",
    14: "safety text",
    15: "interrogation",
    16: "assigned mode",
    17: "corrections of positions",
    18: "position of a ship",
    19: "position of a ship",
    20: "slots of the radio channel",
    22: "radio channel",
    23: "group assignment",
    24: "name of a ship",
    25: "short binary message",
    26: "binary message",
    27: "position of a ship",
}
"""Message type → what it is, of those that are ignored."""


class Quantity(Struct, frozen=True):
    """Bits of a message: `raw * scale + offset`, None where `raw` is from `absent` on."""

    start: int
    width: int
    scale: float
    absent: int
    offset: float = 0.0
    signed: bool = False


_FI31 = {
    "wind_speed": Quantity(122, 7, KNOT, 127),
    "wind_gust": Quantity(129, 7, KNOT, 127),
    "wind_direction": Quantity(136, 9, 1.0, 360),
    "air_temperature": Quantity(154, 11, 0.1, -1024, signed=True),
    "humidity": Quantity(165, 7, 1.0, 101),
    "dew_point": Quantity(172, 10, 0.1, 501, signed=True),
    "pressure": Quantity(182, 9, 100.0, 403, 79_900.0),
    "visibility": Quantity(194, 7, 185.2, 127),
    "water_level": Quantity(201, 12, 0.01, 4001, -10.0),
    "current_speed": Quantity(215, 8, 0.1 * KNOT, 252),
    "current_direction": Quantity(223, 9, 1.0, 360),
    "wave_height": Quantity(276, 8, 0.1, 252),
    "wave_period": Quantity(284, 6, 1.0, 61),
    "wave_direction": Quantity(290, 9, 1.0, 360),
    "swell_height": Quantity(299, 8, 0.1, 252),
    "swell_period": Quantity(307, 6, 1.0, 61),
    "swell_direction": Quantity(313, 9, 1.0, 360),
    "water_temperature": Quantity(326, 10, 0.1, 501, signed=True),
    "salinity": Quantity(339, 9, 0.1, 502),
}
_FI11 = {
    "wind_speed": Quantity(121, 7, KNOT, 121),
    "wind_gust": Quantity(128, 7, KNOT, 121),
    "wind_direction": Quantity(135, 9, 1.0, 360),
    "humidity": Quantity(164, 7, 1.0, 101),
    "pressure": Quantity(181, 9, 100.0, 401, 80_000.0),
    "visibility": Quantity(192, 8, 185.2, 251),
    "current_speed": Quantity(211, 8, 0.1 * KNOT, 251),
    "current_direction": Quantity(219, 9, 1.0, 360),
    "wave_height": Quantity(272, 8, 0.1, 251),
    "wave_period": Quantity(280, 6, 1.0, 61),
    "wave_direction": Quantity(286, 9, 1.0, 360),
    "swell_height": Quantity(295, 8, 0.1, 251),
    "swell_period": Quantity(303, 6, 1.0, 61),
    "swell_direction": Quantity(309, 9, 1.0, 360),
    "salinity": Quantity(335, 9, 0.1, 501),
}
"""Older, withdrawn by IMO. Published decoders disagree about the offsets of its temperatures and of
its water level, so these are not taken from it."""

UNITS = {
    "latitude": "deg",
    "longitude": "deg",
    "off_position": "1",
    "wind_speed": "m/s",
    "wind_gust": "m/s",
    "wind_direction": "deg",
    "air_temperature": "Cel",
    "humidity": "%",
    "dew_point": "Cel",
    "pressure": "Pa",
    "visibility": "m",
    "water_level": "m",
    "current_speed": "m/s",
    "current_direction": "deg",
    "wave_height": "m",
    "wave_period": "s",
    "wave_direction": "deg",
    "swell_height": "m",
    "swell_period": "s",
    "swell_direction": "deg",
    "water_temperature": "Cel",
    "salinity": "1",
}
"""Quantity of a field `AIS.<MMSI>.<quantity>` → unit; salinity is per mille."""

FIELD = re.compile(rf"AIS\.\d{{9}}\.({'|'.join(UNITS)})", re.ASCII)
_ARMOUR = {chr(code): f"{code - 48 - (8 if code > 95 else 0):06b}" for code in range(48, 120)}
for _gap in range(88, 96):
    del _ARMOUR[chr(_gap)]


class Message(Struct, frozen=True):
    """What an AIVDM sentence, or the last of several, says."""

    name: str
    """E.g. `AIS 21`, `AIS 8 (1, 31)`."""
    ignored: str = ""
    """What it is, where nothing is taken from it."""
    refused: str = ""
    """What is wrong with it."""
    values: Values = {}


class Assembler:
    """Puts messages of several sentences together."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[tuple[str, str, str], dict[int, str]] = OrderedDict()

    def take(self, fields: Fields) -> Message:
        """Return what the fields `total, number, id, channel, payload, fill bits` say."""
        if len(fields) < 6 or not all(f.isascii() and f.isdecimal() for f in fields[:2]):
            return Message("AIS", refused="too short")
        total, number = int(fields[0]), int(fields[1])
        bits = _bits(fields[4], fields[5])
        if bits is None or not 1 <= number <= total <= MAX_PARTS:
            return Message("AIS", refused="not armoured as AIS is")
        if total == 1:
            return understand(bits)
        key = (fields[0], fields[2], fields[3])
        if number == 1:
            self._waiting.pop(key, None)
        elif key not in self._waiting:
            return Message("AIS part", ignored="a part whose first sentence was not heard")
        parts = self._waiting.setdefault(key, {})
        parts[number] = bits
        while len(self._waiting) > MAX_WAITING:
            self._waiting.popitem(last=False)
        if len(parts) < total:
            return Message("AIS part", ignored="a part of a message that is not whole yet")
        del self._waiting[key]
        return understand("".join(parts[place] for place in range(1, total + 1)))


def _bits(payload: str, fill: str) -> str | None:
    if fill not in tuple("012345") or not _ARMOUR.keys() >= set(payload) or not payload:
        return None
    bits = "".join(_ARMOUR[letter] for letter in payload)
    return bits[: len(bits) - int(fill)]


def understand(bits: str) -> Message:
    """Return what the message of these bits says."""
    if len(bits) < 38:
        return Message("AIS", refused="too short")
    kind = _unsigned(bits, 0, 6)
    if kind == 21:
        return _aid(bits)
    if kind == 8 and len(bits) >= 56:
        application = _unsigned(bits, 40, 10), _unsigned(bits, 50, 6)
        name = f"AIS 8 {application}"
        if application == (1, 31):
            return _weather(bits, name, _FI31, 56, 81, 350)
        if application == (1, 11):
            return _weather(bits, name, _FI11, 80, 56, 344)
        return Message(name, ignored=KINDS[8])
    return Message(f"AIS {kind}", ignored=KINDS.get(kind, "no message that AIS knows"))


def _weather(
    bits: str,
    name: str,
    quantities: dict[str, Quantity],
    longitude: int,
    latitude: int,
    shortest: int,
) -> Message:
    if len(bits) < shortest:
        return Message(name, refused="too short")
    head = f"AIS.{_mmsi(bits)}"
    found = _position(bits, head, (longitude, 25), (latitude, 24), 60_000)
    for quantity, part in quantities.items():
        raw = _number(bits, part.start, part.width, signed=part.signed)
        absent = raw == part.absent if part.signed else raw >= part.absent
        value = None if absent else round(raw * part.scale + part.offset, 6)
        found[f"{head}.{quantity}"] = value
    return Message(name, values=found)


def _aid(bits: str) -> Message:
    """Return position and off-position flag, which counts only beside a time (second < 60)."""
    if len(bits) < 272:
        return Message("AIS 21", refused="too short")
    head = f"AIS.{_mmsi(bits)}"
    found = _position(bits, head, (164, 28), (192, 27), 600_000)
    timed = _unsigned(bits, 253, 6) < 60
    found[f"{head}.off_position"] = float(bits[259]) if timed else None
    return Message("AIS 21", values=found)


def _position(
    bits: str, head: str, longitude: tuple[int, int], latitude: tuple[int, int], scale: int
) -> Values:
    """Return both in degrees; None for 181° and 91°, which say that there is none."""
    east = _number(bits, *longitude, signed=True) / scale
    north = _number(bits, *latitude, signed=True) / scale
    known = abs(east) <= 180 and abs(north) <= 90
    return {
        f"{head}.latitude": round(north, 7) if known else None,
        f"{head}.longitude": round(east, 7) if known else None,
    }


def _mmsi(bits: str) -> str:
    return f"{_unsigned(bits, 8, 30):09d}"


def _unsigned(bits: str, start: int, width: int) -> int:
    return int(bits[start : start + width], 2)


def _number(bits: str, start: int, width: int, *, signed: bool) -> int:
    raw = _unsigned(bits, start, width)
    return raw - (1 << width) if signed and bits[start] == "1" else raw
