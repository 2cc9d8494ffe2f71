"""Quality control of observations as they come: QARTOD tests, O(1) memory and time a value.

Flags are QARTOD's: 1 good, 2 not judged (`unchecked`), 3 suspect, 4 fail, 9 missing; the worst
of all tests stands, in the order 4 > 3 > 1 > 2 > 9.

=============== ==================================================================================
gross range     outside `fail` 4, outside `suspect` 3; bounds pass
rate of change  |x − trusted| / |t − t_trusted| above `max_rate_per_s`: 3
spike           |x[i−1] − (x[i−2] + x[i]) / 2| above `spike_suspect` 3, above `spike_fail` 4. It is
                judged when its successor has come; the verdict is a *revision* of a row
flat line       spread below `flat_tolerance` for `flat_after` 3, for `flat_fail_after` 4
gap             silence beyond three intervals: what lies on its two sides is not compared by the
                spike and flat-line tests. The value after a gap is not to blame and keeps its flag
=============== ==================================================================================

On a regular series, test by test and after revisions, the flags are those of ioos_qc 3.0.0. We
differ on purpose where that package would harm a warning:

- Rate of change is taken against the last *trusted* value, so that the return from a spike is no
  spike, and five values that agree with each other far from it are believed (`BELIEVE_AFTER`).
  Differences of less than a second count as a second (ioos_qc truncates them to zero).
- A value that another test has refused does not testify in its neighbours' spike test, and on an
  irregular grid the expected value is interpolated in time.
- A tolerance of 0 means exactly the same value; in ioos_qc it switches the flat-line test off.
- A flat line needs values: a window that holds one value and many missing ones is not flat.

Order of arrival: values at or before the newest of their datastream do not displace what is
remembered of it. Late ones, such as a gateway's backlog that comes beside live values, have a
second lane of their own and are judged by the same tests; repeated ones get the same flag again.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from forewarn.domain.observation import Columns
from forewarn.domain.station import Datastream
from stream.lane import MISSING, Lane, Rules


class Revision(NamedTuple):
    """A later verdict on a value that was judged before."""

    datastream: str
    time: int
    """Phenomenon time, milliseconds since 1970-01-01T00:00Z."""
    result: float | None
    quality: int


class Judged(NamedTuple):
    """The verdict on columns: one quality a row, and revisions of earlier rows."""

    quality: list[int]
    revisions: list[Revision]


class _Track:
    """What is remembered of one datastream: the newest values, and a lane for late ones."""

    __slots__ = ("head", "key", "late", "rules")

    def __init__(self, key: str, rules: Rules) -> None:
        self.key, self.rules = key, rules
        self.head = Lane(rules)
        self.late = Lane(rules)

    def restart(self) -> None:
        self.head.restart(None)
        self.late.restart(None)


class QualityControl:
    """Judges the values of many datastreams, each by the limits of its own.

    Parameters
    ----------
    datastreams : mapping
        Key `station/property` → datastream with its limits. Values of other datastreams are
        passed on as they are, and nothing is remembered of them.
    """

    def __init__(self, datastreams: Mapping[str, Datastream]) -> None:
        self._tracks = {key: _Track(key, Rules(stream)) for key, stream in datastreams.items()}

    def judge(self, columns: Columns) -> Judged:
        """Return the quality of each row of `columns`, and what it means for earlier rows."""
        tracks = [self._tracks.get(name) for name in columns.datastreams]
        quality: list[int] = []
        revisions: list[Revision] = []
        add = quality.append
        for of, time, result, reported in zip(
            columns.of, columns.time, columns.result, columns.quality, strict=True
        ):
            track = tracks[of]
            if track is None:
                add(MISSING if result is None else reported)
                continue
            lane = track.head
            if time <= lane.time:
                if time == lane.time:
                    add(lane.repeat(time, result))
                    continue
                lane = track.late
                if time == lane.time:
                    add(lane.repeat(time, result))
                    continue
                if time < lane.time or not lane.seen:
                    lane.restart(track.head)
            add(lane.step(time, result, reported))
            if lane.revised is not None:
                revisions.append(
                    Revision(track.key, lane.revised_time, lane.revised_result, lane.revised)
                )
        return Judged(quality, revisions)

    def memories(self) -> dict[timedelta, list[str]]:
        """Return the datastreams by how much of their past `warm` can make use of."""
        found: dict[timedelta, list[str]] = {}
        for track in self._tracks.values():
            found.setdefault(track.rules.memory, []).append(track.key)
        return found

    def warm(self, history: Mapping[str, Iterable[tuple[int, float | None, int]]]) -> None:
        """Forget all, then remember stored values: (time [ms], result, quality), ascending.

        Their stored quality stands: a value once refused is not trusted again.
        """
        for track in self._tracks.values():
            track.restart()
        for key, samples in history.items():
            known = self._tracks.get(key)
            if known is None:
                continue
            for time, result, quality in samples:
                if time > known.head.time:
                    known.head.step(time, result, quality)
                    known.head.quality = quality
