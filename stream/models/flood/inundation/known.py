"""Flows whose answer is known: what the solver is held against in tests and pictures."""

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.inundation.forcing import Forcing
from stream.models.flood.inundation.ground import Ground

Array = NDArray[np.float64]
GRAVITY = 9.81


def front_depth(x_m: Array, at_s: float, *, speed_m_s: float, manning: float) -> Array:
    """Return the depth [m] of a wave running over flat dry ground, as `x_m`.

    h = {−(7/3) n² u² (x − u t)}^(3/7), 0 ahead of the front (Hunter et al. 2005, Adv. Water
    Resour. 28:975). Exact without inertia and for the full equations, where ∂q/∂t and advection
    cancel; local inertia keeps the first alone and lags behind by the square of its Froude number.
    """
    behind = np.maximum(speed_m_s * at_s - x_m, 0)
    depth: Array = ((7 / 3) * manning**2 * speed_m_s**2 * behind) ** (3 / 7)
    return depth


def front_case(
    dx_m: float, cells: int, duration_s: float, *, speed_m_s: float, manning: float
) -> tuple[Ground, Forcing]:
    """Return a flat dry row whose western cell follows the wave's stage."""
    edge = np.full((1, cells), -1, np.int16)
    edge[0, 0] = 0
    times = np.linspace(0, duration_s, 721)
    stage = [front_depth(np.zeros(1), at, speed_m_s=speed_m_s, manning=manning)[0] for at in times]
    forcing = Forcing(
        times_s=times, rain_mm_h=np.zeros((len(times), 1)), stage_m=np.array(stage)[:, None]
    )
    return Ground(np.zeros((1, cells), np.float32), dx_m, manning, edge=edge), forcing


def macdonald_depth(x_m: Array) -> Array:
    """Return h = (4/g)^⅓ [1 + ½ exp(−16 (x/1000 − ½)²)] [m] (MacDonald et al. 1997)."""
    depth: Array = (4 / GRAVITY) ** (1 / 3) * (1 + 0.5 * np.exp(-16 * (x_m / 1000 - 0.5) ** 2))
    return depth


def macdonald_bed(x_m: Array, *, advection: bool) -> Array:
    """Return the bed [m] over which 2 m²/s, n 0.033, take `macdonald_depth`, lowest 0.

    z' = (q²/(g h³) − 1) h' − n² q² / h^(10/3); without `advection` the first term is left out,
    as it is in the equations solved here. Integrated with steps of 1 cm.
    """
    fine = np.arange(x_m.min(), x_m.max() + 0.01, 0.01)
    depth = macdonald_depth(fine)
    slope = np.gradient(depth, fine)
    inertia = 4 / (GRAVITY * depth**3) if advection else 0.0
    falls = (inertia - 1) * slope - 0.033**2 * 4 / depth ** (10 / 3)
    bed = np.concatenate([[0.0], np.cumsum((falls[1:] + falls[:-1]) / 2 * np.diff(fine))])
    found: Array = np.interp(x_m, fine, bed - bed.min())
    return found


def macdonald_case(dx_m: float, *, advection: bool) -> tuple[Ground, Array, Forcing, Array]:
    """Return ground, depth, forcing and the cells' x [m]: fed in the west, held in the east."""
    x = np.arange(dx_m / 2, 1000, dx_m)
    bed = macdonald_bed(x, advection=advection)
    depth = macdonald_depth(x)
    edge = np.full((1, len(x)), -1, np.int16)
    edge[0, -1] = 0
    forcing = Forcing(
        times_s=np.array([0.0]),
        rain_mm_h=np.zeros((1, 1)),
        stage_m=np.array([[bed[-1] + depth[-1]]]),
        sources_m3_s=np.array([[2.0 * dx_m]]),
        source_cells=np.array([[0, 0]]),
    )
    ground = Ground(bed[None].astype(np.float32), dx_m, 0.033, edge=edge)
    return ground, depth, forcing, x


V_RAIN_MM_H, V_RAIN_S = 10.8, 5400.0
PLANE_M, PLANE_SLOPE, PLANE_N = 800.0, 0.05, 0.015
CHANNEL_SLOPE, CHANNEL_N = 0.02, 0.15


def v_catchment(dx_m: float = 20.0) -> tuple[Ground, Forcing]:
    """Return the V-shaped catchment of Di Giammarco et al. (1996, J. Hydrol. 175:267).

    Two planes of 800 m × 1000 m (5 %, n 0.015) drain into a channel 20 m wide (2 %, n 0.15), cut
    1 m deep at its head; 10.8 mm/h for 90 minutes. The row added in the south is the outlet.
    """
    side, length, wide = (round(m / dx_m) for m in (PLANE_M, 1000.0, 20.0))
    columns = 2 * side + wide
    bed = np.full((length + 1, columns), np.nan)
    up = (np.arange(side) + 0.5) * dx_m * PLANE_SLOPE
    bed[:-1, :side], bed[:-1, side + wide :] = up[::-1], up
    channel = slice(side, side + wide)
    bed[:, channel] = -1 - CHANNEL_SLOPE * dx_m * np.arange(length + 1)[:, None]
    manning = np.full(bed.shape, PLANE_N, np.float32)
    manning[:, channel] = CHANNEL_N
    edge = np.full(bed.shape, -1, np.int16)
    edge[-1, channel] = 0
    unit = V_RAIN_MM_H / 3.6e6 * (2 * PLANE_M + 20) * 1000 / 20
    normal = (unit * CHANNEL_N / CHANNEL_SLOPE**0.5) ** 0.6
    times = np.array([0.0, V_RAIN_S, 2 * V_RAIN_S])
    forcing = Forcing(
        times_s=times,
        rain_mm_h=np.array([[V_RAIN_MM_H], [0.0], [0.0]]),
        stage_m=np.full((3, 1), bed[-1, side] + normal),
    )
    return Ground(bed.astype(np.float32), dx_m, manning, edge=edge), forcing


def plane_outflow(at_s: Array) -> Array:
    """Return the discharge per width [m²/s] from one plane of the V: √S/n (i t)^(5/3), at most i L.

    Kinematic wave; equilibrium after (L n / (√S i^(2/3)))^(3/5) = 1766 s.
    """
    rain = V_RAIN_MM_H / 3.6e6
    rising = PLANE_SLOPE**0.5 / PLANE_N * (rain * at_s) ** (5 / 3)
    flow: Array = np.minimum(rising, rain * PLANE_M)
    return flow


def plane_case(dx_m: float) -> tuple[Ground, Forcing]:
    """Return one plane of the V under its rain, as a row falling towards a sink in the east."""
    cells = round(PLANE_M / dx_m)
    bed = PLANE_SLOPE * dx_m * np.arange(cells, -1, -1)[None].astype(np.float32)
    edge = np.full(bed.shape, -1, np.int16)
    edge[0, -1] = 0
    forcing = Forcing(
        times_s=np.array([0.0]),
        rain_mm_h=np.array([[V_RAIN_MM_H]]),
        stage_m=np.array([[(V_RAIN_MM_H / 3.6e6 * PLANE_M * PLANE_N / PLANE_SLOPE**0.5) ** 0.6]]),
    )
    return Ground(bed, dx_m, PLANE_N, edge=edge), forcing
