"""CAP messages from files and streams: never more of them than a message may have."""

import sys
from pathlib import Path
from typing import IO

from alerts import AlertError
from alerts.cap_check import MAX_BYTES

CHUNK = 65_536


def read(stream: IO[bytes]) -> bytes:
    """Return what `stream` holds, or so much of it that `check` finds it too long."""
    parts, left = [], MAX_BYTES + 1
    while left and (part := stream.read(min(left, CHUNK))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def read_file(path: str) -> bytes:
    """Return the same of the file at `path`, `-`: standard input; AlertError where it is none."""
    if path == "-":
        return read(sys.stdin.buffer)
    try:
        with Path(path).open("rb") as stream:
            return read(stream)
    except OSError as error:
        raise AlertError(f"{path}: {error.strerror}") from error
