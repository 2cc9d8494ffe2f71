"""One number for a slope: the landslide index with its quantiles, from rain and instruments.

    index = 1 − (1 − Φ(z + ε))·Π(1 − pᵢ)          ε ~ N(0, σ²)

Φ(z) is what each member of the rain to come makes of the units, pᵢ what each instrument says, σ
what the views of the ground themselves do not know. Instruments are taken for independent
witnesses (noisy-or; Pearl 1988): each alone can raise, none can lower. Where one is silent the
upper quantiles move up by `widened` on the probit scale, and the lower stay.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from stream.models.landslide.ground import Table

Array = NDArray[np.float64]

CLASSES = 15
"""Parts of equal probability into which ε is cut."""


def worst_share(z: Table, share: float) -> Array:
    """Return (members, k) the z that a `share` of the units (n, members, k) reach or exceed.

    Not the highest: of many units one is always odd. At least one unit counts.
    """
    count = len(z)
    rank = max(0, min(count - 1, count - max(1, round(share * count))))
    return np.asarray(np.partition(z, rank, axis=0)[rank], dtype=np.float64)


def quantiles(
    z: Array, instruments: Array, probabilities: Array, *, spread: float, widened: float
) -> Array:
    """Return (k, p) quantiles of the index by lead, ascending in p.

    `z` (members, k), `instruments` (k,) their joined index, `probabilities` (p,) ascending,
    `spread` σ and `widened` on the probit scale.
    """
    errors = spread * ndtri((np.arange(CLASSES) + 0.5) / CLASSES)
    spreaded = (z[:, None, :] + errors[None, :, None]).reshape(-1, z.shape[1])
    found = np.quantile(spreaded, probabilities, axis=0).T
    found = found + widened * np.maximum(ndtri(probabilities), 0.0)[None, :]
    return np.asarray(1.0 - (1.0 - ndtr(found)) * (1.0 - instruments[:, None]))


def reached(z: Table, index: float) -> NDArray[np.bool_]:
    """Return (n,) which units (n, members, k) reach `index` at any lead in half of the members."""
    worst = z.max(axis=2)
    return np.asarray(np.median(worst, axis=1) >= ndtri(index))
