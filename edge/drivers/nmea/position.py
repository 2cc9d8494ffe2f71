"""Sentences of position, time and heading. Pure.

A fix that is void, estimated by dead reckoning, entered by hand or simulated is no position.
"""

from edge.drivers.nmea.fields import (
    Fields,
    Values,
    number,
    put,
    put_position,
    put_speed,
    put_time,
)

UNITS = {
    "GGA.latitude": "deg",
    "GGA.longitude": "deg",
    "GGA.quality": "1",
    "GGA.satellites": "1",
    "GGA.hdop": "1",
    "GGA.altitude": "m",
    "GGA.separation": "m",
    "GNS.latitude": "deg",
    "GNS.longitude": "deg",
    "GNS.altitude": "m",
    "GLL.latitude": "deg",
    "GLL.longitude": "deg",
    "RMC.latitude": "deg",
    "RMC.longitude": "deg",
    "RMC.speed": "m/s",
    "RMC.course_true": "deg",
    "RMC.time": "s",
    "VTG.course_true": "deg",
    "VTG.course_magnetic": "deg",
    "VTG.speed": "m/s",
    "ZDA.time": "s",
    "HDG.heading_magnetic": "deg",
    "HDG.heading_true": "deg",
    "HDM.heading_magnetic": "deg",
    "HDT.heading_true": "deg",
    "THS.heading_true": "deg",
}
"""Field → unit; times are Unix seconds."""

FIXES = ("GGA", "GNS", "RMC", "GLL")
"""Sentences with a position, the best first."""
REAL_QUALITY = ("1", "2", "3", "4", "5", "9")
"""Of GGA: single, differential, precise, RTK; 6 is estimated, 7 by hand, 8 simulated."""
REAL_MODE = frozenset("ADPRF")
"""Autonomous, differential, precise, RTK, float RTK; E is estimated, M by hand, S simulated."""


def gga(fields: Fields) -> Values:
    """Fix: time, position, quality, satellites, HDOP, altitude above the geoid, separation."""
    found: Values = {}
    real = fields[5] in REAL_QUALITY
    put_position(found, "GGA", fields[1:5], valid=real)
    put(found, "GGA.quality", fields[5])
    put(found, "GGA.satellites", fields[6])
    put(found, "GGA.hdop", fields[7])
    put(found, "GGA.altitude", fields[8] if real else "")
    put(found, "GGA.separation", fields[10])
    return found


def gns(fields: Fields) -> Values:
    """Fix of several systems: time, position, a mode for each, satellites, HDOP, altitude."""
    found: Values = {}
    real = bool(REAL_MODE & set(fields[5]))
    put_position(found, "GNS", fields[1:5], valid=real)
    put(found, "GNS.altitude", fields[8] if real else "")
    return found


def gll(fields: Fields) -> Values:
    """Position: position, time, A|V, mode; the oldest talkers end after the position."""
    found: Values = {}
    real = not any(fields[4:]) or (fields[5] == "A" and _real_mode(fields, 6))
    put_position(found, "GLL", fields[0:4], valid=real)
    return found


def rmc(fields: Fields) -> Values:
    """Position, speed [knots] and course over ground: time, A|V, position, speed, course, date."""
    found: Values = {}
    real = fields[1] == "A" and _real_mode(fields, 11)
    put_position(found, "RMC", fields[2:6], valid=real)
    put_speed(found, "RMC.speed", fields[6] if real else "", "N")
    put(found, "RMC.course_true", fields[7] if real else "")
    date = fields[8].strip()
    if len(date) in (0, 6):
        put_time(found, "RMC.time", fields[0], date[0:2], date[2:4], date[4:6])
    return found


def _real_mode(fields: Fields, place: int) -> bool:
    """Tell whether the mode, which older talkers do not send, is that of a real fix."""
    return fields[place] in REAL_MODE or not fields[place]


def vtg(fields: Fields) -> Values:
    """Course and speed over ground: true, T, magnetic, M, knots, N, km/h, K; of old talkers
    only the four numbers.
    """
    found: Values = {}
    if number(fields[1]) is not None or number(fields[3]) is not None:
        fields = (fields[0], "T", fields[1], "M", fields[2], "N", fields[3], "K")
    put(found, "VTG.course_true", fields[0])
    put(found, "VTG.course_magnetic", fields[2])
    if fields[4].strip() or not fields[6].strip():
        put_speed(found, "VTG.speed", fields[4], "N")
    else:
        put_speed(found, "VTG.speed", fields[6], "K")
    return found


def zda(fields: Fields) -> Values:
    """UTC: hhmmss.ss, day, month, year, local zone (which is not added)."""
    found: Values = {}
    put_time(found, "ZDA.time", *fields[:4])
    return found


def hdg(fields: Fields) -> Values:
    """Magnetic heading: heading, deviation, E|W, variation, E|W; east is added."""
    found: Values = {}
    put(found, "HDG.heading_magnetic", fields[0])
    heading, variation = number(fields[0]), number(fields[3])
    if heading is not None and variation is not None and fields[4] in ("E", "W"):
        deviation = number(fields[1]) or 0.0
        true = heading + (deviation if fields[2] == "E" else -deviation)
        true += variation if fields[4] == "E" else -variation
        found["HDG.heading_true"] = round(true % 360, 9)
    else:
        found["HDG.heading_true"] = None
    return found


def hdm(fields: Fields) -> Values:
    """Magnetic heading: value, M."""
    found: Values = {}
    put(found, "HDM.heading_magnetic", fields[0])
    return found


def hdt(fields: Fields) -> Values:
    """True heading: value, T."""
    found: Values = {}
    put(found, "HDT.heading_true", fields[0])
    return found


def ths(fields: Fields) -> Values:
    """True heading with its mode: value, A; any other mode is no heading."""
    found: Values = {}
    put(found, "THS.heading_true", fields[0] if fields[1] == "A" else "")
    return found
