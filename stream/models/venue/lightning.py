"""The lightning rule: stop when it is near, and wait half an hour after the last stroke.

NOAA / NCAA guideline 1D (2014) and the 30-30 rule (Holle, López & Zimmermann 1999, BAMS 80,
2035): stop when a flash is within 30 s of its thunder, at 0.34 km/s some 6 miles or 10 km; resume
30 min after the last.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

RADIUS_KM = 10.0
HOLD_MIN = 30
NEARBY = 2.0
"""Strokes within this many times the radius call for caution."""


class Lightning(NamedTuple):
    """Lightning as it stands."""

    hold_min: int
    """Minutes until play may resume if nothing strikes; 0: no need to stop."""
    watch_min: int
    """Minutes until caution ends."""
    nearest_km: float | None
    """Nearest stroke of the last half hour; None: none, or it counts as near untold."""
    known: bool
    """Strokes were counted lately, none or some."""


def lightning_now(
    distance: Array,
    strokes: Array,
    *,
    radius_km: float = RADIUS_KM,
    hold_min: int = HOLD_MIN,
    stale_min: int = 5,
) -> Lightning:
    """Return what the strokes of the last minutes call for.

    Strokes whose distance is not told, not in their minute, in the next or in the `stale_min`
    that end with theirs, count as near.

    Parameters
    ----------
    distance : (n,) array
        Of the nearest stroke of each minute [km]; NaN where it is not told, as sensors do that
        have nothing to tell.
    strokes : (n,) array
        Strokes of each minute; NaN where the sensor was not heard. A minute of none is quiet,
        whatever its distance says.
    stale_min : int
        The sensor is not known where no strokes, none or some, were counted for so long.
    """
    heard = np.isfinite(strokes)
    struck = heard & (np.nan_to_num(strokes) > 0)
    away = _distance_of_strokes(distance, quiet=heard & ~struck, stale_min=stale_min)
    ago = np.arange(len(strokes))[::-1]
    near = ago[struck & ~(away > radius_km)]
    watched = ago[struck & ~(away > NEARBY * radius_km)]
    lately = away[struck & (ago < hold_min)]
    told = lately[np.isfinite(lately)]
    untold = len(told) < len(lately)
    nearest = float(told.min()) if len(told) else None
    if untold and nearest is not None and nearest > radius_km:
        nearest = None
    return Lightning(
        hold_min=max(0, hold_min - int(near.min())) if len(near) else 0,
        watch_min=max(0, 2 * hold_min - int(watched.min())) if len(watched) else 0,
        nearest_km=nearest,
        known=bool(heard[-stale_min:].any()),
    )


def _distance_of_strokes(distance: Array, *, quiet: Flags, stale_min: int) -> Array:
    """Return each minute's own distance, else the least of the minutes around it; NaN: none."""
    told = np.where(np.isfinite(distance) & ~quiet, distance, np.inf)
    padded = np.concatenate([np.full(stale_min - 1, np.inf), told, [np.inf]])
    around = np.lib.stride_tricks.sliding_window_view(padded, stale_min + 1).min(axis=1)
    away = np.where(np.isfinite(told), told, around)
    return np.where(np.isfinite(away), away, np.nan)
