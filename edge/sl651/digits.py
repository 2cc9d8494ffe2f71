"""Decimal digits in bytes (BCD), times of such digits, and the checksum. Pure."""

from datetime import datetime

_TABLE: list[int] = []
for _byte in range(256):
    _word = _byte
    for _ in range(8):
        _word = (_word >> 1) ^ 0xA001 if _word & 1 else _word >> 1
    _TABLE.append(_word)


def crc16(message: bytes) -> int:
    """Return the checksum of `message`: x¹⁶+x¹⁵+x²+1 reflected (A001H), from FFFFH.

    Published check value: `crc16(b"123456789") == 0x4B37` (CRC-16/MODBUS).
    """
    word = 0xFFFF
    for byte in message:
        word = (word >> 8) ^ _TABLE[(word ^ byte) & 0xFF]
    return word


def decimal(raw: bytes) -> str:
    """Return the digits in `raw`, two a byte; ValueError where there is another nibble."""
    digits = raw.hex()
    if not digits.isdecimal():
        raise ValueError(f"{digits.upper()} is no BCD")
    return digits


def read_time(raw: bytes) -> datetime:
    """Return the station's time in BCD: YYMMDDHH, and mm and SS where they are there."""
    return parse_time(decimal(raw))


def parse_time(digits: str) -> datetime:
    """Return the station's time in `digits`: 8, 10 or 12 of YYMMDDHHmmSS, of the years 2000-2099.

    ValueError where it is none.
    """
    if len(digits) not in (8, 10, 12) or not (digits.isascii() and digits.isdecimal()):
        raise ValueError(f"`{digits}` is no time YYMMDDHHmmSS")
    try:
        return datetime.strptime(f"20{digits:0<12}", "%Y%m%d%H%M%S")
    except ValueError as error:
        raise ValueError(f"`{digits}` is no time YYMMDDHHmmSS: {error}") from error


def time_digits(at: datetime, count: int) -> str:
    """Return `at` as the first `count` (8, 10 or 12) digits of YYMMDDHHmmSS."""
    if not 2000 <= at.year <= 2099:
        raise ValueError(f"the year {at.year} does not fit into two digits from 2000 on")
    return at.strftime("%y%m%d%H%M%S")[:count]


def write_time(at: datetime, count: int) -> bytes:
    """Return `at` in BCD, `count` digits."""
    return bytes.fromhex(time_digits(at, count))


def read_number(raw: bytes, decimals: int) -> float | None:
    """Return the number in BCD; None where all is F: no value (sections 6.6.3.3 and 6.6.4.4).

    A leading byte FF is the sign of a negative number. ValueError where it is no BCD.
    """
    if raw.count(0xFF) == len(raw):
        return None
    sign, digits = (-1, raw[1:]) if raw[0] == 0xFF else (1, raw)
    return float(sign * int(decimal(digits)) / 10**decimals)


def write_number(value: float | None, width: int, decimals: int) -> bytes:
    """Return `value` in BCD, `width` bytes with the sign's; ValueError where it does not fit."""
    if value is None:
        return b"\xff" * width
    whole = round(abs(value) * 10**decimals)
    room = width - 1 if value < 0 and whole else width
    digits = f"{whole:0{2 * room}d}"
    if room < 1 or len(digits) > 2 * room:
        raise ValueError(f"{value:g} does not fit into {width} bytes with {decimals} decimals")
    return (b"\xff" if room < width else b"") + bytes.fromhex(digits)
