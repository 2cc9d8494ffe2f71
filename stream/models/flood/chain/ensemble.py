"""Members: how they differ from each other, and what happens to one that fails."""

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.basin import Updating
from stream.models.flood.chain.state import Water
from stream.models.flood.runoff import xinanjiang
from stream.models.flood.runoff.parameters import LIMITS, Parameters

Array = NDArray[np.float64]

UNSURE = (
    ("upper_mm", "lower_mm", "deep_mm"),
    ("curve",),
    ("free_mm",),
    ("interflow_per_h",),
    ("ground_per_h",),
    ("interflow_h",),
    ("lag_h",),
)
"""Runoff parameters that differ between members; those in one group by the same factor."""


ON_ITS_WAY = [
    xinanjiang.FREE,
    xinanjiang.INTERFLOW,
    xinanjiang.CHANNEL_1,
    xinanjiang.CHANNEL_2,
    xinanjiang.CHANNEL_3,
    xinanjiang.URBAN,
]


class EnsembleFailed(RuntimeError):
    """No member is left to go on with."""


def perturbed(
    parameters: Parameters, members: int, deviation: float, random: np.random.Generator
) -> Parameters:
    """Return parameters of (members, n_catchments), the groups of `UNSURE` log-normally spread.

    `deviation` is the standard deviation of the logarithm; the factors' mean is 1.
    """
    n = parameters.n_catchments
    values = {
        name: np.broadcast_to(value, (members, n)).copy()
        for name, value in parameters._asdict().items()
    }
    for group in UNSURE:
        draws = random.standard_normal((members, n))
        draws -= draws.mean(axis=0)
        factor = np.exp(deviation * draws - 0.5 * deviation**2)
        for name in group:
            values[name] = np.clip(values[name] * factor, *LIMITS[name])
    return Parameters(**values)


def rain_errors(log: Array, updating: Updating, draws: Array) -> Array:
    """Return (members, n_catchments, minutes) logarithms of rain factors after `log`.

    AR(1) in time with `rain_error_h`; between catchments `rain_correlation`. `draws` are
    (minutes, members, 1 + n_catchments) standard normal: what is common, and each one's own.
    """
    keep = np.exp(-1.0 / (60.0 * updating.rain_error_h))
    share = np.sqrt(updating.rain_correlation), np.sqrt(1.0 - updating.rain_correlation)
    push = updating.rain_error * np.sqrt(1.0 - keep**2)
    noise = push * (share[0] * draws[:, :, :1] + share[1] * draws[:, :, 1:])
    noise -= noise.mean(axis=1, keepdims=True)
    paths = np.empty((len(draws), *log.shape))
    for minute in range(len(draws)):
        log = keep * log + noise[minute]
        paths[minute] = log
    return np.ascontiguousarray(paths.transpose(1, 2, 0))


def disturbed(
    runoff: Array, parameters: Parameters, deviation: float, random: np.random.Generator
) -> Array:
    """Return the runoff stores with the water on its way (neither tension nor ground water)
    of each member and catchment multiplied by a log-normal factor of mean 1."""
    draws = random.standard_normal((*runoff.shape[:2], 1))
    draws -= draws.mean(axis=0)
    moved = runoff.copy()
    moved[..., ON_ITS_WAY] *= np.exp(deviation * draws - 0.5 * deviation**2)
    return xinanjiang.bounded(moved, parameters)


def rain_factor(log: Array, updating: Updating) -> Array:
    """Return exp(log − σ²/2), whose mean is 1 as long as nothing was learnt."""
    return np.asarray(np.exp(log - 0.5 * updating.rain_error**2))


def failed(water: Water) -> NDArray[np.bool_]:
    """Return (members,) whether any of a member's numbers is not finite or depth negative."""
    good = np.ones(len(water.runoff), dtype=bool)
    for part in water:
        flat = part.reshape(len(part), -1)
        good &= np.isfinite(flat).all(axis=1)
    with np.errstate(invalid="ignore"):
        good &= (water.depth >= 0).all(axis=1)
    return ~good


def donors(bad: NDArray[np.bool_], random: np.random.Generator) -> NDArray[np.int64]:
    """Return (members,) whose place each member takes: its own, or a good one's at random.

    Raises EnsembleFailed when none is good.
    """
    good = np.flatnonzero(~bad)
    if not len(good):
        raise EnsembleFailed(
            f"all {len(bad)} members of the ensemble failed; start the chain anew, and look at "
            "the reaches and the rain of the last minutes"
        )
    index = np.arange(len(bad))
    index[bad] = random.choice(good, int(bad.sum()))
    return index
