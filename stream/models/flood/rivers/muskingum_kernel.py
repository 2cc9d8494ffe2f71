"""The inner loops of Muskingum–Cunge routing: members side by side, cell after cell.

What is computed is said in `muskingum_cunge`; here it is only made fast. The functions are
longer than elsewhere because what numba compiles in one piece runs as vector instructions.
"""

from math import sqrt

import numpy as np
from numba import njit, prange

from stream.models.flood.rivers.reaches import Array, Integers

QUIET = 0.02
"""Share of a cell's water that may change in a step before c and D are taken anew."""
CLOSE = 0.001
"""Share of a cell's water that the next Newton step may move before it was the last."""
PASSES = 3
"""The most Newton steps that a cell takes besides the first."""


@njit(cache=True, inline="always", error_model="numpy")  # type: ignore[untyped-decorator]
def _cube_root(x: float) -> float:
    """Return x^(1/3) of x > 0 to 2e-14: a third of the exponent, then two Halley steps.

    Written out because a loop over a library call does not become vector instructions.
    """
    bits = np.float64(x).view(np.int64) >> 32
    guess = np.int64((((bits * 0x55555556) >> 32) + 715094163) << 32)
    root = guess.view(np.float64)
    for _ in range(2):
        cube = root * root * root
        root = root * (cube + 2.0 * x) / (2.0 * cube + x)
    return root


@njit(cache=True, inline="always", error_model="numpy")  # type: ignore[untyped-decorator]
def _newton(
    area: float, inflow: float, outflow: float, area_before: float, normal_before: float,
    b: float, m4: float, lean: float, conveyance: float, inverse_slope: float,
    inverse_dx: float, dt: float,
) -> tuple[float, float]:  # fmt: skip
    """Return a better outflow of one cell and Q_n [m3/s], with c and D at wetted `area` [m2].

    D is at least 1 − C, with C from the secant between the area before the step and this one:
    then a rise makes no dip in the outflow.
    """
    top = sqrt(b * b + m4 * area)
    perimeter = b + 4.0 * lean * area / (b + top)
    radius = area / perimeter
    root = _cube_root(radius + 1e-30)
    speed = conveyance * root * root
    share = 5.0 / 3.0 - 4.0 / 3.0 * lean * radius / top
    courant = speed * share * dt * inverse_dx
    change = area - area_before
    mean = (speed * area - normal_before) / change * dt * inverse_dx
    least = 1.0 - (mean if abs(change) > 1e-6 * area else courant)
    reynolds = area * inverse_slope * inverse_dx / (share * top)
    reynolds = reynolds if reynolds > least else least
    miss = speed * area - 0.5 * ((1.0 - reynolds) * inflow + (1.0 + reynolds) * outflow)
    return outflow + 2.0 * miss / (1.0 + courant + reynolds), speed * area


@njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _between(flow: float, most: float) -> float:
    """Return `flow` within 0 and `most`."""
    flow = flow if flow > 0.0 else 0.0
    return flow if flow < most else most


@njit(cache=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _cell(
    series: Array, share: Array, stored: Array, b: float, m4: float, lean: float,
    conveyance: float, inverse_slope: float, dx: float, dt: float,
) -> None:  # fmt: skip
    """Route `series` (n_steps, lanes) through one cell, in place; `stored` (lanes,) likewise.

    The lanes are members side by side, so that the inner loops become vector instructions. A lane
    whose water changes by more than `QUIET` takes more Newton steps, until it is `CLOSE`; the
    others do not, so that no member's water depends on who is routed beside it.
    """
    inverse_dx = 1.0 / dx
    inverse_dt = 1.0 / dt
    lanes = len(stored)
    out, normal, moved = np.empty(lanes), np.empty(lanes), np.empty(lanes)
    for t in range(len(series)):
        restless = 0
        for i in range(lanes):
            inflow = series[t, i] + share[t, i]
            area = stored[i] * inverse_dx
            better, normal[i] = _newton(
                area, inflow, inflow, area, 0.0, b, m4, lean, conveyance, inverse_slope,
                inverse_dx, dt,
            )  # fmt: skip
            out[i] = _between(better, stored[i] * inverse_dt + inflow)
            moved[i] = abs(inflow - out[i]) * dt - QUIET * stored[i]
            restless += moved[i] > 0.0
        for _ in range(PASSES):
            if not restless:
                break
            restless = 0
            for i in range(lanes):
                inflow = series[t, i] + share[t, i]
                area = (stored[i] + 0.5 * dt * (inflow - out[i])) * inverse_dx
                better, _ = _newton(
                    area if area > 0.0 else 0.0, inflow, out[i], stored[i] * inverse_dx,
                    normal[i], b, m4, lean, conveyance, inverse_slope, inverse_dx, dt,
                )  # fmt: skip
                better = _between(better, stored[i] * inverse_dt + inflow)
                move = abs(better - out[i]) * dt - CLOSE * stored[i]
                out[i] = better if moved[i] > 0.0 else out[i]
                moved[i] = move if moved[i] > 0.0 else 0.0
                restless += moved[i] > 0.0
        for i in range(lanes):
            after = stored[i] + dt * (series[t, i] + share[t, i] - out[i])
            stored[i] = after if after > 0.0 else 0.0
            series[t, i] = out[i]


@njit(cache=True, parallel=True, error_model="numpy")  # type: ignore[untyped-decorator]
def sweep(
    flow: Array, lateral: Array, storage: Array, lanes: int, order: Integers,
    downstream: Integers, first_cell: Integers, b: Array, m4: Array, lean: Array,
    conveyance: Array, inverse_slope: Array, dx: Array, dt: float,
) -> None:  # fmt: skip
    """Turn `flow` from inflow at each head into outflow, and `storage` into that at the end.

    `lanes` members at a time; reach after reach, all steps of a cell at once: a tree without
    backwater needs nothing from below, so each pass runs over memory that lies side by side.
    """
    members, _, steps = flow.shape
    for block in prange((members + lanes - 1) // lanes):
        first_member = block * lanes
        width = min(lanes, members - first_member)
        series = np.empty((steps, width))
        share = np.zeros((steps, width))
        stored = np.empty(width)
        for position in range(len(order)):
            reach = order[position]
            first, last = first_cell[reach], first_cell[reach + 1]
            for i in range(width):
                for t in range(steps):
                    series[t, i] = flow[first_member + i, reach, t]
                if lateral.size:
                    for t in range(steps):
                        share[t, i] = lateral[first_member + i, reach, t] / (last - first)
            for cell in range(first, last):
                for i in range(width):
                    stored[i] = storage[first_member + i, cell]
                _cell(
                    series, share, stored, b[reach], m4[reach], lean[reach], conveyance[reach],
                    inverse_slope[reach], dx[reach], dt,
                )  # fmt: skip
                for i in range(width):
                    storage[first_member + i, cell] = stored[i]
            below = downstream[reach]
            for i in range(width):
                for t in range(steps):
                    flow[first_member + i, reach, t] = series[t, i]
                if below >= 0:
                    for t in range(steps):
                        flow[first_member + i, below, t] += series[t, i]
