"""Whether something rises, stays or falls: pure arithmetic."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

LEAST = 4
"""Values below which nothing is said."""
LEAST_H = 1 / 3
"""Hours that they must span."""
SHARE = 0.05
"""A change in the span of less than this share of what matters is steady."""


class Course(NamedTuple):
    """Where it goes."""

    rate: float | None
    """In an hour; None where too little is known."""
    word: str
    """`rising`, `steady`, `falling` or `unknown`."""


def course(hours: Sequence[float], values: Sequence[float | None], *, matters: float) -> Course:
    """Return the course of `values` at `hours`, by the line with the least squares.

    Steady is a change over the span of less than 5 % of `matters` (the highest threshold) or of
    twice the scatter about the line.
    """
    known = [(at, v) for at, v in zip(hours, values, strict=True) if v is not None]
    if len(known) < LEAST or known[-1][0] - known[0][0] < LEAST_H:
        return Course(None, "unknown")
    count, span = len(known), known[-1][0] - known[0][0]
    middle_at, middle = (sum(part) / count for part in zip(*known, strict=True))
    spread = sum((at - middle_at) ** 2 for at, _ in known)
    rate = sum((at - middle_at) * (v - middle) for at, v in known) / spread
    left = sum((v - middle - rate * (at - middle_at)) ** 2 for at, v in known)
    scatter = sqrt(left / (count - 2))
    if abs(rate) * span <= max(SHARE * abs(matters), 2 * scatter):
        return Course(rate, "steady")
    return Course(rate, "rising" if rate > 0 else "falling")
