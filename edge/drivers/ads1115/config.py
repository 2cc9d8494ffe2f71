"""`driver = "ads1115"` in gateway.toml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from edge.drivers.ads1115.decode import RANGES, bus_of
from edge.drivers.contract import ChannelMap, InstrumentConfig, channels

INPUTS = ("0", "1", "2", "3")
"""Names of its inputs AIN0 to AIN3, each against ground."""


class Ads1115Config(InstrumentConfig, frozen=True, kw_only=True, tag="ads1115"):
    """The inputs of one ADS1115."""

    schemes: ClassVar[tuple[str, ...]] = ("i2c",)
    shares_line: ClassVar[bool] = True
    talks: ClassVar[bool] = False

    address: Annotated[int, Meta(ge=0x48, le=0x4B)] = 0x48
    """I²C address, by where its ADDR pin goes: 0x48 ground, 0x49 supply, 0x4A SDA, 0x4B SCL."""
    range_v: Literal["6.144", "4.096", "2.048", "1.024", "0.512", "0.256"] = "4.096"
    """Full scale [V]; the inputs must stay below the supply whatever the range."""
    shunt_ohm: Annotated[float, Meta(gt=0, le=10_000)] | None = None
    """Resistor through which a current loop runs [Ohm]: the values are then in mA, and a current
    below 3.6 or above 21 mA is a fault (NAMUR NE 43). Worked example: 100 Ohm make 0.4–2.0 V of
    4–20 mA. Without it the values are in V."""
    channels: ChannelMap
    """Input, `"0"` to `"3"` → property. A probe of 0–10 m in a loop:
    `{ property = "stage", scale = 0.625, offset = -2.5 }`."""

    def properties(self) -> list[str]:
        """Return the observed properties that this instrument feeds."""
        return [channel.property for channel in channels(self.channels).values()]

    def mistakes(self, profiles: Path) -> Iterator[str]:
        """Yield inputs that it does not have, and a range that cannot show a fault."""
        for name in channels(self.channels):
            if name not in INPUTS:
                yield f'it has no input `{name}`: "0" to "3"'
        if not self.channels:
            yield "`channels` is empty"
        if self.shunt_ohm and self.shunt_ohm * 0.021 > RANGES[self.range_v][1]:
            yield (
                f"21 mA through shunt_ohm = {self.shunt_ohm:g} are {self.shunt_ohm * 0.021:g} V, "
                f"over range_v = {self.range_v}: a fault could not be told from a high value"
            )

    def line_mistakes(self, url: str) -> Iterator[str]:
        """Yield what is wrong with the bus."""
        try:
            bus_of(url)
        except ValueError as error:
            yield str(error)


CONFIG = Ads1115Config
