"""A batch as the bytes that lie in the outbox: they can be recognised without SQLite.

Each record carries its own number, length and checksum, so that batches can be carved
out of a file whose tables are torn, and a flipped bit never passes for an observation.
"""

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

from msgspec import Struct

MAGIC = b"\xf0FWob1\r\n"
HEADER = struct.Struct(">8sQII")
"""Magic, number, length of the payload, CRC-32 over number and payload."""

MAX_PAYLOAD = 1 << 20


class Entry(Struct, frozen=True):
    """One batch in the outbox."""

    number: int
    """Place in the order of writing; never used twice."""
    payload: bytes
    """The encoded `Batch`, as it is published."""


def pack(entry: Entry) -> bytes:
    """Return the bytes that are stored for `entry`."""
    return HEADER.pack(MAGIC, entry.number, len(entry.payload), _sum(entry)) + entry.payload


def unpack(record: bytes) -> Entry | None:
    """Return the entry in `record`, or None where a bit of it is wrong."""
    if len(record) < HEADER.size:
        return None
    magic, number, length, checksum = HEADER.unpack_from(record)
    entry = Entry(number, bytes(record[HEADER.size : HEADER.size + length]))
    whole = magic == MAGIC and len(record) == HEADER.size + length and length <= MAX_PAYLOAD
    return entry if whole and checksum == _sum(entry) else None


def carve(path: Path) -> Iterator[Entry]:
    """Yield every whole record that lies in the file at `path`, whatever is around it."""
    if not path.is_file() or path.stat().st_size < HEADER.size:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        start = raw.find(MAGIC)
        while 0 <= start <= len(raw) - HEADER.size:
            length = HEADER.unpack_from(raw, start)[2]
            if length <= MAX_PAYLOAD:
                entry = unpack(raw[start : start + HEADER.size + length])
                if entry:
                    yield entry
            start = raw.find(MAGIC, start + 1)


def _sum(entry: Entry) -> int:
    return crc32(entry.payload, crc32(entry.number.to_bytes(8, "big")))
