"""What doors let through, what a place may hold, and how long it takes to fill or to empty.

Guide to Safety at Sports Grounds (Green Guide, 6th ed. 2018): 82 persons per metre and minute on
level ground, 66 on stairs, and everybody out within 8 minutes; at most 4.7 persons/m2 standing.
"""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

LEVEL_PER_M_MIN = 82.0
STAIRS_PER_M_MIN = 66.0
EGRESS_MIN = 8.0
STANDING_PER_M2 = 4.7


class Exit(NamedTuple):
    """A way out."""

    width_m: float
    """Clear width at its narrowest place [m]."""
    stairs: bool = False
    open: bool = True


def exit_rate(exits: Sequence[Exit]) -> float:
    """Return how many persons all open `exits` let out together [persons/min]."""
    rates = (STAIRS_PER_M_MIN if way.stairs else LEVEL_PER_M_MIN for way in exits)
    return sum(way.width_m * rate for way, rate in zip(exits, rates, strict=True) if way.open)


def safe_capacity(
    area_m2: float, exits: Sequence[Exit], *, egress_min: float = EGRESS_MIN
) -> tuple[float, str]:
    """Return how many may be there, and what limits them: `area` or `exits`.

    The smaller of what may stand on `area_m2` and of what the exits let out in `egress_min`.
    """
    stand, leave = STANDING_PER_M2 * area_m2, exit_rate(exits) * egress_min
    return (stand, "area") if stand <= leave else (leave, "exits")


def clearance_min(persons: float, per_min: float) -> float:
    """Return in how many minutes `persons` are out through exits of `per_min`; inf if shut."""
    if persons <= 0:
        return 0.0
    return persons / per_min if per_min > 0 else inf


def fill_min(persons: float, capacity: float, net_per_min: float) -> float:
    """Return in how many minutes the place is full at a net inflow; 0 if it is, inf if never."""
    if persons >= capacity:
        return 0.0
    return (capacity - persons) / net_per_min if net_per_min > 0 else inf
