"""Rain of a typhoon: a ring, spiral bands that turn, and showers that come and go."""

import numpy as np
from numpy.typing import NDArray

from simulators.world.weather import Typhoon, seen_from, wind

Floats = NDArray[np.float64]

RING_MM_H = 0.3
"""Rain at the radius of the strongest wind for each hPa of pressure deficit [mm/h/hPa]."""
OUTER_KM = 150.0
"""Distance in which the rain falls off to a third outside the ring [km]."""
ARMS, TIGHTNESS, TURN_H = 2, 3.2, 9.0
"""Spiral arms; radians of turn for each e-fold of distance; hours of one turn."""
SHOWERS = 900
"""Showers born during a storm of any length, within 250 km of the reference point."""


def rain_intensity(
    typhoon: Typhoon,
    places: Floats,
    *,
    random: np.random.Generator,
    origin_latitude: float,
) -> Floats:
    """Return the rain at each place and time [mm/h].

    The mean profile is that of R-CLIPER (Tuleya et al. 2007, Wea. Forecasting 22, 725-746):
    linear to the ring, exponential outside; bands and showers keep about the mean.

    Parameters
    ----------
    typhoon : Typhoon
        With n times.
    places : (m, 2) array
        East and north of each place [km].

    Returns
    -------
    (m, n) array
    """
    turn = random.uniform(0, 2 * np.pi)
    hours = (typhoon.times - typhoon.times[0]) / 3600
    intensity = np.empty((len(places), len(typhoon.times)))
    for row, (east, north) in enumerate(places):
        distance, bearing = seen_from(typhoon, float(east), float(north))
        ring = RING_MM_H * typhoon.deficit
        outside = np.maximum(distance - typhoon.radius_km, 0)
        mean = ring * np.minimum(1, 0.4 + 0.6 * distance / typhoon.radius_km)
        mean = mean * np.exp(-outside / OUTER_KM)
        arm = ARMS * (bearing - 2 * np.pi * hours / TURN_H) + TIGHTNESS * np.log(distance) + turn
        bands = 0.25 + 1.5 * (0.5 + 0.5 * np.cos(arm)) ** 2.2
        intensity[row] = mean * bands
    return intensity * _showers(typhoon, places, random, origin_latitude)


def _showers(
    typhoon: Typhoon, places: Floats, random: np.random.Generator, latitude: float
) -> Floats:
    """Return by how much showers raise the rain at each place and time [-]; 0.6 between them."""
    times = typhoon.times
    step = float(times[1] - times[0])
    u, v = (0.7 * w * 3.6 for w in wind(typhoon, 0.0, 0.0, latitude))
    born = random.integers(0, len(times), SHOWERS)
    starts = random.uniform(-120, 120, (SHOWERS, 2))
    sizes = random.lognormal(np.log(9), 0.45, SHOWERS)
    lives = random.lognormal(np.log(75), 0.4, SHOWERS) * 60
    peaks = random.gamma(2.0, 1.1, SHOWERS)
    factor = np.full((len(places), len(times)), 0.6)
    for birth, start, size, life, peak in zip(born, starts, sizes, lives, peaks, strict=True):
        end = min(len(times), birth + int(life / step))
        age = (np.arange(birth, end) - birth) * step
        drift = np.array([u[birth], v[birth]])[:, None] * (age - life / 2) / 3600
        apart = places[:, :, None] - (start[:, None] + drift)[None, :, :]
        shape = np.exp(-0.5 * (apart**2).sum(axis=1) / size**2)
        factor[:, birth:end] += peak * shape * np.sin(np.pi * age / life)
    return factor
