"""Registers into numbers, by a profile. Pure."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite

from msgspec import Struct

from edge.drivers.modbus.config import MAX_REGISTERS, WIDTH, Order, Profile, RegisterValue, Table

FORMATS = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f"}

RegisterKey = tuple[Table, int]


class Block(Struct, frozen=True):
    """Neighbouring registers that are asked for in one request."""

    table: Table
    start: int
    count: int


def reorder(registers: Sequence[int], order: Order) -> bytes:
    """Return the bytes of one value, most significant first, from `registers` on the wire."""
    words = [word.to_bytes(2, "big") for word in registers]
    if order in ("BADC", "DCBA"):
        words = [word[::-1] for word in words]
    if order in ("CDAB", "DCBA"):
        words = words[::-1]
    return b"".join(words)


def number(value: RegisterValue, registers: Sequence[int]) -> float | None:
    """Return the raw number of `value`; None where the instrument says that it has none."""
    raw = reorder(registers, value.order)
    (decoded,) = struct.unpack(FORMATS[value.type], raw)
    if not isfinite(decoded) or decoded in value.missing:
        return None
    return shortest(decoded) if value.type == "float32" else decoded


def shortest(single: float) -> float:
    """Return the decimal with the fewest digits that is the same as a float32.

    Worked example: 2.41 crosses the wire as 2.4100000858306885; this returns 2.41, which is
    what the instrument meant and what the file it replays says.
    """
    bits = struct.pack(">f", single)
    for digits in range(6, 9):
        candidate = float(f"{single:.{digits}g}")
        try:
            if struct.pack(">f", candidate) == bits:
                return candidate
        except OverflowError:  # rounded up past the largest float32
            continue
    return float(f"{single:.9g}")


def blocks(profile: Profile, names: Iterable[str]) -> list[Block]:
    """Return the requests that fetch the values `names` and the status bits."""
    wanted = set(names)
    spans = [(v.table, v.register, WIDTH[v.type]) for v in profile.values if v.name in wanted]
    spans += [(bits.table, bits.register, 1) for bits in profile.status]
    found: list[Block] = []
    for table, start, width in sorted(spans):
        last = found[-1] if found else None
        if last and last.table == table and start <= last.start + last.count:
            count = max(last.count, start + width - last.start)
            if count <= MAX_REGISTERS:
                found[-1] = Block(table, last.start, count)
                continue
        found.append(Block(table, start, width))
    return found


def evaluate(
    profile: Profile, names: Iterable[str], registers: Mapping[RegisterKey, int]
) -> tuple[dict[str, float | None], list[str]]:
    """Return the values `names`, in the profile's units, and what the instrument complains of.

    A value is None where the instrument says that it has none, or that it is not to be trusted.
    """
    complaints = [b for b in profile.status if registers[b.table, b.register] & b.mask]
    distrusted = {name for bits in complaints for name in bits.missing}
    wanted = set(names)
    results: dict[str, float | None] = {}
    for value in profile.values:
        if value.name in wanted:
            span = range(value.register, value.register + WIDTH[value.type])
            raw = number(value, [registers[value.table, address] for address in span])
            results[value.name] = None if value.name in distrusted else _scaled(value, raw)
    return results, [bits.meaning for bits in complaints]


def _scaled(value: RegisterValue, raw: float | None) -> float | None:
    if raw is None or (value.scale == 1.0 and value.offset == 0.0):
        return raw
    return round(raw * value.scale + value.offset, 9)
