"""Which states a gauge may correct: those whose water it sees, now or later.

Upstream of a gauge everything; downstream and in other branches only as far as the river
carries its backwater, with a weight that falls with the distance along the river.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def gaspari_cohn(distance: Array, reach: float) -> Array:
    """Return the taper of Gaspari & Cohn (1999, eq. 4.10): 1 at 0, 0 from `reach` on.

    `distance` and `reach` are in the same unit; an infinite distance gives 0.
    """
    r = np.minimum(np.abs(np.asarray(distance, dtype=float)) / (0.5 * reach), 2.0)
    near = ((-0.25 * r + 0.5) * r + 0.625) * r**3 - 5.0 / 3.0 * r**2 + 1.0
    with np.errstate(divide="ignore"):
        far = ((((r / 12.0 - 0.5) * r + 0.625) * r + 5.0 / 3.0) * r - 5.0) * r + 4.0
        far = far - 2.0 / (3.0 * np.where(r > 0, r, 1.0))
    return np.asarray(np.clip(np.where(r <= 1.0, near, far), 0.0, 1.0))


def along_river(downstream: NDArray[np.int64], length_km: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return distances between the cells of a tree of rivers, and who lies upstream of whom.

    Parameters
    ----------
    downstream : (n,) array of int
        Index of the cell below each, larger than its own; n (or more) below the last.
    length_km : (n,) array
        From each cell's middle to that of the cell below [km].

    Returns
    -------
    distance_km : (n, n) array
        Along the river, up and down again where two branches meet; inf where they never do.
    upstream : (n, n) array of bool
        [a, b]: a's water passes b (a itself included).
    """
    n = len(downstream)
    if (downstream <= np.arange(n)).any():
        raise ValueError("cells must be numbered downstream: each below the one it flows into")
    to_end = np.full((n, n), np.inf)
    for a in range(n):
        travelled, b = 0.0, a
        while b < n:
            to_end[a, b] = travelled
            travelled, b = travelled + float(length_km[b]), int(downstream[b])
    distance = np.full((n, n), np.inf)
    for meeting in range(n):
        np.minimum(distance, to_end[:, meeting, None] + to_end[None, :, meeting], out=distance)
    return distance, np.isfinite(to_end)


def taper(
    distance_km: Array, upstream: NDArray[np.bool_], *, reach_km: float, upstream_reach_km: float
) -> Array:
    """Return weights 0 … 1 from distances: upstream of the gauge to `upstream_reach_km`, which
    may be inf (no taper), elsewhere to `reach_km`."""
    elsewhere = gaspari_cohn(distance_km, reach_km)
    if np.isinf(upstream_reach_km):
        return np.where(upstream, 1.0, elsewhere)
    return np.where(upstream, gaspari_cohn(distance_km, upstream_reach_km), elsewhere)
