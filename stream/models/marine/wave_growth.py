"""How wind raises waves: growth with fetch and duration, in water of finite depth.

With X = gx/U², d = gh/U², ε = g²E/U⁴ and Hs = 4√E:

    ε = 3.64e-3·{tanh A·tanh[B/tanh A]}^1.74      A = 0.493·d^0.75      B = 3.13e-3·X^0.57
    ν = 0.133·{tanh A′·tanh[B′/tanh A′]}^−0.37    A′ = 0.331·d^1.01     B′ = 5.215e-4·X^0.73

Young & Verhagen (1996), Coastal Eng. 29:47. Over deep water and a short fetch it is ε = 1.6e-7·X
(JONSWAP; Hasselmann et al. 1973), over shallow water and a long one ε = 1.06e-3·d^1.3. A wind that
has blown for a time t has raised what a fetch with gt/U = 68.8·X^(2/3) would (Shore Protection
Manual 1984, eq. 3-39).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

GRAVITY = 9.81
LEAST_WIND = 0.5
"""[m/s]"""


def young_verhagen(wind_m_s: Array, fetch_m: Array, depth_m: Array) -> tuple[Array, Array]:
    """Return Hs [m] and peak period Tp [s] after `fetch_m` of `wind_m_s` over `depth_m`."""
    wind = np.maximum(wind_m_s, LEAST_WIND)
    fetch, depth = GRAVITY * fetch_m / wind**2, GRAVITY * depth_m / wind**2
    limit = np.tanh(0.493 * depth**0.75)
    energy = 3.64e-3 * (limit * np.tanh(3.13e-3 * fetch**0.57 / limit)) ** 1.74
    limit = np.tanh(0.331 * depth**1.01)
    frequency = 0.133 * (limit * np.tanh(5.215e-4 * fetch**0.73 / limit)) ** -0.37
    height = 4.0 * np.sqrt(energy) * wind**2 / GRAVITY
    return np.asarray(height), np.asarray(wind / (GRAVITY * frequency))


def duration_fetch(wind_m_s: Array, duration_s: Array) -> Array:
    """Return the fetch [m] whose waves a wind raises within `duration_s`."""
    wind = np.maximum(wind_m_s, LEAST_WIND)
    return np.asarray((GRAVITY * duration_s / wind / 68.8) ** 1.5 * wind**2 / GRAVITY)


def fetch_duration(wind_m_s: Array, fetch_m: Array) -> Array:
    """Return the time [s] after which `fetch_m` and no more limits the waves."""
    wind = np.maximum(wind_m_s, LEAST_WIND)
    return np.asarray(68.8 * (GRAVITY * fetch_m / wind**2) ** (2.0 / 3.0) * wind / GRAVITY)


def grown(
    height_m: Array, wind_m_s: Array, after_s: Array, *, fetch_m: float, depth_m: float
) -> Array:
    """Return Hs [m] after `after_s` of `wind_m_s` on a sea that is `height_m` high now.

    The sea stands where a fetch has brought it that gives its height at this wind; from there
    it grows on by duration, up to what `fetch_m` and `depth_m` allow. Where it is higher than
    that, the wind raises nothing and the height is returned as it is. All broadcast.
    """
    height, wind, after = np.broadcast_arrays(height_m, wind_m_s, after_s)
    here = _fetch_of(height, wind, fetch_m, depth_m)
    begun = fetch_duration(wind, here)
    later = np.minimum(duration_fetch(wind, begun + after), fetch_m)
    raised = young_verhagen(wind, later, np.array(depth_m))[0]
    return np.asarray(np.maximum(height, raised))


def _fetch_of(height: Array, wind: Array, fetch_m: float, depth_m: float) -> Array:
    """Return the fetch [m], up to `fetch_m`, that gives `height` at `wind`, by bisection."""
    low, high = np.zeros(height.shape), np.full(height.shape, np.log(fetch_m))
    for _ in range(28):
        middle = (low + high) / 2
        short = young_verhagen(wind, np.exp(middle), np.array(depth_m))[0] < height
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.asarray(np.exp((low + high) / 2))
