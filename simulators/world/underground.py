"""Underpasses in the storm: rain on the ramps, water from flooded streets, a pump that gives up.

Invented, as the whole demonstration, and not what the model assumes: the floor is a trough, whose
surface grows with the depth, streets pond where the drains cannot take the rain, and water comes
down both ramps.
"""

import numpy as np
from numpy.typing import NDArray

from simulators.world.place import UnderpassPlan

Floats = NDArray[np.float64]

PUMP_STARTS_M = 0.04
"""Depth at which the float switch turns the pump on [m]."""
RUNS_OFF_H = 0.4
"""Water on a street runs off in this time where drains are free [h]."""


def underpass(times: Floats, rain_mm_h: Floats, plan: UnderpassPlan) -> dict[str, Floats]:
    """Return what the instruments of one underpass see: property → (n,) values.

    `times` (n,) evenly [s], `rain_mm_h` (n,) at the gauge nearby.
    """
    step_s = float(times[1] - times[0])
    volume, ponded_m = 0.0, 0.0
    depth, inflow = np.empty(len(times)), np.empty(len(times))
    breaks = plan.pump_fails_at.timestamp() if plan.pump_fails_at else np.inf
    for t, rain in enumerate(rain_mm_h):
        excess = max(0.0, rain - plan.drain_mm_h) / 1000 / 3600 * plan.gathers
        ponded_m += step_s * (excess - ponded_m / (RUNS_OFF_H * 3600))
        head = max(0.0, ponded_m - plan.kerb_m)
        down = 1.4 * plan.ramp_m * head**1.5
        water = plan.ramps_m2 * rain / 1000 / 3600 + down
        height = _height(volume, plan)
        pumping = plan.pump_m3_s if height > PUMP_STARTS_M and times[t] < breaks else 0.0
        volume = max(0.0, volume + step_s * (water - pumping))
        depth[t], inflow[t] = _height(volume, plan), water
    return {"water_depth": depth, "inflow": inflow}


def _height(volume: float, plan: UnderpassPlan) -> float:
    """Return the depth of a trough of that volume [m]: V = L (b h + s h²)."""
    flat, slope = plan.floor_m, plan.side
    inner = flat**2 + 4 * slope * volume / plan.length_m
    return float((inner**0.5 - flat) / (2 * slope))
