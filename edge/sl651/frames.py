"""Frames of SL 651-2014, chapter 6: HEX/BCD (7E7E…) and ASCII (SOH…), up and down. Pure.

Layout: start, two addresses, password, function, direction with length, STX or SYN, with SYN
the count and number of the packet, text, end character, checksum. The text between start and
end character, with the packet's numbers, is at most 4095 bytes.
"""

from enum import IntEnum, StrEnum

from msgspec import Struct

from edge.sl651.digits import crc16
from edge.sl651.errors import ChecksumError, FrameError

SOH, STX, SYN = 0x01, 0x02, 0x16
HEX_START = b"\x7e\x7e"
MAX_TEXT = 4095
MAX_FRAME = 1 + 22 + 1 + MAX_TEXT + 1 + 4
"""Bytes of the longest frame: an ASCII one with a full text."""


class Coding(StrEnum):
    """How a frame is written."""

    HEX = "hex"
    """Bytes as they are, numbers in BCD."""
    ASCII = "ascii"
    """Every byte of the head as two characters, numbers as text."""


class End(IntEnum):
    """End characters (table 10)."""

    ETX = 0x03
    """Up: no more telegrams follow."""
    EOT = 0x04
    """Down: all is well, the station may hang up."""
    ENQ = 0x05
    """Down: a question or a command."""
    ACK = 0x06
    """Down: well received, go on."""
    NAK = 0x15
    """Down: send this packet again."""
    ETB = 0x17
    """Up: more telegrams follow."""
    ESC = 0x1B
    """Down: all is well, the station stays online."""


class Packet(Struct, frozen=True):
    """Which part of a text that goes in several frames (mode M3)."""

    total: int
    number: int
    """From 1 to `total`."""


class Frame(Struct, frozen=True, kw_only=True):
    """One frame whose checksum is right."""

    station: str
    """Address of the remote station, 10 digits: `0012345678`; the last four may be HEX."""
    function: int
    """Function code (annex B): 0x32 is a timed report."""
    text: bytes = b""
    end: End = End.ETX
    coding: Coding = Coding.HEX
    down: bool = False
    """True from the centre to the station."""
    centre: int = 1
    """Address of the centre, 1-255; 0 is met in the field."""
    password: int = 0
    packet: Packet | None = None


def encode_frame(frame: Frame) -> bytes:
    """Return `frame` as bytes; FrameError names the field that does not fit."""
    _check(frame)
    numbers = _packet_bytes(frame)
    length = (0x8000 if frame.down else 0) | (len(frame.text) + len(numbers))
    addresses = [f"{frame.centre:02X}", frame.station.upper()]
    if frame.down:
        addresses.reverse()
    head = "".join(addresses) + f"{frame.password:04X}{frame.function:02X}{length:04X}"
    start = bytes([SYN if frame.packet else STX])
    rest = start + numbers + frame.text + bytes([frame.end])
    if frame.coding is Coding.HEX:
        whole = HEX_START + bytes.fromhex(head) + rest
        return whole + crc16(whole).to_bytes(2, "big")
    whole = bytes([SOH]) + head.encode("ascii") + rest
    return whole + f"{crc16(whole):04X}".encode("ascii")


def decode_frame(message: bytes) -> Frame:
    """Return the one frame that `message` is.

    FrameError where it is none, or cut off, or has bytes left over; ChecksumError where the
    checksum is wrong.
    """
    size = extent(message)
    if size is None or len(message) < size:
        wanted = f"{len(message)} bytes of {size}" if size else f"{len(message)} bytes"
        raise FrameError(f"the frame is cut off: {wanted}")
    if len(message) > size:
        raise FrameError(f"{len(message) - size} bytes are left over after a frame of {size}")
    coding = Coding.ASCII if message[0] == SOH else Coding.HEX
    tail = 4 if coding is Coding.ASCII else 2
    right = crc16(message[:-tail])
    told = message[-tail:].decode("latin-1") if coding is Coding.ASCII else message[-2:].hex()
    if told.upper() != f"{right:04X}":
        raise ChecksumError(f"checksum {told.upper()!r} is wrong, {right:04X} would be right")
    return _frame(message, coding, tail)


def extent(message: bytes) -> int | None:
    """Return how long the frame is that begins `message`; None where that cannot be told yet.

    FrameError where no frame begins there.
    """
    if message[:1] == bytes([SOH]):
        head, tail = 23, 4
    elif message[:2] == HEX_START or message == HEX_START[:1]:
        head, tail = 13, 2
    else:
        raise FrameError(f"no frame begins with {bytes(message[:2]).hex().upper() or 'nothing'}")
    if len(message) <= head:
        return None
    length = _length(message, head)
    if message[head] not in (STX, SYN):
        raise FrameError(f"{message[head]:02X} stands where STX or SYN must")
    if message[head] == SYN and length < (6 if tail == 4 else 3):
        raise FrameError(f"a packet with a length of {length}")
    return head + 1 + length + 1 + tail


def _length(message: bytes, head: int) -> int:
    """Return the length of the text, from the last field of the head."""
    field = bytes(message[head - 2 : head])
    if head == 23:
        try:
            bytes.fromhex(bytes(message[1:head]).decode("ascii"))
            field = bytes.fromhex(bytes(message[head - 4 : head]).decode("ascii"))
        except ValueError as error:
            raise FrameError("the head of an ASCII frame is not made of digits") from error
    word = int.from_bytes(field, "big")
    if word >> 12 not in (0, 8):
        raise FrameError(f"{word:04X} is neither a length up nor down")
    return word & 0x0FFF


def _frame(message: bytes, coding: Coding, tail: int) -> Frame:
    head = 23 if coding is Coding.ASCII else 13
    fields = bytes(message[1:head])
    if coding is Coding.ASCII:
        fields = b"\x7e" + bytes.fromhex(fields.decode("ascii"))
    fields = fields[1:]
    down = bool(fields[9] & 0x80)
    station, centre = (fields[:5], fields[5]) if down else (fields[1:6], fields[0])
    text = bytes(message[head + 1 : -tail - 1])
    packet = None
    if message[head] == SYN:
        packet, text = _packet(text, coding)
    try:
        end = End(message[-tail - 1])
    except ValueError as error:
        raise FrameError(f"{message[-tail - 1]:02X} is no end character") from error
    return Frame(
        station=station.hex().upper(),
        centre=centre,
        password=int.from_bytes(fields[6:8], "big"),
        function=fields[8],
        text=text,
        end=end,
        coding=coding,
        down=down,
        packet=packet,
    )


def _packet(text: bytes, coding: Coding) -> tuple[Packet, bytes]:
    size = 6 if coding is Coding.ASCII else 3
    try:
        numbers = text[:size].decode("ascii") if coding is Coding.ASCII else text[:size].hex()
        packet = Packet(int(numbers[:3], 16), int(numbers[3:], 16))
    except ValueError as error:
        raise FrameError("the numbers of a packet are not made of digits") from error
    if not 1 <= packet.number <= packet.total:
        raise FrameError(f"packet {packet.number} of {packet.total}")
    return packet, text[size:]


def _packet_bytes(frame: Frame) -> bytes:
    if frame.packet is None:
        return b""
    numbers = f"{frame.packet.total:03X}{frame.packet.number:03X}"
    return numbers.encode() if frame.coding is Coding.ASCII else bytes.fromhex(numbers)


def _check(frame: Frame) -> None:
    room = MAX_TEXT - len(_packet_bytes(frame)) if not frame.packet or _fits(frame.packet) else -1
    for wrong, why in (
        (len(frame.station) != 10 or not _is_hex(frame.station), "`station` needs 10 digits"),
        (not 0 <= frame.centre <= 255, "`centre` must be 0-255"),
        (not 0 <= frame.password <= 0xFFFF, "`password` must be 0-FFFF"),
        (not 0 <= frame.function <= 255, "`function` must be one byte"),
        (room < 0, "`packet` needs 1 <= number <= total <= 4095"),
        (room >= 0 and len(frame.text) > room, f"{len(frame.text)} bytes of text; {room} fit"),
    ):
        if wrong:
            raise FrameError(f"{frame.station}, function {frame.function:02X}: {why}")


def _fits(packet: Packet) -> bool:
    return 1 <= packet.number <= packet.total <= 4095


def _is_hex(text: str) -> bool:
    return all(letter in "0123456789ABCDEFabcdef" for letter in text)
