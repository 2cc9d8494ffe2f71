"""Wave buoys on a serial line or a TCP stream."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from edge import DriverError
from edge.drivers.contract import Answer, Driver, Raws, Shown, channels
from edge.drivers.nmea.framing import LineBuffer
from edge.drivers.wave_buoy import formats
from edge.drivers.wave_buoy.analysis import Analysis, analyse
from edge.drivers.wave_buoy.config import WaveBuoyConfig
from edge.drivers.wave_buoy.series import Series
from edge.lines import Lines
from edge.stream_line import StreamLine
from forewarn.domain.clock import Clock
from forewarn.domain.observation import Observation, Quality


def open_line(
    name: str, configs: Sequence[WaveBuoyConfig], lines: Lines, clock: Clock, profiles: Path
) -> list[Driver]:
    """Return the driver of the one buoy on device `name`."""
    return [WaveBuoyDriver(name, config, lines, clock) for config in configs]


class WaveBuoyDriver:
    """One buoy: keeps its newest samples, and analyses them at each multiple of the interval."""

    remembers = False

    def __init__(self, name: str, config: WaveBuoyConfig, lines: Lines, clock: Clock) -> None:
        self._config, self._clock = config, clock
        self.line = StreamLine(name, lines, clock, self._take, silent_after_s=config.silent_after_s)
        self._buffer = LineBuffer()
        kept_s = config.record.total_seconds() + 2 * config.interval.total_seconds()
        self.series = Series(config.rate_hz, kept_s, config.gap_after.total_seconds())
        self._channels = channels(config.values)
        self._raws = Raws(config)
        self._done = self._boundary()
        self.samples = 0
        self.bad = 0
        """Lines that held no sample."""

    def _take(self, chunk: bytes) -> None:
        now = self._clock.now()
        for line in self._buffer.feed(chunk):
            sample = self._sample(line)
            if sample is None:
                self.bad += 1
                continue
            self.samples += 1
            self.line.heard()
            self.series.add(sample, now)

    def _sample(self, line: bytes) -> formats.Heave | None:
        config = self._config
        if config.format == "xdr":
            return formats.xdr(line, config.transducers, config.scale)
        if config.format == "pfec":
            return formats.pfec(line, config.scale)
        return formats.csv(line, config.columns, config.scale, config.prefix)

    def _boundary(self) -> float:
        """Return the last multiple of the interval, as Unix seconds."""
        step = self._config.interval.total_seconds()
        return self._clock.now().timestamp() // step * step

    async def read(self) -> Answer:
        """Analyse the record that ended with the last interval; DriverError if the line is lost.

        Before a whole record was heard there is nothing to say. One that is full of holes gives
        missing values.
        """
        await self.line.start()
        boundary, done = self._boundary(), self._done
        if self.series.first is None:
            if self.line.up_since is None:
                raise DriverError(f"{self._config.station}: {self.line.trouble}")
            bad = f"; {self.bad} lines held none" if self.bad else ""
            return Answer([], f"no sample heard yet{bad}")
        have_s = boundary - self.series.first
        if boundary <= done or have_s < self._config.record.total_seconds():
            return Answer([], self._waiting(have_s))
        self._done = boundary
        analysis = analyse(self.series.slots(boundary, self._config.samples()), self._config.plan())
        at = datetime.fromtimestamp(boundary, UTC)
        found = self._observations(analysis, at)
        return Answer(found, self._remark(analysis), raw=self._raws.take())

    def _waiting(self, have_s: float) -> str:
        if self.line.up_since is None:
            return self.line.trouble
        share = have_s / self._config.record.total_seconds()
        return f"the first record is {max(0.0, share):.0%} full" if share < 1 else ""

    def _remark(self, analysis: Analysis) -> str:
        remarks = [analysis.remark]
        if self.line.up_since is None:
            remarks.insert(0, self.line.trouble)
        if self.series.clock_refused:
            remarks.append("its clock is a day or more off: samples are dated by their arrival")
        return "; ".join(remark for remark in remarks if remark)

    def _observations(self, analysis: Analysis, at: datetime) -> list[Observation]:
        quality = Quality.SUSPECT if analysis.suspect else Quality.UNCHECKED
        found = []
        for quantity, channel in self._channels.items():
            value = analysis.values.get(quantity)
            found.append(
                Observation(
                    datastream=self._config.key(channel.property),
                    phenomenon_time=at,
                    result=None if value is None else self._raws.convert(channel, round(value, 4)),
                    quality=Quality.MISSING if value is None else quality,
                )
            )
        return found

    async def probe(self) -> list[Shown]:
        """Return what came over the line, and what the newest record says as far as it goes."""
        await self.line.start()
        shown = [Shown("line", f"{self.samples} samples", f"{self.bad} lines without one")]
        last = self.series.last()
        if last is None:
            return shown
        analysis = analyse(self.series.slots(last, self._config.samples()), self._config.plan())
        for quantity, channel in self._channels.items():
            value = analysis.values.get(quantity)
            raw = "missing" if value is None else f"{value:.4g}"
            result = "missing" if value is None else f"{channel.convert(round(value, 4)):g}"
            shown.append(Shown(quantity, raw, f"{self._config.key(channel.property)} = {result}"))
        return [*shown, Shown("record", "", analysis.remark)]

    async def aclose(self) -> None:
        """Let go of the line."""
        await self.line.aclose()
