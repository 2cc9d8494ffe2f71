"""A gauge that lies about its height, found by what the other gauges and the model say.

With d the innovations (observed minus the members' mean) of the gauges at one time, Y' their
predicted anomalies and R the errors of gauges and model, S = Y'Y'ᵀ/(m−1) + R. Were gauge g
alone wrong by b, the best estimate of b, given all others, and its variance are::

    b = (S⁻¹ d)_g / (S⁻¹)_gg,   var b = 1 / (S⁻¹)_gg

(the innovation of g conditional on the others'; cf. Dee & da Silva 1998, QJRMS 124, 269-295).
A datum error stands still; a flood that the model misses does not. So a gauge that is far from
what the others say is left out at once, named when the distance has stood still for an hour,
and believed again when it has not: then the model is wrong, not the gauge.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAST_M = 0.4
"""A smaller distance is no datum error [m] …"""
SIGMAS = 4.0
"""… and neither is one below so many standard deviations."""
PLAUSIBLE_M = 1.5
"""A datum is hardly further off than this [m]; a model that has just been started is."""
CLOSE = 0.5
"""Below this share of both a gauge that was left out is believed again."""
HOLD_MIN = 60.0
"""So long a distance must stand still before it is said, and be gone before it is forgotten."""
STEADY = 0.12
"""Standard deviation over mean of a distance that stands still."""
TRUCE_MIN = 360.0
"""So long a gauge whose distance did not stand still is not doubted again."""


class Doubts(NamedTuple):
    """What is held against each gauge; arrays of (n_gauges,). `none(n)` begins."""

    since_s: Array
    """Unix time since when it is left out; NaN: it is believed."""
    named: Bools
    """Whether the distance stood still long enough to say it."""
    checks: Array
    """Checks since then …"""
    mean_m: Array
    """… the mean distance over them [m] …"""
    square: Array
    """… and the sum of squared deviations from it [m²] (Welford)."""
    near_s: Array
    """Unix time since when it has been near again; NaN: it is not."""
    truce_s: Array
    """Not doubted before this Unix time."""

    @property
    def left_out(self) -> Bools:
        """Return which gauges are not to be listened to."""
        return np.isfinite(self.since_s)


def none(n: int) -> Doubts:
    """Return no doubts about `n` gauges."""
    nan, zero = np.full(n, np.nan), np.zeros(n)
    return Doubts(nan, np.zeros(n, bool), zero, zero, zero, nan, np.full(n, -np.inf))


def offsets(
    innovation: Array, predicted: Array, error_sd: Array, trusted: Bools
) -> tuple[Array, Array]:
    """Return how far each gauge stands from what the others say, and the error of that [m].

    Parameters
    ----------
    innovation : (p,) array
        Observed minus the members' mean [m]; NaN where nothing is observed.
    predicted : (m, p) array
        Members' stages [m].
    error_sd : (p,) array
        Of gauge and model together [m].
    trusted : (p,) array of bool
        Whom to ask. Those who are not are compared with those who are, one by one.

    Returns
    -------
    offset, sd : (p,) arrays
        NaN where nothing is observed.
    """
    offset, sd = np.full((2, len(innovation)), np.nan)
    anomaly = predicted - predicted.mean(axis=0)
    whole = anomaly.T @ anomaly / (len(predicted) - 1) + np.diag(error_sd**2)
    known = np.isfinite(innovation)
    for gauge in np.flatnonzero(known):
        others = np.flatnonzero(known & trusted & (np.arange(len(known)) != gauge))
        gain = np.linalg.solve(whole[np.ix_(others, others)], whole[others, gauge])
        offset[gauge] = innovation[gauge] - gain @ innovation[others]
        sd[gauge] = np.sqrt(whole[gauge, gauge] - gain @ whole[others, gauge])
    return offset, sd


def judge(
    doubts: Doubts,
    innovation: Array,
    predicted: Array,
    error_sd: Array,
    now_s: float,
    *,
    settled: bool = True,
) -> Doubts:
    """Return the doubts after one more check at Unix time `now_s`; parameters as in `offsets`.

    What is given beyond the n gauges of `doubts` are witnesses, discharges for one: asked,
    never judged. Until the model is `settled` after a cold start nobody is named or believed
    again for not standing still, and whoever is further off than `PLAUSIBLE_M` is believed:
    it may have been started in the middle of a flood it knows nothing of.

    One gauge at most is newly doubted at a time: the one furthest off for its error, because
    it makes its neighbours look wrong too. One in truce is not asked about others.
    """
    n = len(doubts.since_s)
    asked = np.ones(len(innovation), dtype=bool)
    asked[:n] = ~doubts.left_out & (doubts.truce_s <= now_s)
    offset, sd = (part[:n] for part in offsets(innovation, predicted, error_sd, asked))
    far = np.abs(offset) > np.maximum(LEAST_M, SIGMAS * sd)
    free = far & ~doubts.left_out & (doubts.truce_s <= now_s)
    free &= settled | (np.abs(offset) < PLAUSIBLE_M)
    since, count = doubts.since_s.copy(), doubts.checks.copy()
    mean, square = doubts.mean_m.copy(), doubts.square.copy()
    if free.any():
        worst = int(np.argmax(np.where(free, np.abs(offset) / sd, -np.inf)))
        since[worst], count[worst], mean[worst], square[worst] = now_s, 0.0, 0.0, 0.0
    seen = np.isfinite(since) & np.isfinite(offset)
    count = np.where(seen, count + 1, count)
    change = np.where(seen, offset - mean, 0.0)
    mean = mean + change / np.maximum(count, 1)
    square = square + np.where(seen, change * (offset - mean), 0.0)
    moved = Doubts(since, doubts.named, count, mean, square, doubts.near_s, doubts.truce_s)
    return _concluded(moved, offset, sd, now_s, settled)


def _concluded(doubts: Doubts, offset: Array, sd: Array, now_s: float, settled: bool) -> Doubts:
    """Name those that stood still, believe again those that did not or came back."""
    held = doubts.left_out & (now_s - doubts.since_s >= HOLD_MIN * 60) & (doubts.checks > 2)
    held &= settled
    deviation = np.sqrt(doubts.square / np.maximum(doubts.checks - 1, 1))
    steady = deviation <= STEADY * np.abs(doubts.mean_m)
    wandering = held & ~doubts.named & ~steady
    named = doubts.named | (held & steady)
    near = np.abs(offset) < CLOSE * np.maximum(LEAST_M, SIGMAS * sd)
    since_near = np.where(near & doubts.left_out, np.fmin(doubts.near_s, now_s), np.nan)
    back = doubts.left_out & (now_s - since_near >= HOLD_MIN * 60)
    back |= doubts.left_out & ~named & near
    free = wandering | back
    return doubts._replace(
        since_s=np.where(free, np.nan, doubts.since_s),
        named=named & ~free,
        near_s=np.where(free, np.nan, since_near),
        truce_s=np.where(wandering, now_s + TRUCE_MIN * 60, doubts.truce_s),
    )


def complaints(doubts: Doubts, names: tuple[str, ...]) -> list[str]:
    """Return what to say of the gauges that are left out, one sentence each."""
    said = []
    for name, out, named, mean in zip(
        names, doubts.left_out, doubts.named, doubts.mean_m, strict=True
    ):
        side = "above" if mean > 0 else "below"
        if named:
            said.append(f"{name} {abs(mean):.2f} m {side} what the others say; left out")
        elif out:
            said.append(f"{name} {abs(mean):.2f} m {side} what the others say; doubted")
    return said
