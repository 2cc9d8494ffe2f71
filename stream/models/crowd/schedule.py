"""When people come to an event and when they go, as rates per minute."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Gathering(NamedTuple):
    """An event that draws people to a place."""

    start_s: float
    """[Unix s]"""
    end_s: float
    people: float
    arrive_min: float = 60.0
    """They arrive within this long before the start (and a fifth after it) [min]."""
    leave_min: float = 20.0
    """After the end those who are left go with this time constant [min]."""


def expected_rates(times_s: Array, gatherings: Sequence[Gathering]) -> tuple[Array, Array]:
    """Return arrivals [persons/min] and the share that leaves [1/min] at `times_s`, (n,) each.

    Arrivals rise and fall as a parabola, from `arrive_min` before the start to a fifth of it
    after, and add up to `people`. From the end on, for four time constants, everybody there
    leaves with the time constant `leave_min`.
    """
    come, go = np.zeros(len(times_s)), np.zeros(len(times_s))
    for event in gatherings:
        length = 1.2 * event.arrive_min
        share = (times_s - event.start_s) / 60.0 / length + event.arrive_min / length
        inside = (share > 0) & (share < 1)
        come += np.where(inside, 6 * share * (1 - share), 0.0) * event.people / length
        since = (times_s - event.end_s) / 60.0
        over = (since > 0) & (since < 4 * event.leave_min)
        go = np.maximum(go, np.where(over, 1.0 / event.leave_min, 0.0))
    return come, go
