"""`driver = "wave_buoy"` in gateway.toml."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, field

from edge.drivers.contract import ChannelMap, InstrumentConfig, channels, suggest
from edge.drivers.wave_buoy.analysis import Plan
from edge.drivers.wave_buoy.formats import COLUMNS
from edge.drivers.wave_buoy.parameters import DIRECTIONAL, UNITS

TRANSDUCERS = {"HEAVE": "heave", "NORTH": "north", "EAST": "east"}


class WaveBuoyConfig(InstrumentConfig, frozen=True, kw_only=True, tag="wave_buoy"):
    """A buoy that sends its raw heave, and displacements where it has them.

    At each multiple of `interval` the last `record` of it is analysed.
    """

    values: ChannelMap
    """Quantity → property, e.g. `hs = "wave_height"`; the README lists quantities and units."""
    rate_hz: Annotated[float, Meta(ge=0.5, le=16)]
    """Samples a second, e.g. 1.28."""
    record: timedelta = timedelta(minutes=20)
    """Length of the record that is analysed."""
    format: Literal["csv", "xdr", "pfec"] = "csv"
    """How samples are written on the line."""
    columns: tuple[str, ...] = ("time", "heave", "north", "east")
    """Of `csv`: what stands in each column; `-` is stepped over."""
    transducers: dict[str, str] = field(default_factory=lambda: dict(TRANSDUCERS))
    """Of `xdr`: name of the transducer → axis; by default HEAVE, NORTH and EAST."""
    prefix: str = ""
    """Of `csv`: what lines with samples begin with; others are passed over."""
    scale: float = 1.0
    """Metres in the unit of the displacements: 0.01 for centimetres."""
    segment_s: Annotated[float, Meta(ge=30, le=1000)] = 200.0
    """Length of a segment of Welch's method [s]: the spectrum's resolution is about 1/200 Hz."""
    f_min: Annotated[float, Meta(gt=0)] = 0.033
    """Lowest frequency that counts as wave [Hz]."""
    f_max: Annotated[float, Meta(gt=0)] = 0.6
    """Highest [Hz]; at most half of `rate_hz`."""
    max_bad: Annotated[float, Meta(gt=0, lt=0.5)] = 0.1
    """Share of gaps, spikes and frozen samples above which a record gives missing values."""
    gap_after: timedelta = timedelta(seconds=5)
    """Without a `time` column: arrival this much later than expected is a gap (world time)."""
    silent_after_s: Annotated[float, Meta(gt=0)] = 30.0
    """Real seconds without a sample after which the line is opened anew [s]."""

    def properties(self) -> list[str]:
        """Return the observed properties that this instrument feeds."""
        return [channel.property for channel in channels(self.values).values()]

    def axes(self) -> set[str]:
        """Return the columns or axes that a line has."""
        if self.format == "csv":
            return set(self.columns)
        return set(self.transducers.values()) if self.format == "xdr" else {"heave"}

    def plan(self) -> Plan:
        """Return how a record is analysed."""
        return Plan(
            rate_hz=self.rate_hz,
            segment_s=self.segment_s,
            f_min=self.f_min,
            f_max=min(self.f_max, self.rate_hz / 2),
            max_bad=self.max_bad,
            directional=self._directional(),
        )

    def samples(self) -> int:
        """Return the samples in a record."""
        return round(self.record.total_seconds() * self.rate_hz)

    def _directional(self) -> bool:
        axes = self.axes()
        return bool(axes & {"north", "south"}) and bool(axes & {"east", "west"})

    def mistakes(self, profiles: Path) -> Iterator[str]:
        """Yield what does not fit together."""
        for name in channels(self.values):
            if name not in UNITS:
                yield f"no quantity `{name}`{suggest(name, UNITS)}"
            elif name in DIRECTIONAL and not self._directional():
                yield f"`{name}` needs columns `north` and `east`"
        if not self.values:
            yield "`values` is empty"
        for name in sorted(self.axes() - set(COLUMNS)):
            yield f"no column `{name}`{suggest(name, COLUMNS)}"
        if not self.axes() & {"heave", "down"}:
            yield "no column `heave`"
        if self.samples() < 2 * self.plan().size:
            need = 2 * self.plan().size / self.rate_hz
            yield f"`record` must be at least two segments long: PT{need:.0f}S"
        if self.f_min >= self.plan().f_max:
            yield f"`f_min` {self.f_min:g} Hz must be below `f_max` and half of `rate_hz`"


CONFIG = WaveBuoyConfig
