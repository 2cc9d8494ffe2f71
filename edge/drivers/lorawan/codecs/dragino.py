"""Dragino: fixed layouts, most significant byte first; the first word is the battery in mV.

From the maker's published decoders and manuals (https://github.com/dragino/dragino-end-node-decoder);
no captured payload was at hand. What an instrument sends in place of a value (a distance of 0 or
0xFFFF, the current of a broken loop) is *missing*, and said.
"""

import struct
from collections.abc import Callable, Mapping
from math import inf

from edge.drivers.lorawan.codecs.decoded import Decoded, PayloadError

NO_PROBE_C = 327.0
"""A DS18B20 that is not there reads 327.67 °C."""
LDDS75_NEAREST_MM = 280
"""Distances below are not real; 0 says that no sensor is there."""

LDS12_RANGE = (100, 12_000)
"""Tenths of a centimetre that an LDS12-LB measures: 0.1 to 12 m."""
LDS12_WEAK, LDS12_BLINDED = 100, 0xFFFF
"""Its manual believes a distance where the signal is above 100 and not 65535 (overexposed)."""
LOWEST_MA, HIGHEST_MA = 3.6, 21.0
"""Between them a current loop measures; beyond, sensor or wire are faulty (NAMUR NE 43)."""

Values = dict[str, float | str]


def _unpack(model: str, layout: str, payload: bytes) -> tuple[int, ...]:
    size = struct.calcsize(layout)
    if len(payload) < size:
        raise PayloadError(f"torn: {len(payload)} bytes; a {model} sends {size}")
    return struct.unpack(layout, payload[:size])


def _with_probe(values: Values, tenths: int) -> Values:
    if tenths / 10 < NO_PROBE_C:
        values["probe_temperature"] = tenths / 10
    return values


def _ldds75(payload: bytes) -> Decoded:
    battery, distance, interrupt, probe, _ = _unpack("ldds75", ">HHBhB", payload)
    values: Values = {"battery": (battery & 0x3FFF) / 1000, "interrupt": interrupt}
    complaint = ""
    if distance >= LDDS75_NEAREST_MM:
        values["distance"] = distance
    else:
        complaint = f"distance {distance} mm: " + (
            "nearer than it sees" if distance else "no sensor"
        )
    missing = ("distance",) if complaint else ()
    return Decoded(values=_with_probe(values, probe), missing=missing, complaint=complaint)


def _lds12(payload: bytes) -> Decoded:
    battery, probe, distance, signal, flags, lidar, _ = _unpack("lds12-lb", ">HhHHBbB", payload)
    values: Values = {
        "battery": (battery & 0x3FFF) / 1000,
        "signal": signal,
        "lidar_temperature": lidar,
        "interrupt": flags & 1,
    }
    nearest, farthest = LDS12_RANGE
    complaint = ""
    if distance in (0, 0xFFFF):
        complaint = f"distance {distance}: nothing was measured"
    elif signal <= LDS12_WEAK or signal == LDS12_BLINDED:
        why = "overexposed" if signal == LDS12_BLINDED else f"at most {LDS12_WEAK}"
        complaint = f"distance {distance / 10:g} cm with a signal of {signal} ({why})"
    elif not nearest <= distance <= farthest:
        complaint = f"distance {distance / 10:g} cm: it sees {nearest / 10:g} to {farthest / 10:g}"
    else:
        values["distance"] = distance / 10
    missing = ("distance",) if complaint else ()
    return Decoded(values=_with_probe(values, probe), missing=missing, complaint=complaint)


def _lse01(payload: bytes) -> Decoded:
    battery, probe, moisture, soil, conductivity, flags = _unpack("lse01", ">HhHhHB", payload)
    if flags & 0x80:
        raise PayloadError("the device sends raw values (MOD 1); set it to MOD 0")
    values: Values = {
        "battery": (battery & 0x3FFF) / 1000,
        "soil_moisture": moisture / 100,
        "soil_temperature": soil / 100,
        "conductivity": conductivity,
    }
    return Decoded(values=_with_probe(values, probe))


def _ps_lb(payload: bytes) -> Decoded:
    battery, kind, span, current, voltage, _ = _unpack("ps-lb", ">HBBHHB", payload)
    values: Values = {
        "battery": battery / 1000,
        "current": current / 1000,
        "voltage": voltage / 1000,
    }
    if kind != 0:
        return Decoded(values=values)
    complaint = ""
    if not LOWEST_MA <= current / 1000 <= HIGHEST_MA:
        complaint = (
            f"{current / 1000:.2f} mA is outside {LOWEST_MA:g} to {HIGHEST_MA:g} (NAMUR NE 43): "
            "probe or wire broken"
        )
    elif span == 0:
        complaint = "the device does not know its probe (span 0 m): set it with AT+PROBE"
    else:  # a submersible probe of `span` metres: 4 mA is none, 20 mA all of it
        values["depth"] = max(0.0, (current / 1000 - 4) * span / 16)
    return Decoded(values=values, missing=("depth",) if complaint else (), complaint=complaint)


_WEATHER = {
    0x00: ("battery", ">H", 1000),
    0x01: ("wind_speed", ">H", 10),
    0x02: ("wind_direction", ">H", 10),
    0x03: ("illumination", ">H", 0.1),
    0x04: ("rain_or_snow", ">B", 1),
    0x05: ("co2", ">H", 1),
    0x06: ("temperature", ">h", 10),
    0x07: ("humidity", ">H", 10),
    0x08: ("pressure", ">H", 10),
    0x09: ("rain", ">H", 10),
    0x0A: ("pm2_5", ">H", 1),
    0x0B: ("pm10", ">H", 1),
    0x0C: ("par", ">H", 1),
    0x0D: ("radiation", ">H", 10),
}
"""WSC1-L: sensor → (name, form, divisor)."""
_BELIEVED = {
    "wind_speed": (0, 113.2),
    "wind_speed_max": (0, 113.2),
    "wind_speed_mean": (0, 113.2),
    "wind_direction": (0, 360),
    "temperature": (-90, 60),
    "humidity": (0, 100),
    "pressure": (300, 1100),
    "rain": (0, 1825),
}
"""Name → lowest, highest: m/s, deg, °C, %, hPa, mm; of wind, temperature and rain (of a day) the
world's records (WMO, https://wmo.asu.edu)."""


def _wsc1(payload: bytes) -> Decoded:
    values: Values = {}
    missing: list[str] = []
    complaints: list[str] = []
    place = 0
    while place + 2 <= len(payload):
        sensor, length = payload[place], payload[place + 1]
        part = payload[place + 2 : place + 2 + length]
        place += 2 + length
        if sensor not in _WEATHER:
            complaints.append(f"sensor {sensor:#04x} is not known")
            continue
        name, form, divisor = _WEATHER[sensor]
        if len(part) < max(length, struct.calcsize(form)):
            complaints.append(f"torn within `{name}`")
            break
        found = [(name, struct.unpack_from(form, part)[0])]
        if sensor == 0x01 and length >= 6:
            found += zip(
                ("wind_speed_max", "wind_speed_mean"),
                struct.unpack_from(">HH", part, 2),
                strict=True,
            )
        for own, raw in found:
            value = round(raw / divisor, 6)
            if why := _doubt(own, raw, value):
                missing.append(own)
                complaints.append(why)
            else:
                values[own] = value
    if not values and not missing:
        raise PayloadError("; ".join(complaints) or "empty")
    return Decoded(values=values, missing=tuple(missing), complaint="; ".join(complaints))


def _doubt(name: str, raw: int, value: float) -> str:
    """Return why a value of the weather station is not believed; empty where it is."""
    if raw == 0xFFFF:  # never of a signed one
        return f"`{name}` is 0xffff: no sensor"
    lowest, highest = _BELIEVED.get(name, (-inf, inf))
    if lowest <= value <= highest:
        return ""
    return f"`{name}` {value:g} is outside {lowest:g} to {highest:g}"


_DEVICES: dict[str, tuple[Callable[[bytes], Decoded], tuple[str, ...]]] = {
    "ldds75": (_ldds75, ("battery", "distance", "probe_temperature", "interrupt")),
    "lds12-lb": (
        _lds12,
        ("battery", "distance", "signal", "lidar_temperature", "probe_temperature", "interrupt"),
    ),
    "lse01": (
        _lse01,
        ("battery", "soil_moisture", "soil_temperature", "conductivity", "probe_temperature"),
    ),
    "ps-lb": (_ps_lb, ("battery", "current", "voltage", "depth")),
    "wsc1-l": (
        _wsc1,
        (*(name for name, _, _ in _WEATHER.values()), "wind_speed_max", "wind_speed_mean"),
    ),
}
DATA_PORT = 2


def models() -> list[str]:
    """Return the names of the devices whose payloads are known, e.g. `ldds75`."""
    return list(_DEVICES)


def names(model: str) -> list[str]:
    """Return the names of the values of `model`."""
    return list(_DEVICES[model][1])


def parameters(model: str) -> dict[str, float]:
    """Return the calibration values that `model` needs: none."""
    return {}


def decode(model: str, payload: bytes, port: int, given: Mapping[str, float]) -> Decoded:
    """Return what `payload` says; on other ports than 2 a device tells of itself."""
    if port != DATA_PORT:
        raise PayloadError(f"port {port}: values come on port {DATA_PORT}")
    return _DEVICES[model][0](payload)
