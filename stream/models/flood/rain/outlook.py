"""Rain to come where there are only gauges: an ensemble from the present to climatology.

The latent values of the last hours are drawn given what the gauges said (exact where it rained,
"below the threshold" where it was dry, free where nobody knows); then those of the next hours
given them (conditioning by kriging, Matheron's rule: Journel & Huijbregts 1978). So a member starts
at the present, forgets it at the rate at which rain forgets, and ends as a draw from the climate.
"""

import numpy as np

from stream.models.flood.rain.censored import draw
from stream.models.flood.rain.climate import Array, RainClimate, apart

AGES = (0, 1, 2, 3, 4, 6, 9, 12, 18, 24, 36)
"""Steps ago at which the past is looked at: what lies between them adds nothing."""
MOST_SEEN = 440
"""Values of the past that are looked at in all: with more than 40 catchments only the newest
ones of each, since the work grows with the square of their number."""
DRY_MM_H = 0.05
"""Rates up to this are dry [mm/h]."""


def gauge_ensemble(
    recent_mm_h: Array,
    *,
    leads_min: int,
    members: int,
    climate: RainClimate,
    random: np.random.Generator,
    xy_km: Array | None = None,
) -> Array:
    """Return (members, n, leads_min) rain [mm/h] in each of the next minutes.

    `recent_mm_h` (n, t) is the rain of n catchments in each of the last t minutes, the last
    column now; NaN or below 0: not known. `xy_km` (n, 2) are the catchments' centres. With
    nothing known the ensemble is the climatology, as wide as that is. Raises ValueError for
    an empty ensemble or coordinates that are not known.
    """
    recent = np.asarray(recent_mm_h, dtype=float)
    if recent.ndim != 2 or members < 1 or leads_min < 1:
        raise ValueError(
            f"recent_mm_h {recent.shape} must be (n, minutes); "
            f"members {members} and leads_min {leads_min} at least 1"
        )
    count, step = len(recent), climate.step_min
    distance = apart(count, xy_km)
    rates = stepped(recent, step)
    looks = AGES[: max(1, MOST_SEEN // max(count, 1))]
    ages = np.array([age for age in looks if age < rates.shape[1]], dtype=float)
    rates = rates[:, rates.shape[1] - 1 - ages.astype(int)]
    ahead = np.arange(1, -(-leads_min // step) + 1, dtype=float)
    latent = _ahead(rates, ages, ahead, distance, climate, members, random)
    return np.asarray(np.repeat(climate.rate(latent), step, axis=2)[:, :, :leads_min])


def stepped(recent_mm_h: Array, step_min: int) -> Array:
    """Return (n, steps) means of minutes (n, t) over steps that end now.

    A step is NaN if none of its minutes is known; minutes that fill no step are left out.
    """
    recent = np.where(np.asarray(recent_mm_h, float) >= 0, recent_mm_h, np.nan)
    steps = recent.shape[1] // step_min
    cut = recent[:, recent.shape[1] - steps * step_min :].reshape(len(recent), steps, step_min)
    known = np.isfinite(cut)
    total = np.where(known, cut, 0.0).sum(axis=2)
    seen = known.sum(axis=2)
    return np.asarray(np.divide(total, seen, out=np.full(total.shape, np.nan), where=seen > 0))


def _ahead(
    rates: Array,
    ages: Array,
    ahead: Array,
    distance: Array,
    climate: RainClimate,
    members: int,
    random: np.random.Generator,
) -> Array:
    """Return (members, n, steps ahead) latent values given `rates` (n, ages)."""
    when = np.concatenate([-ages, ahead])
    free = _unconditional(when, distance, climate, members, random)
    past, future = free[:, :, : len(ages)], free[:, :, len(ages) :]
    known = np.isfinite(rates)
    if not known.any():
        return future
    place, age = np.nonzero(known)
    seen = rates[place, age]
    wet = seen > DRY_MM_H
    lag = np.abs(ages[age][:, None] - ages[age][None, :])
    between = distance[np.ix_(place, place)]
    covariance = _covariance(climate, between, lag) + _rest(climate) * np.eye(len(seen))
    latent, precision = draw(
        climate.latent(seen), wet, climate.threshold, covariance, members, random
    )
    surprise = (latent - past[:, place, age]) @ precision
    pulled = np.zeros((members, *rates.shape))
    pulled[:, place, age] = surprise
    for part, share in _parts(climate):
        time = climate.in_time(part, ages[:, None] + ahead[None, :])
        space = climate.in_space(part, distance)
        future = future + share * np.einsum("ij,mjt->mit", space, pulled @ time)
    return np.asarray(future)


def _unconditional(
    when: Array,
    distance: Array,
    climate: RainClimate,
    members: int,
    random: np.random.Generator,
) -> Array:
    """Return (members, n, times) draws of the climate at times `when` [steps]."""
    shape = (members, len(distance), len(when))
    drawn = np.sqrt(_rest(climate)) * random.standard_normal(shape)
    for part, share in _parts(climate):
        time = _root(climate.in_time(part, when[:, None] - when[None, :]))
        space = _root(climate.in_space(part, distance))
        noise = random.standard_normal(shape) @ time.T
        drawn += np.sqrt(share) * np.einsum("ij,mjt->mit", space, noise)
    return np.asarray(drawn)


def _covariance(climate: RainClimate, distance: Array, steps: Array) -> Array:
    total = np.zeros(np.broadcast_shapes(distance.shape, steps.shape))
    for part, share in _parts(climate):
        total += share * climate.in_space(part, distance) * climate.in_time(part, steps)
    return total


def _parts(climate: RainClimate) -> tuple[tuple[str, float], tuple[str, float]]:
    return ("slow", climate.slow_share), ("fast", climate.fast_share)


def _rest(climate: RainClimate) -> float:
    return 1.0 - climate.slow_share - climate.fast_share


def _root(correlation: Array) -> Array:
    """Return L with L·Lᵀ = `correlation`, also where two places are the same."""
    return np.asarray(np.linalg.cholesky(correlation + 1e-9 * np.eye(len(correlation))))
