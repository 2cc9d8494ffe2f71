"""Slope units: what is known of their ground, and how it answers to a step of rain.

The rise of the pore pressure is linear in what soaks in, so it is a sum over past steps of rain.
For each unit the response to one step is tabled once: every ten minutes for a day, every hour
before that, where the response changes little within the hour.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.landslide.pore_pressure import rise
from stream.models.landslide.soil_water import STEP_H

Array = NDArray[np.float64]
Table = NDArray[np.float32]

STEP_S = 3600.0 * STEP_H
STEPS_PER_HOUR = 6
STEPS_AHEAD = 19
"""Steps that are looked ahead: three hours, and the step that is under way."""
FINE_STEPS = 144
"""Steps of the past that are taken one by one: a day."""
HOURS_BETWEEN = 5
"""Whole hours ahead for which the older past is summed; between them it is interpolated."""


class Ground(NamedTuple):
    """n slope units; every array is (n,) unless it says otherwise."""

    depth_m: Array
    """Depth Z of the surface on which they would slide [m]."""
    water_depth_m: Array
    """Depth d of the water table in ordinary weather [m]."""
    slope: Array
    """[rad]."""
    friction: Array
    """φ [rad]."""
    cohesion: Array
    """c, roots included [Pa]."""
    soil_weight: Array
    """γs [N/m³]."""
    diffusivity: Array
    """D₀ [m²/s]."""
    conductivity: Array
    """Ks [m/s]."""
    soil_water_mm: Array
    """Soil water index at which every second such unit has failed [mm]."""
    rain_weights: Array
    """(n, g) share of each gauge in a unit's rain, rows add up to the unit's rain factor."""

    def checked(self) -> "Ground":
        """Return itself; ValueError names the array that cannot be, and the first such unit."""
        for name in self._fields[:-1]:
            values = getattr(self, name)
            low = 0.0 if name in ("cohesion", "water_depth_m") else 1e-12
            bad = ~(np.isfinite(values) & (values >= low))
            if name in ("slope", "friction"):
                bad |= values >= np.pi / 2
            if bad.any():
                place = int(np.flatnonzero(bad)[0])
                raise ValueError(f"unit {place}: {name} {values[place]} cannot be")
        if self.rain_weights.ndim != 2 or not (self.rain_weights.sum(axis=1) > 0).all():
            raise ValueError("rain_weights must be (n, g), each row with a gauge above 0")
        return self


class Responses(NamedTuple):
    """Rise [m] after one step, or one hour, in which water soaks in at the rate Ks."""

    fine: Table
    """(n, FINE_STEPS + STEPS_AHEAD) at the end of the 1st, 2nd, … step from its begin."""
    coarse: Table
    """(n, hours + HOURS_BETWEEN) of the hours before the fine steps, youngest first."""


def responses(ground: Ground, *, steps: int) -> Responses:
    """Return the tables for a history of `steps`; it is cut to whole hours."""
    hours = max(0, steps - FINE_STEPS) // STEPS_PER_HOUR
    fine = np.arange(FINE_STEPS + STEPS_AHEAD + 1, dtype=np.float64)
    coarse = FINE_STEPS + STEPS_PER_HOUR * np.arange(hours + HOURS_BETWEEN + 1, dtype=np.float64)
    return Responses(_pulses(ground, fine), _pulses(ground, coarse))


def _pulses(ground: Ground, ends: Array) -> Table:
    columns = np.empty((len(ground.depth_m), len(ends) - 1), dtype=np.float32)
    before = np.zeros(len(ground.depth_m))
    for column, end in enumerate(ends):
        after = rise(
            ground.depth_m,
            np.array(end * STEP_S),
            diffusivity=ground.diffusivity,
            slope=ground.slope,
        )
        if column:
            columns[:, column - 1] = after - before
        before = after
    return columns
