"""From rain to runoff: soils that fill, then water that finds its way, slower when little."""

import numpy as np
from numpy.typing import NDArray

from simulators.world.place import Catchment

Floats = NDArray[np.float64]

EXPONENT = 1.6
"""q = k S^1.6: overland flow on a rough plane has 5/3 (Manning), soils less."""
SATURATION = 0.4
"""b of the share of saturated ground, 1 - (1 - W)^b (Zhao 1992, J. Hydrol. 135, 371-381)."""


def runoff(rain: Floats, catchments: tuple[Catchment, ...], *, wetness: float, dt: float) -> Floats:
    """Return the discharge of each catchment [m3/s].

    Rain on saturated ground runs off, other rain fills the soils. What runs off leaves a
    non-linear store and then a linear one; soils give back nothing within a storm.

    Parameters
    ----------
    rain : (m, n) array
        Areal rain of each catchment [mm/h].
    wetness : float
        How full the soils are at the start, 0 to 1.
    dt : float
        Time step [s].

    Returns
    -------
    discharge : (m, n) array
        At the end of each step.
    """
    hours = dt / 3600
    k = np.array([c.coefficient for c in catchments])
    store = np.array([c.store_mm for c in catchments])
    keep = np.array([c.channel_h for c in catchments])
    base = np.array([c.baseflow_mm_h for c in catchments])
    per_mm_h = np.array([c.area_km2 for c in catchments]) / 3.6
    soil = np.full(len(catchments), wetness)
    hills = (base / k) ** (1 / EXPONENT)
    brooks = base * keep
    discharge = np.empty_like(rain)
    for t in range(rain.shape[1]):
        saturated = 1 - np.maximum(1 - soil, 0) ** SATURATION
        excess = rain[:, t] * np.maximum(saturated, 0.05) + base
        soil += rain[:, t] * (1 - np.maximum(saturated, 0.05)) * hours / store
        excess += np.maximum(soil - 1, 0) * store / hours
        np.minimum(soil, 1.0, out=soil)
        hills += excess * hours
        flow = np.minimum(k * hills**EXPONENT, hills / hours)
        hills -= flow * hours
        brooks += (flow - brooks / keep) * hours
        discharge[:, t] = brooks / keep * per_mm_h
    return discharge
