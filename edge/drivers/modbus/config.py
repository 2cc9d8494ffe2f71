"""`driver = "modbus"` in gateway.toml, and the register maps in `firmware_configs/profiles/`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct, field

from edge.drivers.contract import ChannelMap, InstrumentConfig, channels, suggest
from forewarn.domain.config import load
from forewarn.domain.errors import ConfigError

Register = Annotated[int, Meta(ge=0, le=65535)]
Table = Literal["input", "holding", "discrete", "coil"]
"""`input` and `holding` are registers (functions 4 and 3), `discrete` and `coil` single bits
(functions 2 and 1)."""
Order = Literal["ABCD", "CDAB", "BADC", "DCBA"]
Kind = Literal["int16", "uint16", "int32", "uint32", "float32"]

WIDTH: dict[str, int] = {"int16": 1, "uint16": 1, "int32": 2, "uint32": 2, "float32": 2}
"""Registers that a value of each type takes."""

MAX_REGISTERS = 120
"""Registers asked for at once; the protocol allows 125, some devices less."""

LOGGER_CHANNELS = tuple(str(channel) for channel in range(8))
"""Channel names of a logger: its channel numbers, from 0 as in its datasheet."""


class ModbusConfig(InstrumentConfig, frozen=True, kw_only=True, tag="modbus"):
    """A Modbus instrument: which unit on the line, which register map, what feeds what."""

    schemes: ClassVar[tuple[str, ...]] = ("tcp", "rtu+tcp", "serial")
    shares_line: ClassVar[bool] = True
    talks: ClassVar[bool] = False

    unit: Annotated[int, Meta(ge=0, le=255)] = 1
    """Device address on the line (1–247); 0 and 255 occur behind TCP converters."""
    profile: str
    """Register map: `NAME` for firmware_configs/profiles/NAME.toml."""
    channels: ChannelMap
    """Value of the profile (or channel number of a logger, `"0"` the first) → property."""

    def properties(self) -> list[str]:
        """Return the observed properties that this instrument feeds."""
        return [channel.property for channel in channels(self.channels).values()]

    def mistakes(self, profiles: Path) -> Iterator[str]:
        """Yield what the profile does not have."""
        try:
            known = load_profile(profiles, self.profile).channel_names()
        except ConfigError as error:
            yield str(error)
            return
        for name in channels(self.channels):
            if name not in known:
                yield f"profile `{self.profile}` has no `{name}`{suggest(name, known)}"
        if not self.channels:
            yield "`channels` is empty"


class RegisterValue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value of a register map: `raw number * scale + offset` in `unit`."""

    name: str
    register: Register
    """Protocol address, from 0 (a manual's "30001" is input register 0)."""
    type: Kind
    table: Table = "input"
    """`input` is read with function 4, `holding` with function 3."""
    order: Order = "ABCD"
    """Order of the bytes on the wire, A the most significant; 16-bit values use its first word:
    `ABCD` and `CDAB` are big-endian, `BADC` and `DCBA` little-endian."""
    scale: float = 1.0
    offset: float = 0.0
    unit: str
    missing: tuple[float, ...] = ()
    """Raw numbers with which the instrument says "no value"; NaN always does."""


class StatusBits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bits of a register with which the instrument speaks of itself."""

    register: Register
    table: Table = "input"
    mask: Annotated[int, Meta(ge=1, le=65535)]
    meaning: str
    """Shown in the gateway's status when one of the bits is set, e.g. `echo lost`."""
    missing: tuple[str, ...] = ()
    """Values that are not to be trusted then; they are reported as missing."""


class Seen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an output's state is read, where that is not where it is written.

    Worked example, a relay that is switched on with 256 in a holding register and then shows 1
    there: `{ table = "holding", register = 1, on = 1, off = 0 }`.
    """

    register: Register
    table: Table = "coil"
    on: Register = 1
    off: Register = 0


class Limit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A holding register with the time after which the device switches itself off."""

    register: Register
    per_s: Annotated[float, Meta(gt=0)] = 1.0
    """Counts for each second, e.g. 10 where the register counts tenths of a second."""
    max_s: Annotated[float, Meta(gt=0)]
    """Longest time that the register takes [s]."""


class RegisterOutput(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[output]]`: something that can be switched, a relay with a siren for example."""

    name: str
    register: Register
    table: Literal["coil", "holding"] = "coil"
    """`coil` is written with function 5, `holding` with function 6."""
    on: Register = 1
    """Number that switches it on; a coil takes 1."""
    off: Register = 0
    seen: Seen | None = None
    limit: Limit | None = None

    def __post_init__(self) -> None:
        if self.on == self.off or (self.table == "coil" and {self.on, self.off} != {0, 1}):
            raise ValueError(f"output `{self.name}`: `on` and `off` differ, and a coil has 0 and 1")

    def shown(self) -> Seen:
        """Return where its state is read."""
        if self.seen:
            return self.seen
        return Seen(register=self.register, table=self.table, on=self.on, off=self.off)


class LoggerLayout(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a logger with a ring of records keeps what: see the FW-L8's profile."""

    table: Table = "input"
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
    """Where the map comes from, or that it is invented."""
    values: tuple[RegisterValue, ...] = field(name="value", default=())
    status: tuple[StatusBits, ...] = ()
    outputs: tuple[RegisterOutput, ...] = field(name="output", default=())
    logger: LoggerLayout | None = None

    def __post_init__(self) -> None:
        if bool(self.values or self.outputs) == (self.logger is not None):
            raise ValueError("a profile has either [[value]] or [[output]] tables or a [logger]")
        names = [value.name for value in self.values]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"value `{name}` is there twice")
        switched = [output.name for output in self.outputs]
        for name in switched:
            if switched.count(name) > 1:
                raise ValueError(f"output `{name}` is there twice")
        for bits in self.status:
            for name in bits.missing:
                if name not in names:
                    raise ValueError(f"status `{bits.meaning}`: no value `{name}` in this profile")
        for value in self.values:
            if value.register + WIDTH[value.type] > 65536:
                raise ValueError(f"value `{value.name}` runs past register 65535")

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


def load_profile(folder: Path, name: str) -> Profile:
    """Read `folder`/`name`.toml; ConfigError names the file and the profiles there are."""
    path = folder / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in folder.glob("*.toml")))
        raise ConfigError(f"{path}: no such profile; there are: {known or 'none'}")
    return load(path, Profile)


CONFIG = ModbusConfig
