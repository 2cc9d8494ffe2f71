"""Sentences of wind and weather. Pure."""

from edge.drivers.nmea.fields import Fields, Values, number, put, put_speed

UNITS = {
    "MWV.speed_true": "m/s",
    "MWV.speed_relative": "m/s",
    "MWV.direction_true": "deg",
    "MWV.direction_relative": "deg",
    "MWD.speed": "m/s",
    "MWD.direction_true": "deg",
    "MWD.direction_magnetic": "deg",
    "VWR.speed": "m/s",
    "VWR.angle": "deg",
    "VWT.speed": "m/s",
    "VWT.angle": "deg",
    "MDA.pressure": "Pa",
    "MDA.air_temperature": "Cel",
    "MDA.water_temperature": "Cel",
    "MDA.humidity": "%",
    "MDA.dew_point": "Cel",
    "MDA.wind_speed": "m/s",
    "MDA.wind_direction_true": "deg",
    "MDA.wind_direction_magnetic": "deg",
}
"""Field → unit; `XDR.<name>` has the transducer's."""


def mwv(fields: Fields) -> Values:
    """Wind speed and angle: angle, R|T, speed, unit, A|V."""
    found: Values = {}
    reference = {"R": "relative", "T": "true"}.get(fields[1])
    if reference:
        void = fields[4] != "A"
        put(found, f"MWV.direction_{reference}", "" if void else fields[0])
        put_speed(found, f"MWV.speed_{reference}", "" if void else fields[2], fields[3])
    return found


def mwd(fields: Fields) -> Values:
    """Wind direction and speed: true, T, magnetic, M, knots, N, m/s, M."""
    found: Values = {}
    put(found, "MWD.direction_true", fields[0])
    put(found, "MWD.direction_magnetic", fields[2])
    if fields[6].strip() or not fields[4].strip():
        put(found, "MWD.speed", fields[6])
    else:
        put_speed(found, "MWD.speed", fields[4], "N")
    return found


def vwr(fields: Fields) -> Values:
    """Relative wind, off the bow: angle, L|R, knots, N, m/s, M, km/h, K."""
    return _off_the_bow("VWR", fields)


def vwt(fields: Fields) -> Values:
    """True wind, off the bow: angle, L|R, knots, N, m/s, M, km/h, K."""
    return _off_the_bow("VWT", fields)


def _off_the_bow(kind: str, fields: Fields) -> Values:
    """Return angle clockwise from the bow, 0–360°, and speed from the first unit that is there."""
    found: Values = {}
    angle = number(fields[0])
    if not fields[0].strip():
        found[f"{kind}.angle"] = None
    elif angle is not None and fields[1] in ("L", "R"):
        found[f"{kind}.angle"] = angle % 360 if fields[1] == "R" else -angle % 360
    for text, unit in ((fields[4], "M"), (fields[2], "N"), (fields[6], "K")):
        if text.strip():
            put_speed(found, f"{kind}.speed", text, unit)
            break
    else:
        found[f"{kind}.speed"] = None
    return found


_XDR_UNITS = {("P", "B"): (1e5, 0.0), ("C", "K"): (1.0, -273.15), ("C", "F"): (5 / 9, -160 / 9)}
"""(type, unit) → (factor, offset) to Pa and °C; other units are SI already."""


def xdr(fields: Fields) -> Values:
    """Transducers, four fields each: type, value, unit, name.

    One recorded device writes some types twice (`C,C,10.7,C,AIRTEMP`): no number is a single
    letter, so the second one is stepped over.
    """
    found: Values = {}
    place = 0
    while place + 4 <= len(fields):
        if fields[place].isalpha() and fields[place] == fields[place + 1]:
            place += 1
            continue
        kind, text, unit, name = fields[place : place + 4]
        factor, offset = _XDR_UNITS.get((kind, unit), (1.0, 0.0))
        if name:
            put(found, f"XDR.{name}", text, factor, offset)
        place += 4
    return found


def mda(fields: Fields) -> Values:
    """Meteorological composite: pressure, air, water, humidity, dew point, wind."""
    found: Values = {}
    if fields[2].strip() or not fields[0].strip():
        put(found, "MDA.pressure", fields[2], 1e5)
    else:
        put(found, "MDA.pressure", fields[0], 3386.389)
    put(found, "MDA.air_temperature", fields[4])
    put(found, "MDA.water_temperature", fields[6])
    put(found, "MDA.humidity", fields[8])
    put(found, "MDA.dew_point", fields[10])
    put(found, "MDA.wind_direction_true", fields[12])
    put(found, "MDA.wind_direction_magnetic", fields[14])
    if fields[18].strip() or not fields[16].strip():
        put(found, "MDA.wind_speed", fields[18])
    else:
        put_speed(found, "MDA.wind_speed", fields[16], "N")
    return found
