"""Debris flow in a channel: the rain of the last minutes to hours against a power law.

r = max over D of [mean intensity of the last D hours ÷ αD^−β] · [1 + gain·min(1, Pₐ/full)], with
the effective antecedent rain Pₐ = Σ kⁱPᵢ of the days before; z = ln(r)/spread, index Φ(z): at the
threshold the index is one half. Whether a channel has material to move is not in it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.landslide.rain_thresholds import PowerLaw, effective_antecedent, window_ratio
from stream.models.landslide.soil_water import STEP_H

Array = NDArray[np.float64]

DURATIONS_H = (1 / 3, 0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0)
STEPS_PER_DAY = 144
LEAST = 1e-2
"""Ratios are cut here: there is a logarithm to come."""


class Antecedent(NamedTuple):
    """How much the rain of the days before lowers the threshold."""

    keep: float = 0.84
    """Share k of a day's rain that counts one day later."""
    full_mm: float = 100.0
    """Effective antecedent rain at which the ground is as wet as it gets [mm]."""
    gain: float = 0.3
    """How much higher the ratio is then [-]."""


def channel_z(
    past_mm: Array, ahead_mm: Array, law: PowerLaw, antecedent: Antecedent, *, spread: float
) -> Array:
    """Return z (members, k + 1), now and after each step of `ahead_mm` (members, k) [mm].

    `past_mm` (t,) is the rain of the past in steps of ten minutes, the last one ending now.
    """
    days = past_mm[-(len(past_mm) // STEPS_PER_DAY * STEPS_PER_DAY) :] if len(past_mm) else past_mm
    daily = days.reshape(-1, STEPS_PER_DAY).sum(axis=1)[:-1] if len(days) >= 144 else np.zeros(0)
    wet = min(1.0, float(effective_antecedent(daily, keep=antecedent.keep)) / antecedent.full_mm)
    late = past_mm[-STEPS_PER_DAY:]
    members, steps = ahead_mm.shape
    rain = np.concatenate((np.broadcast_to(late, (members, len(late))), ahead_mm), axis=1)
    ratio = window_ratio(rain, law, step_h=STEP_H, durations_h=np.array(DURATIONS_H))
    if not len(late):
        ratio = np.concatenate((np.zeros((members, 1)), ratio), axis=1)
    ratio = ratio[:, -(steps + 1) :] * (1.0 + antecedent.gain * wet)
    return np.log(np.maximum(ratio, LEAST)) / spread
