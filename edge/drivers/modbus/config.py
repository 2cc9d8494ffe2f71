"""`driver = "modbus"` in gateway.toml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from edge.drivers.contract import ChannelMap, InstrumentConfig, channels, suggest
from edge.drivers.modbus.profile import load_profile
from forewarn.domain.errors import ConfigError


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

    increases: tuple[str, ...] = ()
    """Channels that are running totals, a rain gauge's for example: what they grew by in each
    interval is observed, stamped with the interval's end."""

    def properties(self) -> list[str]:
        """Return the observed properties that this instrument feeds."""
        return [channel.property for channel in channels(self.channels).values()]

    def mistakes(self, profiles: Path) -> Iterator[str]:
        """Yield what the profile does not have."""
        try:
            profile = load_profile(profiles, self.profile)
        except ConfigError as error:
            yield str(error)
            return
        known = profile.channel_names()
        for name in self.increases:
            if profile.logger:
                yield "`increases` is for register maps; a logger keeps what it is set to keep"
            elif name not in self.channels:
                yield f"`increases`: no channel `{name}`{suggest(name, self.channels)}"
        for name in channels(self.channels):
            if name not in known:
                yield f"profile `{self.profile}` has no `{name}`{suggest(name, known)}"
        if not self.channels:
            yield "`channels` is empty"


class ModbusOutputConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which relay of which unit: the part of gateway.toml that names a Modbus output."""

    device: str
    """Name of the `[device.NAME]` it hangs on; instruments may hang there too."""
    unit: Annotated[int, Meta(ge=0, le=255)] = 1
    profile: str
    """Register map: `NAME` for firmware_configs/profiles/NAME.toml."""
    output: str
    """Name of an `[[output]]` of the profile."""
    max_on_s: Annotated[float, Meta(gt=0)] | None = None
    """After this time the device itself switches off, where its profile has a `limit`: a siren
    does not sound for ever because its gateway died. Renewed by each `set(True)` [s]."""

    def mistakes(self, profiles: Path) -> list[str]:
        """Return what the profile does not have."""
        try:
            output = load_profile(profiles, self.profile).output(self.output)
        except ConfigError as error:
            return [str(error)]
        except ValueError as error:
            return [f"profile `{self.profile}`: {error}"]
        if self.max_on_s is None:
            return []
        if output.limit is None:
            return [f"profile `{self.profile}`: `{output.name}` has no `limit` for max_on_s"]
        if self.max_on_s > output.limit.max_s:
            return [f"max_on_s = {self.max_on_s:g} is over the {output.limit.max_s:g} s it takes"]
        return []


CONFIG = ModbusConfig
