"""What rain is like at a place: how often, how hard, how long, how wide.

Rain R of a step is a censored Gaussian variable Z (Bell 1987, J. Geophys. Res. 92:9631; Kleiber
et al. 2012, Water Resour. Res. 48:W01523): with p the share of wet steps and r in mm/h,

    P(R > r) = p·exp(−(r/scale)^shape) = Φ(−z)           R = 0 where Z ≤ Φ⁻¹(1 − p)
    corr Z(x, t), Z(x′, t′) = Σ share·exp(−|t − t′|/τ)·exp(−|x − x′|/L)   slow and fast part

and a rest that is without memory, the noise of one gauge's tips. Ten numbers in all.
"""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri, ndtri_exp

Array = NDArray[np.float64]

MOST_MM_H = 500.0
"""Highest rate that an ensemble may make of itself [mm/h]; what is observed may be higher."""
TYPICAL_APART_KM = 10.0
"""Distance between places where none is given [km]."""


class RainClimate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ten numbers that say what rain is like; `calibration.fit` makes them from a record."""

    step_min: int
    """Length of a step [min]: rain is constant within it."""
    wet_share: float
    """Share p of steps with rain, 0 … 1."""
    scale_mm_h: float
    shape: float
    """Weibull distribution of the rate of wet steps."""
    slow_share: float
    slow_min: float
    slow_km: float
    """Weather that lasts: part of the variance, memory τ [min], reach L [km]."""
    fast_share: float
    fast_min: float
    fast_km: float
    """The same for single cells. What both leave of 1 has no memory."""

    def __post_init__(self) -> None:
        positive = (
            self.step_min,
            self.scale_mm_h,
            self.shape,
            self.slow_min,
            self.slow_km,
            self.fast_min,
            self.fast_km,
        )
        if not all(value > 0 and math.isfinite(value) for value in positive):
            raise ValueError(f"RainClimate: times, lengths and rates must be above 0: {self}")
        if not 0 < self.wet_share < 1:
            raise ValueError(f"RainClimate: wet_share {self.wet_share} is not between 0 and 1")
        rest = 1.0 - self.slow_share - self.fast_share
        if min(self.slow_share, self.fast_share) < 0 or rest < 1e-3:
            raise ValueError(f"RainClimate: shares must leave at least 0.001 of 1: {self}")

    @property
    def threshold(self) -> float:
        """Return the latent value below which it is dry, Φ⁻¹(1 − p)."""
        return float(-ndtri(self.wet_share))

    @property
    def mean_mm_h(self) -> float:
        """Return the mean rate, dry steps included: p·scale·Γ(1 + 1/shape)."""
        return self.wet_share * self.scale_mm_h * math.gamma(1.0 + 1.0 / self.shape)

    def latent(self, rate_mm_h: Array) -> Array:
        """Return z of wet rates [mm/h]; the threshold for a rate of 0."""
        depth = (np.maximum(rate_mm_h, 0.0) / self.scale_mm_h) ** self.shape
        return np.asarray(-ndtri_exp(math.log(self.wet_share) - depth))

    def rate(self, latent: Array) -> Array:
        """Return mm/h of latent values: 0 up to the threshold, at most `MOST_MM_H`."""
        depth = np.maximum(math.log(self.wet_share) - log_ndtr(-latent), 0.0)
        return np.asarray(np.minimum(self.scale_mm_h * depth ** (1.0 / self.shape), MOST_MM_H))

    def in_time(self, part: str, steps: Array) -> Array:
        """Return the correlation in time of the `slow` or `fast` part over `steps` steps."""
        memory = self.slow_min if part == "slow" else self.fast_min
        return np.asarray(np.exp(-np.abs(steps) * self.step_min / memory))

    def in_space(self, part: str, apart_km: Array) -> Array:
        """Return the correlation in space of the `slow` or `fast` part over `apart_km`."""
        reach = self.slow_km if part == "slow" else self.fast_km
        return np.asarray(np.exp(-apart_km / reach))


def apart(count: int, xy_km: Array | None) -> Array:
    """Return (count, count) distances [km]; `TYPICAL_APART_KM` where no places are given."""
    if xy_km is None:
        return np.asarray(TYPICAL_APART_KM * (1.0 - np.eye(count)))
    places = np.asarray(xy_km, dtype=float)
    if places.shape != (count, 2) or not np.isfinite(places).all():
        raise ValueError(f"xy_km: ({count}, 2) finite coordinates are needed, not {places.shape}")
    return np.asarray(np.linalg.norm(places[:, None, :] - places[None, :, :], axis=2))
