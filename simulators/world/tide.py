"""The astronomical tide as a sum of harmonic constituents."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.errors import ConfigError

Floats = NDArray[np.float64]

DOODSON: dict[str, tuple[int, int, int, int, int]] = {
    "M2": (2, -2, 2, 0, 0),
    "S2": (2, 0, 0, 0, 0),
    "N2": (2, -3, 2, 1, 0),
    "K2": (2, 0, 2, 0, 0),
    "K1": (1, 0, 1, 0, -90),
    "O1": (1, -2, 1, 0, 90),
    "P1": (1, 0, -1, 0, 90),
    "Q1": (1, -3, 1, 1, 90),
    "M4": (4, -4, 4, 0, 0),
    "Sa": (0, 0, 1, 0, 0),
}
"""Multiples of T (hour angle of the mean sun, 0 at noon), s, h and p, and a constant [deg]:
Schureman (1958), Manual of Harmonic Analysis and Prediction of Tides, table 2."""

J2000 = 946_728_000.0
"""Unix time of 2000-01-01T12:00Z [s]."""


def astronomical_tide(
    times: Floats, constituents: Mapping[str, tuple[float, float]], *, factor: float = 1.0
) -> Floats:
    """Return the tide about mean sea level [m].

    The slow modulation by the moon's nodes (18.6 years) is left out.

    Parameters
    ----------
    times : (n,) array
        Unix times [s].
    constituents : mapping of str to (float, float)
        Name → (amplitude [m], Greenwich phase lag [deg]).
    factor : float
        All amplitudes are multiplied by this [-].

    References
    ----------
    Mean longitudes: Meeus (1998), Astronomical Algorithms, ch. 25 and 47, linear terms.
    """
    days = (times - J2000) / 86_400
    hour = 15.0 * (times / 3600 % 24) - 180
    moon = 218.3165 + 13.176_396_48 * days
    sun = 280.4665 + 0.985_647_36 * days
    perigee = 83.3532 + 0.111_403_53 * days
    level = np.zeros_like(times)
    for name, (amplitude, lag) in constituents.items():
        if name not in DOODSON:
            raise ConfigError(f"no tidal constituent `{name}`; known: {', '.join(DOODSON)}")
        t, s, h, p, constant = DOODSON[name]
        phase = t * hour + s * moon + h * sun + p * perigee + constant - lag
        level += factor * amplitude * np.cos(np.radians(phase))
    return level
