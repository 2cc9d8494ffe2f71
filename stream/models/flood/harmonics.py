"""Astronomical tide: harmonic constants fitted by least squares, and the tide they predict.

A harmonic fit over a few months or more; constituents closer than the record can tell
apart are left out (Rayleigh criterion). The moon's orbit turns in 18.6 years and changes
amplitudes by some per cent with it (M2 ±3.7, O1 ±19): nodal corrections are applied at fitting
and at predicting, so constants fitted on one year hold for the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SPEEDS_DEG_PER_H = {
    "M2": 28.9841042,
    "S2": 30.0,
    "K1": 15.0410686,
    "O1": 13.9430356,
    "N2": 28.4397295,
    "M4": 57.9682084,
    "MS4": 58.9841042,
    "P1": 14.9589314,
    "K2": 30.0821373,
    "Q1": 13.3986609,
    "MU2": 27.9682084,
    "NU2": 28.5125831,
    "L2": 29.5284789,
    "MN4": 57.4238337,
    "M6": 86.9523127,
    "2MS6": 87.9682084,
    "MSF": 1.0158958,
    "MF": 1.0980331,
    "MM": 0.5443747,
    "2N2": 27.8953548,
    "T2": 29.9589333,
    "J1": 15.5854433,
    "M1": 14.4966939,
    "OO1": 16.1391017,
    "RHO1": 13.4715145,
    "LAM2": 29.4556253,
    "2SM2": 31.0158958,
    "M3": 43.4761563,
    "MK3": 44.0251729,
    "2MK3": 42.9271398,
    "SK3": 45.0410686,
    "SO3": 43.9430356,
    "MSN2": 30.5443747,
    "MK4": 59.0662415,
    "SK4": 60.0821373,
    "S4": 60.0,
    "2MN6": 86.4079380,
    "2SM6": 88.9841042,
    "M8": 115.9364166,
    "SSA": 0.0821373,
    "SA": 0.0410686,
}
"""Constituent → speed [degrees per mean solar hour], in the order in which a short record
should include them. Source: Schureman (1958), Manual of Harmonic Analysis, table 2; shallow
water constituents are sums of the astronomical ones."""

SEASONAL = {"SSA", "SA"}
"""Driven by weather more than by the moon: taken only from records of two years or more,
because half a year's river flood would pass for a tide and come again the next year."""

SEASONAL_SPAN_S = 2 * 365 * 86_400

NODAL = {
    "M2": ((1.0004, -0.0373, 0.0002), (-2.14,)),
    "K1": ((1.0060, 0.1150, -0.0088, 0.0006), (-8.86, 0.68, -0.07)),
    "O1": ((1.0089, 0.1871, -0.0147, 0.0014), (10.80, -1.34, 0.19)),
    "K2": ((1.0241, 0.2863, 0.0083, -0.0015), (-17.74, 0.68, -0.04)),
    "J1": ((1.0129, 0.1676, -0.0170, 0.0016), (-12.94, 1.34, -0.19)),
    "OO1": ((1.1027, 0.6504, 0.0317, -0.0014), (-36.68, 4.02, -0.57)),
    "MM": ((1.0000, -0.1300, 0.0013), ()),
    "MF": ((1.0429, 0.4135, -0.0040), (-23.74, 2.68, -0.38)),
}
"""Constituent → (f₀, f₁, …), (u₁, u₂, …): its amplitude is multiplied by f = Σ fₖ cos kN and its
phase advanced by u = Σ uₖ sin kN [degrees], N the longitude of the moon's ascending node.
Source: Doodson (1928), as given by Pugh (1987), Tides, Surges and Mean Sea-Level, table 4.3."""

DERIVED: dict[str, dict[str, int]] = {
    **{name: {"M2": 1} for name in ("N2", "MU2", "NU2", "2N2", "LAM2", "MS4")},
    **{name: {"O1": 1} for name in ("Q1", "RHO1", "SO3")},
    **{name: {"M2": 2} for name in ("M4", "MN4", "2MS6")},
    **{name: {"M2": 3} for name in ("M6", "2MN6")},
    "M8": {"M2": 4},
    "2SM2": {"M2": -1},
    "MSF": {"M2": -1},
    "2SM6": {"M2": 1},
    "SK3": {"K1": 1},
    "MK3": {"M2": 1, "K1": 1},
    "2MK3": {"M2": 2, "K1": -1},
    "SK4": {"K2": 1},
    "MK4": {"M2": 1, "K2": 1},
}
"""Constituents that carry the corrections of others: f = Π f^|n|, u = Σ n u. Those named in
neither table are the sun's, or too small to matter."""

MIN_SPAN_S = 2 * 86_400
"""A record shorter than two days cannot be fitted."""


class TideFitError(ValueError):
    """A record from which no tide can be fitted; says what is missing."""


@dataclass(frozen=True, eq=False)
class Harmonics:
    """Harmonic constants of one place."""

    constituents: tuple[str, ...]
    mean: float
    """Mean level, in the unit of the record."""
    cosine: Array
    """(n_constituents,) amplitude of f cos(speed · t + u), t since 1970-01-01T00:00Z."""
    sine: Array
    """(n_constituents,) amplitude of f sin(speed · t + u); f and u are nodal corrections."""

    def predict(self, times_s: Array) -> Array:
        """Return the tide at Unix times `times_s` [s], of any shape, in the record's unit."""
        flat = np.asarray(times_s, dtype=float).reshape(-1)
        level = np.full(flat.shape, self.mean)
        for name, cosine, sine in zip(self.constituents, self.cosine, self.sine, strict=True):
            size, angle = _phase(name, flat)
            level += size * (cosine * np.cos(angle) + sine * np.sin(angle))
        return level.reshape(np.shape(times_s))

    def amplitude(self, constituent: str) -> float:
        """Return the mean amplitude of one constituent, in the record's unit."""
        i = self.constituents.index(constituent)
        return float(np.hypot(self.cosine[i], self.sine[i]))


def resolvable(span_s: float) -> tuple[str, ...]:
    """Return the constituents that a record of `span_s` seconds can tell apart.

    In the order of `SPEEDS_DEG_PER_H`, one is taken when it differs by a whole cycle within
    the record from the mean and from each one taken before (Rayleigh criterion).
    """
    taken: dict[str, float] = {}
    closest = 360.0 / (span_s / 3600.0)
    for name, speed in SPEEDS_DEG_PER_H.items():
        if name in SEASONAL and span_s < SEASONAL_SPAN_S:
            continue
        if all(abs(speed - other) >= closest for other in [0.0, *taken.values()]):
            taken[name] = speed
    return tuple(taken)


def fit(times_s: Array, levels: Array, *, constituents: Sequence[str] = ()) -> Harmonics:
    """Fit harmonic constants to `levels` by ordinary least squares.

    Parameters
    ----------
    times_s : (n,) array
        Unix times [s], in any order.
    levels : (n,) array
        Observed levels in any unit; NaN where there is none.
    constituents : sequence of str, optional
        Names from `SPEEDS_DEG_PER_H`; by default those the record can tell apart.

    Raises
    ------
    TideFitError
        The record is too short, too sparse, or a constituent is unknown.

    References
    ----------
    Foreman, M. G. G. (1977), Manual for Tidal Heights Analysis and Prediction.
    Nodal corrections: `NODAL`.
    """
    known = np.isfinite(levels)
    if known.sum() < 2 or np.ptp(times_s[known]) < MIN_SPAN_S:
        raise TideFitError("a tide needs at least two days of observations to be fitted")
    names = tuple(constituents) or resolvable(float(np.ptp(times_s[known])))
    unknown = [name for name in names if name not in SPEEDS_DEG_PER_H]
    if unknown:
        raise TideFitError(
            f"no constituent `{unknown[0]}`; there are: {', '.join(SPEEDS_DEG_PER_H)}"
        )
    if known.sum() < 2 * len(names) + 1:
        raise TideFitError(
            f"{known.sum()} observations cannot fit {len(names)} constituents; give fewer"
        )
    phases = [_phase(name, times_s[known]) for name in names]
    waves = [size * np.cos(angle) for size, angle in phases]
    waves += [size * np.sin(angle) for size, angle in phases]
    design = np.stack([np.ones(int(known.sum())), *waves], axis=1)
    solution = np.asarray(np.linalg.lstsq(design, levels[known], rcond=None)[0], dtype=np.float64)
    count = len(names)
    return Harmonics(names, float(solution[0]), solution[1 : count + 1], solution[count + 1 :])


def nodal(constituent: str, times_s: Array) -> tuple[Array, Array]:
    """Return the factor f on the amplitude and the advance u of the phase [rad], (n,) each."""
    if constituent in NODAL:
        node = np.deg2rad(_node_deg(times_s))
        factors, phases = NODAL[constituent]
        f = np.sum([part * np.cos(k * node) for k, part in enumerate(factors)], axis=0)
        u = sum((part * np.sin(k * node) for k, part in enumerate(phases, 1)), 0.0 * node)
        return np.asarray(f), np.deg2rad(u)
    f, u = np.ones(np.shape(times_s)), np.zeros(np.shape(times_s))
    for origin, times in DERIVED.get(constituent, {}).items():
        own_f, own_u = nodal(origin, times_s)
        f, u = f * own_f ** abs(times), u + times * own_u
    return f, u


def _node_deg(times_s: Array) -> Array:
    """Return the longitude of the moon's mean ascending node [degrees] (Meeus 1998, 47.7)."""
    centuries = (times_s - 946_728_000.0) / (36_525.0 * 86_400.0)
    return np.asarray(125.0445479 - 1934.1362891 * centuries)


def _phase(constituent: str, times_s: Array) -> tuple[Array, Array]:
    """Return the nodal factor and the angle speed · t + u [rad] at (n,) Unix times [s]."""
    speed = np.deg2rad(SPEEDS_DEG_PER_H[constituent]) / 3600.0
    f, u = nodal(constituent, times_s)
    return f, speed * times_s + u
