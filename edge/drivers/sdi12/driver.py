"""SDI-12 sensors."""

from collections.abc import Sequence
from pathlib import Path

from edge import DriverError
from edge.drivers.contract import Answer, Driver, Raws, Shown, channels
from edge.drivers.sdi12.config import Sdi12Config
from edge.drivers.sdi12.line import Sdi12Line
from edge.lines import Lines
from forewarn.domain.clock import Clock
from forewarn.domain.observation import Observation, Quality


def open_line(
    name: str, configs: Sequence[Sdi12Config], lines: Lines, clock: Clock, profiles: Path
) -> list[Driver]:
    """Return a driver for each of `configs`, which all hang on device `name`."""
    line = Sdi12Line(name, lines, clock)
    return [Sdi12Sensor(config, line, clock) for config in configs]


class Sdi12Sensor:
    """One measurement of one sensor, stamped with the time of asking."""

    remembers = False

    def __init__(self, config: Sdi12Config, line: Sdi12Line, clock: Clock) -> None:
        self._config, self._line, self._clock = config, line, clock
        self._channels = channels(config.channels)

    async def read(self) -> Answer:
        """Measure; DriverError names station, sensor and line."""
        now = self._clock.now()
        values = self._chosen(await self._line.measure(self._config))
        raws = Raws(self._config)
        return Answer(
            [
                Observation(
                    datastream=self._config.key(channel.property),
                    phenomenon_time=now,
                    result=None if value is None else raws.convert(channel, value),
                    quality=Quality.MISSING if value is None else Quality.UNCHECKED,
                )
                for channel, value in zip(self._channels.values(), values, strict=True)
            ],
            raw=raws.take(),
        )

    def _chosen(self, values: Sequence[float]) -> list[float | None]:
        """Return the values of the channels; None where the sensor says that it has none."""
        places = [int(name) for name in self._channels]
        if places and max(places) >= len(values):
            config = self._config
            raise DriverError(
                f"{config.station}: SDI-12 sensor {config.address} gave {len(values)} values for "
                f"{config.measurement}: there is no channel `{max(places)}`"
            )
        missing = self._config.missing
        return [None if values[place] in missing else values[place] for place in places]

    async def probe(self) -> list[Shown]:
        """Return what the sensor says it is, and its values raw and converted."""
        identity = await self._line.identify(self._config)
        values = await self._line.measure(self._config)
        shown = [Shown("identity", identity, f"answers {self._config.command()}")]
        for place, value in enumerate(values):
            channel = self._channels.get(str(place))
            result = "not used"
            if channel:
                lost = value in self._config.missing
                told = "missing" if lost else f"{channel.convert(value):g}"
                result = f"{self._config.key(channel.property)} = {told}"
            shown.append(Shown(f"value {place}", f"{value:g}", result))
        return shown

    async def aclose(self) -> None:
        """Let go of the line."""
        await self._line.aclose()
