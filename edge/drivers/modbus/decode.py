"""Registers into numbers, by a profile: whole blocks at a time. Pure."""

import struct
from array import array
from collections.abc import Callable, Iterable, Sequence
from math import isfinite, log

from msgspec import Struct

from edge.drivers.contract import polynomial
from edge.drivers.modbus.profile import WIDTH, Order, Profile, RegisterValue, StatusBits
from edge.drivers.modbus.table import Table, is_bits

LETTERS = {
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float32": "f",
    "float64": "d",
}
"""Of Python's struct module."""

MAX_BITS = 2000
"""Bits asked for at once (Modbus Application Protocol V1.1b3, 6.1)."""

KELVIN = 273.15

Convert = Callable[[float], float | None]


class Block(Struct, frozen=True):
    """Neighbouring registers, or bits, that are asked for in one request."""

    table: Table
    start: int
    count: int


class Decoded(Struct, frozen=True):
    """What an instrument said in one round of questions."""

    values: list[float | None]
    """One for each name, in the profile's units; None where the instrument says that it has no
    value, that it is not to be trusted, or where it is outside the range of the sensor."""
    complaints: list[str]
    """What is wrong, for a person."""


class Decoder:
    """Decodes the values `names` of `profile` from the answers to `blocks`.

    Parameters
    ----------
    names : iterable of str
        Names of `[[value]]`s; `Decoded.values` has their order.
    """

    def __init__(self, profile: Profile, names: Iterable[str]) -> None:
        of_name = {value.name: value for value in profile.values}
        wanted = [of_name[name] for name in names]
        self.blocks = blocks(profile, [value.name for value in wanted])
        self._wanted, self._status = wanted, profile.status
        self._columns = [_columns(block, wanted) for block in self.blocks]
        self._flags = [(bits, *_place(self.blocks, bits)) for bits in profile.status]

    def decode(self, answers: Sequence[Sequence[int]]) -> Decoded:
        """Return the values in `answers`, the registers (or bits) of each of `blocks`."""
        values: list[float | None] = [None] * len(self._wanted)
        complaints: list[str] = []
        for words, columns in zip(answers, self._columns, strict=True):
            for column in columns:
                column.fill(values, words, complaints)
        for bits, block, place in self._flags:
            if bits.holds(answers[block][place]):
                complaints.append(bits.meaning)
                for index, value in enumerate(self._wanted):
                    if value.name in bits.missing:
                        values[index] = None
        return Decoded(values, complaints)


class _Column:
    """The values of one block that have one order of bytes: one call unpacks them all.

    On the wire every word comes high byte first. Read as it is, a block is ABCD big-endian and
    DCBA little-endian; with the bytes of each word swapped, BADC big-endian and CDAB little-endian.
    """

    def __init__(self, block: Block, order: Order, members: Sequence[tuple[int, RegisterValue]]):
        self._swap = order in ("BADC", "CDAB")
        self._members = [(index, value, converter(value)) for index, value in members]
        layout, reached = "<" if order in ("DCBA", "CDAB") else ">", block.start
        for _, value in members:
            gap = 2 * (value.register - reached)
            layout += (f"{gap}x" if gap else "") + LETTERS[value.type]
            reached = value.end()
        self._layout = struct.Struct(layout)
        self._raw = struct.Struct(f">{block.count}H")

    def fill(self, values: list[float | None], words: Sequence[int], complaints: list[str]) -> None:
        raw = self._raw.pack(*words)
        if self._swap:
            swapped = array("H", raw)
            swapped.byteswap()
            raw = swapped.tobytes()
        numbers = self._layout.unpack_from(raw)
        for (index, value, convert), number in zip(self._members, numbers, strict=True):
            try:
                values[index] = convert(number)
            except _OutOfRange as error:
                complaints.append(f"{value.name} {error}")


class _Bits:
    """The single bits of one block."""

    def __init__(self, block: Block, members: Sequence[tuple[int, RegisterValue]]):
        self._members = [
            (i, value.register - block.start, converter(value)) for i, value in members
        ]

    def fill(self, values: list[float | None], words: Sequence[int], complaints: list[str]) -> None:
        for index, place, convert in self._members:
            values[index] = convert(words[place])


def _columns(block: Block, wanted: Sequence[RegisterValue]) -> list[_Column | _Bits]:
    here = [
        (index, value)
        for index, value in sorted(enumerate(wanted), key=lambda item: item[1].register)
        if _within(block, value.table, value.register)
    ]
    if is_bits(block.table):
        return [_Bits(block, here)] if here else []
    columns: list[_Column | _Bits] = []
    while here:  # values that overlap (two views of one register) go into columns of their own
        order, reached = here[0][1].order, 0
        taken: list[tuple[int, RegisterValue]] = []
        for member in here:
            if member[1].order == order and member[1].register >= reached:
                taken.append(member)
                reached = member[1].end()
        columns.append(_Column(block, order, taken))
        here = [member for member in here if member not in taken]
    return columns


class _OutOfRange(ValueError):
    """A number that no sound sensor gives."""


def converter(value: RegisterValue) -> Convert:
    """Return what turns the raw number of `value` into its result; None where there is none."""
    steps = [step for step in _steps(value) if step]
    missing = frozenset(value.missing)
    if not missing and not value.type.startswith("float") and len(steps) <= 1:
        return steps[0] if steps else float  # most registers: nothing to look out for

    def convert(raw: float) -> float | None:
        if raw in missing or not isfinite(raw):
            return None
        for step in steps:
            raw = step(raw)
        return raw

    return convert


def _steps(value: RegisterValue) -> Iterable[Callable[[float], float] | None]:
    if value.mask:
        mask, shift = value.mask, (value.mask & -value.mask).bit_length() - 1
        yield lambda raw: (int(raw) & mask) >> shift
    yield shortest if value.type == "float32" else None
    if value.scale != 1.0 or value.offset != 0.0:
        scale, offset = value.scale, value.offset
        yield lambda raw: round(raw * scale + offset, 9)
    if value.polynomial:
        yield lambda scaled: polynomial(value.polynomial, scaled)
    if value.thermistor:
        yield lambda ohms: celsius(value.thermistor or (0.0, 0.0, 0.0), ohms)
    if value.lowest is not None or value.highest is not None:
        yield lambda result: _within_range(value, result)


def celsius(coefficients: tuple[float, float, float], ohms: float) -> float:
    """Return the temperature of a thermistor [Cel] from its resistance [Ohm].

    Steinhart and Hart 1968: 1/T = A + B ln R + C (ln R)³, T in K.
    """
    if ohms <= 0.0:
        raise _OutOfRange(f"has {ohms:g} Ohm: cable broken or shorted")
    a, b, c = coefficients
    ln = log(ohms)
    return round(1.0 / (a + b * ln + c * ln**3) - KELVIN, 6)


def _within_range(value: RegisterValue, result: float) -> float:
    low, high = value.lowest, value.highest
    if (low is not None and result < low) or (high is not None and result > high):
        raise _OutOfRange(f"{result:g} {value.unit}: {value.fault}")
    return result


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
        most = MAX_BITS if is_bits(table) else profile.max_registers
        if last and last.table == table and start <= last.start + last.count:
            count = max(last.count, start + width - last.start)
            if count <= most:
                found[-1] = Block(table, last.start, count)
                continue
        found.append(Block(table, start, width))
    return found


def _within(block: Block, table: Table, register: int) -> bool:
    return block.table == table and block.start <= register < block.start + block.count


def _place(found: Sequence[Block], bits: StatusBits) -> tuple[int, int]:
    """Return (block, place in it) of the register of `bits`."""
    for index, block in enumerate(found):
        if _within(block, bits.table, bits.register):
            return index, bits.register - block.start
    raise AssertionError("every status register is asked for")
