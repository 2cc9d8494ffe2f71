"""A sea of long-crested and short-crested waves from a JONSWAP spectrum, sample after sample.

Hasselmann et al. (1973): S(f) = α g² (2π)⁻⁴ f⁻⁵ exp(−5/4 (f/fp)⁻⁴) γ^r; here α follows from Hs.
Directions are drawn from Mitsuyasu's cos²ˢ(θ/2) with one s for all frequencies.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

PEAK_ENHANCEMENT = 3.3
BELOW, ABOVE = 0.07, 0.09
"""Widths of the peak on both sides."""
HIGHEST_HZ = 0.6
"""A buoy's filter lets nothing shorter through, so that nothing is folded back at 1.28 Hz."""


def jonswap(frequency: Array, hs: float, tp: float, gamma: float = PEAK_ENHANCEMENT) -> Array:
    """Return S at `frequency` (n,) [Hz], ascending and even, in m²/Hz, scaled so that 4√m0 = hs."""
    ratio = frequency * tp
    width = np.where(ratio <= 1, BELOW, ABOVE)
    peak = gamma ** np.exp(-((ratio - 1) ** 2) / (2 * width**2))
    shape = np.asarray(frequency**-5.0 * np.exp(-1.25 * ratio**-4.0) * peak)
    step = float(frequency[1] - frequency[0])
    return np.asarray(shape * (hs / 4) ** 2 / (float(shape.sum()) * step))


class Sea:
    """Waves at one place, with heave and horizontal displacements of a buoy that follows them.

    Parameters
    ----------
    hs, tp : float
        Significant height [m] and peak period [s].
    coming_from_deg : float
        Mean direction, from north clockwise.
    spreading : float
        s of cos²ˢ(θ/2): 10 is a wind sea, 75 a swell; the circular spread is √(2/(s+1)).
    seed : int
        All chance comes from it.
    """

    def __init__(
        self,
        *,
        hs: float,
        tp: float,
        coming_from_deg: float,
        spreading: float = 15.0,
        seed: int = 1,
        gamma: float = PEAK_ENHANCEMENT,
        components: int = 600,
    ) -> None:
        random = np.random.default_rng(seed)
        edges = np.linspace(0.4 / tp, min(6.0 / tp, HIGHEST_HZ), components + 1)
        middle = (edges[:-1] + edges[1:]) / 2
        step = float(edges[1] - edges[0])
        frequency = middle + random.uniform(-0.5, 0.5, components) * step
        amplitude = np.sqrt(2 * jonswap(middle, hs, tp, gamma) * step)
        towards = np.radians(coming_from_deg + 180) + _directions(random, spreading, components)
        self._omega = 2 * np.pi * frequency
        self._phase = random.uniform(0, 2 * np.pi, components)
        self._amplitude = amplitude
        self._north, self._east = amplitude * np.cos(towards), amplitude * np.sin(towards)

    def at(self, times: Sequence[float] | Array) -> tuple[Array, Array, Array]:
        """Return heave, north and east (n,) [m] at `times` (n,) [s]; the crest moves onwards."""
        angle = np.outer(np.asarray(times, dtype=np.float64), self._omega) + self._phase
        sine = np.sin(angle)
        return np.cos(angle) @ self._amplitude, sine @ self._north, sine @ self._east


def _directions(random: np.random.Generator, spreading: float, count: int) -> Array:
    """Return `count` angles [rad] about 0, drawn from cos²ˢ(θ/2)."""
    grid = np.linspace(-np.pi, np.pi, 2001)
    share = np.cumsum(np.cos(grid / 2) ** (2 * spreading))
    return np.asarray(np.interp(random.uniform(0, 1, count), share / share[-1], grid))
