"""A typhoon that moves: its track, pressure and wind."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

AMBIENT_HPA = 1010.0
AIR_DENSITY = 1.15
"""[kg/m3]"""
HOLLAND_B = 1.3
SURFACE_FACTOR = 0.78
"""Wind at 10 m over the gradient wind [-]."""
INFLOW_DEG = 22.0
HEADING_DEG = 318.0
"""Where typhoons of this coast go: to the north-west [deg, from north]."""
LANDFALL_DECAY_H = 16.0
KM_PER_DEG = 111.19


class Typhoon(NamedTuple):
    """The centre at each time; km east and north of the reference point."""

    times: Floats
    """(n,) Unix times [s]."""
    east: Floats
    north: Floats
    deficit: Floats
    """Central pressure deficit [hPa]."""
    radius_km: float
    """Radius of the strongest wind [km]."""
    motion: tuple[Floats, Floats]
    """Velocity of the centre, to the east and to the north [m/s]."""


def local_km(latitude: float, longitude: float, origin: tuple[float, float]) -> tuple[float, float]:
    """Return (east, north) of a place [km] from `origin` (latitude, longitude)."""
    east = (longitude - origin[1]) * KM_PER_DEG * np.cos(np.radians(origin[0]))
    return float(east), (latitude - origin[0]) * KM_PER_DEG


def track(
    times: Floats,
    *,
    closest: float,
    passing_km: float,
    speed_kmh: float,
    depth_hpa: float,
    radius_km: float,
    bend_deg_per_day: float,
) -> Typhoon:
    """Return a typhoon that passes the reference point at time `closest` (Unix s).

    The centre bends to the right by `bend_deg_per_day` and loses depth on land, which it
    reaches 60 km before the closest point. `passing_km` < 0: it passes on the left, so that
    the reference point lies in its dangerous right half.
    """
    hours = (times - closest) / 3600
    heading = np.radians(HEADING_DEG + bend_deg_per_day * np.clip(hours, -48, 48) / 24)
    speed = speed_kmh / 3.6
    motion = speed * np.sin(heading), speed * np.cos(heading)
    step = float(times[1] - times[0]) / 1000
    here = int(np.argmin(np.abs(hours)))
    across = np.radians(HEADING_DEG + 90)
    east, north = (np.cumsum(v) * step for v in motion)
    east += passing_km * np.sin(across) - east[here]
    north += passing_km * np.cos(across) - north[here]
    on_land = np.clip(hours + 60 / speed_kmh, 0, None)
    deficit = depth_hpa * (0.12 + 0.88 * np.exp(-on_land / LANDFALL_DECAY_H))
    return Typhoon(times, east, north, deficit, radius_km, motion)


def seen_from(typhoon: Typhoon, east: float, north: float) -> tuple[Floats, Floats]:
    """Return distance [km] and bearing [rad, anticlockwise from east] from centre to a place."""
    dx, dy = east - typhoon.east, north - typhoon.north
    return np.maximum(np.hypot(dx, dy), 1.0), np.arctan2(dy, dx)


def pressure(typhoon: Typhoon, east: float, north: float) -> Floats:
    """Return air pressure at sea level [hPa].

    Holland (1980), Mon. Wea. Rev. 108, 1212-1218: p = p_c + dp exp(-(R/r)^B).
    """
    distance, _ = seen_from(typhoon, east, north)
    shape = np.exp(-((typhoon.radius_km / distance) ** HOLLAND_B))
    return np.asarray(AMBIENT_HPA - typhoon.deficit * (1 - shape))


def wind(typhoon: Typhoon, east: float, north: float, latitude: float) -> tuple[Floats, Floats]:
    """Return the mean wind at 10 m, to the east and to the north [m/s].

    Gradient wind of Holland (1980), turned inwards, with half of the centre's own motion.
    """
    distance, bearing = seen_from(typhoon, east, north)
    ratio = (typhoon.radius_km / distance) ** HOLLAND_B
    coriolis = 2 * 7.2921e-5 * np.sin(np.radians(latitude)) * distance * 500
    energy = HOLLAND_B * 100 * typhoon.deficit / AIR_DENSITY * ratio * np.exp(-ratio)
    speed = SURFACE_FACTOR * (np.sqrt(energy + coriolis**2) - coriolis)
    towards = bearing + np.pi / 2 + np.radians(INFLOW_DEG)
    near = 0.5 * np.exp(-distance / 300)
    return (
        np.asarray(speed * np.cos(towards) + near * typhoon.motion[0]),
        np.asarray(speed * np.sin(towards) + near * typhoon.motion[1]),
    )
