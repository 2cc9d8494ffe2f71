"""A payload from anywhere becomes exactly one `ReceivedBatch`: accepted rows beside refused ones.

Pure: no I/O, no clock. The checks look at whole columns first; single rows are looked at only
when a column holds something that must be refused.
"""

from datetime import datetime

from forewarn.domain.codec import decode
from forewarn.domain.errors import CodecError
from forewarn.domain.observation import (
    Batch,
    Columns,
    Quality,
    ReceivedBatch,
    Rejection,
    to_milliseconds,
)
from forewarn.domain.topics import RAW, REJECTED, gateway_of
from gateway.registry import Registry

HOUR_MS = 3_600_000
MAX_FROM_CREATED_MS = 24 * HOUR_MS
"""A phenomenon time may be this far from the time its batch was written."""
MAX_AHEAD_MS = 24 * HOUR_MS
"""A batch may have been written this far in our future …"""
MAX_BEHIND_MS = 100 * 24 * HOUR_MS
"""… or past: the longest backlog that is believed. A gateway without network for a month needs
days more until its backlog is through; its outbox of 256 MB holds about 100 days of ten instruments
each minute. What is older is refused and stored as such, not lost."""

MAX_PAYLOAD_BYTES = 100_000
MAX_VALUES = 500
"""Far above what an edge agent sends; keeps one message, every row refused, under the 1 MB
that Kafka takes."""
MAX_INTEGER = 2**53
MAX_BOOT_ID = 64
KEPT_PAYLOAD_BYTES = 4_096
KEPT_KEY_CHARACTERS = 128
"""The longest key that a site can have is 127 characters."""

UNKNOWN_GATEWAY = "unknown gateway"
UNKNOWN_DATASTREAM = "unknown datastream"
TIME_OUT_OF_BOUNDS = "time out of bounds"
NOT_FINITE = "not finite"
TORN_PAYLOAD = "torn payload"

_QUALITIES = frozenset(int(quality) for quality in Quality)
_MISSING = int(Quality.MISSING)
_NOTHING = Columns(datastreams=[], of=[], time=[], result=[], quality=[])


def receive(topic: str, payload: bytes, registry: Registry, received: datetime) -> ReceivedBatch:
    """Return what came on MQTT `topic` at world time `received`, checked; never raises.

    An undecodable payload becomes one rejection without `boot_id` and `seq`: it is never acked,
    so a sender whose dialect we do not know yet keeps what it has.
    """
    try:
        gateway = gateway_of(topic)[:KEPT_KEY_CHARACTERS]
    except CodecError:
        gateway = topic[:KEPT_KEY_CHARACTERS]
    try:
        batch = _decode(payload, gateway)
    except CodecError as error:
        return _torn(gateway, payload, str(error), received)
    columns, rejected = _check(batch, registry, to_milliseconds(received))
    return ReceivedBatch(
        gateway=gateway,
        received=received,
        columns=columns,
        boot_id=batch.boot_id,
        seq=batch.seq,
        rejected=rejected,
    )


def topic_for(batch: ReceivedBatch) -> str:
    """Return the Kafka topic on which `batch` goes on."""
    return REJECTED if batch.rejected else RAW


def _decode(payload: bytes, gateway: str) -> Batch:
    """Return the batch in `payload`, or raise CodecError that says why it cannot be used."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise CodecError(f"{len(payload)} bytes; at most {MAX_PAYLOAD_BYTES} are read")
    batch = decode(payload, Batch)
    columns = batch.columns
    if batch.gateway != gateway:
        raise CodecError(f"the payload says it is from `{batch.gateway[:KEPT_KEY_CHARACTERS]}`")
    if not gateway.isprintable():
        raise CodecError("the gateway's name has characters that do not print")
    if len(columns) > MAX_VALUES:
        raise CodecError(f"{len(columns)} values; at most {MAX_VALUES} are read")
    if not 1 <= batch.seq < MAX_INTEGER:
        raise CodecError("`seq` counts from 1")
    if not (0 < len(batch.boot_id) <= MAX_BOOT_ID and batch.boot_id.isprintable()):
        raise CodecError(f"`boot_id` is not 1 to {MAX_BOOT_ID} printable characters")
    numbers = [batch.created, min(columns.time, default=0), max(columns.time, default=0)]
    if not all(-MAX_INTEGER < number < MAX_INTEGER for number in numbers):
        raise CodecError("a time is not in milliseconds since 1970")
    if not _QUALITIES.issuperset(columns.quality):
        raise CodecError(f"`quality` is none of {sorted(_QUALITIES)}")
    return batch


def _torn(gateway: str, payload: bytes, detail: str, received: datetime) -> ReceivedBatch:
    kept = payload[:KEPT_PAYLOAD_BYTES]
    refused = Rejection(reason=TORN_PAYLOAD, detail=detail, payload=kept)
    return ReceivedBatch(gateway=gateway, received=received, columns=_NOTHING, rejected=[refused])


def _check(batch: Batch, registry: Registry, now_ms: int) -> tuple[Columns, list[Rejection]]:
    """Return the accepted columns and what was refused of `batch`."""
    columns = batch.columns
    whole = _whole(batch, registry, now_ms)
    if whole is not None:
        return _NOTHING, [_refuse(columns, row, *whole) for row in range(len(columns))]
    if (
        registry.datastreams.issuperset(columns.datastreams)
        and batch.created - min(columns.time, default=batch.created) <= MAX_FROM_CREATED_MS
        and max(columns.time, default=batch.created) - batch.created <= MAX_FROM_CREATED_MS
        and _missing_is_consistent(columns)
    ):
        return columns, []
    return _sift(batch, registry)


def _whole(batch: Batch, registry: Registry, now_ms: int) -> tuple[str, str] | None:
    """Return (reason, detail) why no row of `batch` can be accepted, or None."""
    if batch.gateway not in registry.gateways:
        return UNKNOWN_GATEWAY, f"`{batch.gateway}` is not a gateway of site `{registry.site}`"
    if not -MAX_BEHIND_MS <= batch.created - now_ms <= MAX_AHEAD_MS:
        hours = (batch.created - now_ms) / HOUR_MS
        return TIME_OUT_OF_BOUNDS, f"the batch was written {hours:+.1f} h from our clock"
    return None


def _missing_is_consistent(columns: Columns) -> bool:
    """Return whether each result is null exactly where its quality is `missing`."""
    if None not in columns.result and _MISSING not in columns.quality:
        return True
    pairs = zip(columns.result, columns.quality, strict=True)
    return all((result is None) == (quality == _MISSING) for result, quality in pairs)


def _sift(batch: Batch, registry: Registry) -> tuple[Columns, list[Rejection]]:
    """Go through the rows one by one; accepted columns name known datastreams only."""
    index: dict[str, int] = {}
    of: list[int] = []
    accepted: list[int] = []
    rejected: list[Rejection] = []
    for row, (key, time, result, quality) in enumerate(batch.columns.rows()):
        guest = registry.is_guest(batch.gateway, key)
        fault = _fault(key, time - batch.created, result, quality, registry, guest)
        if fault is None:
            accepted.append(row)
            of.append(index.setdefault(key, len(index)))
        else:
            rejected.append(_refuse(batch.columns, row, *fault))
    kept = batch.columns.select(accepted)
    return Columns(
        datastreams=list(index), of=of, time=kept.time, result=kept.result, quality=kept.quality
    ), rejected


def _fault(
    key: str,
    from_created_ms: int,
    result: float | None,
    quality: int,
    registry: Registry,
    guest: bool,
) -> tuple[str, str] | None:
    if key not in registry.datastreams and not guest:
        named = key[:KEPT_KEY_CHARACTERS]
        return UNKNOWN_DATASTREAM, f"`{named}` is not a datastream of site `{registry.site}`"
    # a guest's datastream warns of nothing: it may be given its past
    if from_created_ms > MAX_FROM_CREATED_MS or (
        -from_created_ms > MAX_FROM_CREATED_MS and not guest
    ):
        hours = from_created_ms / HOUR_MS
        return TIME_OUT_OF_BOUNDS, f"{hours:+.1f} h from when its batch was written"
    if (result is None) != (quality == _MISSING):
        return NOT_FINITE, f"result {result} with quality {quality}"
    return None


def _refuse(columns: Columns, row: int, reason: str, detail: str) -> Rejection:
    return Rejection(
        reason=reason,
        detail=detail,
        datastream=columns.datastreams[columns.of[row]][:KEPT_KEY_CHARACTERS],
        time=columns.time[row],
        result=columns.result[row],
    )
