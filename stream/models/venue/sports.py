"""Limits of sports and of boats: what each may not exceed, or not fall below, and says who."""

from typing import NamedTuple

KNOT = 1852 / 3600
"""[m/s]"""


class Limit(NamedTuple):
    """A limit on one quantity; where `stop` is below `caution`, low values are bad."""

    of: str
    """The quantity: `wind`, `gust`, `wave`, `tide`, `heat`, `lightning`, `crowd` …"""
    unit: str
    caution: float
    stop: float
    source: str


LIGHTNING = Limit("lightning", "km", 20.0, 10.0, "stop at 6 mi, resume 30 min after the last")
STRONG = Limit("wind", "m/s", 20 * KNOT, 25 * KNOT, "no start above 25 kn, 5-min mean")
FOILS = Limit("wind", "m/s", 25 * KNOT, 30 * KNOT, "iQFOiL and Formula Kite: 30 kn, 5-min mean")
LIGHT = Limit("wind", "m/s", 6 * KNOT, 4 * KNOT, "raceable from about 4 kn")
HEAT = Limit("heat", "Cel", 31.0, 32.3, "beach volleyball: WBGT red flag 31, black 32.3")
CRAFT = Limit("wind", "m/s", 8.0, 10.8, "small craft banned from 10.8 m/s (6 Beaufort)")
BOARDING = Limit("wind", "m/s", 10.8, 13.9, "no boarding of passengers from 13.9 m/s (7 Beaufort)")

SPORTS: dict[str, dict[str, Limit]] = {
    "sailing": {"wind": STRONG, "light_wind": LIGHT, "lightning": LIGHTNING},
    "foiling": {"wind": FOILS, "light_wind": LIGHT, "lightning": LIGHTNING},
    "beach_volleyball": {"heat": HEAT, "lightning": LIGHTNING},
    "small_craft": {"wind": CRAFT, "lightning": LIGHTNING},
    "passenger_boarding": {"wind": BOARDING},
    "outdoors": {"lightning": LIGHTNING},
}
"""Sport → name of a limit → the limit; `reference/thresholds.md` has the sources."""
