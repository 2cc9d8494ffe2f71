"""The text of ASCII frames, section 6.6.2, into items and back. Pure.

Identifiers and values stand apart by one space each, the last one included:
`ST 0012345678 H TT 2609090800 Z 6.38 VT 12.50 `.
"""

import re

from edge.sl651.digits import parse_time, time_digits
from edge.sl651.elements import HOURLY, Element
from edge.sl651.errors import BodyError
from edge.sl651.hex_text import TAILS
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

_STEP = re.compile(rb"DR([DHN])(\d\d)")
_BLOBS: dict[bytes, BlobKind] = {b"RGZS": "manual", b"PIC": "picture", b"DATA": "velocities"}
_MARKS = {kind: mark for mark, kind in _BLOBS.items()}
_NUMBER = re.compile(rb"-?\d+(\.\d+)?|M|F")


def read_ascii(function: int, down: bool, text: bytes) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """Return the items of `text`, without its number and time, and what could not be read."""
    items: list[Item] = []
    at = 0
    while at < len(text):
        try:
            item, size = _read(function, down, text[at:], items)
            if _write(item) != text[at : at + size]:
                raise ValueError("it is not written as section 6.6.2 wants")
        except (ValueError, BodyError) as error:
            items.append(Blob("unread", text[at:]))
            return tuple(items), (f"character {at + 16} of the text: {error}",)
        items.append(item)
        at += size
    return tuple(items), ()


def write_ascii(items: tuple[Item, ...]) -> bytes:
    """Return `items` as text."""
    return b"".join(_write(item) for item in items)


def _read(function: int, down: bool, text: bytes, items: list[Item]) -> tuple[Item, int]:
    """Return the next item and how many characters it takes."""
    mark, value = _tokens(text, 2)
    pair = len(mark) + len(value) + 2
    if mark in _BLOBS:
        raw = text[len(mark) + 1 :]
        if not raw.endswith(b" "):
            raise ValueError("the last space is missing")
        return Blob(_BLOBS[mark], raw[:-1]), len(text)
    if mark == b"ST":
        return _station(value.decode("ascii"), text[pair:], pair)
    if function in TAILS and (items or down):
        return Blob(TAILS[function], text), len(text)
    if mark == b"TT":
        return TimeMark(parse_time(value.decode("ascii"))), pair
    if step := _STEP.fullmatch(mark):
        unit = {b"D": "days", b"H": "hours", b"N": "minutes"}[step[1]]
        return Step(**{unit: int(step[2])}), len(mark) + 1
    if down and function == 0x38 and not items:
        return Span(parse_time(mark.decode("ascii")), parse_time(value.decode("ascii"))), pair
    if items and isinstance(items[-1], Step) and not down:
        return _series(text, items[-1]), len(text)
    if down and function not in (0x40, 0x42, 0x49, 0x4B):
        return Asked(mark.decode("ascii")), len(mark) + 1
    if len(text) < pair:
        raise ValueError(f"`{mark.decode('latin-1')}` has no value, or the last space is missing")
    if function in (0x40, 0x41, 0x42, 0x43, 0x49):
        return Parameter(mark.decode("ascii"), value), pair
    element = Element(mark.decode("ascii"), value)
    _ = element.values  # raises where it is no number
    return element, pair


def _tokens(text: bytes, count: int) -> list[bytes]:
    parts = text.split(b" ", count)[:count]
    parts += [b""] * (count - len(parts))
    if not parts[0]:
        raise ValueError("two spaces follow each other")
    return parts


def _station(address: str, following: bytes, pair: int) -> tuple[Item, int]:
    kind, next_mark = _tokens(following, 2) if following else (b"", b"")
    if len(kind) == 1 and next_mark == b"TT":
        return StationMark(address, kind.decode("latin-1")), pair + 2
    return StationMark(address), pair


def _series(text: bytes, step: Step) -> Series:
    if not text.endswith(b" "):
        raise ValueError("the last space is missing")
    tokens = text[:-1].split(b" ")
    names = 0
    while names < len(tokens) and not _NUMBER.fullmatch(tokens[names]):
        if tokens[names].decode("ascii") in HOURLY and names:
            break
        names += 1
        if tokens[names - 1].decode("ascii") in HOURLY:
            break
    symbols = [token.decode("ascii") for token in tokens[:names]]
    raws = tokens[names:]
    if not symbols or len(raws) % len(symbols):
        raise ValueError(f"{len(raws)} values of {len(symbols)} elements")
    if not step.width and symbols[0] not in HOURLY:
        raise ValueError(f"{symbols[0]} stands after a step of 0, where DRP or DRZ must")
    series = Series(tuple((symbol, -1) for symbol in symbols), tuple(raws))
    for group in series.groups():
        for element in group:
            _ = element.values
    return series


def _write(item: Item) -> bytes:
    if isinstance(item, StationMark):
        return f"ST {item.address} {item.kind + ' ' if item.kind else ''}".encode("latin-1")
    if isinstance(item, TimeMark):
        return f"TT {time_digits(item.at, 10)} ".encode()
    if isinstance(item, Step):
        if item.days:
            return b"DRD%02d " % item.days
        return b"DRN%02d " % item.minutes if item.minutes else b"DRH%02d " % item.hours
    if isinstance(item, Span):
        return f"{time_digits(item.start, 8)} {time_digits(item.end, 8)} ".encode()
    if isinstance(item, Blob):
        mark = _MARKS.get(item.what)
        return item.raw if mark is None else mark + b" " + item.raw + b" "
    if isinstance(item, Series):
        names = [symbol.encode("ascii") for symbol, _ in item.elements]
        return b"".join(token + b" " for token in (*names, *item.raws))
    if isinstance(item, Asked):
        return item.code.encode("ascii") + b" "
    name = item.symbol if isinstance(item, Element) else item.code
    return name.encode("ascii") + b" " + item.raw + b" "
