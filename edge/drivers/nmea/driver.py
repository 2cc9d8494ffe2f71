"""NMEA 0183 talkers on a serial line or a TCP stream."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from edge import DriverError
from edge.drivers.contract import Answer, Driver, Raws, Shown, channels
from edge.drivers.nmea.config import NmeaConfig
from edge.drivers.nmea.decode import Heard, Outcome, Reader
from edge.drivers.nmea.fields import Values
from edge.drivers.nmea.framing import LineBuffer
from edge.drivers.nmea.position import FIXES
from edge.drivers.nmea.summary import Summary, is_position
from edge.drivers.nmea.watch import Watch
from edge.lines import Lines
from edge.stream_line import StreamLine
from forewarn.domain.clock import Clock
from forewarn.domain.observation import Observation, Quality

KEPT = 10_000
"""Values kept until they are asked for; beyond it the oldest go."""
MAX_NAMES = 200
"""Different sentences that are counted by name; a line that babbles may make up many."""


class Tally:
    """What came over a line since it was first opened."""

    def __init__(self) -> None:
        self.counts: Counter[Outcome] = Counter()
        self.ignored: Counter[str] = Counter()
        """Name of each sentence that is ignored, with the reason → how often."""

    def note(self, heard: Heard) -> None:
        """Count one line."""
        self.counts[heard.outcome] += 1
        name = f"{heard.name}: {heard.why}"
        known = name in self.ignored or len(self.ignored) < MAX_NAMES
        if heard.outcome is Outcome.IGNORED and known:
            self.ignored[name] += 1

    @property
    def decoded(self) -> int:
        """Return the number of lines that were decoded."""
        return self.counts[Outcome.DECODED]

    @property
    def bad(self) -> int:
        """Return the number of lines that were no sentence or could not be believed."""
        return self.counts[Outcome.REFUSED]


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
        self._buffer, self._reader = LineBuffer(), Reader()

    def _take(self, chunk: bytes) -> None:
        for line in self._buffer.feed(chunk):
            heard = self._reader.read(line)
            self.tally.note(heard)
            if heard.outcome is Outcome.REFUSED:
                continue
            self.line.heard()
            for listener in self.listeners:
                listener.hear(heard)


class NmeaDriver:
    """The fields of one instrument: of each, one value for each interval."""

    remembers = False

    def __init__(self, config: NmeaConfig, talker: Talker, clock: Clock) -> None:
        self._config, self._talker, self._clock = config, talker, clock
        self._channels = channels(config.fields)
        self._raws = Raws(config)
        self._watch = Watch(config.anchor) if config.anchor else None
        self._heard: dict[tuple[str, int, bool], Summary] = {}
        self._last: dict[str, tuple[datetime, float | None]] = {}

    def hear(self, heard: Heard) -> None:
        """Keep what one sentence says of our fields."""
        if self._config.talker and heard.talker != self._config.talker:
            return
        now, values = self._clock.now(), heard.values
        if values.get("GGA.quality", 1) not in self._config.fix_quality:
            values = {**values, "GGA.altitude": None}
        self._look_after_position(values, now)
        adrift = self._watch is not None and self._watch.adrift
        for field, value in values.items():
            if field in self._channels:
                self._last[field] = now, value
                key = field, self._interval_of(now), adrift and not is_position(field)
                if key not in self._heard:
                    self._heard[key] = Summary(field, self._config.statistic)
                self._heard[key].add(value, now)
        while len(self._heard) > KEPT:
            del self._heard[next(iter(self._heard))]

    def _look_after_position(self, values: Values, now: datetime) -> None:
        for kind in FIXES if self._watch else ():
            latitude, longitude = values.get(f"{kind}.latitude"), values.get(f"{kind}.longitude")
            if self._watch and latitude is not None and longitude is not None:
                self._watch.fix(now, latitude, longitude)

    async def read(self) -> Answer:
        """Hand over what was heard in intervals that are over; DriverError if the line is lost."""
        line = self._talker.line
        await line.start()
        now = self._clock.now()
        over = [key for key in self._heard if key[1] != self._interval_of(now)]
        found = [self._observation(key[0], self._heard.pop(key), suspect=key[2]) for key in over]
        if line.up_since is None and not found:
            raise DriverError(f"{self._config.station}: {line.trouble}")
        return Answer(found, self._remark(now), raw=self._raws.take())

    def _remark(self, now: datetime) -> str:
        line = self._talker.line
        if line.up_since is None:
            return line.trouble
        late: timedelta = 2 * self._config.interval
        remarks = []
        if self._watch:
            silent_after = max(late, timedelta(minutes=10))
            remarks.append(self._watch.remark(now, line.up_since, silent_after))
        silent = [
            field
            for field in self._channels
            if now - max(line.up_since, self._last.get(field, (line.up_since,))[0]) > late
        ]
        bad = f" ({self._talker.tally.bad} bad lines)" if self._talker.tally.bad else ""
        if silent:
            remarks.append(f"nothing heard of {', '.join(silent)}{bad}")
        return "; ".join(remark for remark in remarks if remark)

    def _observation(self, field: str, summary: Summary, *, suspect: bool) -> Observation:
        channel, value = self._channels[field], summary.value()
        quality = Quality.SUSPECT if suspect else Quality.UNCHECKED
        return Observation(
            datastream=self._config.key(channel.property),
            phenomenon_time=summary.at or self._clock.now(),
            result=None if value is None else self._raws.convert(channel, value),
            quality=Quality.MISSING if value is None else quality,
        )

    def _interval_of(self, at: datetime) -> int:
        return int(at.timestamp() // self._config.interval.total_seconds())

    async def probe(self) -> list[Shown]:
        """Return the last value of each field, and what came over the line until now."""
        await self._talker.line.start()
        tally = self._talker.tally
        ignored = tally.counts[Outcome.IGNORED]
        lines = [Shown("line", f"{tally.decoded} decoded", f"{ignored} ignored, {tally.bad} bad")]
        for field, channel in self._channels.items():
            value = self._last[field][1] if field in self._last else None
            raw = ("none" if value is None else f"{value:g}") if field in self._last else "silent"
            result = "missing" if value is None else f"{channel.convert(value):g}"
            lines.append(Shown(field, raw, f"{self._config.key(channel.property)} = {result}"))
        if self._watch:
            distance = self._watch.distance_m
            state = "adrift" if self._watch.adrift else "in its circle"
            lines.append(
                Shown("anchor", "no fix" if distance is None else f"{distance:.0f} m", state)
            )
        lines += [Shown("ignored", f"{n} times", name) for name, n in tally.ignored.most_common()]
        return lines

    async def aclose(self) -> None:
        """Let go of the line."""
        await self._talker.line.aclose()
