"""Units of SenML (RFC 8428 section 12.1, RFC 8798) beside those of the site (UCUM). Pure."""

UNITS: dict[str, tuple[str, float, float]] = {
    "m": ("m", 1.0, 0.0),
    "mm": ("m", 1e-3, 0.0),
    "cm": ("m", 1e-2, 0.0),
    "km": ("m", 1e3, 0.0),
    "m/s": ("m/s", 1.0, 0.0),
    "km/h": ("m/s", 1 / 3.6, 0.0),
    "Cel": ("Cel", 1.0, 0.0),
    "K": ("Cel", 1.0, -273.15),
    "Pa": ("Pa", 1.0, 0.0),
    "hPa": ("Pa", 100.0, 0.0),
    "kPa": ("Pa", 1e3, 0.0),
    "m3": ("m3", 1.0, 0.0),
    "l": ("m3", 1e-3, 0.0),
    "hm3": ("m3", 1e6, 0.0),
    "m3/s": ("m3/s", 1.0, 0.0),
    "l/s": ("m3/s", 1e-3, 0.0),
    "m3/h": ("m3/s", 1 / 3600, 0.0),
    "rad": ("deg", 57.29577951308232, 0.0),
    "deg": ("deg", 1.0, 0.0),
    "/": ("1", 1.0, 0.0),
    "1": ("1", 1.0, 0.0),
    "%": ("1", 0.01, 0.0),
    "%RH": ("1", 0.01, 0.0),
    "EL": ("1", 0.01, 0.0),
    "%EL": ("1", 0.01, 0.0),
    "count": ("1", 1.0, 0.0),
    "V": ("V", 1.0, 0.0),
    "mV": ("V", 1e-3, 0.0),
    "A": ("A", 1.0, 0.0),
    "mA": ("A", 1e-3, 0.0),
    "s": ("s", 1.0, 0.0),
    "ms": ("s", 1e-3, 0.0),
    "min": ("s", 60.0, 0.0),
    "h": ("s", 3600.0, 0.0),
    "W/m2": ("W/m2", 1.0, 0.0),
    "S/m": ("S/m", 1.0, 0.0),
    "lat": ("lat", 1.0, 0.0),
    "lon": ("lon", 1.0, 0.0),
    "beat/min": ("1/min", 1.0, 0.0),
    "1/min": ("1/min", 1.0, 0.0),
    "Hz": ("1/min", 60.0, 0.0),
}
"""Unit → (what it measures, factor, offset): `value * factor + offset` is in that unit."""


def converted(value: float, unit: str, wanted: str) -> float | None:
    """Return `value`, in `unit`, in the unit `wanted`; None where the two do not fit.

    A value without a unit, or in the very unit that is wanted, is taken as it is.
    """
    if not unit or unit == wanted:
        return value
    if unit not in UNITS or wanted not in UNITS:
        return None
    (kind, factor, offset), (wanted_kind, by, less) = UNITS[unit], UNITS[wanted]
    if kind != wanted_kind:
        return None
    return round((value * factor + offset - less) / by, 9)
