"""Register maps as data: the schema of `firmware_configs/profiles/NAME.toml`."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from edge.drivers.contract import suggest
from edge.drivers.modbus.switched import RegisterOutput
from edge.drivers.modbus.table import Register, Table, is_bits
from forewarn.domain.config import load
from forewarn.domain.errors import ConfigError

Order = Literal["ABCD", "CDAB", "BADC", "DCBA"]
Kind = Literal["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "bit"]

WIDTH: dict[str, int] = {
    "int16": 1,
    "uint16": 1,
    "bit": 1,
    "int32": 2,
    "uint32": 2,
    "float32": 2,
    "int64": 4,
    "uint64": 4,
    "float64": 4,
}
"""Registers that a value of each type takes; a bit takes one place of its table."""

MAX_REGISTERS = 120
"""Registers asked for at once; the protocol allows 125, some devices less."""

LOGGER_CHANNELS = tuple(str(channel) for channel in range(8))
"""Channel names of a logger: its channel numbers, from 0 as in its datasheet."""


class RegisterValue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value of a register map.

    `result = polynomial(raw number * scale + offset)`, in `unit`.
    """

    name: str
    register: Register
    """Protocol address, from 0 (a manual's "30001" is input register 0)."""
    type: Kind
    """`bit` in the tables `coil` and `discrete`, one of the others in `input` and `holding`."""
    table: Table = "input"
    order: Order = "ABCD"
    """Order of the bytes on the wire, A the most significant; 16-bit values use its first word:
    `ABCD` and `CDAB` are big-endian, `BADC` and `DCBA` little-endian. For 64-bit values the
    letters stand for the words and bytes alike: `CDAB` is the lowest word first."""
    mask: Annotated[int, Meta(ge=1)] | None = None
    """Bits of an unsigned number that belong to this value, shifted down to bit 0.
    Worked example: raw 0x0352 with mask 0x0FF0 is 0x35 = 53."""
    scale: float = 1.0
    offset: float = 0.0
    polynomial: tuple[float, ...] = ()
    """Coefficients on the scaled number, the constant first. Worked example: a vibrating wire at
    2,900 Hz has 8,410 digits, f² / 1000: `polynomial = [0, 0, 0.001]`."""
    thermistor: tuple[float, float, float] | None = None
    """Steinhart–Hart coefficients A, B, C: the scaled number is a resistance R [Ohm] and the
    result 1 / (A + B ln R + C (ln R)³) − 273.15 [Cel]."""
    unit: str
    """Of the result, in UCUM: `m`, `Cel`, `kPa`."""
    missing: tuple[float, ...] = ()
    """Raw numbers with which the instrument says "no value"; NaN always does."""
    modulus: Annotated[float, Meta(gt=0)] | None = None
    """Of a running total that begins again at 0: what it would have reached, in `unit`. Worked
    example: 16 bits of 0.1 mm begin again at 6553.6."""
    lowest: float | None = None
    highest: float | None = None
    """A result below `lowest` or above `highest` is a fault of sensor or cable: it is reported as
    missing, and `fault` is shown. NAMUR NE 43 for 4–20 mA: below 3.6 or above 21 mA."""
    fault: str = "outside the range of the sensor"

    def __post_init__(self) -> None:
        if (self.type == "bit") != is_bits(self.table):
            raise ValueError(f"value `{self.name}`: `bit` goes with the tables coil and discrete")
        if self.mask is not None and not self.type.startswith("uint"):
            raise ValueError(f"value `{self.name}`: a mask goes with an unsigned type")
        if self.end() > 65536:
            raise ValueError(f"value `{self.name}` runs past register 65535")
        if self.thermistor and self.polynomial:
            raise ValueError(f"value `{self.name}`: either `thermistor` or `polynomial`")

    def end(self) -> int:
        """Return the first register after this value."""
        return self.register + WIDTH[self.type]


class StatusBits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bits of a register, or a single bit, with which the instrument speaks of itself."""

    register: Register
    table: Table = "input"
    mask: Annotated[int, Meta(ge=1, le=65535)]
    equals: Annotated[int, Meta(ge=0, le=65535)] | None = None
    """Where the masked bits are a code, the one meant; otherwise any bit of them counts."""
    meaning: str
    """Shown in the gateway's status when that is so, e.g. `echo lost`."""
    missing: tuple[str, ...] = ()
    """Values that are not to be trusted then; they are reported as missing."""

    def holds(self, word: int) -> bool:
        """Tell whether `word` says what is meant."""
        bits = word & self.mask
        return bits != 0 if self.equals is None else bits == self.equals


class Trigger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A holding register that starts a measurement: it is written before each question."""

    register: Register
    value: Register = 1
    wait_s: Annotated[float, Meta(gt=0, le=30)]
    """Real time that the measurement takes [s]; the line serves others meanwhile."""


class Identity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A register by which `forewarn edge scan` knows the device for certain."""

    register: Register
    table: Literal["input", "holding"] = "holding"
    mask: Annotated[int, Meta(ge=1, le=65535)] = 0xFFFF
    equals: Register


class LoggerLayout(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a logger with a ring of records keeps what: see the FW-L8's profile."""

    table: Literal["input", "holding"] = "input"
    status: Register
    clock_unset_mask: int = 0
    """Bit of `status` that says the logger's times mean nothing."""
    battery_low_mask: int = 0
    channel_count: Register
    interval: Register
    depth: Register
    newest_time: Register
    newest_number: Register
    current: Register
    records: Register
    max_channels: Annotated[int, Meta(ge=1, le=8)] = 8
    max_depth: Annotated[int, Meta(ge=1)] = 720

    def __post_init__(self) -> None:
        if self.header()[1] > MAX_REGISTERS:
            raise ValueError(f"the header spans {self.header()[1]} registers, over {MAX_REGISTERS}")

    def header(self) -> tuple[int, int]:
        """Return (first register, count) of what the logger says of itself."""
        single = (self.status, self.channel_count, self.interval, self.depth)
        double = (self.newest_time + 1, self.newest_number + 1)
        start = min(*single, self.newest_time, self.newest_number)
        return start, max(*single, *double) - start + 1


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A register map: `[[value]]`s with `[[status]]` bits, `[[output]]`s, or a `[logger]`."""

    title: str
    datasheet: str
    """Where the map comes from and what it was checked against, or that it is generic."""
    serial: str = ""
    """Serial settings as delivered, e.g. `9600 8N1, unit 1`, for whoever wires it."""
    max_registers: Annotated[int, Meta(ge=1, le=125)] = MAX_REGISTERS
    """Registers that the device gives at once."""
    values: tuple[RegisterValue, ...] = field(name="value", default=())
    status: tuple[StatusBits, ...] = ()
    identity: tuple[Identity, ...] = ()
    trigger: Trigger | None = None
    outputs: tuple[RegisterOutput, ...] = field(name="output", default=())
    logger: LoggerLayout | None = None

    def __post_init__(self) -> None:
        if bool(self.values or self.outputs) == (self.logger is not None):
            raise ValueError("a profile has either [[value]] or [[output]] tables or a [logger]")
        names = [value.name for value in self.values]
        _refuse_twins("value", names)
        _refuse_twins("output", [output.name for output in self.outputs])
        for value in self.values:
            for other in self.values:
                if value.table == other.table and value.register < other.register < value.end():
                    raise ValueError(f"values `{value.name}` and `{other.name}` overlap")
        for bits in self.status:
            for name in bits.missing:
                if name not in names:
                    raise ValueError(f"status `{bits.meaning}`: no value `{name}` in this profile")

    def output(self, name: str) -> RegisterOutput:
        """Return the output `name`; ValueError names those there are."""
        for output in self.outputs:
            if output.name == name:
                return output
        known = [output.name for output in self.outputs]
        raise ValueError(f"no output `{name}`{suggest(name, known) or ': it has none'}")

    def channel_names(self) -> tuple[str, ...]:
        """Return the names that an instrument's `channels` may use."""
        if self.logger:
            return LOGGER_CHANNELS[: self.logger.max_channels]
        return tuple(value.name for value in self.values)


def _refuse_twins(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{what} `{name}` is there twice")


def load_profile(folder: Path, name: str) -> Profile:
    """Read `folder`/`name`.toml; ConfigError names the file and the profiles there are."""
    path = folder / f"{name}.toml"
    if not path.is_file():
        known = sorted(found.stem for found in folder.glob("*.toml"))
        raise ConfigError(f"{path}: no such profile{suggest(name, known)}")
    return load(path, Profile)
