"""What a constituent of unit amplitude and no lag does: E = f exp i(V + u), at given times.

f and u follow the satellites at each knot, a day apart; between knots the envelope of E, what
is left when its mean speed is taken away, is drawn as a straight line. The fastest satellite
turns once in 4.4 years (2p): its curvature leaves (2π · 1 / 1616)² / 8 ≈ 2e-6 of its own share.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stream.models.tide import astronomy
from stream.models.tide.catalogue import catalogue

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

KNOT_S = 86_400.0
TURN = 2j * np.pi
LEAST_LATITUDE = 5.0
"""Diurnal satellites are taken as at this latitude nearer to the equator (Foreman 1977)."""


def exact(names: Sequence[str], times_s: Array, latitude: float) -> Complex:
    """Return (n, k) f exp i(V + u) of k constituents at n Unix times [s], without knots."""
    table = catalogue()
    rows = table.compound[[table.index(name) for name in names]]
    used = np.flatnonzero(np.any(rows != 0.0, axis=0))
    around = astronomy.arguments(np.asarray(times_s, dtype=float))
    turned = table.doodson[used] @ around + table.phase[used, None]
    factor, advance = nodal_main(around, latitude)
    angle = rows[:, used] @ np.mod(turned, 1.0) + rows @ advance
    size = np.exp(np.abs(rows) @ np.log(factor))
    return np.asarray((size * np.exp(TURN * np.mod(angle, 1.0))).T)


def nodal(names: Sequence[str], times_s: Array, latitude: float) -> tuple[Array, Array]:
    """Return (n, k) factors f and advances u [rad] of k constituents at n Unix times [s]."""
    table = catalogue()
    rows = table.compound[[table.index(name) for name in names]]
    around = astronomy.arguments(np.asarray(times_s, dtype=float))
    factor, advance = nodal_main(around, latitude)
    size = np.exp(np.abs(rows) @ np.log(factor))
    return size.T, np.asarray(2.0 * np.pi * (rows @ advance).T)


def nodal_main(around: Array, latitude: float) -> tuple[Array, Array]:
    """Return f (m, n) and u [cycles] (m, n) of all m main constituents.

    f exp iu = 1 + Σ r exp 2πi(Δ · (p, N′, p₁) + phase); the share r of a diurnal satellite is
    multiplied by 0.36309 (1 − 5 sin² φ) / sin φ, of a semidiurnal one by 2.59808 sin φ.
    """
    table = catalogue()
    north = np.copysign(max(abs(latitude), LEAST_LATITUDE), latitude)
    sine = np.sin(np.radians(north))
    by_kind = np.array([1.0, 0.36309 * (1.0 - 5.0 * sine**2) / sine, 2.59808 * sine])
    share = table.satellite[:, 4] * by_kind[table.satellite_kind]
    angle = table.satellite[:, :3] @ around[3:6] + table.satellite[:, 3:4]
    part = share[:, None] * np.exp(TURN * angle)
    belongs = table.satellite_of[None, :] == np.arange(len(table.doodson))[:, None]
    whole = 1.0 + belongs.astype(float) @ part
    return np.abs(whole), np.asarray(np.angle(whole) / (2.0 * np.pi))


def between(names: Sequence[str], times_s: Array, latitude: float) -> Complex:
    """Return (n, k) carriers at any times [s], from knots: much faster than `exact`."""
    times = np.asarray(times_s, dtype=float)
    if len(times) == 0:
        return np.zeros((0, len(names)), complex)
    first = float(np.floor(times.min() / KNOT_S) * KNOT_S)
    block = ((times - first) // KNOT_S).astype(np.intp)
    used, where = np.unique(block, return_inverse=True)
    midnights = np.asarray(first + KNOT_S * used, dtype=np.float64)
    if 2 * len(used) >= len(times):
        return exact(names, times, latitude)
    omega = angular(names)
    start = exact(names, midnights, latitude)
    end = exact(names, midnights + KNOT_S, latitude) * np.exp(-1j * omega * KNOT_S)
    along = times - first - KNOT_S * block
    share = (along / KNOT_S)[:, None]
    envelope = start[where] + share * (end - start)[where]
    return np.asarray(envelope * np.exp(1j * omega * along[:, None]))


def angular(names: Sequence[str]) -> Array:
    """Return (k,) mean speeds [rad/s]."""
    table = catalogue()
    return np.asarray(2 * np.pi * table.speeds[[table.index(name) for name in names]])
