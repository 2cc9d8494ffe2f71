r"""Muskingum–Cunge routing with variable parameters, whose only memory is the water itself.

Each cell of length Δx stores S; its outflow O follows from its inflow I (means over a step Δt)::

    S' = S + Δt (I − O)
    Q_n(S_mid / Δx) = (1 − D)/2 · I + (1 + D)/2 · O,   S_mid = S + Δt (I − O) / 2
    D = Q_n / (B s₀ c Δx)                              (cell Reynolds number, Cunge 1969)

with Q_n(A) the normal discharge. Linearised about constant c and D this is algebraically
Cunge's scheme for step means: C0, C1, C2 = (C + D − 1, C − D + 1, 1 + D − C) / (1 + C + D), with
C = c Δt/Δx. Written on storage it conserves water exactly whatever c and D do, steady storage is
the true wetted area (the two things Todini 2007 had to repair), the rating is looped as in a
diffusive wave, and an ensemble filter has one number a cell to correct. One Newton step from O = I
is the classical formula; where water changes fast, more of them take c and D to the step's middle.

Ahead of a steep front Muskingum schemes dip, even below zero, where C + D < 1. Cells are cut so
that this does not happen at typical flow; below it D is raised to 1 − C (C from the secant of
Q_n over the step), and always 0 ≤ O ≤ S/Δt + I. Where inflow grows manyfold within one long step
a dip may remain: take shorter ones.

References
----------
Cunge, J. A. (1969), J. Hydraul. Res. 7(2), 205–230.
Ponce, V. M. & Yevjevich, V. (1978), J. Hydraul. Div. ASCE 104(HY12), 1663–1667.
Todini, E. (2007), Hydrol. Earth Syst. Sci. 11, 1645–1659.
"""

from typing import NamedTuple

import numpy as np
from numba import get_num_threads

from stream.models.flood.rivers.muskingum_kernel import sweep
from stream.models.flood.rivers.reaches import (
    OUTLET,
    Array,
    Reaches,
    cells_of,
    depth_of,
    normal_area,
)


class Routed(NamedTuple):
    """What came down the river."""

    outflow: Array
    """(members, n_reaches, n_steps): mean discharge of each step out of each reach [m3/s]."""
    storage: Array
    """(members, n_cells): water in each cell after the last step [m3]; hand it in again."""


def route(
    reaches: Reaches,
    storage: Array,
    *,
    dt_s: float,
    head: Array | None = None,
    lateral: Array | None = None,
) -> Routed:
    """Route water down a tree of reaches; called minute by minute or for hours, with one result.

    Parameters
    ----------
    reaches : Reaches
        The tree, from `tree`.
    storage : (members, n_cells) float64
        Water in each cell [m3], from `steady` or the last `Routed`; not changed.
    dt_s : float
        Time step [s].
    head : (members, n_reaches, n_steps) float64, optional
        Enters at the upper end of each reach, besides what the reaches above bring: mean
        discharge of each step [m3/s].
    lateral : (members, n_reaches, n_steps) float64, optional
        Enters evenly along each reach [m3/s].

    Returns
    -------
    Routed
        Σ storage' − Σ storage = Δt (Σ head + Σ lateral − Σ outflow of outlets), to rounding.

    Raises
    ------
    ValueError
        If shapes do not fit, or an inflow or a storage is negative or not finite.
    """
    n = len(reaches.length_m)
    given = [x for x in (head, lateral) if x is not None]
    if not given:
        raise ValueError("route: neither head nor lateral inflow was given; one of them is needed")
    shape = (len(storage), n, given[0].shape[-1])
    for name, flow in (("head", head), ("lateral", lateral)):
        _check(name, flow, shape)
    if storage.shape != (shape[0], reaches.n_cells):
        raise ValueError(
            f"route: storage is {storage.shape}, the tree needs (members, {reaches.n_cells})"
        )
    if not storage.min(initial=0.0) >= 0 or not np.isfinite(storage.max(initial=0.0)):
        member, cell = np.argwhere(~(np.isfinite(storage) & (storage >= 0)))[0]
        raise ValueError(
            f"route: storage of member {member}, cell {cell} is {storage[member, cell]:g} m3; "
            "after an analysis cut it at 0"
        )
    outflow = np.zeros(shape) if head is None else np.array(head, dtype=np.float64, order="C")
    along = np.zeros((0, 0, 0)) if lateral is None else np.ascontiguousarray(lateral, np.float64)
    after = np.array(storage, dtype=np.float64, order="C")
    sweep(
        outflow, along, after, _lanes(len(after)), reaches.order, reaches.downstream,
        reaches.first_cell, *_coefficients(reaches), dt_s,
    )  # fmt: skip
    return Routed(outflow, after)


def steady(reaches: Reaches, head: Array, lateral: Array | None = None) -> Array:
    """Return the storage (members, n_cells) [m3] of a river that has long carried these inflows.

    `head` and `lateral` are (members, n_reaches) [m3/s], as in `route`.
    """
    entering = np.array(head, dtype=np.float64)
    along = np.zeros_like(entering) if lateral is None else lateral
    for reach in reaches.order:
        below = reaches.downstream[reach]
        if below != OUTLET:
            entering[:, below] += entering[:, reach] + along[:, reach]
    counts = np.diff(reaches.first_cell)
    share = np.concatenate([np.arange(1, count + 1) / count for count in counts])
    through = np.repeat(entering, counts, axis=1) + np.repeat(along, counts, axis=1) * share
    return normal_area(cells_of(reaches), through) * np.repeat(reaches.cell_m, counts)


def depth(reaches: Reaches, storage: Array) -> Array:
    """Return (members, n_reaches) depth [m] at the lower end of each reach."""
    last = reaches.first_cell[1:] - 1
    return depth_of(reaches, storage[:, last] / reaches.cell_m)


def warm_up() -> None:
    """Compile the kernel (or load it from numba's cache), before a deadline counts."""
    one = np.ones(1)
    reaches = Reaches(one, one, one, one, one, np.array([-1]), np.array([0]), np.array([0, 1]))
    route(reaches, np.ones((1, 1)), dt_s=1.0, head=np.ones((1, 1, 1)))


def _check(name: str, flow: Array | None, shape: tuple[int, int, int]) -> None:
    if flow is None:
        return
    if flow.shape != shape:
        raise ValueError(f"route: {name} is {flow.shape}, (members, n_reaches, n_steps) is {shape}")
    if not flow.min(initial=0.0) >= 0 or not np.isfinite(flow.max(initial=0.0)):
        member, reach, step = np.argwhere(~(np.isfinite(flow) & (flow >= 0)))[0]
        raise ValueError(
            f"route: {name} of member {member}, reach {reach}, step {step} is "
            f"{flow[member, reach, step]:g}; fill gaps and cut negative inflow before routing"
        )


def _lanes(members: int) -> int:
    """Return how many members run side by side: as many as leave every thread a block."""
    return int(np.ceil(members / max(get_num_threads(), np.ceil(members / 32))))


def _coefficients(reaches: Reaches) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Return what the kernel needs of each reach: b, 4m, (1+m²)^½, s₀^½/n, 1/s₀, Δx."""
    return (
        reaches.width_m,
        4 * reaches.side_slope,
        np.sqrt(1 + reaches.side_slope**2),
        np.sqrt(reaches.slope) / reaches.manning,
        1 / reaches.slope,
        reaches.cell_m,
    )
