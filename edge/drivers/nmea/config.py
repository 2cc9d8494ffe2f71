"""`driver = "nmea"` in gateway.toml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from edge.drivers.contract import ChannelMap, InstrumentConfig, channels, suggest
from edge.drivers.nmea.decode import FIELDS


class NmeaConfig(InstrumentConfig, frozen=True, kw_only=True, tag="nmea"):
    """A talker: which fields of which sentences feed which property.

    Of each field the last value heard in each interval is reported, at the time it was heard.
    """

    fields: ChannelMap
    """Field → property, e.g. `"MWV.speed_true" = "wind_speed"`; `"XDR.NAME"` for the
    transducer that calls itself NAME. The README lists fields and their units."""
    talker: Annotated[str, Meta(pattern=r"^([A-Z0-9]{2})?$")] = ""
    """Two letters, e.g. `WI`: hear only this talker; empty: all."""
    silent_after_s: Annotated[float, Meta(gt=0)] = 30.0
    """Real seconds without one valid sentence after which the line is opened anew [s]."""

    def properties(self) -> list[str]:
        """Return the observed properties that this instrument feeds."""
        return [channel.property for channel in channels(self.fields).values()]

    def mistakes(self, profiles: Path) -> Iterator[str]:
        """Yield fields that no sentence has."""
        for name in channels(self.fields):
            if name not in FIELDS and not (name.startswith("XDR.") and len(name) > 4):
                yield f"no field `{name}`{suggest(name, (*FIELDS, 'XDR.<transducer>'))}"
        if not self.fields:
            yield "`fields` is empty"


CONFIG = NmeaConfig
