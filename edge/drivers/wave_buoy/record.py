"""A raw record: what of it is bad, and which segments can be used. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

SPIKE_SIGMAS = 7.0
"""A value this far from the line between its neighbours, in robust sigmas of that distance, is a
spike; of 2,000 values of a Gaussian sea one in 10⁸ records has such a one."""
RANGE_SIGMAS = 6.5
FROZEN_S = 10.0
"""A heave that stands still to the last digit for this long is not the sea's."""
LONGEST_FILLED_S = 3.0
"""Gaps up to here are bridged by a straight line; a segment with a longer one is left out."""
MAX_BAD_IN_SEGMENT = 0.05
LEAST_SEGMENTS = 0.4
"""Share of the segments that must be usable."""

Sample = tuple[float, float, float]
"""Heave, north, east [m]; north and east are 0 where the buoy has only heave."""


class Cleaned(Struct, frozen=True):
    """A record in which what was bad is bridged."""

    heave: list[float]
    north: list[float]
    east: list[float]
    bad: list[bool]
    bad_fraction: float
    spikes: int
    frozen: int
    """Samples in runs that stand still."""


def clean(slots: Sequence[Sample | None], rate_hz: float) -> Cleaned | None:
    """Return the record with gaps (None), spikes and frozen runs bridged; None where all is bad."""
    bad = [slot is None for slot in slots]
    if all(bad):
        return None
    still = _frozen(slots, rate_hz)
    spikes: set[int] = set()
    for component in range(3):
        values = [slot[component] if slot is not None else None for slot in slots]
        spikes |= _spikes(values)
    marked = [b or i in still or i in spikes for i, b in enumerate(bad)]
    if all(marked):
        return None
    heave, north, east = (
        _bridged([slot[c] if slot is not None else 0.0 for slot in slots], marked) for c in range(3)
    )
    fraction = sum(marked) / len(marked)
    return Cleaned(heave, north, east, marked, fraction, len(spikes), len(still))


def usable_segments(bad: Sequence[bool], size: int, rate_hz: float) -> list[int]:
    """Return the starts of the segments of `size`, half overlapping, that are good enough.

    Empty where fewer than `LEAST_SEGMENTS` of them are.
    """
    starts = range(0, len(bad) - size + 1, size // 2)
    longest = max(1, int(LONGEST_FILLED_S * rate_hz))
    good = [start for start in starts if _good(bad[start : start + size], longest)]
    return good if len(good) >= max(1.0, LEAST_SEGMENTS * len(starts)) else []


def _good(bad: Sequence[bool], longest: int) -> bool:
    if sum(bad) > MAX_BAD_IN_SEGMENT * len(bad):
        return False
    run = 0
    for is_bad in bad:
        run = run + 1 if is_bad else 0
        if run > longest:
            return False
    return True


def _frozen(slots: Sequence[Sample | None], rate_hz: float) -> set[int]:
    heave = [slot[0] if slot is not None else None for slot in slots]
    least = max(4, round(FROZEN_S * rate_hz))
    found: set[int] = set()
    start = 0
    for place in range(1, len(heave) + 1):
        if place < len(heave) and heave[place] is not None and heave[place] == heave[start]:
            continue
        if place - start >= least and heave[start] is not None:
            found |= set(range(start, place))
        start = place
    return found


def _spikes(values: Sequence[float | None]) -> set[int]:
    """Return where a value leaps away from both neighbours and back, or leaves the range."""
    there = [value for value in values if value is not None]
    middle = median(there)
    sigma = 1.4826 * median(abs(value - middle) for value in there)
    found = {
        i
        for i, value in enumerate(values)
        if value is not None and sigma and abs(value - middle) > RANGE_SIGMAS * sigma
    }
    bends: dict[int, float] = {}
    for i in range(1, len(values) - 1):
        before, value, after = values[i - 1], values[i], values[i + 1]
        if before is not None and value is not None and after is not None:
            bends[i] = abs(value - (before + after) / 2)
    if bends:
        limit = SPIKE_SIGMAS * 1.4826 * median(bends.values())
        found |= {
            i
            for i, bend in bends.items()
            if limit and bend > limit and bend >= max(bends.get(i - 1, 0), bends.get(i + 1, 0))
        }
    return found


def _bridged(values: list[float], bad: Sequence[bool]) -> list[float]:
    """Return `values` with straight lines over what is bad; at the ends the nearest good value."""
    good = [i for i, is_bad in enumerate(bad) if not is_bad]
    found = list(values)
    for left, right in pairwise(good):
        for i in range(left + 1, right):
            share = (i - left) / (right - left)
            found[i] = values[left] + share * (values[right] - values[left])
    found[: good[0]] = [values[good[0]]] * good[0]
    found[good[-1] + 1 :] = [values[good[-1]]] * (len(values) - good[-1] - 1)
    return found
