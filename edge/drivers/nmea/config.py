"""`driver = "nmea"` in gateway.toml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from edge.drivers.contract import ChannelMap, InstrumentConfig, channels, suggest
from edge.drivers.nmea.decode import UNITS, is_field
from edge.drivers.nmea.summary import Statistic
from edge.drivers.nmea.watch import Anchor


class NmeaConfig(InstrumentConfig, frozen=True, kw_only=True, tag="nmea"):
    """A talker: which fields of which sentences feed which property.

    Of each field one value is reported for each interval, at the time the last was heard.
    """

    fields: ChannelMap
    """Field → property, e.g. `"MWV.speed_true" = "wind_speed"`; `"XDR.NAME"` for the
    transducer that calls itself NAME. The README lists fields and their units."""
    statistic: Statistic = "last"
    """`last` value of each interval, or the `mean` of all (of directions the circular one)."""
    talker: Annotated[str, Meta(pattern=r"^([A-Z0-9]{2})?$")] = ""
    """Two letters, e.g. `WI`: hear only this talker; empty: all."""
    silent_after_s: Annotated[float, Meta(gt=0)] = 30.0
    """Real seconds without one valid sentence after which the line is opened anew [s]."""
    anchor: Anchor | None = None
    """Of a buoy: outside its watch circle all but its position is flagged suspect."""
    fix_quality: tuple[Annotated[int, Meta(ge=1, le=9)], ...] = (1, 2, 3, 4, 5, 9)
    """Qualities of `GGA` whose altitude is believed; `[4]`, RTK fixed, for a buoy that takes the
    water level from satellites. Other fixes give a missing altitude."""

    def properties(self) -> list[str]:
        """Return the observed properties that this instrument feeds."""
        return [channel.property for channel in channels(self.fields).values()]

    def mistakes(self, profiles: Path) -> Iterator[str]:
        """Yield fields that no sentence has."""
        for name in channels(self.fields):
            if not is_field(name):
                known = (*UNITS, "XDR.<transducer>", "AIS.<MMSI>.wind_speed")
                yield f"no field `{name}`{suggest(name, known)}"
        if not self.fields:
            yield "`fields` is empty"


CONFIG = NmeaConfig
