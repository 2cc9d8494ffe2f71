"""Sentences of the water: temperature, depth, currents, speed through it. Pure."""

from edge.drivers.nmea.fields import Fields, Values, put, put_speed

UNITS = {
    "MTW.temperature": "Cel",
    "DPT.depth": "m",
    "DPT.offset": "m",
    "DBT.depth": "m",
    "DBS.depth": "m",
    "DBK.depth": "m",
    "VDR.set_true": "deg",
    "VDR.set_magnetic": "deg",
    "VDR.drift": "m/s",
    "VHW.heading_true": "deg",
    "VHW.heading_magnetic": "deg",
    "VHW.speed": "m/s",
}
"""Field → unit."""


def mtw(fields: Fields) -> Values:
    """Water temperature: value, C."""
    found: Values = {}
    if fields[1].strip() in ("C", ""):
        put(found, "MTW.temperature", fields[0])
    return found


def dpt(fields: Fields) -> Values:
    """Depth below the transducer [m], and the transducer's offset [m]."""
    found: Values = {}
    put(found, "DPT.depth", fields[0])
    put(found, "DPT.offset", fields[1])
    return found


def dbt(fields: Fields) -> Values:
    """Depth below the transducer: feet, f, metres, M, fathoms, F."""
    return _depth("DBT", fields)


def dbs(fields: Fields) -> Values:
    """Depth below the surface: feet, f, metres, M, fathoms, F."""
    return _depth("DBS", fields)


def dbk(fields: Fields) -> Values:
    """Depth below the keel: feet, f, metres, M, fathoms, F."""
    return _depth("DBK", fields)


def _depth(kind: str, fields: Fields) -> Values:
    found: Values = {}
    if fields[2].strip() or not fields[0].strip():
        put(found, f"{kind}.depth", fields[2])
    else:
        put(found, f"{kind}.depth", fields[0], 0.3048)
    return found


def vdr(fields: Fields) -> Values:
    """Set (where the current runs to) and drift: true, T, magnetic, M, knots, N."""
    found: Values = {}
    put(found, "VDR.set_true", fields[0])
    put(found, "VDR.set_magnetic", fields[2])
    put_speed(found, "VDR.drift", fields[4], "N")
    return found


def vhw(fields: Fields) -> Values:
    """Heading and speed through the water: true, T, magnetic, M, knots, N, km/h, K."""
    found: Values = {}
    put(found, "VHW.heading_true", fields[0])
    put(found, "VHW.heading_magnetic", fields[2])
    if fields[4].strip() or not fields[6].strip():
        put_speed(found, "VHW.speed", fields[4], "N")
    else:
        put_speed(found, "VHW.speed", fields[6], "K")
    return found
