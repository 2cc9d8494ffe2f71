"""The rain of the next hours over each catchment, from whatever there is."""

from typing import NamedTuple

import numpy as np

from stream.models.flood.rain.blending import blend, perturbed
from stream.models.flood.rain.climate import Array, RainClimate
from stream.models.flood.rain.outlook import gauge_ensemble


class Ahead(NamedTuple):
    """An ensemble of rain over catchments."""

    rate_mm_h: Array
    """(members, n, leads_min), never NaN."""
    degraded: list[str]
    """What was missing and what stands in for it, in words."""


def rain_ahead(
    recent_mm_h: Array,
    *,
    leads_min: int,
    members: int,
    climate: RainClimate,
    random: np.random.Generator,
    xy_km: Array | None = None,
    radar: Array | None = None,
    prediction: Array | None = None,
) -> Ahead:
    """Return the rain of n catchments in each of the next `leads_min` minutes.

    `recent_mm_h` (n, t) is what the gauges (or merged fields) said in the last minutes. `radar`
    (members, n, r) are minutes of the radar nowcast over the catchments and `prediction` (n, p)
    of a numerical prediction, first minute first; either may be shorter or NaN, or None where
    the site has none. Radar, or the gauges' outlook without it, leads until the members go over
    to the prediction, or to the outlook without one, one to three hours ahead. What nobody
    knows is the outlook, in the last resort the climate.
    """
    recent = np.asarray(recent_mm_h, dtype=float)
    outlook = gauge_ensemble(
        recent, leads_min=leads_min, members=members, climate=climate, random=random, xy_km=xy_km
    )
    known = (np.isfinite(recent) & (recent >= 0))[:, -climate.step_min :].any(axis=1)
    degraded = []
    if not known.all():
        degraded.append(f"rain now is not known in {np.sum(~known)} of {len(known)} catchments")
    if radar is None and prediction is None:
        return Ahead(outlook, degraded)
    sooner = later = outlook
    if prediction is not None:
        told = perturbed(_padded(prediction, leads_min), members, random=random)
        later = np.where(np.isnan(told), outlook, told)
        degraded += _gap("the prediction", told[..., 60:])
    if radar is not None:
        seen = _padded(radar, leads_min)
        sooner = np.where(np.isnan(seen), outlook, seen)
        degraded += _gap("the radar nowcast", seen[..., :60])
    minutes = np.arange(1.0, leads_min + 1)
    mixed = blend(np.swapaxes(sooner, 1, 2), np.swapaxes(later, 1, 2), minutes, random=random)
    return Ahead(np.swapaxes(mixed, 1, 2), degraded)


def _padded(rain: Array, leads_min: int) -> Array:
    """Return `rain` (…, t) with `leads_min` minutes: cut, or NaN where it ends sooner."""
    rain = np.asarray(rain, dtype=float)[..., :leads_min]
    padding = np.full((*rain.shape[:-1], leads_min - rain.shape[-1]), np.nan)
    return np.concatenate([rain, padding], axis=-1)


def _gap(who: str, rain: Array) -> list[str]:
    missing = float(np.mean(np.isnan(rain))) if rain.size else 0.0
    words = f"{who} lacks {missing:.0%} of its part: the gauges' outlook stands in"
    return [words] if missing else []
