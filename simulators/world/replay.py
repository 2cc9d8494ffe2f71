"""A recording as a world: what was observed then is what the instruments show now."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import ceil, nan

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.observation import Observation
from simulators.errors import SimulatorError

Floats = NDArray[np.float64]


class ReplayWorld:
    """Recorded values by datastream and time; only times with a value exist.

    Parameters
    ----------
    observations : iterable of Observation
        From `forewarn.domain.recording.read`, in any order.
    interval : timedelta
        Time between two rows of the recording.
    start, end : datetime, optional
        The world is `start <= time < end`, aware; by default all that was recorded.
    """

    def __init__(
        self,
        observations: Iterable[Observation],
        *,
        interval: timedelta,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> None:
        self.interval = interval.total_seconds()
        self._series = _columns(observations, start, end)
        if not self._series:
            raise SimulatorError(
                f"the recording has no value between {start or 'its start'} and "
                f"{end or 'its end'}; give another --from and --to"
            )
        self._fallen = {key: np.cumsum(values) for key, (_, values) in self._series.items()}
        self.first = min(float(times[0]) for times, _ in self._series.values())
        self.last = max(float(times[-1]) for times, _ in self._series.values())
        if start is not None:
            self.first = ceil(start.timestamp() / self.interval) * self.interval
        if end is not None:
            self.last = (ceil(end.timestamp() / self.interval) - 1) * self.interval

    def datastreams(self) -> Mapping[str, int]:
        """Return how many values each datastream has."""
        return {key: len(times) for key, (times, _) in self._series.items()}

    def times(self, datastream: str) -> Floats:
        """Return the times [s] at which `datastream` has a value, ascending; perhaps none."""
        return self._series[datastream][0] if datastream in self._series else np.empty(0)

    def recorded(self, datastream: str, at: float) -> float:
        """Return the value recorded for exactly `at`; NaN where the cell is empty."""
        times, values = self._series.get(datastream, (np.empty(0), np.empty(0)))
        place = int(np.searchsorted(times, at))
        return float(values[place]) if place < len(times) and times[place] == at else nan

    def current(self, datastream: str, at: float) -> float:
        """Return the value recorded for the newest row at or before `at`."""
        return self.recorded(datastream, at // self.interval * self.interval)

    def fallen(self, datastream: str, at: float) -> float:
        """Return the rain from `first` to `at` [mm]; each amount falls evenly over its interval."""
        if datastream not in self._series:
            return 0.0
        times, amounts = self._series[datastream]
        done = int(np.searchsorted(times, at, side="right"))
        total = float(self._fallen[datastream][done - 1]) if done else 0.0
        if done < len(times):
            under_way = (at - (float(times[done]) - self.interval)) / self.interval
            total += float(amounts[done]) * max(0.0, under_way)
        return total


def _columns(
    observations: Iterable[Observation], start: datetime | None, end: datetime | None
) -> dict[str, tuple[Floats, Floats]]:
    """Return (times, values) of each datastream, by time; the later of two rows for one time."""
    found: dict[str, dict[float, float]] = {}
    for observation in observations:
        time = observation.phenomenon_time
        inside = (start is None or time >= start) and (end is None or time < end)
        if inside and observation.result is not None:
            found.setdefault(observation.datastream, {})[time.timestamp()] = observation.result
    return {
        key: (np.array(sorted(by_time)), np.array([by_time[time] for time in sorted(by_time)]))
        for key, by_time in found.items()
    }
