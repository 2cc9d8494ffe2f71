r"""A branched tidal river in one dimension: local inertial waves, with true backwater.

For the flow Q of each link, with wetted area A, conveyance K and stage η::

    Q' = (Q̃ − g A Δt ∂η/∂x) / (1 + g A Δt |Q| / K²)
    Q̃  = θ Q + (1 − θ) (Q₋ + Q₊) / 2
    K  = A_c R_c^(2/3) / n_c + A_p h_p^(2/3) / n_p      channel and floodplain, side by side

For a wide rectangle this is Bates, Horritt & Fewtrell (2010) for the flow per width q and depth h,
q' = (q − g h Δt ∂η/∂x) / (1 + g Δt n² |q| / h^(7/3)), smoothed as in de Almeida et al. (2012)
where a link has one neighbour on each side. Advection of momentum is left out: trust it for Froude
numbers below 0.5. What leaves a cell enters the next; where a cell would give more than it holds,
its outflows shrink together, so depths stay ≥ 0 and the balance closes to rounding. Equal stages
push nothing: a lake at rest stays at rest, exactly.

References
----------
Bates, P. D., Horritt, M. S. & Fewtrell, T. J. (2010), J. Hydrol. 387, 33–45.
de Almeida, G. A. M., Bates, P., Freer, J. E. & Souvignet, M. (2012), Water Resour. Res. 48, W05528.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from stream.models.flood.rivers.channels import (
    WALL,
    Array,
    BadNetworkError,
    Integers,
    Network,
    join,
    volume,
)
from stream.models.flood.rivers.network_kernel import march
from stream.models.flood.rivers.structures import Structures, build

__all__ = ["WALL", "Network", "Ran", "Water", "advance", "join", "run", "still", "volume"]

THETA = 0.9
"""Weight of a link's own flow in its inertia (de Almeida et al. 2012)."""
CFL = 0.7
"""Share of the longest stable step that is taken."""


class Water(NamedTuple):
    """What a network remembers."""

    depth: Array
    """(members, n_cells) above each cell's bed [m]."""
    flow: Array
    """(members, n_links) [m3/s], positive downstream."""
    working: Array
    """(members, n_structures): 1 for an open gate and a running pump, else 0."""


class Ran(NamedTuple):
    """What a network did."""

    water: Water
    """After the last step."""
    stage: Array
    """(members, n_watched, n_steps) at the end of each step [m above datum]."""
    flow: Array
    """(members, n_watched, n_steps): mean of each step down the channel out of the cell [m3/s]."""
    to_sea: Array
    """(members, n_seas, n_steps): mean of each step, structures included [m3/s]."""
    through: Array
    """(members, n_structures, n_steps): mean of each step through each structure [m3/s]."""
    steps: Integers
    """(members,) how many small steps were taken."""


def still(
    network: Network, stage_m: ArrayLike, members: int, structures: Structures | None = None
) -> Water:
    """Return water at rest with its surface at `stage_m` (scalar or (members, n_cells)).

    Where the bed is higher it is dry. Gates are open, pumps stand.
    """
    structures = build(network) if structures is None else structures
    cells = len(network.bed)
    stage = np.broadcast_to(np.asarray(stage_m, dtype=np.float64), (members, cells))
    working = np.where(np.isinf(structures.capacity), 1.0, 0.0)
    return Water(
        np.maximum(stage - network.bed, 0.0),
        np.zeros((members, len(network.up))),
        np.tile(working, (members, 1)),
    )


def run(
    network: Network,
    water: Water,
    *,
    lateral: Array,
    sea_m: Array,
    dt_s: float,
    sources: Integers | None = None,
    watched: Integers | None = None,
    structures: Structures | None = None,
    theta: float = THETA,
    cfl: float = CFL,
) -> Ran:
    """Run members side by side through n_steps steps of `dt_s` seconds, each in CFL-safe parts.

    Parameters
    ----------
    network, water : Network, Water
        From `join`; from `still` or the last `Ran`, not changed.
    lateral : (members, n_sources, n_steps) float64
        Inflow into each source cell, mean of each step of `dt_s` [m3/s], not negative.
    sea_m : (members, n_seas, n_steps) float64
        Stage outside each mouth during each step, tide and surge [m above datum].
    sources, watched : (n_sources,), (n_watched,) int64, optional
        Cells that take inflow, cells whose stage and flow are wanted; all if not given.
    structures : Structures, optional
        Gates, weirs and pumps, from `structures.build`.
    theta, cfl : float
        See `THETA` and `CFL`.

    Returns
    -------
    Ran
        Σ volume' − Σ volume = Δt (Σ lateral − Σ to_sea), to rounding.

    Raises
    ------
    BadNetworkError
        If shapes do not fit, or a number is not finite, or an inflow or a depth negative.
    """
    structures = build(network) if structures is None else structures
    every = np.arange(len(network.bed))
    sources = every if sources is None else np.asarray(sources, dtype=np.int64)
    watched = every if watched is None else np.asarray(watched, dtype=np.int64)
    members, steps = len(water.depth), sea_m.shape[-1]
    _check("lateral", lateral, (members, len(sources), steps), at_least=0.0)
    _check("sea_m", sea_m, (members, network.n_seas, steps))
    _check_water(network, water, len(structures.kind))
    _check_cells(len(network.bed), sources=sources, watched=watched)
    after = Water(*(np.array(column, dtype=np.float64, order="C") for column in water))
    wanted = (members, len(watched), steps)
    ran = Ran(
        after, np.empty(wanted), np.empty(wanted), np.zeros((members, network.n_seas, steps)),
        np.zeros((members, len(structures.kind), steps)), np.zeros(members, dtype=np.int64),
    )  # fmt: skip
    march(
        network, structures, *after, np.ascontiguousarray(lateral, dtype=np.float64), sources,
        np.ascontiguousarray(sea_m, dtype=np.float64), watched, dt_s, theta, cfl, *ran[1:],
    )  # fmt: skip
    return ran


def advance(
    network: Network,
    water: Water,
    *,
    lateral: Array,
    sea_m: Array,
    dt_s: float,
    structures: Structures | None = None,
) -> Water:
    """Return the water one step of `dt_s` seconds later; `lateral` and `sea_m` without n_steps."""
    return run(
        network, water, lateral=lateral[..., None], sea_m=sea_m[..., None], dt_s=dt_s,
        watched=np.zeros(0, dtype=np.int64), structures=structures,
    ).water  # fmt: skip


def warm_up() -> None:
    """Compile the kernel (or load it from numba's cache), before a deadline counts."""
    network = join(
        length_m=[2.0], cell_m=1.0, width_m=1.0, bed_top_m=0.0, bed_end_m=0.0, bank_height_m=1.0,
        manning=0.03, downstream=[-1],
    )  # fmt: skip
    flat = np.zeros((1, 1, 1))
    run(network, still(network, 0.5, 1), lateral=np.zeros((1, 2, 1)), sea_m=flat, dt_s=1.0)


def _check(name: str, column: Array, shape: tuple[int, ...], *, at_least: float = -np.inf) -> None:
    if column.shape != shape:
        raise BadNetworkError(f"network: {name} is {column.shape}, not {shape}")
    wrong = ~(np.isfinite(column) & (column >= at_least))
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise BadNetworkError(
            f"network: {name}{list(where)} is {column[where]:g} (member first, time last); "
            "fill gaps before routing, a silent tide gauge with the astronomical tide"
        )


def _check_water(network: Network, water: Water, n_structures: int) -> None:
    members = len(water.depth)
    _check("depth", water.depth, (members, len(network.bed)), at_least=0.0)
    _check("flow", water.flow, (members, len(network.up)))
    _check("working", water.working, (members, n_structures))


def _check_cells(n: int, **named: Integers) -> None:
    for name, cells in named.items():
        if len(cells) and not (cells.min() >= 0 and cells.max() < n):
            raise BadNetworkError(f"network: {name} names a cell outside 0 to {n - 1}")
