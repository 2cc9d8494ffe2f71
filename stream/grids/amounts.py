"""Amounts of rain over periods, as predictions give them, to rates."""

from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RATES = {
    "mm/h": 1.0,
    "mm/hr": 1.0,
    "mm h-1": 1.0,
    "mm hr-1": 1.0,
    "kg m-2 h-1": 1.0,
    "mm/s": 3600.0,
    "mm s-1": 3600.0,
    "kg m-2 s-1": 3600.0,
    "kg/(m^2 s)": 3600.0,
    "m s-1": 3.6e6,
    "m/s": 3.6e6,
    "mm/day": 1 / 24,
    "mm d-1": 1 / 24,
    "mm day-1": 1 / 24,
}
"""mm/h in each unit of a rate."""
AMOUNTS = {"mm": 1.0, "kg m-2": 1.0, "kg/m^2": 1.0, "kg/(m^2)": 1.0, "cm": 10.0, "m": 1000.0}
"""mm in each unit of an amount."""


class Amount(NamedTuple):
    """Rain that fell from `start` to `end`."""

    start: datetime
    end: datetime
    mm: NDArray[np.float64]


def to_rates(amounts: list[Amount]) -> list[tuple[datetime, NDArray[np.float64]]]:
    """Return (end, mm/h) of amounts in the order of their ends.

    Amounts that start together (0–1 h, 0–2 h, …) are a running total: each is taken off the
    next one with the same start. A total that falls by rounding is no rain.
    """
    ordered = sorted(amounts, key=lambda amount: amount.end)
    rates = []
    before: dict[datetime, Amount] = {}
    for amount in ordered:
        last = before.get(amount.start)
        since = last.end if last is not None else amount.start
        fallen = amount.mm - last.mm if last is not None else amount.mm
        hours = (amount.end - since).total_seconds() / 3600.0
        if hours > 0:
            rates.append((amount.end, np.maximum(fallen, 0.0) / hours))
        before[amount.start] = amount
    return rates
