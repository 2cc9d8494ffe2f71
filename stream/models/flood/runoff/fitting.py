"""Runoff parameters of a basin's catchments from the flow recorded at their outlets."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from stream.models.flood.basin import Basin, Catchment
from stream.models.flood.runoff import xinanjiang
from stream.models.flood.runoff.calibration import (
    BOUNDS,
    Bound,
    Calibrated,
    Progress,
    calibrate,
)
from stream.models.flood.runoff.efficiency import OBJECTIVES, Objective
from stream.models.flood.runoff.parameters import Parameters, RunoffError

Array = NDArray[np.float64]

RAIN_FACTOR = Bound(0.6, 1.8, log=True)
"""A few gauges may miss or overdo a catchment's rain by this."""
WETNESS = Bound(0.2, 1.0)
FACTOR_NAME, WETNESS_NAME = "rain_factor", "wetness"
SHORTEST = 40
"""Observed steps that a fit needs at least."""


class Forcing(NamedTuple):
    """What happened to one catchment, on even steps."""

    rain_mm: Array
    """(t,) [mm per step]."""
    pet_mm: Array
    """(t,) [mm per step]."""
    observed_m3_s: Array
    """(t,) flow at the outlet, mean over each step, NaN where missing."""
    dt_s: float


class CatchmentFit(NamedTuple):
    """What was found for one catchment."""

    catchment: str
    runoff: dict[str, float]
    rain_factor: float
    wetness: float
    """Of the soils at the first step (0–1)."""
    score: float
    """Of the objective on all of the record, which it was fitted on."""
    held_back: float
    """Of the objective on the last part, by parameters fitted on the first; NaN if not asked."""
    at_bound: tuple[str, ...]


def flow_m3_s(
    catchment: Catchment, forcing: Forcing, values: Mapping[str, Array | float], k: int = 1
) -> Array:
    """Return (k, t) flow for `values`, each a number or (k,): parameters, `wetness`, `rain_factor`.

    What is not in `values` is the catchment's own. The ground water starts with what the first
    observed flow needs.
    """
    own = {**catchment.runoff, **values}
    wetness = own.pop(WETNESS_NAME, 0.7)
    factor = np.broadcast_to(own.pop(FACTOR_NAME, catchment.rain_factor), (k,))
    parameters = Parameters.of(k, **own)
    seen = forcing.observed_m3_s[np.isfinite(forcing.observed_m3_s)]
    baseflow = 3.6 * float(seen[0]) / catchment.area_km2 if seen.size else 0.0
    state = xinanjiang.initial(parameters, wetness=wetness, baseflow_mm_h=max(baseflow, 0.0))
    rain = factor[:, None] * forcing.rain_mm
    runoff, _ = xinanjiang.run(state, rain, forcing.pet_mm, parameters, forcing.dt_s)
    return xinanjiang.discharge_m3_s(runoff[0], catchment.area_km2, forcing.dt_s)


def fit_catchment(
    catchment: Catchment,
    forcing: Forcing,
    *,
    warm_up: int = 0,
    hold_back: float = 0.0,
    objective: Objective = "kge",
    seed: int = 1,
    generations: int = 80,
    progress: Progress = lambda what, part: None,
) -> CatchmentFit:
    """Fit the parameters of `BOUNDS`, the rain factor and the wetness at the start.

    The first `warm_up` steps run but do not count. With `hold_back` (0–0.8) the parameters are
    first fitted without the last part of the record and judged on it, then fitted on all.

    Raises RunoffError where the record is too short or has missing rain.
    """
    if not 0.0 <= hold_back <= 0.8:
        raise RunoffError(f"the part held back is 0–0.8 of the record, not {hold_back:g}")
    counted = forcing.observed_m3_s.copy()
    counted[:warm_up] = np.nan
    there = int(np.isfinite(counted).sum())
    if there < SHORTEST:
        raise RunoffError(
            f"catchment `{catchment.id}`: {there} observed steps after the warm-up; "
            f"a fit needs {SHORTEST}"
        )
    bounds = {**BOUNDS, FACTOR_NAME: RAIN_FACTOR, WETNESS_NAME: WETNESS}
    judged = float("nan")

    def find(observed: Array, start: float, part: float) -> Calibrated:
        return calibrate(
            lambda candidates: flow_m3_s(
                catchment,
                forcing,
                dict(zip(bounds, candidates.T, strict=True)),
                len(candidates),
            ),
            bounds,
            observed,
            objective=objective,
            seed=seed,
            generations=generations,
            progress=lambda what, done: progress(f"{catchment.id}: {what}", start + part * done),
        )

    if hold_back > 0:
        split = round((1.0 - hold_back) * (counted.size - warm_up)) + warm_up
        early, late = counted.copy(), counted.copy()
        early[split:], late[:split] = np.nan, np.nan
        found = find(early, 0.0, 0.5)
        flow = flow_m3_s(catchment, forcing, found.values)
        judged = float(OBJECTIVES[objective](flow[0], late))
    found = find(counted, 0.5 if hold_back > 0 else 0.0, 0.5 if hold_back > 0 else 1.0)
    values = dict(found.values)
    wetness, factor = values.pop(WETNESS_NAME), values.pop(FACTOR_NAME)
    return CatchmentFit(catchment.id, values, factor, wetness, found.score, judged, found.at_bound)


def fit_basin(
    basin: Basin,
    rain_mm: Array,
    pet_mm: Array,
    observed_m3_s: Mapping[str, Array],
    dt_s: float,
    *,
    warm_up: int = 0,
    hold_back: float = 0.4,
    objective: Objective = "kge",
    seed: int = 1,
    generations: int = 80,
    progress: Progress = lambda what, part: None,
) -> list[CatchmentFit]:
    """Fit each catchment at whose outlet the flow was recorded, by itself.

    Parameters
    ----------
    rain_mm
        (n_catchments, t) as in `basin.catchments`, before any `rain_factor` [mm per step].
    pet_mm
        (t,) potential evapotranspiration [mm per step].
    observed_m3_s
        Id of a catchment → (t,) flow at its outlet, NaN where missing.

    Raises
    ------
    RunoffError
        No flow at the outlet of any catchment: what reaches a gauge on a reach has been routed,
        and is left to the filter.
    """
    gauged = [(i, c) for i, c in enumerate(basin.catchments) if c.id in observed_m3_s]
    if not gauged:
        raise RunoffError(
            f"basin `{basin.name}`: no flow was recorded at the outlet of any catchment; "
            "a gauge with `catchment` and `discharge` in basin.toml is what can be fitted to"
        )
    found = []
    for number, (i, catchment) in enumerate(gauged):
        found.append(
            fit_catchment(
                catchment,
                Forcing(rain_mm[i], pet_mm, observed_m3_s[catchment.id], dt_s),
                warm_up=warm_up,
                hold_back=hold_back,
                objective=objective,
                seed=seed,
                generations=generations,
                progress=lambda what, part, before=number: progress(  # type: ignore[misc]
                    what, (before + part) / len(gauged)
                ),
            )
        )
    return found


def fitted(basin: Basin, fits: list[CatchmentFit], digits: int = 4) -> Basin:
    """Return `basin` with what was found, rounded to `digits` significant digits."""
    by_id = {fit.catchment: fit for fit in fits}

    def changed(catchment: Catchment) -> Catchment:
        fit = by_id.get(catchment.id)
        if fit is None:
            return catchment
        runoff = {name: _rounded(value, digits) for name, value in fit.runoff.items()}
        return msgspec.structs.replace(
            catchment,
            rain_factor=_rounded(fit.rain_factor, digits),
            runoff={**catchment.runoff, **runoff},
        )

    return msgspec.structs.replace(basin, catchments=tuple(map(changed, basin.catchments)))


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
