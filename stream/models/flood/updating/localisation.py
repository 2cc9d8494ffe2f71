"""Which states a gauge may correct: those whose water it sees, now or later.

Upstream of a gauge everything; downstream and in other branches only as far as the river
carries its backwater, with a weight that falls with the distance along the river.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


def gaspari_cohn(distance: Array, reach: float) -> Array:
    """Return the taper of Gaspari & Cohn (1999, eq. 4.10): 1 at 0, 0 from `reach` on.

    `distance` and `reach` are in the same unit; an infinite distance gives 0.
    """
    r = np.minimum(np.abs(np.asarray(distance, dtype=float)) / (0.5 * reach), 2.0)
    near = (((-0.25 * r + 0.5) * r + 0.625) * r - 5.0 / 3.0) * r**2 + 1.0
    wide = np.maximum(r, 1.0)
    far = ((((wide / 12.0 - 0.5) * wide + 0.625) * wide + 5.0 / 3.0) * wide - 5.0) * wide + 4.0
    far = far - 2.0 / (3.0 * wide)
    return np.asarray(np.clip(np.where(r <= 1.0, near, far), 0.0, 1.0))


def to_gauges(
    downstream: Integers, length_km: Array, gauges: Integers
) -> tuple[Array, NDArray[np.bool_]]:
    """Return how far each node of a tree of rivers is from each gauge, and who lies upstream.

    Parameters
    ----------
    downstream : (n,) array of int
        Index of the node below each, larger than its own; n below a last one.
    length_km : (n,) array
        From each node to the one below [km].
    gauges : (p,) array of int
        Nodes at which the gauges stand.

    Returns
    -------
    distance_km : (n, p) array
        Along the river, down and up again where two branches meet; inf where they never do.
    upstream : (n, p) array of bool
        Whether the node's water passes the gauge (the gauge's own node included).

    Raises
    ------
    ValueError
        A node is numbered below one that flows into it.
    """
    n = len(downstream)
    if (downstream <= np.arange(n)).any():
        raise ValueError("nodes must be numbered downstream: each below the one it flows into")
    distance = np.full((n, len(gauges)), np.inf)
    upstream = np.zeros((n, len(gauges)), dtype=bool)
    for column, gauge in enumerate(gauges):
        travelled, node = 0.0, int(gauge)
        upstream[gauge, column] = True
        while node < n:
            distance[node, column] = travelled
            travelled, node = travelled + float(length_km[node]), int(downstream[node])
    for node in range(n - 1, -1, -1):
        below = int(downstream[node])
        if below < n:
            further = distance[below] + length_km[node]
            distance[node] = np.minimum(distance[node], further)
            upstream[node] |= upstream[below]
    return distance, upstream


def taper(
    distance_km: Array, upstream: NDArray[np.bool_], *, reach_km: float, upstream_km: float
) -> Array:
    """Return weights 0 … 1 of the shape of `distance_km`.

    They fall to 0 at `upstream_km` for what lies upstream of the gauge (inf: they stay 1) and
    at `reach_km` for the rest, which the gauge knows of by backwater alone.
    """
    elsewhere = gaspari_cohn(distance_km, reach_km)
    above = (
        np.ones_like(elsewhere) if np.isinf(upstream_km) else gaspari_cohn(distance_km, upstream_km)
    )
    return np.where(upstream, np.maximum(above, elsewhere), elsewhere)
