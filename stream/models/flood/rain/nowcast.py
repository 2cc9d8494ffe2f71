"""Rain to come where there is radar: STEPS, by pysteps.

Optical flow (Lucas–Kanade) over the last frames gives the motion; STEPS (Bowler et al. 2006,
Q. J. R. Meteorol. Soc. 132:2127; Seed et al. 2013; Pulkkinen et al. 2019, Geosci. Model Dev.
12:4185) carries the newest frame on and lets each scale of it decay into noise of its own kind.
"""

import contextlib
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import shift

from stream.models.flood.rain.engine import NoMotion, motion, steps, to_decibel, to_rate

Array = NDArray[np.float64]

WET_MM_H = 0.1
"""Rates below this count as dry in a frame [mm/h]."""
WET_CELLS = 20
"""Wet cells below which there is no rain whose motion could be seen."""
DRIFT_KM_H = 30.0
"""Most probable speed of rain whose motion is unknown: Rayleigh distribution [km/h]."""
GROWTH = 0.5
"""Standard deviation of the logarithm of rain whose change is unknown, after an hour."""


class Method(StrEnum):
    """How a nowcast came about."""

    STEPS = "STEPS with optical flow"
    DRIFT = "motion unknown: every member drifts its own way"
    DRY = "no rain under the radar"
    UNKNOWN = "no frame with a known cell"


class Nowcast(NamedTuple):
    """Rain under the radar in the next hours."""

    rate_mm_h: NDArray[np.float32]
    """(members, leads, y, x); NaN where the rain comes from beyond the radar's coverage."""
    method: Method


def nowcast(
    frames: Array,
    *,
    step_min: float,
    leads: int,
    members: int,
    random: np.random.Generator,
    km_per_cell: float = 1.0,
) -> Nowcast:
    """Return `members` nowcasts of the `leads` next frames.

    `frames` (k, y, x) are rates [mm/h] `step_min` apart, the newest last; NaN: not covered.
    Three frames are needed for all of STEPS, two for a shorter memory; with one, or with frames
    that are uniform or all the same (a radar that repeats itself), each member drifts in a
    direction of its own and the spread is wide.
    Raises ImportError if pysteps is missing, ValueError for arrays of another shape.
    """
    frames = np.asarray(frames, dtype=float)
    if frames.ndim != 3 or not len(frames) or leads < 1 or members < 1:
        raise ValueError(f"frames {frames.shape} must be (k, y, x) with k, leads, members ≥ 1")
    frames = np.where(frames >= 0, frames, np.nan)
    newest, shape = frames[-1], (members, leads, *frames.shape[1:])
    if not np.isfinite(newest).any():
        return Nowcast(np.full(shape, np.nan, np.float32), Method.UNKNOWN)
    usable = frames[_since_gap(frames) :]
    wet = [int(np.sum(np.nan_to_num(frame) >= WET_MM_H)) for frame in usable[-3:]]
    if wet[-1] == 0:
        dry = np.where(np.isfinite(newest), 0.0, np.nan).astype(np.float32)
        return Nowcast(np.broadcast_to(dry, shape).copy(), Method.DRY)
    if len(usable) >= 2 and min(wet) >= WET_CELLS:
        with contextlib.suppress(NoMotion):
            found = _steps(usable, step_min, shape, random, km_per_cell)
            return Nowcast(found, Method.STEPS)
    return Nowcast(_drift(newest, step_min, shape, random, km_per_cell), Method.DRIFT)


def _since_gap(frames: Array) -> int:
    """Return the first frame since when every frame has had a known cell."""
    lost = np.flatnonzero(~np.isfinite(frames).any(axis=(1, 2)))
    return int(lost[-1]) + 1 if len(lost) else 0


def _steps(
    frames: Array,
    step_min: float,
    shape: tuple[int, ...],
    random: np.random.Generator,
    km_per_cell: float,
) -> NDArray[np.float32]:
    decibel = to_decibel(frames, WET_MM_H)
    velocity = motion(decibel)
    ahead = steps(
        decibel[-3:],
        velocity,
        leads=shape[1],
        members=shape[0],
        seed=int(random.integers(2**31)),
        wet_db=10 * np.log10(WET_MM_H),
        step_min=step_min,
        km_per_cell=km_per_cell,
    )
    rate = to_rate(ahead, WET_MM_H)
    for lead in range(shape[1]):
        mean = [float(np.mean(part)) for part in velocity]
        rate[:, lead, _uncovered(frames[-1], mean, lead + 1)] = np.nan
    return rate


def _uncovered(newest: Array, velocity: list[float], lead: int) -> NDArray[np.bool_]:
    """Return the cells whose rain comes from where `newest` is not known."""
    known = np.isfinite(newest).astype(np.float32)
    moved = shift(known, (velocity[1] * lead, velocity[0] * lead), order=1, cval=0.0)
    return np.asarray((moved < 0.5) | ~np.isfinite(newest))


def _drift(
    newest: Array,
    step_min: float,
    shape: tuple[int, ...],
    random: np.random.Generator,
    km_per_cell: float,
) -> NDArray[np.float32]:
    """Return (members, leads, y, x) of a frame that each member carries off its own way."""
    members, leads = shape[:2]
    speed = random.rayleigh(DRIFT_KM_H, members) * step_min / 60.0 / km_per_cell
    angle = random.uniform(0.0, 2 * np.pi, members)
    growth = GROWTH * random.standard_normal(members)
    filled, known = np.nan_to_num(newest), np.isfinite(newest).astype(float)
    ahead = np.empty(shape, np.float32)
    for member in range(members):
        for lead in range(leads):
            far = speed[member] * (lead + 1)
            by = (far * np.sin(angle[member]), far * np.cos(angle[member]))
            hours = (lead + 1) * step_min / 60.0
            factor = np.exp(growth[member] * np.sqrt(hours) - 0.5 * GROWTH**2 * hours)
            moved = factor * np.maximum(shift(filled, by, order=1, cval=0.0), 0.0)
            seen = (shift(known, by, order=1, cval=0.0) >= 0.5) & (known > 0)
            ahead[member, lead] = np.where(seen, moved, np.nan)
    return ahead
