"""Fit one reach of a river to a gauge at each end.

A wave between two gauges tells two things, when it comes and how far it has spread; so two numbers
of the channel are fitted, Manning's n and the slope, with a constant inflow along the reach. Its
width is given. What comes out is effective: it moves waves as they were seen to move, but it is no
survey.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from stream.models.flood.rivers.muskingum_cunge import route, steady
from stream.models.flood.rivers.reaches import Array, tree

BOUNDS = {"manning": (0.005, 0.3), "slope": (2e-5, 0.1)}
"""Between these the fit looks."""


class Reach(NamedTuple):
    """A reach as it was fitted."""

    manning: float
    slope: float
    width_m: float
    lateral_m3_s: float
    """Constant inflow along the reach, not negative."""
    rmse_m3_s: float
    """Of the outflow, over the steps it was fitted to."""


def fit_reach(
    inflow: Array,
    outflow: Array,
    *,
    length_m: float,
    dt_s: float,
    width_m: float,
    side_slope: float = 1.5,
    spin_up: int = 0,
) -> Reach:
    """Return the reach that best turns `inflow` into `outflow` (least squares, Nelder–Mead).

    Parameters
    ----------
    inflow : (n_steps,) float64
        Mean discharge of each step at the upper gauge [m3/s], without gaps.
    outflow : (n_steps,) float64
        The same at the lower gauge; NaN is left out.
    length_m, dt_s : float
        Length of the reach [m], step of both series [s].
    width_m : float
        Width of the channel's bed, kept as it is [m].
    side_slope : float
        Of the banks, kept as it is.
    spin_up : int
        Steps at the start that do not count.

    Raises
    ------
    ValueError
        If the inflow has gaps or fewer than 10 outflows are known after `spin_up`.
    """
    known = np.isfinite(outflow)
    known[:spin_up] = False
    if not np.isfinite(inflow).all() or known.sum() < 10:
        raise ValueError(
            f"fit_reach: {int(np.isnan(inflow).sum())} gaps in the inflow, {int(known.sum())} "
            "outflows known; it needs an inflow without gaps and at least 10 outflows"
        )
    spare = max(float(np.mean((outflow - inflow)[known])), 0.0)
    limits = [tuple(np.log(BOUNDS[name])) for name in ("manning", "slope")]

    def reach_of(guess: Array, rmse: float) -> Reach:
        manning, slope = (float(number) for number in np.exp(guess[:2]))
        return Reach(manning, slope, width_m, max(float(guess[2]), 0.0), rmse)

    def miss(guess: Array) -> float:
        reach = reach_of(guess, np.nan)
        routed = through(reach, inflow, length_m=length_m, dt_s=dt_s, side_slope=side_slope)
        return float(np.sqrt(np.mean((routed - outflow)[known] ** 2)))

    found = minimize(
        miss, np.array([np.log(0.035), np.log(0.002), spare]), method="Nelder-Mead",
        bounds=[*limits, (0.0, 10 * spare + 1.0)],
        options={"maxiter": 120, "xatol": 1e-3, "fatol": 1e-3},
    )  # fmt: skip
    return reach_of(found.x, float(found.fun))


def through(
    reach: Reach, inflow: Array, *, length_m: float, dt_s: float, side_slope: float = 1.5
) -> Array:
    """Return (n_steps,) outflow [m3/s] of a fitted reach, steady before the first step."""
    channel = tree(
        length_m=[length_m],
        slope=reach.slope,
        width_m=reach.width_m,
        manning=reach.manning,
        side_slope=side_slope,
        downstream=[-1],
        dt_s=dt_s,
        typical_m3_s=float(np.mean(inflow)) + 1e-9,
    )
    lateral = np.full((1, 1, len(inflow)), reach.lateral_m3_s)
    start = steady(channel, inflow[None, :1], lateral[..., 0])
    routed = route(channel, start, dt_s=dt_s, head=inflow[None, None], lateral=lateral)
    return np.asarray(routed.outflow[0, 0])


def travel_time(upper: Array, lower: Array, *, dt_s: float, longest_s: float) -> float:
    """Return the lag [s] at which changes of `lower` correlate best with those of `upper`."""
    first, then = np.diff(upper), np.diff(lower)
    lags = range(int(longest_s / dt_s) + 1)
    score = [np.corrcoef(first[: len(first) - lag], then[lag:])[0, 1] for lag in lags]
    return float(np.argmax(score)) * dt_s
