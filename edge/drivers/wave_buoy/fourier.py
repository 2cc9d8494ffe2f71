"""A fast Fourier transform and Welch's method without numpy. Pure.

1,024 samples take about a millisecond; the edge carries no numerical library.
"""

from cmath import exp, pi
from collections.abc import Sequence
from functools import lru_cache
from math import cos


@lru_cache(maxsize=16)
def _twiddles(size: int) -> tuple[complex, ...]:
    return tuple(exp(-2j * pi * place / size) for place in range(size // 2))


def transform(samples: Sequence[complex]) -> list[complex]:
    """Return X[k] = Σ x[n] exp(−2πi·k·n/N), for N a power of two (Cooley and Tukey 1965)."""
    size = len(samples)
    if size < 1 or size & (size - 1):
        raise ValueError(f"{size} samples: the number must be a power of two")
    return _transform(list(samples))


def _transform(samples: list[complex]) -> list[complex]:
    size = len(samples)
    if size == 1:
        return samples
    if size == 2:
        return [samples[0] + samples[1], samples[0] - samples[1]]
    even, odd = _transform(samples[::2]), _transform(samples[1::2])
    turned = [factor * value for factor, value in zip(_twiddles(size), odd, strict=True)]
    return [a + b for a, b in zip(even, turned, strict=True)] + [
        a - b for a, b in zip(even, turned, strict=True)
    ]


@lru_cache(maxsize=8)
def hann(size: int) -> tuple[float, ...]:
    """Return the periodic Hann window."""
    return tuple(0.5 - 0.5 * cos(2 * pi * place / size) for place in range(size))


def detrended(samples: Sequence[float]) -> list[float]:
    """Return `samples` less their least-squares line."""
    size = len(samples)
    middle, mean = (size - 1) / 2, sum(samples) / size
    spread = size * (size * size - 1) / 12
    slope = sum((i - middle) * value for i, value in enumerate(samples)) / spread if spread else 0.0
    return [value - mean - slope * (i - middle) for i, value in enumerate(samples)]


def half_spectrum(samples: Sequence[float]) -> list[complex]:
    """Return the transform of the detrended, Hann-windowed samples at 0 … N/2."""
    window = hann(len(samples))
    weighted = [w * value for w, value in zip(window, detrended(samples), strict=True)]
    return transform(weighted)[: len(samples) // 2 + 1]


def one_sided(size: int, rate_hz: float) -> list[float]:
    """Return the factors that make |X|² a one-sided density per Hz, at 0 … N/2."""
    factor = 1.0 / (rate_hz * sum(weight * weight for weight in hann(size)))
    return [factor if place in (0, size // 2) else 2 * factor for place in range(size // 2 + 1)]
