"""Mean longitudes of moon and sun, from which all equilibrium arguments follow.

Source: Explanatory Supplement to the Astronomical Ephemeris (1961), pages 98 and 107; with the
coefficients as in Foreman (1977) and t_tide. UTC stands for ephemeris time: 0.01° of the moon
a minute.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DAY_S = 86_400.0
EPOCH_DAYS = 25_567.5
"""Days from 1899-12-31 12:00 to 1970-01-01 00:00."""

POLYNOMIALS = np.array(
    [
        [270.434164, 13.1763965268, -0.0000850, 0.000000039],  # s, the moon
        [279.696678, 0.9856473354, 0.00002267, 0.0],  # h, the sun
        [334.329556, 0.1114040803, -0.0007739, -0.00000026],  # p, lunar perigee
        [-259.183275, 0.0529539222, -0.0001557, -0.000000050],  # N', minus the ascending node
        [281.220844, 0.0000470684, 0.0000339, 0.000000070],  # p1, solar perigee
    ]
)
"""Degrees from d⁰, d¹, D², D³; d days since the epoch, D = d / 10,000."""


def arguments(times_s: Array) -> Array:
    """Return (6, n) τ, s, h, p, N′, p₁ [cycles] at (n,) Unix times [s]."""
    days = np.asarray(times_s, dtype=float) / DAY_S
    since = days + EPOCH_DAYS
    ten = since / 10_000.0
    powers = np.stack([np.ones_like(since), since, ten**2, ten**3])
    longitudes = np.mod(POLYNOMIALS @ powers / 360.0, 1.0)
    tau = np.mod(days, 1.0) + longitudes[1] - longitudes[0]
    return np.concatenate([tau[None], longitudes])


def rates(time_s: float) -> Array:
    """Return (6,) how fast they turn at `time_s` [cycles per second]."""
    ten = (time_s / DAY_S + EPOCH_DAYS) / 10_000.0
    slopes = POLYNOMIALS @ np.array([0.0, 1.0, 2e-4 * ten, 3e-4 * ten**2]) / 360.0
    return np.concatenate([[1.0 + slopes[1] - slopes[0]], slopes]) / DAY_S
