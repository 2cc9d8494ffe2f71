"""The memory of an FW-L8 logger: which registers hold which records. Pure."""

import struct
from collections.abc import Iterator, Sequence
from math import isfinite

from msgspec import Struct

from edge.drivers.modbus.decode import shortest
from edge.drivers.modbus.profile import MAX_REGISTERS, LoggerLayout


class Header(Struct, frozen=True):
    """What a logger says of itself."""

    status: int
    channels: int
    interval_s: int
    depth: int
    newest_time: int
    """Unix time of the newest record [s]."""
    newest_number: int
    """Records count from 1 since the memory was cleared; 0: none yet."""

    def time_of(self, number: int) -> int:
        """Return the Unix time at which record `number` was taken [s]."""
        return self.newest_time - (self.newest_number - number) * self.interval_s


class Chunk(Struct, frozen=True):
    """Records that lie side by side in the ring and are asked for at once."""

    first: int
    """Number of the first record."""
    records: int
    address: int
    registers: int


class Record(Struct, frozen=True):
    """One line of a logger's memory."""

    number: int
    time: int
    """Unix time [s]."""
    values: tuple[float | None, ...]
    """One for each channel; None where the logger says that the sensor was faulty."""


def header(layout: LoggerLayout, registers: Sequence[int]) -> Header:
    """Return the header in `registers`; ValueError says what makes no sense."""
    words = dict(enumerate(registers, start=layout.header()[0]))
    found = Header(
        status=words[layout.status],
        channels=words[layout.channel_count],
        interval_s=words[layout.interval],
        depth=words[layout.depth],
        newest_time=words[layout.newest_time] << 16 | words[layout.newest_time + 1],
        newest_number=words[layout.newest_number] << 16 | words[layout.newest_number + 1],
    )
    if not 1 <= found.channels <= layout.max_channels:
        raise ValueError(f"says it has {found.channels} channels, of 1 to {layout.max_channels}")
    if not 1 <= found.depth <= layout.max_depth:
        raise ValueError(f"says it keeps {found.depth} records, of 1 to {layout.max_depth}")
    if not found.interval_s:
        raise ValueError("says that its logging interval is 0 s")
    return found


def current(registers: Sequence[int], channels: int) -> tuple[float | None, ...]:
    """Return the values of `channels` float32 in `registers`; None for a sensor fault."""
    raw = b"".join(word.to_bytes(2, "big") for word in registers[: 2 * channels])
    return tuple(_value(single) for single in struct.unpack(f">{channels}f", raw))


def chunks(layout: LoggerLayout, found: Header, taken: int) -> Iterator[Chunk]:
    """Yield the requests for every record newer than number `taken`, oldest first."""
    width = 2 + 2 * found.channels
    at_once = MAX_REGISTERS // width
    number = max(taken, found.newest_number - found.depth, 0) + 1
    while number <= found.newest_number:
        slot = (number - 1) % found.depth
        count = min(at_once, found.newest_number - number + 1, found.depth - slot)
        yield Chunk(number, count, layout.records + slot * width, count * width)
        number += count


def records(chunk: Chunk, registers: Sequence[int], channels: int) -> Iterator[Record]:
    """Yield the records of `chunk` from its registers."""
    width = 2 + 2 * channels
    for index in range(chunk.records):
        words = registers[index * width : (index + 1) * width]
        yield Record(chunk.first + index, words[0] << 16 | words[1], current(words[2:], channels))


def _value(single: float) -> float | None:
    return shortest(single) if isfinite(single) else None
