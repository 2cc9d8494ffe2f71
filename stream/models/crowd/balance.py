"""Do the counters agree: gates that freeze, drift or count twice, cameras that stare or are blind.

What came in less what went out must be the change in what the cameras see. Over blocks of
minutes the change of the cameras' count is fitted as a · in − b · out: a near ½ says that those
who come in are counted twice, b near ½ that those who leave are.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BLOCK = 10
"""Minutes of one block."""
LEAST_BLOCKS = 6
LEAST_PASSED = 60.0
"""Persons who must have passed before anything is said."""
SURE = 3.0
"""Standard errors from which a share is called wrong."""
WRONG = 0.2
"""… and the least share that matters."""

STUCK_MIN = 60
"""A flow of exactly 0 for so long is looked at …"""
MOVED = 100.0
"""… and named where so many persons passed elsewhere, or came or went in the cameras' sight."""
UNSURE = 0.3
"""Share of the cameras' count that may be their own error."""


class Shares(NamedTuple):
    """Persons who really came and went for each one counted at the gates."""

    came: float
    came_sd: float
    left: float
    left_sd: float


def frozen_for(values: Array) -> int:
    """Return for how many of the last minutes a counter shows the very same value; 0: not heard.

    `values` are counts at the last minutes, NaN where not heard.
    """
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return 0
    other = np.flatnonzero(known != known[-1])
    return len(known) if len(other) == 0 else len(known) - 1 - int(other[-1])


def stuck(flows: Array, counts: Array) -> list[tuple[int, str]]:
    """Return which flows are exactly 0 for `STUCK_MIN` while others move, and what moves.

    A gate through which nobody comes is nothing odd by itself. It is where others of its kind let
    `MOVED` persons in (or out), or where the cameras' count does not follow what the gates say.

    Parameters
    ----------
    flows : (g, 2, n) array
        Persons in and out of each gate in each minute, NaN where unknown.
    counts : (n,) array
        What cameras count, NaN where unknown.

    Returns
    -------
    Row of each such flow in (2 g, n), in then out of each gate, and the reason in words.
    """
    late = flows[:, :, -STUCK_MIN:]
    known = np.isfinite(late)
    zero = (known.sum(axis=2) >= STUCK_MIN / 2) & (np.nansum(np.abs(late), axis=2) == 0)
    if late.shape[2] < STUCK_MIN or not zero.any():
        return []
    passed = np.nansum(late, axis=2).sum(axis=0)
    lacking = _lacking(counts[-STUCK_MIN:], float(passed[0] - passed[1]))
    said = []
    for gate, way in np.argwhere(zero):
        if passed[way] > MOVED:
            reason = f"{passed[way]:.0f} passed the other gates that way"
        elif lacking is not None and (lacking > 0) == (way == 0) and lacking != 0:
            reason = f"the cameras call for {abs(lacking):.0f} who passed"
        else:
            continue
        said.append((int(2 * gate + way), reason))
    return said


def _lacking(counts: Array, net: float) -> float | None:
    """Return by how much more the cameras' count rose than `net`; 0 if no more than its error."""
    part = STUCK_MIN // 4
    if min(np.isfinite(counts[:part]).sum(), np.isfinite(counts[-part:]).sum()) < 3:
        return None
    before, after = float(np.nanmean(counts[:part])), float(np.nanmean(counts[-part:]))
    rest = (after - before) - net * (1 - part / STUCK_MIN)
    return rest if abs(rest) > max(MOVED, UNSURE * max(before, after)) else 0.0


def silent_for(values: Array) -> int:
    """Return minutes since the last value, 0 if it is of the last minute; all if there is none."""
    known = np.flatnonzero(np.isfinite(values))
    return len(values) if len(known) == 0 else len(values) - 1 - int(known[-1])


def shares(inflow: Array, outflow: Array, counts: Array, *, camera: float = 0.08) -> Shares | None:
    """Fit the change of the cameras' counts to what the gates counted; None if too little passed.

    Parameters
    ----------
    inflow, outflow, counts : (n,) arrays
        Per minute, NaN where unknown; n some hours.
    camera : float
        Standard deviation of one camera count as a share of it [-].
    """
    blocks = len(counts) // BLOCK
    if blocks < LEAST_BLOCKS + 1:
        return None
    shape = (blocks, BLOCK)
    cut = blocks * BLOCK
    came, left, seen = (part[-cut:].reshape(shape) for part in (inflow, outflow, counts))
    heard = np.isfinite(seen).sum(axis=1)
    level = np.where(heard > 0, np.nansum(seen, axis=1) / np.maximum(heard, 1), np.nan)
    centred = _between(came), _between(left)
    change = np.diff(level)
    error = (
        camera
        * np.sqrt(
            level[1:] ** 2 / np.maximum(heard[1:], 1) + level[:-1] ** 2 / np.maximum(heard[:-1], 1)
        )
        + 1.0
    )
    usable = np.isfinite(change) & np.isfinite(centred[0]) & np.isfinite(centred[1])
    design = np.stack([centred[0], -centred[1]], axis=1)[usable] / error[usable, None]
    if usable.sum() < LEAST_BLOCKS or design.shape[0] < 2:
        return None
    if min(float(part[usable].sum()) for part in centred) < LEAST_PASSED:
        return None
    normal = design.T @ design
    if np.linalg.cond(normal) > 1e8:
        return None
    covariance = np.linalg.inv(normal)
    fitted = covariance @ design.T @ (change[usable] / error[usable])
    deviation = np.sqrt(np.diag(covariance))
    return Shares(float(fitted[0]), float(deviation[0]), float(fitted[1]), float(deviation[1]))


def _between(flow: Array) -> Array:
    """Return what the mean of one block and that of the next differ by, if `flow` alone came.

    Who came in minute j of a block of n counts for 1 - j/n of its mean, and wholly in the next.
    """
    later = np.arange(BLOCK) / BLOCK
    return np.asarray(flow[:-1] @ later + flow[1:] @ (1 - later))


def complaints(found: Shares | None) -> list[str]:
    """Say in words what the shares say of the counters."""
    if found is None:
        return []
    said = []
    for share, deviation, who in (
        (found.came, found.came_sd, "who come in"),
        (found.left, found.left_sd, "who leave"),
    ):
        if abs(share - 1) < max(WRONG, SURE * deviation):
            continue
        times = f"{1 / share:.1f} times" if share > 0.1 else "many times"
        wrong = f"counts those {who} {times}" if share < 1 else f"misses some of those {who}"
        said.append(f"a gate {wrong}: cameras see {share:.2f} for each one counted")
    return said
