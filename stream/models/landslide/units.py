"""Slope units under the rain that fell and may fall: how near each is to sliding.

Two views of the same unit are pooled on the probit scale, z = w·z₁ + (1 − w)·z₂:

    z₁ = (1 − FS)/σ(FS)                infinite slope with transient pore pressure (stability.py)
    z₂ = ln(SWI/SWI₅₀)/s               soil water index against the unit's own critical value

and Φ(z) is the unit's landslide index. They share the rain, so they are averaged, not multiplied.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from stream.models.landslide.ground import (
    FINE_STEPS,
    HOURS_BETWEEN,
    STEP_S,
    STEPS_AHEAD,
    STEPS_PER_HOUR,
    Array,
    Ground,
    Responses,
    Table,
)
from stream.models.landslide.soil_water import STEP_H, tank_step
from stream.models.landslide.stability import WATER_N_M3

FARTHEST = 5.0
"""|z| is cut here: beyond it neither view knows anything."""


class Spread(NamedTuple):
    """How sure the two views are, and how much each counts."""

    friction: float = 0.08
    """Coefficient of variation of tanφ [-]."""
    cohesion: float = 0.3
    """… and of c."""
    soil_water: float = 0.25
    """Standard deviation of ln(SWI at failure)."""
    physical: float = 0.5
    """Weight w of the infinite slope [0–1]."""


class Past(NamedTuple):
    """What the rain until a step's end has left in each unit."""

    tanks: Array
    """(n, 3) water in the three tanks [mm]."""
    rise: Table
    """(n, STEPS_AHEAD + 1) rise of the pressure head by past rain, now and after each step [m]."""


def past(
    ground: Ground, responses: Responses, rain_mm: Array, *, start_mm: tuple[float, float, float]
) -> Past:
    """Return what `rain_mm` (g, t), in steps of ten minutes, has left; the last step ends now.

    `start_mm` is the water in the tanks before the first step. Raises ValueError for rain that
    is negative or not known, and for a history longer than the tables.
    """
    hours = responses.coarse.shape[1] - HOURS_BETWEEN
    longest = FINE_STEPS + STEPS_PER_HOUR * (hours + 1) - 1
    if not (rain_mm >= 0).all():
        raise ValueError("rain_mm holds values that are negative or not known; fill them first")
    if rain_mm.shape[1] > longest:
        raise ValueError(f"{rain_mm.shape[1]} steps of rain, tables for {longest}")
    tanks = np.tile(np.array(start_mm, dtype=np.float64), (len(ground.depth_m), 1))
    lifted = np.zeros((len(tanks), STEPS_AHEAD + 1), dtype=np.float32)
    _past(
        np.ascontiguousarray(rain_mm),
        ground.rain_weights,
        ground.conductivity * STEP_S * 1000.0,
        responses.fine,
        responses.coarse,
        tanks,
        lifted,
    )
    return Past(tanks, lifted)


def ahead(
    ground: Ground, responses: Responses, past: Past, rain_mm: Array, spread: Spread
) -> Table:
    """Return z (n, members, STEPS_AHEAD + 1), now and after each step.

    `rain_mm` (members, g, STEPS_AHEAD) is what falls in each step to come [mm].
    """
    members = rain_mm.shape[0]
    found = np.empty((len(ground.depth_m), members, STEPS_AHEAD + 1), dtype=np.float32)
    drive = ground.soil_weight * ground.depth_m * np.sin(ground.slope) * np.cos(ground.slope)
    beta = np.cos(ground.slope) ** 2
    shape = np.stack(
        [
            (ground.depth_m - ground.water_depth_m) * beta,
            ground.depth_m * beta,
            np.tan(ground.friction) / np.tan(ground.slope),
            np.tan(ground.friction) * WATER_N_M3 / drive,
            ground.cohesion / drive,
            ground.conductivity * STEP_S * 1000.0,
            np.log(ground.soil_water_mm),
        ],
        axis=1,
    )
    _ahead(
        np.ascontiguousarray(rain_mm),
        ground.rain_weights,
        shape,
        responses.fine,
        past.tanks,
        past.rise,
        np.array(spread, dtype=np.float64),
        found,
    )
    return found


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _past(
    rain: Array,
    weights: Array,
    most: Array,
    fine: Table,
    coarse: Table,
    tanks: Array,
    lifted: Table,
) -> None:
    gauges, steps = rain.shape
    hours = max(0, steps - FINE_STEPS) // STEPS_PER_HOUR
    soaked = np.empty(steps, dtype=np.float32)
    older = np.zeros(HOURS_BETWEEN, dtype=np.float32)
    for unit in range(len(most)):
        first, second, third = tanks[unit, 0], tanks[unit, 1], tanks[unit, 2]
        for t in range(steps):
            fell = 0.0
            for gauge in range(gauges):
                fell += weights[unit, gauge] * rain[gauge, t]
            first, second, third = tank_step(first, second, third, fell, STEP_H)
            soaked[steps - 1 - t] = min(fell / most[unit], 1.0)
        tanks[unit, 0], tanks[unit, 1], tanks[unit, 2] = first, second, third
        older[:] = 0.0
        for hour in range(hours):
            share = np.float32(0.0)
            for part in range(STEPS_PER_HOUR):
                share += soaked[FINE_STEPS + hour * STEPS_PER_HOUR + part]
            share /= STEPS_PER_HOUR
            if share > 0:
                for later in range(HOURS_BETWEEN):
                    older[later] += share * coarse[unit, hour + later]
        for later in range(STEPS_AHEAD + 1):
            whole, over = later // STEPS_PER_HOUR, (later % STEPS_PER_HOUR) / STEPS_PER_HOUR
            total = older[whole] * (1.0 - over) + older[whole + 1] * over
            for age in range(min(steps, FINE_STEPS)):
                total += soaked[age] * fine[unit, age + later]
            lifted[unit, later] = total


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ahead(
    rain: Array,
    weights: Array,
    shape: Array,
    fine: Table,
    tanks: Array,
    lifted: Table,
    spread: Array,
    found: Table,
) -> None:
    members, gauges, steps = rain.shape
    soaked = np.empty(steps)
    friction_spread, cohesion_spread, water_spread, physical = spread
    for unit in range(len(shape)):
        dry, full, friction, lift, cohesion, most, critical = shape[unit]
        for member in range(members):
            first, second, third = tanks[unit, 0], tanks[unit, 1], tanks[unit, 2]
            for t in range(steps + 1):
                if t > 0:
                    fell = 0.0
                    for gauge in range(gauges):
                        fell += weights[unit, gauge] * rain[member, gauge, t - 1]
                    soaked[t - 1] = min(fell / most, 1.0)
                    first, second, third = tank_step(first, second, third, fell, STEP_H)
                head = dry + lifted[unit, t]
                for earlier in range(t):
                    head += soaked[earlier] * fine[unit, t - 1 - earlier]
                strength = friction - max(min(head, full), 0.0) * lift
                sigma = np.hypot(friction_spread * strength, cohesion_spread * cohesion)
                slope_view = (1.0 - strength - cohesion) / max(sigma, 1e-3)
                index = first + second + third
                water_view = (np.log(max(index, 0.1)) - critical) / water_spread
                slope_view = min(max(slope_view, -FARTHEST), FARTHEST)
                water_view = min(max(water_view, -FARTHEST), FARTHEST)
                found[unit, member, t] = physical * slope_view + (1.0 - physical) * water_view
