"""High waters: when the tide turns, and how high it stands then."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.models.tide.constants import Constants
from stream.models.tide.prediction import predict

Array = NDArray[np.float64]

STEP_S = 300.0
APART_S = 4 * 3600.0
"""Of two crests nearer than this the higher one counts: a bump is no high water."""


class HighWater(NamedTuple):
    """One turn of the astronomical tide."""

    time_s: float
    """[Unix s]"""
    level: float
    """In the unit of the constants."""
    high: bool
    """False for a low water."""


def turns(constants: Constants, first_s: float, last_s: float) -> list[HighWater]:
    """Return high and low waters between two Unix times [s], ascending.

    Computed every five minutes and refined by a parabola: to a second and 0.1 mm or better.
    """
    times = np.arange(first_s - STEP_S, last_s + 2 * STEP_S, STEP_S)
    level = predict(constants, times)
    found: list[HighWater] = []
    for sign in (1.0, -1.0):
        line = sign * level
        crest = np.flatnonzero((line[1:-1] > line[:-2]) & (line[1:-1] >= line[2:])) + 1
        kept: list[tuple[float, float]] = []
        for at in crest:
            time, top = _vertex(times[at], line[at - 1 : at + 2])
            if not first_s <= time <= last_s:
                continue
            if kept and time - kept[-1][0] < APART_S:
                kept[-1] = max(kept[-1], (time, top), key=lambda pair: pair[1])
            else:
                kept.append((time, top))
        found += [HighWater(time, sign * top, sign > 0) for time, top in kept]
    return sorted(found)


def _vertex(middle_s: float, around: Array) -> tuple[float, float]:
    """Return time and height of the parabola through three values `STEP_S` apart."""
    before, here, after = (float(value) for value in around)
    bend = before - 2 * here + after
    shift = 0.5 * (before - after) / bend if bend else 0.0
    return middle_s + shift * STEP_S, here - 0.25 * (before - after) * shift
