"""NMEA 0183 talkers on a serial line or a TCP stream."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from edge import DriverError
from edge.drivers.contract import Answer, Driver, Shown, channels
from edge.drivers.nmea.config import NmeaConfig
from edge.drivers.nmea.decode import LineBuffer, Sentence, is_known, parse, values
from edge.lines import Lines
from edge.stream_line import StreamLine
from forewarn.domain.clock import Clock
from forewarn.domain.observation import Observation, Quality

KEPT = 10_000
"""Values kept until they are asked for; beyond it the oldest go."""


class Tally(Struct):
    """What came over a line since it was first opened."""

    decoded: int = 0
    ignored: int = 0
    """Right, but of a kind that is not decoded here."""
    bad: int = 0
    """No sentence, or one with a wrong checksum."""


def open_line(
    name: str, configs: Sequence[NmeaConfig], lines: Lines, clock: Clock, profiles: Path
) -> list[Driver]:
    """Return a driver for each of `configs`, which all listen to device `name`."""
    talker = Talker(name, lines, clock, min(config.silent_after_s for config in configs))
    drivers = [NmeaDriver(config, talker, clock) for config in configs]
    talker.listeners.extend(drivers)
    return list(drivers)


class Talker:
    """One line and all who listen to it."""

    def __init__(self, name: str, lines: Lines, clock: Clock, silent_after_s: float) -> None:
        self.line = StreamLine(name, lines, clock, self._take, silent_after_s=silent_after_s)
        self.listeners: list[NmeaDriver] = []
        self.tally = Tally()
        self._buffer = LineBuffer()

    def _take(self, chunk: bytes) -> None:
        for line in self._buffer.feed(chunk):
            sentence = parse(line)
            if sentence is None:
                self.tally.bad += 1
                continue
            self.line.heard()
            if is_known(sentence):
                self.tally.decoded += 1
            else:
                self.tally.ignored += 1
            for listener in self.listeners:
                listener.hear(sentence)


class NmeaDriver:
    """The fields of one instrument: of each, the last value heard in each interval."""

    remembers = False

    def __init__(self, config: NmeaConfig, talker: Talker, clock: Clock) -> None:
        self._config, self._talker, self._clock = config, talker, clock
        self._channels = channels(config.fields)
        self._heard: dict[tuple[str, int], tuple[datetime, float | None]] = {}
        self._last: dict[str, tuple[datetime, float | None]] = {}

    def hear(self, sentence: Sentence) -> None:
        """Keep what `sentence` says of our fields."""
        if self._config.talker and sentence.talker != self._config.talker:
            return
        now = self._clock.now()
        for field, value in values(sentence).items():
            if field in self._channels:
                self._last[field] = now, value
                key = field, self._interval_of(now)
                if value is not None or key not in self._heard:
                    self._heard[key] = now, value
        while len(self._heard) > KEPT:
            del self._heard[next(iter(self._heard))]

    async def read(self) -> Answer:
        """Hand over what was heard in intervals that are over; DriverError if the line is lost."""
        line = self._talker.line
        await line.start()
        now = self._clock.now()
        over = [key for key in self._heard if key[1] != self._interval_of(now)]
        found = [self._observation(key[0], *self._heard.pop(key)) for key in over]
        if line.up_since is None and not found:
            raise DriverError(f"{self._config.station}: {line.trouble}")
        return Answer(found, self._remark(now))

    def _remark(self, now: datetime) -> str:
        line = self._talker.line
        if line.up_since is None:
            return line.trouble
        late: timedelta = 2 * self._config.interval
        silent = [
            field
            for field in self._channels
            if now - max(line.up_since, self._last.get(field, (line.up_since,))[0]) > late
        ]
        bad = f" ({self._talker.tally.bad} bad lines)" if self._talker.tally.bad else ""
        return f"nothing heard of {', '.join(silent)}{bad}" if silent else ""

    def _observation(self, field: str, at: datetime, value: float | None) -> Observation:
        channel = self._channels[field]
        return Observation(
            datastream=self._config.key(channel.property),
            phenomenon_time=at,
            result=None if value is None else channel.convert(value),
            quality=Quality.MISSING if value is None else Quality.UNCHECKED,
        )

    def _interval_of(self, at: datetime) -> int:
        return int(at.timestamp() // self._config.interval.total_seconds())

    async def probe(self) -> list[Shown]:
        """Return the last value of each field, and what came over the line until now."""
        await self._talker.line.start()
        tally = self._talker.tally
        lines = [
            Shown("line", f"{tally.decoded} decoded", f"{tally.ignored} ignored, {tally.bad} bad")
        ]
        for field, channel in self._channels.items():
            value = self._last[field][1] if field in self._last else None
            raw = ("none" if value is None else f"{value:g}") if field in self._last else "silent"
            result = "missing" if value is None else f"{channel.convert(value):g}"
            lines.append(Shown(field, raw, f"{self._config.key(channel.property)} = {result}"))
        return lines

    async def aclose(self) -> None:
        """Let go of the line."""
        await self._talker.line.aclose()
