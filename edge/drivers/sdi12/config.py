"""`driver = "sdi12"` in gateway.toml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar

from msgspec import Meta

from edge.drivers.contract import ChannelMap, InstrumentConfig, channels

MOST_VALUES = {"M": 9, "C": 99, "R": 99}
"""Values that the answer to each kind of measurement may promise (SDI-12 1.4)."""


class Sdi12Config(InstrumentConfig, frozen=True, kw_only=True, tag="sdi12"):
    """One measurement of one SDI-12 sensor."""

    schemes: ClassVar[tuple[str, ...]] = ("tcp", "serial")
    shares_line: ClassVar[bool] = True
    talks: ClassVar[bool] = False

    address: Annotated[str, Meta(pattern="^[0-9A-Za-z]$")] = "0"
    """Address of the sensor, one letter or digit."""
    measurement: Annotated[str, Meta(pattern="^([MC][1-9]?|R[0-9])$")] = "M"
    """`M`, `M1` … `M9` hold the line until it is done, `C` … let other sensors measure meanwhile,
    `R0` … `R9` are there at once. The sensor's manual says which gives what."""
    crc: bool = True
    """Whether the sensor is asked for a checksum (SDI-12 1.3 and later know it)."""
    channels: ChannelMap
    """Place of the value in the answer (`"0"` the first) → property."""
    missing: tuple[float, ...] = ()
    """Numbers with which the sensor says "no value", e.g. `[-9999.0]`."""

    def properties(self) -> list[str]:
        """Return the observed properties that this instrument feeds."""
        return [channel.property for channel in channels(self.channels).values()]

    def mistakes(self, profiles: Path) -> Iterator[str]:
        """Yield channels that no answer can have."""
        most = MOST_VALUES[self.measurement[0]]
        for name in channels(self.channels):
            if not (name.isascii() and name.isdecimal() and int(name) < most):
                yield (
                    f'channel `{name}` is no place in the answer to {self.measurement}: "0" to '
                    f'"{most - 1}"'
                )
        if not self.channels:
            yield "`channels` is empty"

    def command(self) -> str:
        """Return what starts the measurement, `0MC1!` for example."""
        kind, number = self.measurement[0], self.measurement[1:]
        return f"{self.address}{kind}{'C' if self.crc else ''}{number}!"


CONFIG = Sdi12Config
