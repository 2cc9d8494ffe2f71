"""Texts that go in several packets (mode M3): cut up, and put together again. Pure."""

from collections.abc import Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from edge.sl651.errors import FrameError
from edge.sl651.frames import End, Frame, Packet

MAX_PARTS = 2
"""Texts that one link may have begun at once; beyond it the oldest is given up."""


def split(frame: Frame, *, size: int = 208) -> list[Frame]:
    """Return `frame`, whose text may be longer than a frame, in packets of `size` bytes.

    All but the last end with ETB. FrameError where more than 4095 packets would be needed.
    """
    total = max(1, -(-len(frame.text) // size))
    if total > 4095:
        raise FrameError(f"{frame.station}: {len(frame.text)} bytes are {total} packets; 4095 go")
    return [
        replace(
            frame,
            packet=Packet(total, number),
            text=frame.text[(number - 1) * size : number * size],
            end=End.ETX if number == total else End.ETB,
        )
        for number in range(1, total + 1)
    ]


ASKED_AT_MOST = 2
"""How often a packet is asked for again."""


class Parts(Struct):
    """The packets of one text so far."""

    newest: Frame
    texts: dict[int, bytes] = field(default_factory=dict)
    asked: dict[int, int] = field(default_factory=dict)
    """How often each missing packet was asked for."""

    def missing(self) -> list[int]:
        """Return the numbers of the packets that have not come."""
        total = self.newest.packet.total if self.newest.packet else 0
        return [number for number in range(1, total + 1) if number not in self.texts]

    def next_to_ask(self) -> int | None:
        """Return the packet to ask for again, and count it; None where all were asked for twice.

        Packets are asked for one by one, each at most twice (section 6.3.1.2 c).
        """
        for number in self.missing():
            if self.asked.get(number, 0) < ASKED_AT_MOST:
                self.asked[number] = self.asked.get(number, 0) + 1
                return number
        return None


class Assembler:
    """Puts packets together, of several stations at once.

    Parameters
    ----------
    limit_bytes : int
        The longest text; what is longer is given up.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._parts: dict[tuple[str, int, int], Parts] = {}

    def add(self, frame: Frame) -> Frame | None:
        """Take a packet; return the whole as one frame once it is complete, else None.

        FrameError where the text becomes longer than the limit.
        """
        if frame.packet is None:
            return frame
        key = frame.station, frame.function, frame.packet.total
        parts = self._parts.pop(key, None) or Parts(newest=frame)
        if frame.packet.number == 1 and parts.texts.get(1, frame.text) != frame.text:
            parts = Parts(newest=frame)  # a new text of as many packets
        parts.newest = frame
        parts.texts[frame.packet.number] = frame.text
        if sum(map(len, parts.texts.values())) > self._limit:
            raise FrameError(
                f"{frame.station}: a text of more than {self._limit} bytes is given up"
            )
        if not parts.missing():
            return replace(frame, text=b"".join(parts.texts[n] for n in sorted(parts.texts)))
        self._parts[key] = parts
        while len(self._parts) > MAX_PARTS:
            del self._parts[next(iter(self._parts))]
        return None

    def waiting(self) -> Iterator[Parts]:
        """Yield the texts that are not complete."""
        yield from list(self._parts.values())

    def forget(self, parts: Parts) -> None:
        """Give up a text."""
        packet = parts.newest.packet
        if packet:
            self._parts.pop((parts.newest.station, parts.newest.function, packet.total), None)
