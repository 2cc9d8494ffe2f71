"""Rain that has been followed by landslides: intensity and duration, recent and antecedent rain.

A power law I = α·D^−β says from which mean intensity I [mm/h] a rain of duration D [h] has been
followed by landslides. Published ones are lower bounds of wide regions: a city needs its own.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

INCH_MM = 25.4


class PowerLaw(NamedTuple):
    """I = alpha·D^−beta for durations from `shortest_h` to `longest_h`."""

    alpha: float
    """Intensity at one hour [mm/h]."""
    beta: float
    shortest_h: float
    longest_h: float

    def intensity(self, duration_h: Array) -> Array:
        """Return the threshold [mm/h] at `duration_h`; NaN outside the law's durations."""
        duration = np.asarray(duration_h, dtype=float)
        inside = (duration >= self.shortest_h) & (duration <= self.longest_h)
        return np.where(inside, self.alpha * np.where(inside, duration, 1.0) ** -self.beta, np.nan)


CAINE = PowerLaw(14.82, 0.39, 0.167, 500.0)
"""Worldwide, shallow slides and debris flows: Caine (1980), Geogr. Ann. 62A:23."""
GUZZETTI = PowerLaw(2.20, 0.44, 0.1, 1000.0)
"""Worldwide lower bound: Guzzetti et al. (2008), Landslides 5:3."""
ALEOTTI = PowerLaw(19.0, 0.50, 4.0, 150.0)
"""Piedmont: Aleotti (2004), Eng. Geol. 73:247."""
SEATTLE = PowerLaw(3.257 * INCH_MM, 1.13, 1.0, 60.0)
"""Seattle: Godt, Baum & Chleborad (2006), Earth Surf. Process. Landf. 31:97 (3.257 in/h)."""


class RainEvent(NamedTuple):
    """Rain between two dry spells: steps `first` to `last`, both wet."""

    first: int
    last: int
    depth_mm: float


def rain_events(rain_mm: Array, *, step_h: float, dry_h: float) -> list[RainEvent]:
    """Return the events of `rain_mm` (t,), parted by at least `dry_h` hours without rain.

    A step that is not known (NaN) counts as dry.
    """
    wet = np.flatnonzero(np.nan_to_num(rain_mm) > 0)
    if not len(wet):
        return []
    breaks = np.flatnonzero((np.diff(wet) - 1) * step_h >= dry_h - 1e-9)
    firsts = wet[np.concatenate(([0], breaks + 1))]
    lasts = wet[np.concatenate((breaks, [len(wet) - 1]))]
    fell = np.concatenate(([0.0], np.cumsum(np.nan_to_num(rain_mm))))
    return [
        RainEvent(int(a), int(b), float(fell[b + 1] - fell[a]))
        for a, b in zip(firsts, lasts, strict=True)
    ]


def event_ratio(rain_mm: Array, law: PowerLaw, *, step_h: float, dry_h: float) -> Array:
    """Return (t,) the event's mean intensity so far over the law's, step by step.

    0 where it is dry or the duration is outside the law. From 1 on the threshold is exceeded.
    """
    rain = np.nan_to_num(np.asarray(rain_mm, dtype=float))
    ratio = np.zeros(len(rain))
    for event in rain_events(rain, step_h=step_h, dry_h=dry_h):
        steps = np.arange(event.first, event.last + 1)
        duration: Array = (steps - event.first + 1).astype(np.float64) * step_h
        intensity = np.cumsum(rain[steps]) / duration
        ratio[steps] = np.nan_to_num(intensity / law.intensity(duration))
    return ratio


def window_ratio(rain_mm: Array, law: PowerLaw, *, step_h: float, durations_h: Array) -> Array:
    """Return (..., t) the greatest ratio, over `durations_h`, of mean intensity to the law's.

    `rain_mm` (..., t) is known everywhere. Unlike an event, which a long drizzle at its start
    dilutes, the worst window that ends now counts. Durations outside the law, or longer than
    what is known before a step, are left out.
    """
    rain = np.asarray(rain_mm, dtype=float)
    fell = np.concatenate((np.zeros((*rain.shape[:-1], 1)), np.cumsum(rain, axis=-1)), axis=-1)
    worst = np.zeros(rain.shape)
    for duration in np.asarray(durations_h, dtype=float):
        steps = max(1, round(duration / step_h))
        bound = float(law.intensity(np.array([steps * step_h]))[0])
        if steps > rain.shape[-1] or not bound > 0:
            continue
        mean = (fell[..., steps:] - fell[..., :-steps]) / (steps * step_h)
        worst[..., steps - 1 :] = np.maximum(worst[..., steps - 1 :], mean / bound)
    return worst


def effective_antecedent(daily_mm: Array, *, keep: float = 0.84) -> Array:
    """Return Σ keepⁱ·Pᵢ of the days i = 1, 2, … before today [mm].

    `daily_mm` (..., days), the last one yesterday. `keep` is the share that a day leaves:
    0.84 after Crozier & Eyles (1980); the ground's own.
    """
    days = np.asarray(daily_mm, dtype=float)
    if not 0 < keep < 1:
        raise ValueError(f"keep {keep} must lie between 0 and 1")
    weights = keep ** np.arange(days.shape[-1], 0, -1, dtype=float)
    return np.asarray(np.nan_to_num(days) @ weights)


def recent_and_antecedent(
    rain_mm: Array, *, step_h: float, recent_h: float = 72.0, antecedent_h: float = 360.0
) -> tuple[Array, Array]:
    """Return (t,) the rain of the last `recent_h`, and of the `antecedent_h` before that [mm].

    NaN until both lie within the record, and where a tenth of their steps is not known.
    """
    rain = np.asarray(rain_mm, dtype=float)
    recent, before = round(recent_h / step_h), round(antecedent_h / step_h)
    fell = np.concatenate(([0.0], np.cumsum(np.nan_to_num(rain))))
    known = np.concatenate(([0.0], np.cumsum(np.isfinite(rain))))
    end = np.arange(recent + before, len(rain) + 1)
    sums = np.full((2, len(rain)), np.nan)
    enough = known[end] - known[end - recent - before] >= 0.9 * (recent + before)
    for row, (late, early) in enumerate(((0, recent), (recent, recent + before))):
        sums[row, end - 1] = np.where(enough, fell[end - late] - fell[end - early], np.nan)
    return sums[0], sums[1]


def seattle_cumulative(recent_mm: Array, antecedent_mm: Array) -> Array:
    """Return how far P3 lies above the Seattle threshold 3.5 in − 0.67·P15 [mm].

    Chleborad, Baum & Godt (2006), USGS Open-File Report 2006-1064; `recent_mm` is the rain of
    three days, `antecedent_mm` that of the fifteen days before. Above 0 it is exceeded.
    """
    return np.asarray(recent_mm - np.maximum(3.5 * INCH_MM - 0.67 * antecedent_mm, 0.0))
