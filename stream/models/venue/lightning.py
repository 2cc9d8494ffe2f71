"""The lightning rule: stop when it is near, and wait half an hour after the last stroke.

NOAA / NCAA guideline 1D (2014) and the 30-30 rule (Holle, López & Zimmermann 1999, BAMS 80,
2035): stop when a flash is within 30 s of its thunder, some 6 miles or 10 km; resume 30 min after
the last.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RADIUS_KM = 10.0
HOLD_MIN = 30
NEARBY = 2.0
"""Strokes within this many times the radius call for caution."""
SOUND_KM_S = 0.34


class Lightning(NamedTuple):
    """Lightning as it stands."""

    hold_min: int
    """Minutes until play may resume if nothing strikes; 0: no need to stop."""
    watch_min: int
    """Minutes until caution ends."""
    nearest_km: float | None
    """Nearest stroke of the last half hour; None: none."""
    known: bool
    """The sensor was heard lately."""


def flash_to_bang_km(seconds: float) -> float:
    """Return how far a flash was whose thunder came after `seconds`: 30 s are 10 km."""
    return SOUND_KM_S * seconds


def lightning_now(
    distance: Array,
    strokes: Array,
    *,
    radius_km: float = RADIUS_KM,
    hold_min: int = HOLD_MIN,
    stale_min: int = 5,
) -> Lightning:
    """Return what the strokes of the last minutes call for.

    Parameters
    ----------
    distance : (n,) array
        Of the nearest stroke of each minute [km]; NaN where the sensor was not heard.
    strokes : (n,) array
        Strokes of each minute; the distance counts only where there are some.
    """
    heard = np.isfinite(distance) & np.isfinite(strokes)
    ago = np.arange(len(distance))[::-1]
    struck = heard & (np.nan_to_num(strokes) > 0)
    near = ago[struck & (np.nan_to_num(distance, nan=np.inf) <= radius_km)]
    watched = ago[struck & (np.nan_to_num(distance, nan=np.inf) <= NEARBY * radius_km)]
    lately = struck & (ago < hold_min)
    return Lightning(
        hold_min=max(0, hold_min - int(near.min())) if len(near) else 0,
        watch_min=max(0, 2 * hold_min - int(watched.min())) if len(watched) else 0,
        nearest_km=float(distance[lately].min()) if lately.any() else None,
        known=bool(heard[-stale_min:].any()),
    )
