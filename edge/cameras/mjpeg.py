"""Pictures out of a `multipart/x-mixed-replace` stream (RFC 2046, section 5.1)."""

import re
from typing import Protocol

LARGEST_BYTES = 40_000_000
CHUNK_BYTES = 16384


class Readable(Protocol):
    """An HTTP answer."""

    def read1(self, size: int, /) -> bytes:
        """Return what has come, at least one byte; nothing at the end."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class Parts:
    """The bodies of the parts, one after another.

    A camera that gives no Content-Length is understood by its boundary lines.
    """

    def __init__(self, answer: Readable, kind: str) -> None:
        named = re.search(r'boundary="?([^";]+)"?', kind)
        if not named:
            raise ValueError(f"a stream of pictures without a boundary: {kind}")
        self._boundary = b"--" + named[1].strip().removeprefix("--").encode("latin-1")
        self._answer, self._rest = answer, b""

    def next(self) -> bytes:
        """Return the next picture's bytes; ValueError where the stream ends or is none."""
        self._until(self._boundary)
        head = self._until(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length:\s*(\d+)", head)
        if length:
            return self._exactly(int(length[1]))
        body = self._until(self._boundary)
        self._rest = self._boundary + self._rest
        return body.rstrip(b"\r\n")

    def _until(self, mark: bytes) -> bytes:
        """Return what stands before `mark`, and pass over the mark."""
        searched = 0
        while (place := self._rest.find(mark, max(0, searched - len(mark)))) < 0:
            searched = len(self._rest)
            self._more()
        before, self._rest = self._rest[:place], self._rest[place + len(mark) :]
        return before

    def _exactly(self, size: int) -> bytes:
        if size > LARGEST_BYTES:
            raise ValueError(f"a picture of {size} bytes")
        while len(self._rest) < size:
            self._more()
        body, self._rest = self._rest[:size], self._rest[size:]
        return body

    def _more(self) -> None:
        chunk = self._answer.read1(CHUNK_BYTES)
        if not chunk:
            raise ValueError("the stream ended")
        self._rest += chunk
        if len(self._rest) > LARGEST_BYTES + CHUNK_BYTES:
            raise ValueError(f"{len(self._rest)} bytes without a picture")

    def close(self) -> None:
        """Hang up."""
        self._answer.close()
