"""The tide that constants predict, fast: a year of minutes is two matrix products.

On a regular grid the n times are J days of B samples: with the carriers E (J + 1, k) at
midnight and the mean speeds ω,

    h(j, b) = Re Σ c [(1 − x) E(j) exp iωt_b + x E(j + 1) exp iω(t_b − T)],   x = t_b / T

which is one real (J, 4k) × (4k, B) product. Error of the straight envelope: see `carriers`.
"""

import numpy as np
from numpy.typing import NDArray

from stream.models.tide import carriers
from stream.models.tide.constants import YEAR_S, Constants

Array = NDArray[np.float64]

LEAST_SAMPLES = 4
"""Regular times with fewer samples a day are computed one by one."""
SPARSE = 8
"""So many grid times for each wanted one are still cheaper than one by one."""
CHUNK = 16_384
"""Irregular times computed at once."""
SAME_S = 1e-3
"""Times nearer to a grid than this [s] lie on it."""


def predict(constants: Constants, times_s: Array) -> Array:
    """Return the astronomical tide at Unix times `times_s` [s], of any shape.

    In the unit of the constants, mean level and trend included.
    """
    times = np.asarray(times_s, dtype=float)
    flat = times.reshape(-1)
    level = waves(constants, flat)
    level += constants.mean
    if constants.trend_per_year:
        level += constants.trend_per_year / YEAR_S * (flat - constants.reference_s)
    return level.reshape(times.shape)


def waves(constants: Constants, times_s: Array) -> Array:
    """Return (n,) the sum of the constituents alone at (n,) times [s]."""
    if len(times_s) == 0 or not constants.names:
        return np.zeros(len(times_s))
    grid = _grid(times_s)
    if grid is not None:
        step, place = grid
        count = int(place[-1]) + 1
        level = _regular(constants, float(times_s[0]), step, count)
        return level if count == len(times_s) else level[place]
    level = np.empty(len(times_s))
    coefficients = constants.complex
    for first in range(0, len(times_s), CHUNK):
        part = slice(first, first + CHUNK)
        moved = carriers.between(constants.names, times_s[part], constants.latitude)
        level[part] = (moved @ coefficients).real
    return level


def _grid(times_s: Array) -> tuple[float, NDArray[np.intp]] | None:
    """Return the step [s] of the grid that ascending times lie on, and their places on it."""
    if len(times_s) < 2 * LEAST_SAMPLES:
        return None
    apart = np.diff(times_s)
    least, most = float(apart.min()), float(apart.max())
    if least <= SAME_S or least * LEAST_SAMPLES > carriers.KNOT_S:
        return None
    span = float(times_s[-1] - times_s[0])
    step = span / round(span / least) if most - least < 2 * SAME_S else least
    if span / step > SPARSE * len(times_s):
        return None
    place = np.rint((times_s - times_s[0]) / step)
    if np.abs(times_s[0] + place * step - times_s).max() > SAME_S:
        return None
    return step, place.astype(np.intp)


def _regular(constants: Constants, first_s: float, step_s: float, count: int) -> Array:
    """Return (count,) the waves at `first_s` + step · 0, 1, 2, …"""
    per_block = round(carriers.KNOT_S / step_s)
    span = per_block * step_s
    blocks = -(-count // per_block)
    at = first_s + span * np.arange(blocks + 1, dtype=np.float64)
    turning = carriers.exact(constants.names, at, constants.latitude) * constants.complex
    omega = carriers.angular(constants.names)
    along = step_s * np.arange(per_block)
    share = along / span
    ahead = np.exp(1j * omega[:, None] * along)
    behind = ahead * np.exp(-1j * omega * span)[:, None] * share
    ahead = ahead * (1.0 - share)
    start, end = turning[:-1], turning[1:]
    left = np.concatenate([start.real, -start.imag, end.real, -end.imag], axis=1)
    right = np.concatenate([ahead.real, ahead.imag, behind.real, behind.imag])
    return np.asarray((left @ right).reshape(-1)[:count])
