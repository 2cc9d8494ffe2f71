"""Reports of single pictures into one value an interval. Pure, and without numpy."""

from collections import deque
from collections.abc import Iterable
from statistics import median

from msgspec import Struct

from edge.cameras.scene import Report


class Value(Struct, frozen=True):
    """What an interval says of one property."""

    result: float | None
    """None: missing."""
    suspect: bool = False


class Pictures:
    """The reports since the last interval, and the crossings of the flow window.

    Parameters
    ----------
    properties : iterable of str
        Counted or read in each picture; an interval reports their medians.
    flows : iterable of str
        Crossings; an interval reports those of the window, per minute.
    flow_over_s : float
        Length of the window, in real seconds of pictures that were followed [s].
    """

    def __init__(
        self, properties: Iterable[str], flows: Iterable[str], flow_over_s: float = 60.0
    ) -> None:
        self._flows, self._over_s = tuple(flows), flow_over_s
        self._properties = tuple(name for name in properties if name not in self._flows)
        self._reports: list[Report] = []
        self._window: deque[Report] = deque()

    def take(self, report: Report) -> None:
        """Take the report of one picture into account."""
        self._reports.append(report)
        self._window.append(report)
        while sum(r.seconds for r in self._window) - self._window[0].seconds >= self._over_s:
            self._window.popleft()

    def close(self) -> dict[str, Value]:
        """Return the values of the interval that ends now; empty where no picture came."""
        reports, self._reports = self._reports, []
        if not reports:
            return {}
        values = {name: _median(name, reports) for name in self._properties}
        return values | {name: self._flow(name) for name in self._flows}

    def faults(self) -> list[str]:
        """Return what is wrong with most pictures of the interval that is open."""
        told = [fault for report in self._reports for fault in report.faults]
        most = len(self._reports) / 2
        return [fault for fault in dict.fromkeys(told) if told.count(fault) >= most]

    def _flow(self, name: str) -> Value:
        """Return people per minute; missing until half the window was followed."""
        followed = [r for r in self._window if r.crossings is not None]
        seconds = sum(report.seconds for report in followed)
        if seconds < self._over_s / 2:
            return Value(None)
        crossed = sum((report.crossings or {}).get(name, 0) for report in followed)
        doubted = sum(name in report.suspect for report in followed)
        return Value(round(60.0 * crossed / seconds, 3), 2 * doubted >= len(followed))


def _median(name: str, reports: list[Report]) -> Value:
    """Return the median of `name`; missing where most pictures did not allow a value."""
    found = [r.values[name] for r in reports if r.values.get(name) is not None]
    results = [value for value in found if value is not None]
    if 2 * len(results) < len(reports) or not results:
        return Value(None)
    doubted = sum(name in r.suspect for r in reports if r.values.get(name) is not None)
    return Value(float(median(results)), 2 * doubted >= len(results))
