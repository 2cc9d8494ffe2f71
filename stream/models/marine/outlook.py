"""Wind and waves of the next three hours from what a buoy has just seen, as quantiles.

Wind stays as it is, a little drawn to the mean of the last hour; waves stay as they are, a little
drawn to theirs, and grow by a part of what the wind would raise (wave_growth.py):

    U(l) = U₀ + a(l)·(U₁ₕ − U₀)              H(l) = H₀ + b·(H₂ₕ − H₀) + s·[G(l) − H₀]

The spread grows with lead l [h], and with what moves now: σ² = Σ cₖ·l^pₖ·xₖ², with x = (1, U₀, V)
for wind, where V is the standard deviation of the last three hours, and x = (1, H₀, G(l) − H₀)
for waves. The quantiles of (y − forecast)/σ are the same at all leads. All numbers are fitted
on recorded buoys (`fit.py`); `fitted.py` has them. Since the next buoy is another one, σ is
multiplied by what its own forecasts of the last days would have missed by (`restlessness`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.marine.wave_growth import grown

Array = NDArray[np.float64]

STEP_MIN = 10


class Spread(NamedTuple):
    """σ² = Σ coefficients·l^powers·x² and the quantiles of the error over σ."""

    coefficients: tuple[float, float, float]
    powers: tuple[float, float, float]
    quantiles: tuple[float, ...]
    """At `PROBABILITIES`."""

    def scale(self, lead_h: Array, moving: Array) -> Array:
        """Return σ (n, k) at `lead_h` (k,) for x = `moving` (n, k, 3)."""
        parts = np.array(self.coefficients) * lead_h[:, None] ** np.array(self.powers)
        return np.asarray(np.sqrt(np.einsum("kc,nkc->nk", parts, moving**2)))


PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
WINDOW_STEPS, PRIOR = 720, 60.0
"""Five days; and what they have to outweigh."""
SOONEST_H = 1.0 / 6.0
"""Leads below this have its spread: an observation, too, stands for its ten minutes."""


class WindLaw(NamedTuple):
    """What was fitted for wind."""

    drawn: float
    """a = drawn·(1 − e^(−l/within_h))."""
    within_h: float
    spread: Spread


class WaveLaw(NamedTuple):
    """What was fitted for waves."""

    drawn: float
    """b"""
    raised: float
    """s"""
    spread: Spread


class Seen(NamedTuple):
    """What n times of a ten-minute series say of themselves."""

    now: Array
    hour: Array
    """Mean of the last hour (wind), of the last two (waves)."""
    unrest: Array
    """Standard deviation of the last three hours."""


def seen(steps: Array, *, mean_steps: int) -> Seen:
    """Return what each step of `steps` (n,), ten minutes apart, says; NaN is not known.

    Means and deviations take what is known; where it is less than a third, they fall back on
    the value itself, and on a tenth of it.
    """
    now = np.asarray(steps, dtype=float)
    mean, _ = _window(now, mean_steps)
    _, unrest = _window(now, 18)
    return Seen(
        now,
        np.where(np.isfinite(mean), mean, now),
        np.where(np.isfinite(unrest), unrest, 0.1 * np.abs(now)),
    )


def wind(found: Seen, lead_h: Array, law: WindLaw) -> tuple[Array, Array]:
    """Return median and scale σ (n, k) of the wind [m/s] at `lead_h` (k,)."""
    share = law.drawn * (1.0 - np.exp(-lead_h / law.within_h))
    middle = found.now[:, None] + share * (found.hour - found.now)[:, None]
    late = np.maximum(lead_h, SOONEST_H)
    moving = np.stack([np.ones_like(found.now), found.now, found.unrest], axis=1)
    return middle, law.spread.scale(late, np.repeat(moving[:, None, :], len(late), axis=1))


def waves(
    found: Seen, wind_m_s: Array, lead_h: Array, law: WaveLaw, *, fetch_m: float, depth_m: float
) -> tuple[Array, Array]:
    """Return median and scale σ (n, k) of Hs [m]; `wind_m_s` (n,) NaN raises nothing."""
    height = np.maximum(found.now, 0.05)[:, None]
    blowing = np.nan_to_num(wind_m_s)[:, None]
    raised = grown(height, blowing, 3600.0 * lead_h, fetch_m=fetch_m, depth_m=depth_m) - height
    middle = found.now[:, None] + law.drawn * (found.hour - found.now)[:, None]
    late = np.maximum(lead_h, SOONEST_H)
    moving = np.stack([np.ones_like(raised), np.broadcast_to(height, raised.shape), raised], axis=2)
    return middle + law.raised * raised, law.spread.scale(late, moving)


def restlessness(error: Array, scale: Array, lead_steps: int) -> Array:
    """Return (n,) by how much σ is to be multiplied at each step, at one lead.

    `error` and `scale` (n,) are those of the forecasts issued at each step; NaN where nothing
    was observed since. Of the last `WINDOW_STEPS` that are known by then the mean square of
    error/σ counts, drawn towards 1 as if by `PRIOR` more; within 0.7 … 2.
    """
    ratio = np.minimum((error / scale) ** 2, 9.0)
    known = np.isfinite(ratio)
    late = np.concatenate((np.zeros(WINDOW_STEPS), np.where(known, ratio, 0.0)))
    many = np.concatenate((np.zeros(WINDOW_STEPS), known.astype(float)))
    total, count = (
        np.cumsum(x)[WINDOW_STEPS:] - np.cumsum(x)[:-WINDOW_STEPS] for x in (late, many)
    )
    factor = np.sqrt((PRIOR + total) / (PRIOR + count))
    known_then = np.concatenate((np.ones(lead_steps), factor[: len(factor) - lead_steps]))
    return np.asarray(np.clip(known_then[: len(error)], 0.7, 2.0))


def quantiles(middle: Array, scale: Array, spread: Spread) -> Array:
    """Return (n, k, p) quantiles at `PROBABILITIES`, none below 0."""
    found = middle[..., None] + scale[..., None] * np.array(spread.quantiles)
    return np.asarray(np.maximum(found, 0.0))


def _window(values: Array, width: int) -> tuple[Array, Array]:
    """Return mean and standard deviation over the last `width` steps; NaN for under a third."""
    known = np.isfinite(values)
    base = float(np.mean(values[known])) if known.any() else 0.0
    filled = np.where(known, values - base, 0.0)
    padded = [
        np.concatenate((np.zeros(width), x)) for x in (known.astype(float), filled, filled**2)
    ]
    count, total, square = (np.cumsum(x)[width:] - np.cumsum(x)[:-width] for x in padded)
    enough = count >= max(1.0, width / 3)
    mean = total / np.maximum(count, 1.0)
    variance = np.maximum(square / np.maximum(count, 1.0) - mean**2, 0.0)
    return np.where(enough, mean + base, np.nan), np.where(enough, np.sqrt(variance), np.nan)
