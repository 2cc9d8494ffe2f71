"""What a replay must account for: every observation, every crossing, every warning. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import isclose

from msgspec import Struct

from forewarn.domain.hazard import Level, Threshold

MERGE_WITHIN = timedelta(hours=6)
"""Crossings of one threshold closer together than this belong to one event."""

AHEAD = timedelta(hours=3)
"""How far ahead warnings look; a warning is false if nothing was exceeded until this long
after it ended."""

RELATIVE_TOLERANCE = 2**-22
"""Instruments send 32-bit floats: 24 bits of the file's decimal number come through."""

Values = Mapping[tuple[str, datetime], float]
"""(datastream, phenomenon time) → result."""


Row = tuple[str, datetime, float]
"""(datastream, phenomenon time, result) as it lies in the database."""


class Balance(Struct, frozen=True, kw_only=True):
    """How the observations of a recording came through."""

    in_file: int
    stored: int
    """Of those in the file, how many the database holds with the same value."""
    lost: int
    altered: int
    """Stored under the right time with another value."""
    invented: int
    """Stored without being in the file."""
    duplicated: int
    """Rows beyond the first of the same datastream and time."""
    lost_by_datastream: dict[str, int]

    @property
    def exact(self) -> bool:
        """True if the database holds the recording, all of it and nothing else."""
        return self.lost == self.altered == self.invented == self.duplicated == 0


def balance(in_file: Values, rows: Sequence[Row]) -> Balance:
    """Compare the observations of a recording with the rows that the database holds."""
    stored = {(datastream, time): value for datastream, time, value in rows}
    lost = Counter(datastream for datastream, time in in_file.keys() - stored.keys())
    altered = sum(
        not isclose(in_file[key], stored[key], rel_tol=RELATIVE_TOLERANCE, abs_tol=1e-12)
        for key in in_file.keys() & stored.keys()
    )
    return Balance(
        in_file=len(in_file),
        stored=len(in_file) - lost.total() - altered,
        lost=lost.total(),
        altered=altered,
        invented=len(stored.keys() - in_file.keys()),
        duplicated=len(rows) - len(stored),
        lost_by_datastream=dict(lost),
    )


class Crossing(Struct, frozen=True, kw_only=True):
    """One time that a datastream rose above a threshold."""

    datastream: str
    threshold: Threshold
    time: datetime
    """First observation at or above the threshold."""
    until: datetime
    """Last observation at or above it before it stayed below for `MERGE_WITHIN`."""
    at_start: bool = False
    """The record begins above the threshold: nobody could have warned of it."""


def crossings(
    datastream: str, threshold: Threshold, series: Sequence[tuple[datetime, float]]
) -> list[Crossing]:
    """Return the events in which `series`, ascending in time, exceeds `threshold`.

    An event in which the series begins is marked `at_start`.
    """
    events: list[tuple[datetime, datetime]] = []
    for time, value in series:
        if value < threshold.value:
            continue
        if events and time - events[-1][1] <= MERGE_WITHIN:
            events[-1] = (events[-1][0], time)
        else:
            events.append((time, time))
    return [
        Crossing(
            datastream=datastream,
            threshold=threshold,
            time=first,
            until=last,
            at_start=first == series[0][0],
        )
        for first, last in events
    ]


class Told(Struct, frozen=True, kw_only=True):
    """One alert message, as far as the account needs it."""

    datastream: str
    level: Level
    sent: datetime


class Standing(Struct, frozen=True, kw_only=True):
    """A span of world time in which one level, or a higher one, stood for a datastream."""

    datastream: str
    level: Level
    since: datetime
    until: datetime | None
    """None: it still stands."""


def standings(messages: Iterable[Told], levels: Mapping[str, Collection[Level]]) -> list[Standing]:
    """Return, for each level, the spans in which at least that level was announced.

    `levels` names those that a datastream has thresholds for: a yellow warning where there
    is no blue threshold is one warning, not two.
    """
    spans: list[Standing] = []
    open_since: dict[tuple[str, Level], datetime] = {}
    for told in sorted(messages, key=lambda message: message.sent):
        for level in levels.get(told.datastream, ()):
            key = (told.datastream, level)
            if told.level >= level:
                open_since.setdefault(key, told.sent)
            elif key in open_since:
                since = open_since.pop(key)
                spans.append(Standing(datastream=key[0], level=level, since=since, until=told.sent))
    spans += [
        Standing(datastream=datastream, level=level, since=since, until=None)
        for (datastream, level), since in open_since.items()
    ]
    return sorted(spans, key=lambda span: (span.since, span.level))


class Verdict(Struct, frozen=True, kw_only=True):
    """A crossing, and when it was first warned of."""

    crossing: Crossing
    warned: datetime | None
    """None: no warning of its level stood when it happened or came while it lasted."""

    @property
    def lead(self) -> timedelta | None:
        """How long ahead the warning was; negative if it came after the crossing."""
        return None if self.warned is None else self.crossing.time - self.warned


def judge(
    events: Sequence[Crossing], spans: Sequence[Standing]
) -> tuple[list[Verdict], list[Standing]]:
    """Return each crossing with its first warning, and the warnings that were false.

    Events `at_start` excuse a warning and get no verdict.
    A warning belongs to a crossing of its own level if it stood at any time of the event,
    or ended less than `AHEAD` before it. A warning that belongs to none is false.
    """
    verdicts = []
    used: set[int] = set()
    for event in events:
        level = Level.parse(event.threshold.level)
        fitting = [
            (index, span)
            for index, span in enumerate(spans)
            if span.datastream == event.datastream
            and span.level == level
            and span.since <= event.until
            and (span.until is None or span.until >= event.time - AHEAD)
        ]
        used |= {index for index, _ in fitting}
        standing = [span.since for _, span in fitting if not span.until or span.until > event.time]
        if not event.at_start:
            verdicts.append(Verdict(crossing=event, warned=min(standing, default=None)))
    return verdicts, [span for index, span in enumerate(spans) if index not in used]
