"""The text of HEX/BCD frames, section 6.6.3, into items and back. Pure.

An item is an identifier, a byte that defines how long its value is (5 bits bytes, 3 bits
decimals), and the value. The standard counts the sign of a negative number among these bytes;
some stations do not, so a text that cannot be read the one way is read the other.
"""

from collections.abc import Callable

from edge.sl651.catalogue import STATION_KINDS, WITH_KIND
from edge.sl651.digits import decimal, read_time, write_time
from edge.sl651.elements import HOURLY, Element, code_of, symbol_of
from edge.sl651.errors import BodyError
from edge.sl651.items import (
    Asked,
    Blob,
    BlobKind,
    Item,
    Parameter,
    Series,
    Span,
    StationMark,
    Step,
    TimeMark,
)

BLOBS: dict[int, BlobKind] = {0xF2: "manual", 0xF3: "picture", 0xFD: "velocities"}
_BLOB_MARKS = {"manual": b"\xf2\xf2", "picture": b"\xf3\xf3", "velocities": b"\xfd\xf6"}

TAILS: dict[int, BlobKind] = {
    0x45: "version",
    0x4C: "pumps",
    0x4D: "valves",
    0x4E: "gates",
    0x4F: "quota",
    0x50: "events",
}
"""Functions whose answer is a whole after the station's address → what it is."""


def read_hex(function: int, down: bool, text: bytes) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """Return the items of `text`, without its number and time, and what could not be read."""
    first = _Reader(function, down, text, sign_counts=True).read()
    if first[1]:
        second = _Reader(function, down, text, sign_counts=False).read()
        return first if second[1] else second
    return first


def write_hex(items: tuple[Item, ...]) -> bytes:
    """Return `items` as bytes; BodyError where one belongs to an ASCII frame."""
    return b"".join(_write(item) for item in items)


class _Reader:
    """Reads one text; where it must stop, what is left becomes an item of its own."""

    def __init__(self, function: int, down: bool, text: bytes, *, sign_counts: bool) -> None:
        self._function, self._down, self._text = function, down, text
        self._sign_counts = sign_counts
        self._at = 0
        self._items: list[Item] = []
        self._faults: list[str] = []

    def read(self) -> tuple[tuple[Item, ...], tuple[str, ...]]:
        read_one = self._reader()
        while self._at < len(self._text):
            before = self._at
            try:
                self._items.append(read_one())
            except (ValueError, BodyError) as error:
                self._at = before
                self._faults.append(f"byte {before + 8} of the text: {error}")
                self._items.append(Blob("unread", self._take(len(self._text) - before)))
        return tuple(self._items), tuple(self._faults)

    def _reader(self) -> Callable[[], Item]:
        if self._down:
            return self._asked_or_set
        if self._function in (0x40, 0x41, 0x42, 0x43, 0x49):
            return self._parameter
        return self._observed

    def _take(self, count: int) -> bytes:
        found = self._text[self._at : self._at + count]
        if len(found) < count:
            raise ValueError(f"{count} bytes are announced, {len(found)} are there")
        self._at += count
        return found

    def _peek(self, count: int) -> bytes:
        return self._text[self._at : self._at + count]

    def _code(self) -> str:
        code = self._take(1)
        return (code + self._take(1) if code == b"\xff" else code).hex().upper()

    def _definition(self) -> int:
        return self._take(1)[0]

    def _observed(self) -> Item:
        marked = self._peek(2)
        if marked == b"\xf1\xf1":
            return self._station()
        if self._function in TAILS and self._items:
            return Blob(TAILS[self._function], self._take(len(self._text) - self._at))
        if marked == b"\xf0\xf0":
            self._take(2)
            return TimeMark(read_time(self._take(5)))
        if marked == b"\x04\x18":
            self._take(2)
            return Step(*(int(decimal(self._take(1))) for _ in range(3)))
        if marked[0] in BLOBS and marked in _BLOB_MARKS.values():
            self._take(2)
            return Blob(BLOBS[marked[0]], self._take(len(self._text) - self._at))
        if self._items and isinstance(self._items[-1], Step):
            return self._series(self._items[-1])
        return self._element()

    def _station(self) -> StationMark:
        self._take(2)
        address = self._take(5).hex().upper()
        following = self._peek(3)
        known = following[:1].decode("latin-1") in STATION_KINDS
        has_kind = following[:2] != b"\xf0\xf0" and (known or following[1:] == b"\xf0\xf0")
        if self._function in WITH_KIND and following and has_kind:
            return StationMark(address, self._take(1).decode("latin-1"))
        return StationMark(address)

    def _element(self) -> Element:
        code = self._code()
        definition = self._definition()
        symbol = symbol_of(code)
        if symbol in HOURLY:  # a fixed length, whatever is announced
            return Element(symbol, self._take(12 * HOURLY[symbol]), definition)
        size = definition >> 3
        negative = self._peek(1) == b"\xff" and self._peek(size).count(0xFF) < size
        if negative and not self._sign_counts:
            size += 1
        element = Element(symbol, self._take(size), definition)
        _ = element.values  # raises where it is no number
        return element

    def _series(self, step: Step) -> Series:
        code, definition = self._code(), self._definition()
        symbol = symbol_of(code)
        size = 12 * HOURLY[symbol] if symbol in HOURLY else definition >> 3
        left = len(self._text) - self._at
        if not step.width and symbol not in HOURLY:
            raise ValueError(f"{symbol} stands after a step of 0, where DRP or DRZ must")
        if not size or left % size:
            raise ValueError(f"{left} bytes of {symbol} are no multiple of {size}")
        raws = tuple(self._take(size) for _ in range(left // size))
        for raw in raws:
            _ = Element(symbol, raw, definition).values
        return Series(((symbol, definition),), raws)

    def _parameter(self) -> Item:
        if self._peek(2) == b"\xf1\xf1":
            return self._station()
        code, definition = self._code(), self._definition()
        size = definition if code == "0E" else definition >> 3  # table D.1, row 14
        return Parameter(code, self._take(size), definition)

    def _asked_or_set(self) -> Item:
        function = self._function
        if function == 0x38 and not self._items:
            return Span(read_time(self._take(4)), read_time(self._take(4)))
        if self._peek(2) == b"\x04\x18":
            return self._observed()
        if function in (0x40, 0x42, 0x49):
            return self._parameter()
        if function == 0x4B:
            return self._element()
        if function in (0x38, 0x3A, 0x41, 0x43, 0x47, 0x48):
            return Asked(self._code(), self._definition())
        if function in TAILS:
            return Blob(TAILS[function], self._take(len(self._text) - self._at))
        raise ValueError(f"nothing is known to follow in function {function:02X} down")


def _write(item: Item) -> bytes:
    if isinstance(item, StationMark):
        return b"\xf1\xf1" + bytes.fromhex(item.address) + item.kind.encode("latin-1")
    if isinstance(item, TimeMark):
        return b"\xf0\xf0" + write_time(item.at, 10)
    if isinstance(item, Step):
        digits = f"{item.days:02d}{item.hours:02d}{item.minutes:02d}"
        return b"\x04\x18" + bytes.fromhex(digits)
    if isinstance(item, Span):
        return write_time(item.start, 8) + write_time(item.end, 8)
    if isinstance(item, Blob):
        return _BLOB_MARKS.get(item.what, b"") + item.raw
    if isinstance(item, Series):
        [(symbol, definition)] = item.elements
        return _named(code_of(symbol), definition) + b"".join(item.raws)
    if isinstance(item, Element):
        return _named(code_of(item.symbol), item.definition) + item.raw
    if isinstance(item, Asked):
        return _named(item.code, item.definition)
    return _named(item.code, item.definition) + item.raw


def _named(code: str, definition: int) -> bytes:
    if definition < 0:
        raise BodyError(f"{code} is made for an ASCII frame: it has no definition byte")
    return bytes.fromhex(code) + bytes([definition])
