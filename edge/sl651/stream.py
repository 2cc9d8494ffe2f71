"""Frames out of a stream of bytes, torn and mixed with garbage as it may be. Pure."""

from collections.abc import Iterator

from msgspec import Struct

from edge.sl651.errors import FrameError
from edge.sl651.frames import HEX_START, SOH, Frame, decode_frame, extent


class Refused(Struct, frozen=True):
    """Bytes that look like a frame, and why they are none."""

    why: str
    message: bytes


class FrameBuffer:
    """Cuts a stream into frames; what is no frame is stepped over.

    A start that no frame follows holds back at most the 4 kB that it may claim, and only
    until the line falls silent: call `idle` then.
    """

    def __init__(self) -> None:
        self._rest = b""
        self.skipped = 0
        """Bytes stepped over so far."""

    @property
    def waiting(self) -> bool:
        """Tell whether the beginning of a frame waits for its rest."""
        return bool(self._rest)

    def feed(self, chunk: bytes) -> Iterator[Frame | Refused]:
        """Yield the frames that `chunk` completes, and what looked like one but is none."""
        self._rest += chunk
        while self._rest and (size := self._next()) is not None:
            message = self._rest[:size]
            try:
                frame = decode_frame(message)
            except FrameError as error:
                self._step(1)
                yield Refused(str(error), message)
            else:
                self._rest = self._rest[size:]
                yield frame

    def idle(self) -> Iterator[Frame | Refused]:
        """Give up the frame that was begun, and yield those that stand in its bytes.

        Between the characters of a frame the line does not fall silent (section 6.3.2.1).
        """
        while self._rest:
            self._step(1)
            yield from self.feed(b"")

    def _next(self) -> int | None:
        """Step to the next start and return the size of its frame; None: wait for more."""
        while self._rest:
            self._step(_start(self._rest))
            try:
                size = extent(self._rest) if self._rest else None
            except FrameError:
                self._step(1)
                continue
            return size if size is not None and len(self._rest) >= size else None
        return None

    def _step(self, count: int) -> None:
        self._rest = self._rest[count:]
        self.skipped += count


def _start(stream: bytes) -> int:
    """Return where the first byte is that may begin a frame, or how many bytes there are."""
    places = [place for place in (stream.find(HEX_START), stream.find(SOH)) if place >= 0]
    if stream.endswith(HEX_START[:1]):
        places.append(len(stream) - 1)
    return min(places, default=len(stream))
