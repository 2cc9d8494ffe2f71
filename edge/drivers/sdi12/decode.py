"""Answers of SDI-12 sensors into numbers (SDI-12 specification 1.4, January 2019). Pure."""

import re

from msgspec import Struct

CRC_LETTERS = 3

VALUES = re.compile(r"(?:[+-](?:[0-9]+\.?[0-9]*|\.[0-9]+))*")
VALUE = re.compile(r"[+-][0-9.]+")
DIGITS = 7
"""Digits that a value has at most ("Send data command")."""


class Promise(Struct, frozen=True):
    """What a sensor answers to the start of a measurement: `atttn`, or `atttnn` if concurrent."""

    wait_s: int
    """Real seconds until the values are there at the latest [s]."""
    values: int
    """How many there will be; 0: none, the sensor cannot measure that."""


def crc(text: str) -> str:
    """Return the three letters of the checksum of `text` ("CRC").

    CRC-16 of polynomial 0xA001, begun at 0, six bits a letter from 0x40 on. The
    specification's example: `0+3.14` has `OqZ`.
    """
    total = 0
    for byte in text.encode("ascii"):
        total ^= byte
        for _ in range(8):
            total = total >> 1 ^ 0xA001 if total & 1 else total >> 1
    return "".join(chr(0x40 | total >> shift & 0x3F) for shift in (12, 6, 0))


def promise(reply: str, address: str) -> Promise:
    """Return what `reply`, without its line end, promises; ValueError where it is no promise."""
    if not re.fullmatch(r".[0-9]{4,5}", reply) or reply[0] != address:
        raise ValueError(f"answered `{reply}`, not `{address}tttn`")
    return Promise(int(reply[1:4]), int(reply[4:]))


def values(reply: str, address: str, *, checked: bool) -> list[float]:
    """Return the values in `reply`, without its line end; ValueError says what is wrong.

    An empty list: the sensor has no values, because the measurement was broken off.
    """
    if checked:
        body, letters = reply[:-CRC_LETTERS], reply[-CRC_LETTERS:]
        if len(reply) <= CRC_LETTERS or not body.isascii() or crc(body) != letters:
            raise ValueError(f"answered `{reply}`, whose checksum is wrong")
        reply = body
    if reply[:1] != address:
        raise ValueError(f"answered `{reply}`, not for address {address}")
    if not VALUES.fullmatch(reply, 1):
        raise ValueError(f"answered `{reply}`, which is no list of numbers")
    texts = VALUE.findall(reply[1:])
    if any(sum(map(str.isdigit, text)) > DIGITS for text in texts):
        raise ValueError(f"answered `{reply}`, with a number of more than {DIGITS} digits")
    return [float(text) for text in texts]
