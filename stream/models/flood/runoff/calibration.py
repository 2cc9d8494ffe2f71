"""Finding the parameters of a runoff model from recorded flow: differential evolution on KGE."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import differential_evolution

from stream.models.flood.runoff.efficiency import OBJECTIVES, Objective
from stream.models.flood.runoff.parameters import RunoffError

Array = NDArray[np.float64]
Progress = Callable[[str, float], None]
Simulate = Callable[[Array], Array]
"""(k, n_parameters) → flow (k, t), in the unit of what is observed."""
WORST = 1e6


class Bound(NamedTuple):
    """Where a parameter is looked for."""

    low: float
    high: float
    log: bool = False
    """Looked for by its logarithm: for rates and lags, whose decades count."""


BOUNDS: dict[str, Bound] = {
    "evaporation_ratio": Bound(0.6, 1.4),
    "upper_mm": Bound(5.0, 40.0),
    "lower_mm": Bound(30.0, 120.0),
    "deep_mm": Bound(20.0, 120.0),
    "deep_ratio": Bound(0.05, 0.25),
    "curve": Bound(0.1, 2.0),
    "free_mm": Bound(3.0, 100.0, log=True),
    "free_curve": Bound(0.5, 2.0),
    "interflow_per_h": Bound(0.003, 1.0, log=True),
    "ground_per_h": Bound(0.003, 1.0, log=True),
    "interflow_h": Bound(0.3, 100.0, log=True),
    "ground_h": Bound(48.0, 5000.0, log=True),
    "lag_h": Bound(0.1, 24.0, log=True),
}
"""What is plausible for an open catchment: Zhao (1992), wider for the rates and B, as small steep
catchments and thick volcanic soils are quicker and wetter than the rivers it was made for.
The sealed share is a matter of maps, not of fitting."""
GR4H_BOUNDS: dict[str, Bound] = {
    "x1": Bound(20.0, 3000.0, log=True),
    "x2": Bound(-5.0, 5.0),
    "x3": Bound(5.0, 1000.0, log=True),
    "x4": Bound(0.5, 48.0, log=True),
}
"""About the 98 % of catchments of Mathevet (2005)."""


class Calibrated(NamedTuple):
    """The best parameters that were found."""

    values: dict[str, float]
    score: float
    """Of the objective, 1 is perfect."""
    evaluations: int
    """Parameter sets that were tried."""
    at_bound: tuple[str, ...]
    """Parameters within 1 % of a bound: the record does not know them, or the bound is wrong."""


def calibrate(
    simulate: Simulate,
    bounds: dict[str, Bound],
    observed: Array,
    *,
    objective: Objective = "kge",
    seed: int = 1,
    generations: int = 80,
    population: int = 6,
    progress: Progress = lambda what, part: None,
) -> Calibrated:
    """Find the parameters for which `simulate` follows `observed` (t,) best.

    NaN in `observed` is left out: missing values, and the warm-up. Differential evolution
    (Storn & Price 1997) with `population` candidates for each parameter, all simulated at once;
    the same seed gives the same answer. `progress` is called with the score so far and the part
    that is done [0–1]. Reference for the objectives: `efficiency`.

    Raises RunoffError where nothing can be fitted.
    """
    if not bounds:
        raise RunoffError("a calibration needs at least one parameter with bounds")
    score = OBJECTIVES[objective]
    lows, highs = _edges(bounds)
    best, tried = -np.inf, 0

    def loss(unit: Array) -> Array:
        nonlocal best, tried
        candidates = unit.T if unit.ndim == 2 else unit[None]
        scores = score(simulate(_values(candidates, lows, highs, bounds)), observed)
        best, tried = max(best, float(np.nanmax(scores, initial=-np.inf))), tried + len(candidates)
        losses: Array = np.nan_to_num(1.0 - scores, nan=WORST, posinf=WORST)
        return losses if unit.ndim == 2 else losses[0]

    done = 0

    def said(intermediate_result: object) -> None:
        nonlocal done
        done += 1
        progress(f"{objective} {best:.3f}", min(done / generations, 1.0))

    score(simulate(_values(np.full((1, len(bounds)), 0.5), lows, highs, bounds)), observed)
    found = differential_evolution(
        loss,
        [(0.0, 1.0)] * len(bounds),
        maxiter=generations,
        popsize=population,
        init="sobol",
        tol=1e-4,
        rng=np.random.default_rng(seed),
        polish=False,
        updating="deferred",
        vectorized=True,
        callback=said,
    )
    values = _values(found.x[None], lows, highs, bounds)[0]
    edge = [name for name, part in zip(bounds, found.x, strict=True) if not 0.01 < part < 0.99]
    return Calibrated(
        {name: float(value) for name, value in zip(bounds, values, strict=True)},
        1.0 - float(found.fun),
        tried,
        tuple(edge),
    )


def _edges(bounds: dict[str, Bound]) -> tuple[Array, Array]:
    for name, bound in bounds.items():
        if not bound.low < bound.high or (bound.log and bound.low <= 0):
            raise RunoffError(f"bounds of `{name}` are {bound.low:g} and {bound.high:g}")
    ends = [
        (np.log(bound.low), np.log(bound.high)) if bound.log else (bound.low, bound.high)
        for bound in bounds.values()
    ]
    lows, highs = np.array(ends, np.float64).T
    return lows, highs


def _values(unit: Array, lows: Array, highs: Array, bounds: dict[str, Bound]) -> Array:
    """Return parameters (k, n) of candidates (k, n) in the unit cube."""
    values = lows + np.clip(unit, 0.0, 1.0) * (highs - lows)
    logs = np.array([bound.log for bound in bounds.values()])
    values[:, logs] = np.exp(values[:, logs])
    return values
