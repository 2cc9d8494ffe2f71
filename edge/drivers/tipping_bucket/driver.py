"""Tipping bucket rain gauges on a pulse-to-serial converter, or on a pin."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from edge import DriverError
from edge.address import OtherAddress
from edge.drivers.contract import Answer, Driver, Shown
from edge.drivers.tipping_bucket.config import TippingBucketConfig
from edge.drivers.tipping_bucket.decode import Debounce, boundary_after, rain_mm
from edge.drivers.tipping_bucket.pin import PinLine
from edge.lines import Lines
from edge.stream_line import StreamLine
from forewarn.domain.clock import Clock
from forewarn.domain.errors import ConfigError
from forewarn.domain.observation import Observation

CLOCK_SLACK = 3
"""Intervals by which the world's clock may differ from real time before it counts as set."""


def open_line(
    name: str, configs: Sequence[TippingBucketConfig], lines: Lines, clock: Clock, profiles: Path
) -> list[Driver]:
    """Return the driver of the one bucket on device `name`."""
    if len(configs) > 1:
        raise ConfigError(f"device `{name}`: one tipping bucket a line, not {len(configs)}")
    return [TippingBucket(configs[0], name, lines, clock)]


class TippingBucket:
    """Counts tips; gives the rain of every interval through which the line was open.

    Silence of an open line is a dry interval, 0.0 mm. An interval in which the line was
    lost, even for an instant, has no value: nobody knows what fell.
    """

    remembers = False

    def __init__(
        self, config: TippingBucketConfig, device: str, lines: Lines, clock: Clock
    ) -> None:
        self._config, self._clock = config, clock
        address = lines.configured(device)
        self._line: StreamLine | PinLine = (
            PinLine(address.url, clock, self._count)
            if isinstance(address, OtherAddress)
            else StreamLine(device, lines, clock, self._take)
        )
        self._debounce = Debounce(config.debounce_s)
        self._tips: list[datetime] = []
        self._total = 0
        self._up_since: datetime | None = None
        self._done: datetime | None = None
        self._asked = datetime.fromtimestamp(0, UTC), 0.0

    def _take(self, chunk: bytes) -> None:
        self._count(chunk, asyncio.get_running_loop().time())

    def _count(self, chunk: bytes, now_s: float) -> None:
        tips = self._debounce.count(chunk, now_s)
        self._tips += [self._clock.now()] * tips
        self._total += tips

    async def read(self) -> Answer:
        """Return the rain of the intervals that ended since; DriverError if the line is lost."""
        await self._line.start()
        now, up_since = self._clock.now(), self._line.up_since
        if up_since is None:
            self._up_since = None
            raise DriverError(f"{self._config.station}: {self._line.trouble}")
        if up_since != self._up_since or self._done is None:
            self._up_since = up_since
            self._done = boundary_after(up_since, self._config.interval)
        elif self._clock_was_set(now):
            self._done = boundary_after(now, self._config.interval)
        self._asked = now, asyncio.get_running_loop().time()
        garbage = self._debounce.garbage
        return Answer(
            self._finished(self._done, now), f"{garbage} bytes were no tips" if garbage else ""
        )

    def _clock_was_set(self, now: datetime) -> bool:
        """Tell whether the time since we were last asked is not the time that passed."""
        speed = getattr(self._clock, "speed", None)
        if speed is None:
            return False
        then, then_s = self._asked
        passed_s = (asyncio.get_running_loop().time() - then_s) * speed
        apart_s = abs((now - then).total_seconds() - passed_s)
        return bool(apart_s > CLOCK_SLACK * self._config.interval.total_seconds())

    def _finished(self, done: datetime, now: datetime) -> list[Observation]:
        config, found = self._config, []
        while done + config.interval <= now:
            end = done + config.interval
            found.append(
                Observation(
                    datastream=config.key(config.property),
                    phenomenon_time=end,
                    result=rain_mm(self._tips, done, end, mm_per_tip=config.mm_per_tip),
                )
            )
            done = end
        self._done = done
        self._tips = [tip for tip in self._tips if tip >= done]
        return found

    async def probe(self) -> list[Shown]:
        """Return the tips counted since the start."""
        await self._line.start()
        total, rain = self._total, self._total * self._config.mm_per_tip
        key = self._config.key(self._config.property)
        return [
            Shown("line", self._line.trouble or "open", f"{self._debounce.garbage} bytes no tips"),
            Shown("tips", f"{total}", f"{rain:g} mm since the probe began, for {key}"),
        ]

    async def aclose(self) -> None:
        """Let go of the line."""
        await self._line.aclose()
