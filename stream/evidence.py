"""What the last hour shows, in words for the officer, and which inputs are silent."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from math import isnan

import numpy as np
from numpy.typing import NDArray

from forewarn.domain.station import Datastream
from stream.lane import GAP_INTERVALS
from stream.series import MinuteSeries

HOUR = 60
MOST = 5
"""Lines of evidence at most."""


def silences(
    series: MinuteSeries, keys: Iterable[str], datastreams: Mapping[str, Datastream], minute: int
) -> list[str]:
    """Return a line for each of `keys` that was silent for over three intervals at `minute`.

    Refused values count as silence: what quality control took away is not there.
    """
    found: list[str] = []
    for key in keys:
        stream = datastreams.get(key)
        if stream is None:
            continue
        newest = series.latest_minute(key)
        if newest is None:
            found.append(f"{key}: nothing trusted observed yet")
        elif minute - newest > patience(stream.interval):
            found.append(f"{key} silent for {minute - newest} min")
    return found


def patience(interval: timedelta) -> int:
    """Return the minutes without a value after which a datastream counts as silent."""
    return max(2, round(GAP_INTERVALS * interval.total_seconds() / 60))


def evidence(
    series: MinuteSeries,
    keys: Sequence[str],
    target: str,
    datastreams: Mapping[str, Datastream],
    minute: int,
) -> list[str]:
    """Return lines on the last hour of `keys`: the target, the largest rises elsewhere, and rain.

    `keys` are what the judgement rests on. The series hold more: what hazards of the same area
    look at, the people on a beach, tells nothing of its river.
    """
    grid = series.history(minute, HOUR + 1, keys)
    rises: dict[str, tuple[float, str]] = {}
    lines: list[str] = []
    for row, key in enumerate(keys):
        stream = datastreams.get(key)
        if stream is None:
            continue
        if stream.property == "rain":
            change = float(np.nansum(grid[row, 1:]))
            line = f"{key} {_number(change)} {stream.unit} in 60 min"
        else:
            change = _rise(grid[row], patience(stream.interval))
            line = f"{key} {_number(change, sign=True)} {stream.unit} in 60 min"
        if key == target and not isnan(change):
            lines.append(line)
        elif change > rises.get(stream.property, (0.0, ""))[0]:
            rises[stream.property] = (change, line)
    return (lines + [line for _, line in rises.values()])[:MOST]


def _rise(values: NDArray[np.float64], patience_minutes: int) -> float:
    """Return newest minus oldest value of the hour, NaN where either end is not there."""
    known = np.flatnonzero(~np.isnan(values))
    if len(known) < 2 or known[0] > patience_minutes or known[-1] < HOUR - patience_minutes:
        return float("nan")
    return float(values[known[-1]] - values[known[0]])


def _number(value: float, *, sign: bool = False) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
