"""HJ 212-2017 messages (`##` length, text, checksum, CR LF) read and written. Pure."""

import re
from collections.abc import Iterator
from datetime import datetime
from math import isfinite

from msgspec import Struct

from edge import EdgeError

MAX_TEXT = 9999
"""The standard allows 1024 characters of text; four digits of length allow this."""

_FACTOR = re.compile(r"([A-Za-z0-9_]+)-([A-Za-z]+)")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


class MessageError(EdgeError):
    """Bytes that are no HJ 212 message."""


class Message(Struct, frozen=True, kw_only=True):
    """One message whose checksum is right."""

    fields: dict[str, str]
    """Head: `QN`, `ST`, `CN`, `PW`, `MN`, `Flag`, `PNUM`, `PNO`."""
    groups: tuple[dict[str, str], ...] = ()
    """What stands in CP, group by group: `{"w01010-Rtd": "21.3", "w01010-Flag": "N"}`."""

    @property
    def flag(self) -> int:
        """Return the bits of Flag: 1 wants an answer, 2 is one packet of several."""
        text = self.fields.get("Flag", "")
        return int(text) if text.isdecimal() and len(text) < 4 else 0

    @property
    def wants_answer(self) -> bool:
        """Tell whether the sender waits for an answer."""
        return bool(self.flag & 1)


class Value(Struct, frozen=True):
    """One value of one factor."""

    name: str
    """Factor and kind, `w01010-Rtd`."""
    at: datetime
    """In the logger's zone, without saying which."""
    value: float | None
    """None where the logger says that it has none."""
    flag: str
    """State of the instrument (table 8): N good, T beyond its range, D faulty …; perhaps empty."""


MISSING_FLAGS = frozenset("DFB")
"""Instrument faulty, stopped, link broken: what is sent is no value."""
DOUBTFUL_FLAGS = frozenset("TMC")
"""Beyond its range, in maintenance, in calibration."""


def checksum(text: bytes) -> str:
    """Return the CRC of annex A as four HEX digits.

    The check value of the standard's own example is 1C80. It shifts the register before the
    byte comes in, unlike Modbus, so the two differ.
    """
    register = 0xFFFF
    for byte in text:
        register = (register >> 8) ^ byte
        for _ in range(8):
            low, register = register & 1, register >> 1
            if low:
                register ^= 0xA001
    return f"{register:04X}"


def write(message: Message) -> bytes:
    """Return `message` as bytes; MessageError where it is too long or not ASCII."""
    head = "".join(f"{name}={value};" for name, value in message.fields.items())
    cp = ";".join(
        ",".join(f"{name}={value}" for name, value in group.items()) for group in message.groups
    )
    try:
        text = f"{head}CP=&&{cp}&&".encode("ascii")
    except UnicodeEncodeError as error:
        raise MessageError(f"a message of HJ 212 is ASCII: {error}") from error
    if len(text) > MAX_TEXT:
        raise MessageError(f"{len(text)} characters; {MAX_TEXT} fit")
    return b"##%04d" % len(text) + text + checksum(text).encode() + b"\r\n"


def read(text: bytes) -> Message:
    """Return the message in `text`, without length and checksum; MessageError where it is none."""
    try:
        head, mark, rest = text.decode("ascii").partition("CP=&&")
    except UnicodeDecodeError as error:
        raise MessageError("a message of HJ 212 is ASCII") from error
    if not mark or not rest.endswith("&&"):
        raise MessageError("no CP=&&…&& in the message")
    fields = _pairs(head.split(";"))
    if not {"CN", "MN"} <= fields.keys():
        raise MessageError("neither CN nor MN may be missing in the head of a message")
    groups = (_pairs(group.split(",")) for group in rest[:-2].split(";"))
    return Message(fields=fields, groups=tuple(group for group in groups if group))


def _pairs(parts: list[str]) -> dict[str, str]:
    named = (part.partition("=") for part in parts if "=" in part)
    return {name.strip(): value.strip() for name, _, value in named}


def values(message: Message, *, fallback: datetime | None = None) -> list[Value]:
    """Return the values of a message of data (CN 2011, 2031, 2051, 2061, …).

    Each has the time of its own `SampleTime` where there is one, else the message's
    `DataTime`, else `fallback`; without any it is left out. `-Flag` rules whether it is a
    value; text that is no number is left out.
    """
    times = [time_of(group["DataTime"]) for group in message.groups if "DataTime" in group]
    at = next((time for time in times if time), fallback)
    found: list[Value] = []
    for group in message.groups:
        for name, text in group.items():
            named = _FACTOR.fullmatch(name)
            if not named or named[2] in ("Flag", "SampleTime"):
                continue
            own = time_of(group.get(f"{named[1]}-SampleTime", "")) or at
            flag = group.get(f"{named[1]}-Flag", "")
            if own is None:
                continue
            if flag in MISSING_FLAGS:
                found.append(Value(name, own, None, flag))
            elif _NUMBER.fullmatch(text) and isfinite(float(text)):
                found.append(Value(name, own, float(text), flag))
    return found


def time_of(text: str) -> datetime | None:
    """Return the time in YYYYMMDDhhmmss, with or without milliseconds; None where it is none."""
    if len(text) not in (14, 17) or not (text.isascii() and text.isdecimal()):
        return None
    try:
        return datetime.strptime(text[:14], "%Y%m%d%H%M%S")
    except ValueError:
        return None


def answer(message: Message, *, qn_return: int | None = None) -> Message:
    """Return the answer to `message`: 9014 to data; with `qn_return` 9011 to a request."""
    fields = {
        "QN": message.fields.get("QN", ""),
        "ST": "91",
        "CN": "9014" if qn_return is None else "9011",
        "PW": message.fields.get("PW", ""),
        "MN": message.fields["MN"],
        "Flag": str(message.flag & ~3 or 4),
    }
    return Message(fields=fields, groups=() if qn_return is None else ({"QnRtn": str(qn_return)},))


class MessageBuffer:
    """Cuts a stream into messages; what is none is stepped over."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[Message | str]:
        """Yield the messages that `chunk` completes, and why what looked like one is none."""
        self._rest += chunk
        while (start := self._rest.find(b"##")) >= 0:
            self._rest = self._rest[start:]
            digits = self._rest[2:6]
            if len(digits) < 4:
                return
            if not digits.isdigit():
                self._rest = self._rest[1:]
                continue
            end = 6 + int(digits)
            if len(self._rest) < end + 4:
                return
            text, told = self._rest[6:end], self._rest[end : end + 4]
            found = self._judge(text, told)
            self._rest = self._rest[2 if isinstance(found, str) else end + 4 :]
            yield found
        self._rest = self._rest[-1:] if self._rest.endswith(b"#") else b""

    def idle(self) -> Iterator[Message | str]:
        """Give up the message that was begun, and yield those that stand in its bytes."""
        while self._rest:
            self._rest = self._rest[1:]
            yield from self.feed(b"")

    def _judge(self, text: bytes, told: bytes) -> Message | str:
        right = checksum(text)
        if told.upper() != right.encode():
            return f"checksum {told!r} is wrong, {right} would be right"
        try:
            return read(text)
        except MessageError as error:
            return str(error)
