"""When a slope gives way: factor of safety of the infinite slope, its uncertainty, SHALSTAB.

FS = tanφ/tanδ + [c − max(ψ, 0)·γw·tanφ] / (γs·Z·sinδ·cosδ), at most 10: Taylor (1948) in the
form of TRIGRS (Baum, Savage & Godt 2008, USGS Open-File Report 2008-1159).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]

WATER_N_M3 = 9.8e3
"""Weight of water γw [N/m³]."""
SAFEST = 10.0
"""The factor of safety is cut here: shallow or flat ground has none that means anything."""


def factor_of_safety(
    pressure_head_m: Array,
    *,
    depth_m: Array,
    slope: Array,
    friction: Array,
    cohesion: Array,
    soil_weight: Array,
) -> Array:
    """Return FS [-]; all broadcast.

    ψ = `pressure_head_m` at `depth_m` Z [m], `slope` δ and `friction` φ [rad], `cohesion` c
    [Pa], `soil_weight` γs [N/m³].
    """
    dry, wet = _shares(pressure_head_m, depth_m=depth_m, slope=slope, soil_weight=soil_weight)
    return np.minimum(SAFEST, dry * np.tan(friction) + wet * cohesion)


def failure_probability(
    pressure_head_m: Array,
    *,
    depth_m: Array,
    slope: Array,
    friction: Array,
    cohesion: Array,
    soil_weight: Array,
    friction_spread: float,
    cohesion_spread: float,
) -> Array:
    """Return P(FS < 1) where c and tanφ are normal around what is given; all broadcast.

    FS is linear in both, so its variance is exact: σ² = (∂FS/∂tanφ·σ)² + (∂FS/∂c·σ)² (first-order
    second moment; Duncan 2000, J. Geotech. Geoenviron. Eng. 126:307). The spreads are
    coefficients of variation; Duncan gives 0.02–0.13 for φ and 0.13–0.40 for c.
    """
    dry, wet = _shares(pressure_head_m, depth_m=depth_m, slope=slope, soil_weight=soil_weight)
    strength = dry * np.tan(friction)
    mean = strength + wet * cohesion
    spread = np.hypot(friction_spread * strength, cohesion_spread * wet * cohesion)
    return np.asarray(ndtr((1.0 - mean) / np.maximum(spread, 1e-6)))


def _shares(
    pressure_head_m: Array, *, depth_m: Array, slope: Array, soil_weight: Array
) -> tuple[Array, Array]:
    """Return ∂FS/∂tanφ and ∂FS/∂c [1/Pa]."""
    drive = soil_weight * depth_m * np.sin(slope) * np.cos(slope)
    lifted = np.maximum(pressure_head_m, 0.0) * WATER_N_M3 / drive
    return 1.0 / np.tan(slope) - lifted, 1.0 / drive


def wet_share(
    rain_m_s: Array, contributing_m: Array, *, transmissivity: Array, slope: Array
) -> Array:
    """Return SHALSTAB's h/z = (q/T)·(a/(b·sinθ)), at most 1: the saturated share of the soil.

    Montgomery & Dietrich (1994), Water Resour. Res. 30:1153. `rain_m_s` q is steady [m/s],
    `contributing_m` a/b the upslope area per contour length [m], `transmissivity` T [m²/s].
    """
    return np.minimum(rain_m_s / transmissivity * contributing_m / np.sin(slope), 1.0)


def shalstab_unstable(
    share: Array, *, slope: Array, friction: Array, soil_weight: Array
) -> NDArray[np.bool_]:
    """Return where h/z > (γs/γw)·(1 − tanθ/tanφ): steep cohesionless soil slides."""
    bound = soil_weight / WATER_N_M3 * (1.0 - np.tan(slope) / np.tan(friction))
    return np.asarray(share > bound)
