"""Rain for the slopes: gauges' minutes to steps of ten minutes, gaps filled, and what may come."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.rain.areal import catchment_means, weights
from stream.models.flood.rain.climate import RainClimate
from stream.models.flood.rain.outlook import gauge_ensemble
from stream.models.landslide.ground import STEPS_AHEAD

Array = NDArray[np.float64]

STEP_MIN = 10
RECENT_MIN = 540
"""Minutes of the past that the rain to come is made from."""
DAY_STEPS = 144
SEED = 1
"""The same draws each minute: what changes from minute to minute is what was observed."""


class Rainfall(NamedTuple):
    """Rain at the gauges as seen from one minute."""

    past_mm: Array
    """(g, t) in whole steps since the first that is known; gaps are filled."""
    ahead_mm: Array
    """(members, g, STEPS_AHEAD): the step under way, what fell of it included, and the next."""
    minutes: int
    """Minutes of the step under way that have passed, 0 … 9."""
    known_h: float
    """Hours since the first rain record [h]."""
    unknown: float
    """Share of the last day in which no gauge spoke [0–1]."""
    silent_min: Array
    """(g,) minutes since each gauge's newest value; inf where there is none."""
    negative: NDArray[np.bool_]
    """(g,) whether each gauge told negative rain in the last day; such minutes are not known."""


def rainfall(
    minutes_mm: Array, issue_s: float, climate: RainClimate, xy_km: Array, members: int
) -> Rainfall:
    """Return the rain of `minutes_mm` (g, t), which ends at `issue_s`.

    Where a gauge is silent its neighbours speak for it; where all are, the climate's mean does.
    """
    below = minutes_mm < 0
    minutes_mm = np.where(below, np.nan, minutes_mm)
    passed = round(issue_s / 60.0) % STEP_MIN
    whole = minutes_mm[:, : minutes_mm.shape[1] - passed]
    steps = _filled(_stepped(whole), climate, xy_km)
    spoken = np.asarray(np.isfinite(minutes_mm).any(axis=0))
    late = spoken[-1440:]
    ahead = STEP_MIN * STEPS_AHEAD - passed
    rates = gauge_ensemble(
        60.0 * minutes_mm[:, -RECENT_MIN:],
        leads_min=ahead,
        members=members,
        climate=climate,
        random=np.random.default_rng(SEED),
        xy_km=xy_km,
    )
    begun = minutes_mm[:, minutes_mm.shape[1] - passed :]
    mean = climate.mean_mm_h / 60.0
    begun = np.where(np.isfinite(begun), begun, _others(begun, xy_km, mean))
    parts = np.concatenate((np.broadcast_to(begun, (members, *begun.shape)), rates / 60.0), axis=2)
    return Rainfall(
        steps,
        parts.reshape(members, len(minutes_mm), STEPS_AHEAD, STEP_MIN).sum(axis=3),
        passed,
        (len(spoken) - int(np.argmax(spoken))) / 60.0 if spoken.any() else 0.0,
        1.0 - float(late.sum()) / 1440.0,
        _silent(minutes_mm),
        np.asarray(below[:, -1440:].any(axis=1)),
    )


def _stepped(minutes: Array) -> Array:
    """Return (g, steps) sums over whole steps; NaN where less than half of one is known."""
    count = minutes.shape[1] // STEP_MIN
    cut = minutes[:, minutes.shape[1] - count * STEP_MIN :].reshape(-1, count, STEP_MIN)
    known = np.isfinite(cut).sum(axis=2)
    total = np.nansum(cut, axis=2) * STEP_MIN / np.maximum(known, 1)
    return np.where(known >= STEP_MIN / 2, total, np.nan)


def _filled(steps: Array, climate: RainClimate, xy_km: Array) -> Array:
    known = np.asarray(np.isfinite(steps).any(axis=0))
    steps = steps[:, int(np.argmax(known)) if known.any() else steps.shape[1] :]
    mean = climate.mean_mm_h * STEP_MIN / 60.0
    return np.where(np.isfinite(steps), steps, _others(steps, xy_km, mean))


def _others(rain: Array, xy_km: Array, mean: float) -> Array:
    """Return what the other gauges say of each gauge; `mean` where none speaks."""
    if not rain.shape[1]:
        return rain
    return np.nan_to_num(catchment_means(rain, weights(xy_km, xy_km)), nan=mean)


def _silent(minutes: Array) -> Array:
    known = np.isfinite(minutes)
    newest = minutes.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    return np.where(known.any(axis=1), minutes.shape[1] - 1.0 - newest, np.inf)
