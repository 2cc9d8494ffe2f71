"""Soil water index: how much rain the ground still holds, as three tanks in a row.

Ishihara & Kobatake (1979), Bull. Disaster Prev. Res. Inst. 29:27; used nationwide by the Japan
Meteorological Agency with these parameters (Okada et al. 2001, Tenki 48:349). A tank lets water
out sideways above its outlets and down through its floor:

    q₁ = α₁·max(S₁ − 15, 0) + α₁′·max(S₁ − 60, 0)     q₂ = α₂·max(S₂ − 15, 0)     q₃ alike
    S₁ ← (1 − β₁Δt)S₁ − q₁Δt + R
    S₂ ← (1 − β₂Δt)S₂ − q₂Δt + β₁Δt·S₁         S₃ ← (1 − β₃Δt)S₃ − q₃Δt + β₂Δt·S₂
    SWI = S₁ + S₂ + S₃  [mm]

The scheme is explicit, so the index depends on the step: thresholds hold for one step only.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP_H = 1.0 / 6.0
"""The step of all thresholds in Forewarn [h]: ten minutes, as at the JMA."""
OUTLETS_MM = (15.0, 60.0, 15.0, 15.0)
"""Heights of the outlets: two of the first tank, one of each other [mm]."""
SIDEWAYS_PER_H = (0.1, 0.15, 0.05, 0.01)
"""α of these outlets [1/h]."""
DOWN_PER_H = (0.12, 0.05, 0.01)
"""β of the three floors [1/h]."""


def soil_water(tanks: Array, rain_mm: Array, *, step_h: float = STEP_H) -> tuple[Array, Array]:
    """Return tanks (n, 3) after the last step, and the index (n, t) after each [mm].

    `tanks` (n, 3) is the water before the first step [mm]; `rain_mm` (n, t) what fell in each
    step [mm]. Raises ValueError for shapes that do not fit, and for rain that is not known:
    what to take for a gap is the caller's to say.
    """
    tanks, rain_mm = np.asarray(tanks, dtype=float), np.asarray(rain_mm, dtype=float)
    if rain_mm.ndim != 2 or tanks.shape != (len(rain_mm), 3):
        raise ValueError(f"tanks {tanks.shape} must be (n, 3), rain_mm {rain_mm.shape} (n, t)")
    if not (rain_mm >= 0).all():
        raise ValueError("rain_mm holds values that are negative or not known; fill them first")
    if not 0 < step_h <= 2:
        raise ValueError(f"step_h {step_h} must be above 0 and at most 2: the scheme is explicit")
    left, index = tanks.copy(), np.empty(rain_mm.shape)
    _fill(left, rain_mm, step_h, index)
    return left, index


@njit(cache=True)  # type: ignore[untyped-decorator]
def tank_step(
    first: float, second: float, third: float, rain: float, step: float
) -> tuple[float, float, float]:
    """Return the three tanks [mm] after one step of `step` hours with `rain` mm."""
    aside = SIDEWAYS_PER_H[0] * max(first - OUTLETS_MM[0], 0.0)
    aside += SIDEWAYS_PER_H[1] * max(first - OUTLETS_MM[1], 0.0)
    down, deep = DOWN_PER_H[0] * first, DOWN_PER_H[1] * second
    second_aside = SIDEWAYS_PER_H[2] * max(second - OUTLETS_MM[2], 0.0)
    third_aside = SIDEWAYS_PER_H[3] * max(third - OUTLETS_MM[3], 0.0)
    return (
        first + rain - step * (aside + down),
        second + step * (down - second_aside - deep),
        third + step * (deep - third_aside - DOWN_PER_H[2] * third),
    )


@njit(cache=True)  # type: ignore[untyped-decorator]
def _fill(tanks: Array, rain: Array, step: float, index: Array) -> None:
    for row in range(rain.shape[0]):
        first, second, third = tanks[row, 0], tanks[row, 1], tanks[row, 2]
        for t in range(rain.shape[1]):
            first, second, third = tank_step(first, second, third, rain[row, t], step)
            index[row, t] = first + second + third
        tanks[row, 0], tanks[row, 1], tanks[row, 2] = first, second, third
