"""From the nowcast to numerical weather prediction between one and three hours ahead.

An average of both would be smoother and narrower than either. Here every member goes over from
the nowcast to the prediction at a time of its own, so that the share of members that follow the
prediction rises with the lead time (a mixture); skill of the nowcast ends at about two hours
(Bowler et al. 2006; Imhoff et al. 2023, Q. J. R. Meteorol. Soc. 149:1335).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import shift

Array = NDArray[np.float64]

FROM_MIN, UNTIL_MIN = 60.0, 180.0
"""Lead times between which the members go over [min]."""
CROSSING_MIN = 30.0
"""Time in which one member goes over [min]."""
FACTOR_SD = 1.0
"""Standard deviation of the logarithm of predicted rain's error (docs: from few pairs)."""
PLACE_SD_KM = 15.0
"""Standard deviation of the error of place along each axis [km] (an assumption)."""


def blend(
    nowcast: NDArray[np.floating],
    prediction: NDArray[np.floating],
    leads_min: Array,
    *,
    random: np.random.Generator,
) -> Array:
    """Return (members, leads, …) rain [mm/h] that goes over from `nowcast` to `prediction`.

    `nowcast` (members, leads, …); `prediction` (leads, …) or (p, leads, …), whose p members are
    dealt out in turn: cells of a grid or catchments. `leads_min` (leads,) ascending. NaN in one
    of them: the other alone, at any lead; NaN in both stays NaN.
    """
    ahead = np.asarray(nowcast, dtype=float)
    told = np.asarray(prediction, dtype=float)
    told = told[None] if told.ndim == ahead.ndim - 1 else told
    if told.shape[1:] != ahead.shape[1:] or len(leads_min) != ahead.shape[1]:
        raise ValueError(
            f"nowcast {ahead.shape}, prediction {told.shape} and {len(leads_min)} leads differ"
        )
    told = told[np.arange(len(ahead)) % len(told)]
    share = _share(len(ahead), np.asarray(leads_min, float), random)
    share = share.reshape(share.shape + (1,) * (ahead.ndim - 2))
    mixed = share * ahead + (1.0 - share) * told
    mixed = np.where(share >= 1.0, ahead, np.where(share <= 0.0, told, mixed))
    return np.where(np.isnan(ahead), told, np.where(np.isnan(told), ahead, mixed))


def perturbed(
    prediction: Array,
    members: int,
    *,
    random: np.random.Generator,
    km_per_cell: float | None = None,
) -> Array:
    """Return (members, …): a single prediction (leads, …) with errors of amount and place.

    Each member has one factor exp(σε − σ²/2), so that the mean stays; with `km_per_cell`,
    `prediction` is (leads, y, x) and each member is also shifted as a whole (NaN moves in
    from outside).
    """
    error = FACTOR_SD * random.standard_normal(members) - 0.5 * FACTOR_SD**2
    factor = np.exp(error).reshape((members,) + (1,) * prediction.ndim)
    if km_per_cell is None:
        return np.asarray(factor * prediction)
    moves = np.rint(random.normal(0.0, PLACE_SD_KM / km_per_cell, (members, 2)))
    moved = [shift(prediction, (0, *move), order=0, cval=np.nan) for move in moves]
    return np.asarray(factor * np.stack(moved))


def _share(members: int, leads_min: Array, random: np.random.Generator) -> Array:
    """Return (members, leads) the nowcast's part: 1 before a member's crossing, then 0."""
    span = UNTIL_MIN - FROM_MIN - CROSSING_MIN
    order = random.permutation(members) + random.random(members)
    begins = FROM_MIN + span * order / members
    return np.clip(1.0 - (leads_min[None, :] - begins[:, None]) / CROSSING_MIN, 0.0, 1.0)
