"""Pore pressure in a slope on which rain falls: the diffusion of Iverson (2000) in closed form.

ψ(Z, t) = min[(Z − d)·β + Σₙ (Iₙ − Iₙ₋₁)/Ks · r(Z, t − tₙ), Z·β]        β = cos²δ − I_LT/Ks
r(Z, t) = Z·R(4D₁t/Z²) = 2√(D₁t)·ierfc(Z/(2√(D₁t)))                  D₁ = D₀/cos²δ
R(t*) = √(t*/π)·e^(−1/t*) − erfc(1/√t*)                               Iₙ = min(rainₙ, Ks)

Iverson (2000), Water Resour. Res. 36:1897; Baum, Savage & Godt (2008), USGS Open-File Report
2008-1159 (TRIGRS 2, saturated initial condition, infinite depth). It says what a soil that is
wet already does: there is no delay by an unsaturated zone above the water table.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc

Array = NDArray[np.float64]


def iverson_response(time: Array) -> Array:
    """Return R(t*) of the normalised times t* [-]; 0 at and before time 0."""
    time = np.asarray(time, dtype=float)
    late = time > 1e-3
    safe = np.where(late, time, 1.0)
    found = np.sqrt(safe / np.pi) * np.exp(-1.0 / safe) - erfc(1.0 / np.sqrt(safe))
    return np.where(late, np.maximum(found, 0.0), 0.0)


def rise(depth_m: Array, time_s: Array, *, diffusivity: Array, slope: Array) -> Array:
    """Return r(Z, t) [m]: the rise at depth Z after infiltration at the rate Ks for a time t.

    `diffusivity` is D₀ [m²/s], `slope` δ [rad]; all broadcast. No rise at or before time 0.
    """
    depth = np.asarray(depth_m, dtype=float)
    sideways = 4.0 * diffusivity / np.cos(slope) ** 2
    return np.asarray(depth * iverson_response(sideways * time_s / depth**2))


def pressure_head(
    depth_m: Array,
    rise_m: Array,
    *,
    water_depth: Array,
    slope: Array,
    conductivity: Array,
    background: Array,
) -> Array:
    """Return ψ [m] at `depth_m` below ground, where rain has raised it by `rise_m`.

    `water_depth` d of the initial water table [m], `slope` δ [rad], `conductivity` Ks and the
    steady flux `background` I_LT [m/s]; all broadcast. Above the water table ψ is negative.
    It cannot rise above what a water table at the ground makes, Z·β.
    """
    beta = np.cos(slope) ** 2 - background / conductivity
    return np.minimum((depth_m - water_depth) * beta + rise_m, depth_m * beta)


def superposed(
    rain_m_s: Array, step_s: float, depth_m: float, *, diffusivity: float, slope: float, ks: float
) -> Array:
    """Return (t,) the rise at `depth_m` at the end of each step of a rain series [m].

    `rain_m_s` (t,) rain in each step [m/s], known everywhere; the ground takes up to `ks`.
    The series is a sum of steps, and so is its response.
    """
    steps = np.diff(np.minimum(rain_m_s, ks) / ks, prepend=0.0)
    times: Array = step_s * np.arange(1, len(steps) + 1, dtype=np.float64)
    response = rise(
        np.array(depth_m), times, diffusivity=np.array(diffusivity), slope=np.array(slope)
    )
    return np.asarray(np.convolve(steps, response)[: len(steps)])
