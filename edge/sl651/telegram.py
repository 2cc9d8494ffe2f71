"""Whole telegrams: a frame with its text, and what it observed. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from edge.sl651.ascii_text import read_ascii, write_ascii
from edge.sl651.catalogue import OBSERVING
from edge.sl651.digits import parse_time, read_time, time_digits, write_time
from edge.sl651.elements import HOURLY, Element
from edge.sl651.errors import BodyError, TelegramError
from edge.sl651.frames import Coding, End, Frame, Packet, decode_frame, encode_frame
from edge.sl651.hex_text import read_hex, write_hex
from edge.sl651.items import Body, Series, StationMark, Step, TimeMark

FIVE_MINUTES = timedelta(minutes=5)


class Telegram(Struct, frozen=True, kw_only=True):
    """A frame, and its text where that can be read by itself."""

    frame: Frame
    body: Body | None = None
    """None of one packet of several: their texts are one. Written in place of `frame.text`."""


class Observed(Struct, frozen=True):
    """One value of one element at one time."""

    station: str
    """Address of the station, 10 digits."""
    symbol: str
    """Element as in annex C: `Z`."""
    at: datetime
    """In the station's zone, without saying which."""
    value: float | None
    """None where the station says that it has none."""


def decode(message: bytes) -> Telegram:
    """Return the telegram that `message` is.

    FrameError or ChecksumError where it is no whole frame, BodyError where the frame is whole
    but has no number and time. What follows them and cannot be read is in `body.faults`.
    """
    return read_telegram(decode_frame(message))


def encode(telegram: Telegram) -> bytes:
    """Return `telegram` as bytes, so that `encode(decode(message)) == message`.

    HEX digits in the head of an ASCII frame become capitals.
    """
    frame = telegram.frame
    if telegram.body is not None:
        frame = replace(frame, text=write_body(telegram.body, frame.coding))
    return encode_frame(frame)


def read_telegram(frame: Frame, *, whole: bool = False) -> Telegram:
    """Return `frame` with its text read; BodyError as in `decode`.

    `whole` says that the texts of all its packets are in `frame`, as `Assembler` returns it.
    """
    alone = whole or frame.packet is None or frame.packet.total == 1 or frame.down
    return Telegram(frame=frame, body=read_body(frame) if alone else None)


def read_body(frame: Frame) -> Body:
    """Return the text of `frame`; BodyError where it has no number and time."""
    head = 16 if frame.coding is Coding.ASCII else 8
    start, rest = frame.text[:head], frame.text[head:]
    try:
        if len(start) < head:
            raise ValueError(f"{len(start)} bytes of text; number and time alone are {head}")
        if frame.coding is Coding.ASCII:
            serial, sent = int(start[:4], 16), parse_time(start[4:].decode("ascii"))
            items, faults = read_ascii(frame.function, frame.down, rest)
        else:
            serial, sent = int.from_bytes(start[:2], "big"), read_time(start[2:])
            items, faults = read_hex(frame.function, frame.down, rest)
    except ValueError as error:
        raise BodyError(f"{frame.station}, function {frame.function:02X}: {error}") from error
    return Body(serial=serial, sent=sent, items=items, faults=faults)


def write_body(body: Body, coding: Coding) -> bytes:
    """Return `body` as text; BodyError where an item does not fit."""
    if not 0 <= body.serial <= 0xFFFF:
        raise BodyError(f"the number {body.serial} is not 0-65535")
    try:
        if coding is Coding.ASCII:
            head = f"{body.serial:04X}{time_digits(body.sent, 12)}".encode("ascii")
            return head + write_ascii(body.items)
        return body.serial.to_bytes(2, "big") + write_time(body.sent, 12) + write_hex(body.items)
    except ValueError as error:
        raise BodyError(str(error)) from error


def observed(telegram: Telegram) -> list[Observed]:
    """Return the values of a report or an answer, each with its own station and time.

    Values before the first time, or of a function that carries none, give nothing.
    """
    frame, body = telegram.frame, telegram.body
    if body is None or frame.down or frame.function not in OBSERVING:
        return []
    station, at, step = frame.station, None, timedelta()
    found: list[Observed] = []
    for item in body.items:
        if isinstance(item, StationMark):
            station, at = item.address, None
        elif isinstance(item, TimeMark):
            at = item.at
        elif isinstance(item, Step):
            step = item.width
        elif at is not None and isinstance(item, Element):
            found += _of(station, item, at)
        elif at is not None and isinstance(item, Series):
            found += _of_series(station, item, at, step)
    return found


def _of(station: str, element: Element, at: datetime) -> Iterator[Observed]:
    width = FIVE_MINUTES if element.symbol in HOURLY else timedelta()
    for place, value in enumerate(element.values):
        yield Observed(station, element.symbol, at + place * width, value)


def _of_series(station: str, series: Series, at: datetime, step: timedelta) -> Iterator[Observed]:
    width = step or 12 * FIVE_MINUTES
    for place, group in enumerate(series.groups()):
        for element in group:
            yield from _of(station, element, at + place * width)


def acknowledgement(telegram: Telegram, *, now: datetime, stay_online: bool = True) -> Frame:
    """Return the frame that tells the station that `telegram` is in good hands.

    It carries the telegram's number and the time `now` (of the station's zone), and ends with
    ACK while the station has more to send, else with ESC (stay online) or EOT (hang up).
    """
    up, body = telegram.frame, telegram.body
    if body is None or up.down:
        raise TelegramError(f"{up.station}: only a whole telegram upward is acknowledged")
    end = End.ESC if stay_online else End.EOT
    if up.end is End.ETB and up.packet is None:
        end = End.ACK
    packet = Packet(up.packet.total, up.packet.total) if up.packet else None
    text = write_body(Body(serial=body.serial, sent=now), up.coding)
    return replace(up, down=True, end=end, packet=packet, text=text)


def ask_again(frame: Frame, number: int, *, now: datetime) -> Frame:
    """Return the frame that asks for packet `number` of those of which `frame` is one."""
    total = frame.packet.total if frame.packet else 1
    text = write_body(Body(serial=0, sent=now), frame.coding)
    return replace(frame, down=True, end=End.NAK, packet=Packet(total, number), text=text)


def question(
    station: str,
    function: int,
    *,
    now: datetime,
    body: Body | None = None,
    centre: int = 1,
    password: int = 0,
    coding: Coding = Coding.HEX,
) -> Telegram:
    """Return a query or command from the centre (mode M4); without `body` only the time.

    Function 0x37 asks for the values of now, 0x4A sets the station's clock to `now`.
    """
    frame = Frame(
        station=station,
        function=function,
        end=End.ENQ,
        coding=coding,
        down=True,
        centre=centre,
        password=password,
    )
    return Telegram(frame=frame, body=body or Body(serial=0, sent=now))
