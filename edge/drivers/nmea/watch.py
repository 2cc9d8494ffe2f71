"""Is a buoy where it was anchored? Pure.

GPS scatters by metres and now and then jumps by hundreds; so a single fix says nothing. A buoy is
adrift once every fix of a while lay outside its watch circle, and back once every fix of a while
lay well inside it.
"""

from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Annotated

from msgspec import Meta, Struct

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG)."""
BACK_INSIDE = 0.9
"""Share of the radius within which fixes must lie for a buoy to be back."""
LEAST_FIXES = 2


class Anchor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[instrument.anchor]`: where the buoy lies, and how far its chain lets it swing.

    Worked example: on 60 m of chain in 20 m of water the buoy swings within
    √(60² − 20²) = 57 m; with 10 m for the scatter of its GPS: `radius_m = 70`.
    """

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    radius_m: Annotated[float, Meta(gt=0)]
    """Radius of the watch circle [m]."""
    confirm_after: timedelta = timedelta(minutes=2)
    """World time for which every fix must agree, at least two of them."""


class Watch:
    """The watch circle of one buoy, told fix after fix."""

    def __init__(self, anchor: Anchor) -> None:
        self._anchor = anchor
        self._since: datetime | None = None
        self._fixes = 0
        self.adrift = False
        self.distance_m: float | None = None
        """From the anchor, of the last fix [m]; None before the first."""
        self.last: datetime | None = None
        """World time of the last fix."""

    def fix(self, at: datetime, latitude: float, longitude: float) -> bool:
        """Take a fix at world time `at`; return whether the buoy is adrift."""
        anchor = self._anchor
        self.last = at
        self.distance_m = distance_m(anchor.latitude, anchor.longitude, latitude, longitude)
        limit = anchor.radius_m * (BACK_INSIDE if self.adrift else 1.0)
        if (self.distance_m > limit) == self.adrift:
            self._since, self._fixes = None, 0
            return self.adrift
        self._since = self._since or at
        self._fixes += 1
        if self._fixes >= LEAST_FIXES and at - self._since >= anchor.confirm_after:
            self.adrift = not self.adrift
            self._since, self._fixes = None, 0
        return self.adrift

    def remark(self, now: datetime, listening_since: datetime, silent_after: timedelta) -> str:
        """Return what a person should know; empty where the buoy lies as it should."""
        anchor = self._anchor
        if now - max(self.last or listening_since, listening_since) > silent_after:
            return "no position: whether it is adrift cannot be told"
        if self.adrift and self.distance_m is not None:
            return (
                f"ADRIFT: {self.distance_m:.0f} m from its anchor at {anchor.latitude:.5f}, "
                f"{anchor.longitude:.5f}; the circle is {anchor.radius_m:g} m"
            )
        return ""


def distance_m(latitude: float, longitude: float, other: float, other_longitude: float) -> float:
    """Return the great-circle distance of two places [m] (haversine)."""
    north, east = radians(other - latitude), radians(other_longitude - longitude)
    chord = sin(north / 2) ** 2 + cos(radians(latitude)) * cos(radians(other)) * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))
