"""SL 651-2014 hydrology telegrams: decoder and encoder, and the talk of a centre.

It can be used by itself; only `serve` does any input or output::

    from edge.sl651 import decode, encode, observed

    telegram = decode(bytes.fromhex("7E7E…"))
    for value in observed(telegram):
        print(value.station, value.symbol, value.at, value.value)
    assert encode(telegram) == message

A telegram is a `frame` (addresses, password, function, coding) with a `body` (number, time,
items). Values keep their bytes as they were sent, so that what is read can be written again.
Texts in several packets are put together by `Assembler` and cut by `split`.

Errors form one small tree under `edge.EdgeError`::

    TelegramError            no telegram, or one that cannot be written
    +-- FrameError           no frame begins here, or it is cut off
    |   +-- ChecksumError    its checksum is wrong
    +-- BodyError            a whole frame whose text cannot be read
"""

from edge.sl651.catalogue import FUNCTIONS, STATION_KINDS, alarms, event_counts
from edge.sl651.elements import KINDS, Element, Kind
from edge.sl651.errors import BodyError, ChecksumError, FrameError, TelegramError
from edge.sl651.frames import Coding, End, Frame, Packet
from edge.sl651.items import (
    Asked,
    Blob,
    Body,
    Item,
    Parameter,
    Series,
    Span,
    StationMark,
    Step,
    TimeMark,
)
from edge.sl651.packets import Assembler, split
from edge.sl651.stream import FrameBuffer, Refused
from edge.sl651.telegram import (
    Observed,
    Telegram,
    acknowledgement,
    ask_again,
    decode,
    encode,
    observed,
    question,
    read_telegram,
)

__all__ = [
    "FUNCTIONS",
    "KINDS",
    "STATION_KINDS",
    "Asked",
    "Assembler",
    "Blob",
    "Body",
    "BodyError",
    "ChecksumError",
    "Coding",
    "Element",
    "End",
    "Frame",
    "FrameBuffer",
    "FrameError",
    "Item",
    "Kind",
    "Observed",
    "Packet",
    "Parameter",
    "Refused",
    "Series",
    "Span",
    "StationMark",
    "Step",
    "Telegram",
    "TelegramError",
    "TimeMark",
    "acknowledgement",
    "alarms",
    "ask_again",
    "decode",
    "encode",
    "event_counts",
    "observed",
    "question",
    "read_telegram",
    "split",
]
