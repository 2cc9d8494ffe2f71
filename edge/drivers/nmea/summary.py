"""The values of one field in one interval, as the one that is reported. Pure."""

from cmath import phase, rect
from datetime import datetime
from math import degrees, radians
from typing import Literal

Statistic = Literal["last", "mean"]

_TURNING = ("direction", "heading", "course", "set", "angle")


class Summary:
    """Of each interval the last value, or the mean of all."""

    def __init__(self, field: str, statistic: Statistic) -> None:
        quantity = field.rpartition(".")[2]
        self._mean = statistic == "mean"
        self._turning = quantity.startswith(_TURNING) or quantity.endswith("direction")
        self._sum: complex = 0j
        self._count = 0
        self._last: float | None = None
        self.at: datetime | None = None
        """When the last value was heard."""

    def add(self, value: float | None, at: datetime) -> None:
        """Take a value; "no value" counts only where nothing else comes in the interval."""
        if value is None:
            self.at = self.at or at
            return
        self.at, self._last = at, value
        self._sum += rect(1.0, radians(value)) if self._turning else value
        self._count += 1

    def value(self) -> float | None:
        """Return the value to report; None where there is none, or where directions cancel out."""
        if self._last is None or not self._mean:
            return self._last
        if not self._turning:
            return round(self._sum.real / self._count, 9)
        if abs(self._sum) < 1e-6 * self._count:
            return None
        return round(degrees(phase(self._sum)) % 360, 6)


def is_position(field: str) -> bool:
    """Tell whether `field` tells where the buoy is: right though it be adrift."""
    return field.rpartition(".")[2] in ("latitude", "longitude", "off_position", "time")
