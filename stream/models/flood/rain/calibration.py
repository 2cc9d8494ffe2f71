"""A `RainClimate` from a record of gauges.

The share of wet steps and the Weibull distribution by maximum likelihood; the correlation of the
latent values at each lag and pair of gauges by the likelihood of pairs (both dry, one wet, both
wet: Varin et al. 2011, Stat. Sinica 21:5), then two exponentials through them by least squares.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares, minimize_scalar
from scipy.special import log_ndtr

from stream.models.flood.rain.climate import Array, RainClimate, apart
from stream.models.flood.rain.outlook import DRY_MM_H

LAGS = (1, 2, 3, 6, 9, 12, 18, 24, 36)
"""Steps at which the correlation is looked at."""
FEWEST_WET = 30
"""Wet steps below which a record says nothing about rain."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


class _Correlation(NamedTuple):
    lag_min: float
    apart_km: float
    value: float
    weight: float


def fit(rain_mm_h: Array, *, step_min: int, xy_km: Array | None = None) -> RainClimate:
    """Return the climate of `rain_mm_h` (g, t), g gauges or catchments at steps of `step_min`.

    NaN or below 0: not known. Without coordinates `xy_km` (g, 2) the gauges count as 10 km
    apart. Raises ValueError if it hardly ever rained (fewer than 30 wet steps) or always.
    """
    rain = np.where(np.asarray(rain_mm_h, float) >= 0, rain_mm_h, np.nan)
    known = np.isfinite(rain)
    wet = np.where(known, rain, 0.0) > DRY_MM_H
    if rain.ndim != 2 or wet.sum() < FEWEST_WET or wet.sum() == known.sum():
        raise ValueError(
            f"rain_mm_h {rain.shape} with {int(wet.sum())} wet of {int(known.sum())} known steps: "
            f"a climate needs at least {FEWEST_WET} wet ones and a dry one; give a longer record"
        )
    scale, shape = _weibull(rain[wet])
    share = float(wet.sum() / known.sum())
    plain = RainClimate(step_min, share, scale, shape, 0.5, 300.0, 60.0, 0.4, 30.0, 15.0)
    latent = np.where(wet, plain.latent(np.where(wet, rain, 0.0)), np.where(known, -np.inf, np.nan))
    seen = _correlations(latent, plain.threshold, step_min, apart(len(rain), xy_km))
    return _through(seen, plain, alone=len(rain) == 1)


def _weibull(wet: Array) -> tuple[float, float]:
    """Return (scale, shape) of greatest likelihood; shape within 0.3 … 3."""
    logs = np.log(wet)

    def loss(shape: float) -> float:
        return float(-math.log(shape) + math.log(np.mean(wet**shape)) - (shape - 1) * logs.mean())

    shape = float(minimize_scalar(loss, bounds=(0.3, 3.0), method="bounded").x)
    return float(np.mean(wet**shape) ** (1 / shape)), shape


def _correlations(
    latent: Array, threshold: float, step_min: int, distance: Array
) -> list[_Correlation]:
    found = []
    for one in range(len(latent)):
        for other in range(len(latent)):
            for lag in (0, *LAGS) if one < other else LAGS:
                first, second = latent[one, : latent.shape[1] - lag], latent[other, lag:]
                value, pairs = pair_correlation(first, second, threshold)
                apart_km = float(distance[one, other])
                found.append(_Correlation(lag * step_min, apart_km, value, math.sqrt(pairs)))
    return [entry for entry in found if entry.weight > 0]


def pair_correlation(first: Array, second: Array, threshold: float) -> tuple[float, int]:
    """Return the correlation of greatest likelihood of two censored series, and wet pairs.

    Latent values (t,): −inf where it was dry (below `threshold`), NaN where unknown.
    """
    known = ~(np.isnan(first) | np.isnan(second))
    first, second = first[known], second[known]
    wet_one, wet_other = np.isfinite(first), np.isfinite(second)
    both = wet_one & wet_other
    single = np.concatenate([first[wet_one & ~wet_other], second[wet_other & ~wet_one]])
    neither = int(np.sum(~wet_one & ~wet_other))
    x, y = first[both], second[both]
    squares, product = float(np.sum(x * x + y * y)), float(np.sum(x * y))

    def loss(rho: float) -> float:
        rest = 1.0 - rho * rho
        pair = -0.5 * (squares - 2 * rho * product) / rest - 0.5 * len(x) * math.log(rest)
        half = float(np.sum(log_ndtr((threshold - rho * single) / math.sqrt(rest))))
        return -(pair + half + neither * math.log(_both_below(threshold, rho)))

    found = minimize_scalar(loss, bounds=(-0.3, 0.995), method="bounded")
    return float(found.x), int(both.sum() + len(single))


def _both_below(threshold: float, rho: float) -> float:
    """Return P(X < c, Y < c): Φ(c)² + (1/2π)∫₀^asin ρ exp(−c²/(1 + sin θ)) dθ."""
    half = 0.5 * math.asin(rho)
    angle = half * (_NODES + 1.0)
    inner = float(np.sum(_WEIGHTS * np.exp(-(threshold**2) / (1.0 + np.sin(angle)))))
    return max(math.exp(2 * float(log_ndtr(threshold))) + half * inner / (2 * math.pi), 1e-300)


def _through(seen: list[_Correlation], plain: RainClimate, *, alone: bool) -> RainClimate:
    """Return `plain` with shares, memories and reaches that meet the correlations."""
    lag = np.array([entry.lag_min for entry in seen])
    away = np.array([entry.apart_km for entry in seen])
    value = np.array([entry.value for entry in seen])
    weight = np.array([entry.weight for entry in seen])
    step = float(plain.step_min)
    low = [0.02, 0.02, 4 * step, 0.5 * step, 10.0, 2.0]
    high = [0.98, 1.0, 400 * step, 4 * step, 400.0, 60.0]

    def shares(x: Array) -> tuple[float, float]:
        return float(x[0]), float((0.999 - x[0]) * x[1])

    def miss(x: Array) -> Array:
        slow, fast = shares(x)
        told = slow * np.exp(-lag / x[2] - away / x[4]) + fast * np.exp(-lag / x[3] - away / x[5])
        return np.asarray(weight * (told - value))

    start = [0.5, 0.8, 30 * step, 2 * step, 60.0, 15.0]
    best = least_squares(miss, start, bounds=(low, high), x_scale=start).x
    slow, fast = shares(best)
    reach = (60.0, 15.0) if alone else (float(best[4]), float(best[5]))
    return RainClimate(
        plain.step_min,
        plain.wet_share,
        plain.scale_mm_h,
        plain.shape,
        slow,
        float(best[2]),
        reach[0],
        fast,
        float(best[3]),
        reach[1],
    )
