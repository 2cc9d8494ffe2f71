"""What wind and pressure do to the sea: surge and waves."""

import numpy as np
from numpy.typing import NDArray

from simulators.world.place import Sea
from simulators.world.weather import AMBIENT_HPA

Floats = NDArray[np.float64]

GRAVITY = 9.81
METRES_PER_HPA = 0.01
"""The inverse barometer: 1 hPa less lifts the sea by 1 cm."""
AIR_OVER_WATER = 1.15 / 1025
FOLLOW_WAVES_H = 2.0


def surge(pressure: Floats, east: Floats, north: Floats, sea: Sea, *, dt: float) -> Floats:
    """Return how far the weather lifts the sea at the mouth [m].

    The inverse barometer, and the set-up Cd rho_a/rho_w U^2 L / (g h) by the wind's
    component onshore, which the sea follows with a delay. Cd of Large & Pond (1981), capped.

    Parameters
    ----------
    pressure : (n,) array
        [hPa].
    east, north : (n,) array
        Wind, to the east and to the north [m/s].
    """
    speed = np.hypot(east, north)
    towards = np.radians(sea.onshore_deg + 180)
    onshore = east * np.sin(towards) + north * np.cos(towards)
    drag = np.clip(0.49 + 0.065 * speed, 1.2, 2.4) / 1000
    setup = AIR_OVER_WATER * drag * speed * onshore * sea.fetch_km * 1000
    wanted = METRES_PER_HPA * (AMBIENT_HPA - pressure) + setup / (GRAVITY * sea.depth_m)
    return follow(wanted, hours=sea.response_h, dt=dt)


def wave_height(speed: Floats, depth_m: float, *, dt: float) -> Floats:
    """Return the significant wave height [m] of wind `speed` [m/s] on shallow water.

    Depth-limited growth of Young & Verhagen (1996), Coastal Eng. 29, 47-78:
    g^2 E / U^4 = 1.06e-3 (g d / U^2)^1.3 and Hs = 4 sqrt(E), followed with a delay.
    """
    wind = np.maximum(speed, 1.0)
    energy = 1.06e-3 * (GRAVITY * depth_m / wind**2) ** 1.3 * wind**4 / GRAVITY**2
    return follow(4 * np.sqrt(energy), hours=FOLLOW_WAVES_H, dt=dt)


def follow(wanted: Floats, *, hours: float, dt: float) -> Floats:
    """Return `wanted` followed with a first-order delay, from its own first value."""
    share = 1 - np.exp(-dt / (hours * 3600))
    followed = np.empty_like(wanted)
    state = wanted[0]
    for t, goal in enumerate(wanted):
        state += share * (goal - state)
        followed[t] = state
    return followed
