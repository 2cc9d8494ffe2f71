"""The water balance of a space below the street: what runs in, what pumps take out.

    A dh/dt = q_weir + q_rain + q_other - q_pump,      0 <= h <= deepest + street depth

with the weir of a broad crest (Bos 1989, Discharge measurement structures, ILRI Publ. 20):

    q_weir = c b H^1.5,   c = (2/3)^1.5 sqrt(g) = 1.705 m^0.5/s,   H = street depth - sill
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WEIR = (2 / 3) ** 1.5 * 9.81**0.5
"""Coefficient of a broad-crested weir [m^0.5/s]."""

STEP_S = 60.0


class Sump(Struct, frozen=True, kw_only=True):
    """One underpass, metro entrance or basement.

    Worked example: an underpass whose floor holds water on 900 m2, with a pump of 50 L/s and
    4000 m2 of ramps: 60 mm/h of rain bring 0.067 m3/s, 0.017 m3/s more than the pump takes,
    and the water rises 67 mm an hour.
    """

    area_m2: float
    """Of the water's surface inside [m2]; constant."""
    deepest_m: float
    """How far the floor lies below the street at the entrance [m]."""
    sill_m: float = 0.0
    """Height of the threshold above the street [m]: a step, a board."""
    width_m: float = 0.0
    """Of the entrance over which water comes in [m]; 0: none comes from the street."""
    pump_m3_s: float = 0.0
    """What the pumps take out at most [m3/s]."""
    catchment_m2: float = 0.0
    """Ramps and roofs that drain into it [m2], all of whose rain runs in."""


def weir_inflow(sump: Sump, street_m: Floats, factor: Floats) -> Floats:
    """Return what runs in over the sill [m3/s] at street depths `street_m` (…, n) [m].

    `factor` (n,) multiplies the coefficient.
    """
    head = np.maximum(street_m - sump.sill_m, 0.0)
    return np.asarray(factor * WEIR * sump.width_m * head**1.5)


def rain_inflow(sump: Sump, rain_mm_h: Floats) -> Floats:
    """Return what runs in of rain [mm/h] on its own catchment [m3/s]."""
    return rain_mm_h / 1000 / 3600 * sump.catchment_m2


def run(
    sump: Sump, *, start_m: Floats, inflow_m3_s: Floats, pumps: Floats, street_m: Floats
) -> Floats:
    """Return the depth inside (n_minutes + 1, n) [m], from `start_m` (n,) on.

    Parameters
    ----------
    inflow_m3_s : (n_minutes, n)
        All that runs in during each minute [m3/s].
    pumps : (n,)
        Share of the pumps' capacity that works [0-1].
    street_m : (n_minutes, n)
        Depth on the street [m]: when it is full, water inside stands as high as outside.
    """
    depth = np.empty((len(inflow_m3_s) + 1, len(start_m)))
    depth[0] = np.maximum(start_m, 0.0)
    out = sump.pump_m3_s * pumps
    for minute, inflow in enumerate(inflow_m3_s):
        rise = (inflow - out) * STEP_S / sump.area_m2
        most = np.maximum(sump.deepest_m + street_m[minute], depth[0])
        depth[minute + 1] = np.clip(depth[minute] + rise, 0.0, most)
    return depth


def observed_gain(sump: Sump, depths_m: Floats, *, noise_m: float = 0.005) -> tuple[float, float]:
    """Return inflow minus outflow told by the last minutes of depth, and its error [m3/s].

    A dh/dt: the slope is that of the best straight line through `depths_m` (n,) [m], a value a
    minute, NaN where none is; its standard error is that of least squares, with noise of at
    least `noise_m`. NaN of fewer than three values.
    """
    known = np.isfinite(depths_m)
    if known.sum() < 3:
        return float("nan"), float("nan")
    minutes = np.arange(len(depths_m))[known].astype(np.float64)
    values = depths_m[known]
    middle = minutes.mean()
    spread = float(((minutes - middle) ** 2).sum())
    slope = float(((minutes - middle) * values).sum()) / spread
    left = values - values.mean() - slope * (minutes - middle)
    deviation = max(noise_m, float(np.sqrt((left**2).sum() / max(1, len(values) - 2))))
    per_minute = sump.area_m2 / STEP_S
    return slope * per_minute, deviation / spread**0.5 * per_minute
