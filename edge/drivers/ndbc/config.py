"""`driver = "ndbc"` in gateway.toml."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from edge.drivers.contract import ChannelMap, InstrumentConfig, channels, suggest
from edge.drivers.ndbc.table import COLUMNS

LONGEST = timedelta(hours=23)


class NdbcConfig(InstrumentConfig, frozen=True, kw_only=True, tag="ndbc"):
    """A buoy whose NDBC text file is dropped into a folder, or fetched.

    `device` is the file: `file:///var/lib/ndbc/41002.txt`, or
    `https://www.ndbc.noaa.gov/data/realtime2/41002.txt`.
    """

    schemes: ClassVar[tuple[str, ...]] = ("file", "http", "https")
    shares_line: ClassVar[bool] = False
    talks: ClassVar[bool] = False

    columns: ChannelMap
    """Column → property, e.g. `WVHT = "wave_height"`; values are in Pa, m, °C, m/s, s, degrees."""
    backlog: timedelta = timedelta(hours=6)
    """Rows older than this are passed over, e.g. at the first reading; at most `PT23H`."""

    def properties(self) -> list[str]:
        """Return the observed properties that this instrument feeds."""
        return [channel.property for channel in channels(self.columns).values()]

    def mistakes(self, profiles: Path) -> Iterator[str]:
        """Yield columns that no NDBC file has."""
        for name in self.columns:
            if name not in COLUMNS:
                yield f"no column `{name}`{suggest(name, COLUMNS)}"
        if not self.columns:
            yield "`columns` is empty"
        if not timedelta(0) < self.backlog <= LONGEST:
            yield "`backlog` must be above 0 and at most `PT23H`: older values would be refused"


CONFIG = NdbcConfig
