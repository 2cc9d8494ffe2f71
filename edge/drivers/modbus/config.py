"""`driver = "modbus"` in gateway.toml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar

from msgspec import Meta

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


CONFIG = ModbusConfig
