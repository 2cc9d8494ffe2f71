"""`driver = "sl651"` in gateway.toml."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar

from msgspec import Meta

from edge.drivers.contract import ChannelMap, InstrumentConfig, channels, suggest
from edge.sl651 import KINDS, TelegramError
from edge.sl651.elements import SYMBOLS, code_of

PATIENCE = timedelta(seconds=30)
"""What a remote station waits for an acknowledgement, roughly."""


class Sl651Config(InstrumentConfig, frozen=True, kw_only=True, tag="sl651"):
    """One remote station: which elements of its telegrams feed which property.

    `interval` is how often what came is handed over; the station is acknowledged right after.
    """

    schemes: ClassVar[tuple[str, ...]] = ("listen", "serial", "tcp")
    shares_line: ClassVar[bool] = True

    address: Annotated[str, Meta(pattern=r"^[0-9A-F]{10}$")]
    """Address of the remote station, 10 digits: `0012345678`."""
    elements: ChannelMap
    """Element (annex C) → property, e.g. `Z = "stage"`; a maker's own by its identifier, `7A`,
    or `0xCD` where that would read as another element (see `symbol_of`)."""
    centre: Annotated[int, Meta(ge=0, le=255)] = 0
    """Address of this centre; telegrams to another are refused. 0: any."""
    password: Annotated[str, Meta(pattern=r"^([0-9A-F]{4})?$")] = ""
    """Four HEX digits that its telegrams must carry; empty: any."""
    zone: Annotated[str, Meta(pattern=r"^[+-](0\d|1[0-4]):[0-5]\d$")] = "+08:00"
    """What the station's clock shows, ahead of UTC; Beijing time is `+08:00`. All stations of
    one device have the same."""
    stay_online: bool = True
    """Whether the stations of this device are told to stay online (ESC) or to hang up (EOT)."""
    silent_after: timedelta = timedelta(minutes=65)
    """World time without a telegram after which the status says so; stations report hourly."""
    test_reports: bool = False
    """Whether test reports (30H) count; the standard keeps them apart."""
    pictures: str = ""
    """Folder for pictures (36H); empty: they are acknowledged and dropped."""
    pictures_mb: Annotated[float, Meta(gt=0)] = 64.0
    """Pictures kept at most of this station [MB]; beyond it the oldest go."""

    def properties(self) -> list[str]:
        """Return the observed properties that this instrument feeds."""
        return list(dict.fromkeys(c.property for c in channels(self.elements).values()))

    def mistakes(self, profiles: Path) -> Iterator[str]:
        """Yield elements that are none, an interval that is too long, a file for a folder."""
        for symbol in channels(self.elements):
            try:
                code_of(symbol)
            except TelegramError as error:
                yield f"{error}{suggest(symbol, () if symbol in SYMBOLS else KINDS)}"
        if not self.elements:
            yield "`elements` is empty"
        if self.interval > PATIENCE:
            yield (
                f"interval {self.interval}: a station waits about {PATIENCE} for its "
                'acknowledgement and then sends again; give "PT5S"'
            )
        if self.pictures and Path(self.pictures).exists() and not Path(self.pictures).is_dir():
            yield f"pictures = `{self.pictures}` is a file; give a folder"

    @property
    def ahead(self) -> timedelta:
        """Return `zone` as a duration."""
        sign = -1 if self.zone[0] == "-" else 1
        return sign * timedelta(hours=int(self.zone[1:3]), minutes=int(self.zone[4:]))


CONFIG = Sl651Config
