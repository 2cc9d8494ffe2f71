"""One value at one instant, and the columnar batch in which values travel."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from math import isfinite
from typing import Annotated

from msgspec import Meta, Struct

AwareTime = Annotated[datetime, Meta(tz=True)]

MAX_BATCH_VALUES = 100
"""Values a batch may carry. With names of 30 characters that stays under 20 KB."""

MAX_BATCH_BYTES = 20_000
"""Encoded size a batch may have; small brokers refuse payloads over 20,480 bytes."""


class Quality(IntEnum):
    """QARTOD primary flag of an observation (IOOS 2017, table 2).

    Raw observations are `UNCHECKED`; only quality control may say `GOOD`.
    """

    GOOD = 1
    UNCHECKED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


class Observation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value of one datastream at one instant.

    `result` is in the unit of the datastream (`site.toml`); it is `None` exactly
    when `quality` is `MISSING`. `phenomenon_time` is when the water stood there,
    not when we heard of it.
    """

    datastream: str
    """Key of the datastream, `station/property`, e.g. `hangang/stage`."""
    phenomenon_time: AwareTime
    result: float | None
    quality: Quality = Quality.UNCHECKED

    def __post_init__(self) -> None:
        if (self.result is None) != (self.quality is Quality.MISSING):
            raise ValueError("`result` must be null exactly when `quality` is 9 (missing)")
        if self.result is not None and not isfinite(self.result):
            raise ValueError("`result` must be finite; a value that failed is missing, not NaN")


class Columns(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Observations as parallel columns: row i is `datastreams[of[i]]` at `time[i]`.

    Worked example, two gauges at one minute::

        {"datastreams": ["a/stage", "b/stage"], "of": [0, 1],
         "time": [1596585600000, 1596585600000], "result": [2.41, null], "quality": [2, 9]}
    """

    datastreams: list[str]
    """Distinct datastream keys of this batch."""
    of: list[int]
    """Index into `datastreams`, one for each row."""
    time: list[int]
    """Phenomenon time, milliseconds since 1970-01-01T00:00Z, one for each row."""
    result: list[float | None]
    """Value in the datastream's unit, `None` where missing, one for each row."""
    quality: list[int]
    """`Quality` as its number, one for each row."""

    def __post_init__(self) -> None:
        rows = len(self.of)
        if not rows == len(self.time) == len(self.result) == len(self.quality):
            raise ValueError(
                f"columns differ in length: of {rows}, time {len(self.time)}, "
                f"result {len(self.result)}, quality {len(self.quality)}"
            )
        if rows and not 0 <= min(self.of) <= max(self.of) < len(self.datastreams):
            raise ValueError(f"`of` points outside the {len(self.datastreams)} datastreams")

    def __len__(self) -> int:
        return len(self.of)

    @classmethod
    def from_observations(cls, observations: Sequence[Observation]) -> "Columns":
        """Return the columns of `observations`, in their order."""
        index: dict[str, int] = {}
        of = [index.setdefault(o.datastream, len(index)) for o in observations]
        instants = {o.phenomenon_time for o in observations}  # few: a block of values has one
        milliseconds = {instant: to_milliseconds(instant) for instant in instants}
        return cls(
            datastreams=list(index),
            of=of,
            time=[milliseconds[o.phenomenon_time] for o in observations],
            result=[o.result for o in observations],
            quality=[int(o.quality) for o in observations],
        )

    def rows(self) -> Iterator[tuple[str, int, float | None, int]]:
        """Yield (datastream, milliseconds, result, quality number) of each row."""
        names = self.datastreams
        for of, time, result, quality in zip(
            self.of, self.time, self.result, self.quality, strict=True
        ):
            yield names[of], time, result, quality

    def select(self, rows: Sequence[int]) -> "Columns":
        """Return the columns of the rows with these indices, keeping `datastreams` whole."""
        return Columns(
            datastreams=self.datastreams,
            of=[self.of[i] for i in rows],
            time=[self.time[i] for i in rows],
            result=[self.result[i] for i in rows],
            quality=[self.quality[i] for i in rows],
        )


class Batch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an edge agent publishes: columns and the number that the durable ack refers to.

    `boot_id` names one start of one agent; `seq` counts that start's batches from 1
    without gaps. The agent forgets a batch only when the database is known to hold it.
    """

    gateway: str
    boot_id: str
    seq: int
    created: int
    """The agent's world time when it wrote the batch to its outbox, milliseconds since
    1970-01-01T00:00Z: a backlog that is days old is no clock error, a value that is a
    day away from its own batch is."""
    columns: Columns


class Rejection(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An observation, or a whole payload, that was refused, and why."""

    reason: str
    """Short and countable: `unknown datastream`, `unknown gateway`, `time out of bounds`,
    `not finite`, `torn payload`; of foreign devices also `unknown name`, `no number`,
    `unit does not fit`."""
    detail: str = ""
    """What a technician needs to find the cause: the key and the value that were refused."""
    datastream: str | None = None
    time: int | None = None
    result: float | None = None
    payload: bytes | None = None
    """The first 4,096 bytes as received, where nothing could be decoded."""


class ReceivedBatch(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the gateway hands to Kafka: accepted columns beside what was rejected.

    Both travel in one message so that both are committed in one transaction before
    the batch is acked: a rejected observation is evidence and is not forgotten either.
    A batch with any rejection goes to `observations.rejected.v1`, any other to
    `observations.raw.v1`; the stream reads both alike. `boot_id` and `seq` are absent
    where the payload was torn, and then nothing is acked.
    """

    gateway: str
    received: AwareTime
    """World time at which the gateway had the payload in its hands."""
    columns: Columns
    boot_id: str | None = None
    seq: int | None = None
    rejected: list[Rejection] = []


class CheckedColumns(Struct, frozen=True, kw_only=True):
    """Observations of one area after quality control, on `observations.checked.v1`."""

    area: str
    columns: Columns


class DurableAck(Struct, frozen=True, kw_only=True):
    """What the database holds of one start of one gateway's agent."""

    gateway: str
    boot_id: str
    stored: list[tuple[int, int]]
    """Inclusive ranges of `seq`, ascending and disjoint: `[(1, 340), (352, 352)]`."""


def to_milliseconds(time: datetime) -> int:
    """Return `time` (aware) as whole milliseconds since 1970-01-01T00:00Z, rounded."""
    return round(time.timestamp() * 1000)


def from_milliseconds(milliseconds: int) -> datetime:
    """Return the aware UTC time of `milliseconds` since 1970-01-01T00:00Z."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
