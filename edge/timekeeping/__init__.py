"""The right time without a clock that keeps it: steady seconds since boot, corrected later."""

from edge.timekeeping.correction import (
    ABSOLUTE_MS,
    Correction,
    is_provisional,
    is_stamp,
    restamp,
    suspect,
)
from edge.timekeeping.dating import Dating
from edge.timekeeping.keeper import Timekeeper

__all__ = [
    "ABSOLUTE_MS",
    "Correction",
    "Dating",
    "Timekeeper",
    "is_provisional",
    "is_stamp",
    "restamp",
    "suspect",
]
