"""`driver = "hj212"` in gateway.toml."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar

from msgspec import Meta

from edge.drivers.contract import ChannelMap, InstrumentConfig, channels


class Hj212Config(InstrumentConfig, frozen=True, kw_only=True, tag="hj212"):
    """One data logger: which factors of its messages feed which property.

    `interval` is how often what came is handed over; the logger is answered right after.
    """

    schemes: ClassVar[tuple[str, ...]] = ("listen", "serial", "tcp")
    shares_line: ClassVar[bool] = True

    mn: Annotated[str, Meta(min_length=1, max_length=27)]
    """Number of the logger (MN), as it sends it."""
    factors: ChannelMap
    """Factor with its kind → property, e.g. `"w01010-Rtd" = "water_temperature"`."""
    password: str = ""
    """What PW must be; empty: any."""
    zone: Annotated[str, Meta(pattern=r"^[+-](0\d|1[0-4]):[0-5]\d$")] = "+08:00"
    """What the logger's clock shows, ahead of UTC; Beijing time is `+08:00`."""
    silent_after: timedelta = timedelta(minutes=5)
    """World time without a message after which the status says so."""

    def properties(self) -> list[str]:
        """Return the observed properties that this instrument feeds."""
        return list(dict.fromkeys(c.property for c in channels(self.factors).values()))

    def mistakes(self, profiles: Path) -> Iterator[str]:
        """Yield factors without their kind."""
        for name in channels(self.factors):
            if not re.fullmatch(r"[A-Za-z0-9_]+-[A-Za-z]+", name):
                yield f"factor `{name}` needs its kind, e.g. `{name.split('-')[0]}-Rtd`"
            elif name.endswith(("-Flag", "-SampleTime")):
                yield f"factor `{name}` is no value; give e.g. `{name.split('-')[0]}-Rtd`"
        if not self.factors:
            yield "`factors` is empty"

    @property
    def ahead(self) -> timedelta:
        """Return `zone` as a duration."""
        sign = -1 if self.zone[0] == "-" else 1
        return sign * timedelta(hours=int(self.zone[1:3]), minutes=int(self.zone[4:]))


CONFIG = Hj212Config
