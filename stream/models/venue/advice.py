"""Go, caution or stop: from severities to one advice at each time, and to the next safe window."""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

WORST = 4.0
"""Severities are cut here."""


class Code(IntEnum):
    """Advice in order: the greater of two holds. What is unknown never reads as go or caution."""

    GO = 0
    CAUTION = 1
    UNKNOWN = 2
    STOP = 3


def severity(values: Array, caution: float, stop: float) -> Array:
    """Return 1 at `caution`, 2 at `stop`, linear, from 0 to `WORST`; NaN stays NaN.

    Where `stop` is below `caution`, low values are bad. ValueError where they are equal.
    """
    if caution == stop:
        raise ValueError(f"caution and stop are both {stop}; they must differ")
    return np.asarray(np.clip(1 + (values - caution) / (stop - caution), 0.0, WORST))


def severity_path(path: Array, caution: float, stop: float) -> Array:
    """Return the severity's quantiles of a path (steps, symmetric probabilities)."""
    return severity(path if stop > caution else path[:, ::-1], caution, stop)


def observed_code(severities: Array, *, hold: int) -> int:
    """Return the advice of the last minutes' severities of one limit.

    Worse counts at once; better only after `hold` minutes without it. UNKNOWN where the newest
    is NaN.
    """
    if not np.isfinite(severities[-1]):
        return Code.UNKNOWN
    recent = severities[-hold:]
    worst = float(np.nanmax(recent)) if np.isfinite(recent).any() else 0.0
    return Code.STOP if worst >= 2 else Code.CAUTION if worst >= 1 else Code.GO


def expected_codes(median: Array, upper: Array) -> Codes:
    """Return the advice at each step from the severity's median and its upper quantile.

    STOP where it is likely (the median reaches 2), GO only where it is safe (the upper quantile
    is below 1), between the two CAUTION; UNKNOWN where there is no forecast.
    """
    codes = np.where(median >= 2, Code.STOP, np.where(upper >= 1, Code.CAUTION, Code.GO))
    return np.where(np.isfinite(median) & np.isfinite(upper), codes, Code.UNKNOWN)


def lasting(codes: Codes, least: int) -> Codes:
    """Return `codes` without good spells between worse ones that last fewer than `least` steps.

    A spell takes the milder of its two neighbours. The last spell may go on beyond what is
    forecast, and stays.
    """
    settled = codes.copy()
    for level in (Code.CAUTION, Code.UNKNOWN, Code.STOP):
        better = settled < level
        for start, end in spells(better):
            if start > 0 and end < len(settled) and end - start < least:
                settled[start:end] = min(settled[start - 1], settled[end])
    return settled


def spells(flags: Flags) -> list[tuple[int, int]]:
    """Return (start, end) of each run of True, `end` not included."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    pairs = edges.reshape(-1, 2).tolist()
    return [(int(start), int(end)) for start, end in pairs]


class Window(NamedTuple):
    """Steps in which an event could take place."""

    start: int
    end: int


def next_window(safe: Flags, steps: int, *, earliest: int = 0) -> Window | None:
    """Return the first `steps` steps in a row from `earliest` on that are all safe; None if none.

    The window ends where safety does, as far as it is known.
    """
    for start, end in spells(safe):
        begin = max(start, earliest)
        if end - begin >= max(steps, 1):
            return Window(begin, end)
    return None
