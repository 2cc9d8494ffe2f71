"""How sure constants are, given that the residual is not white.

Surges crowd the low frequencies, seiches the high ones: what the residual has in the band around
a constituent is what blurs it. With S(ω) the residual's periodogram, scaled so that white noise
of variance σ² gives σ² everywhere, cov(C) ≈ S(ω) (XᵀX)⁻¹. Linear propagation gives amplitude and
phase lag: Pawlowicz et al. (2002), Computers & Geosciences 28, 929.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stream.models.tide import carriers

Array = NDArray[np.float64]

BAND_HZ = 0.15 / 86_400.0
"""Half width of the band around a constituent: 0.15 cycles a day."""
LEAST_LINES = 5
SURE = 1.96
"""Standard deviations of half a 95 % interval."""


def errors(
    names: Sequence[str],
    found: NDArray[np.complex128],
    inverse: Array,
    times_s: Array,
    residual: Array,
    step_s: float,
) -> tuple[Array, Array]:
    """Return half the 95 % intervals of amplitudes (k,) and phase lags (k,) [degrees].

    `inverse` (2k, 2k) of the normal matrix, real parts first; `residual` (n,) at (n,) times.
    """
    if not names:
        return np.zeros(0), np.zeros(0)
    power, frequency = periodogram(times_s, residual, step_s)
    count = len(names)
    speeds = carriers.angular(names) / (2 * np.pi)
    noise = np.empty(count)
    for at, speed in enumerate(speeds):
        near = np.abs(frequency - speed) <= BAND_HZ
        if near.sum() < LEAST_LINES:
            near = np.argsort(np.abs(frequency - speed))[:LEAST_LINES]
        noise[at] = power[near].mean()
    blocks = np.array([inverse[np.ix_([at, at + count], [at, at + count])] for at in range(count)])
    size = np.maximum(np.abs(found), 1e-12)
    along = np.stack([found.real, found.imag], axis=1) / size[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    deviation = [
        np.sqrt(np.maximum(noise * np.einsum("ki,kij,kj->k", way, blocks, way), 0.0))
        for way in (along, across)
    ]
    return SURE * deviation[0], np.minimum(np.degrees(SURE * deviation[1] / size), 180.0)


def periodogram(times_s: Array, residual: Array, step_s: float) -> tuple[Array, Array]:
    """Return power (m,), σ² for white noise, and frequencies (m,) [Hz]; gaps count as zero."""
    place = np.rint((times_s - times_s[0]) / step_s).astype(np.intp)
    filled = np.zeros(int(place[-1]) + 1)
    filled[place] = residual - residual.mean()
    power = np.abs(np.fft.rfft(filled)) ** 2 / len(residual)
    return np.asarray(power[1:]), np.asarray(np.fft.rfftfreq(len(filled), step_s)[1:])
