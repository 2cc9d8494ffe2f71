"""Slopes in the hills: water soaks in, pressure rises, the ground creeps, and one gives way.

Invented, as the whole demonstration, and not what the landslide models assume: the soil is one
store that drains, pressure follows it, and creep is driven by pressure. Beyond the critical
pressure creep feeds on itself, dv/dt = A·v² (Voight 1988, Nature 332:125), until it runs away;
then crack gauge and tiltmeter are torn off and show nothing more.
"""

import numpy as np
from numpy.typing import NDArray

from simulators.world.place import SlopePlan

Floats = NDArray[np.float64]

TORN_MM_H = 400.0
"""Creep at which the instruments are torn off [mm/h]."""
CREEP_POWER = 4.0
"""Creep grows with this power of the pressure over the critical one."""
CALMING_H = 2.0
"""Creep below the critical pressure forgets in this time what it was [h]."""
DRY, WET = 0.16, 0.46
"""Water content of the soil, drained and full [m3/m3]."""
FIRST_KPA = 2.0
"""Pressure in ordinary weather [kPa]."""


def slope(times: Floats, rain_mm_h: Floats, plan: SlopePlan) -> dict[str, Floats]:
    """Return what the instruments of one slope see: property → (n,) values.

    `times` (n,) evenly [s], `rain_mm_h` (n,) at the gauge beside it.
    """
    hours = float(times[1] - times[0]) / 3600
    store, speed, moved, torn = plan.store_mm, 0.0, 0.0, False
    pressure, water, crack = (np.empty(len(times)) for _ in range(3))
    for t, rain in enumerate(rain_mm_h):
        store += hours * (min(plan.rain_factor * rain, plan.most_mm_h) - store / plan.drain_h)
        pressure[t] = FIRST_KPA + plan.kpa_per_mm * store
        water[t] = DRY + (WET - DRY) * (1 - np.exp(-store / plan.fills_mm))
        excess = pressure[t] / plan.critical_kpa
        driven = plan.creep_mm_h * excess**CREEP_POWER
        if plan.fails and excess > 1:
            speed = max(speed, driven)
            speed = min(speed / max(1 - hours * plan.runaway_per_mm * speed, 1e-3), 2 * TORN_MM_H)
        else:
            speed += (driven - speed) * hours / CALMING_H
        torn |= speed > TORN_MM_H
        moved += hours * speed
        crack[t] = np.nan if torn else moved
    return {
        "pore_pressure": pressure,
        "soil_moisture": water,
        "crack": crack,
        "tilt": plan.tilt_deg_per_mm * crack,
    }
