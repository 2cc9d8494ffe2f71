"""ADS1115 converters: 4–20 mA loops and voltages."""

from collections.abc import Sequence
from pathlib import Path

from edge.drivers.ads1115.bus import I2cBus
from edge.drivers.ads1115.config import Ads1115Config
from edge.drivers.ads1115.decode import milliamperes, volts
from edge.drivers.contract import Answer, Driver, Raws, Shown, channels
from edge.lines import Lines
from forewarn.domain.clock import Clock
from forewarn.domain.observation import Observation, Quality


def open_line(
    name: str, configs: Sequence[Ads1115Config], lines: Lines, clock: Clock, profiles: Path
) -> list[Driver]:
    """Return a driver for each of `configs`, which all hang on the bus `name`."""
    bus = lines.shared(name, I2cBus)
    return [Ads1115(config, bus, clock) for config in configs]


class Ads1115:
    """The inputs of one converter, read one after another, stamped with the time of asking."""

    remembers = False

    def __init__(self, config: Ads1115Config, bus: I2cBus, clock: Clock) -> None:
        self._config, self._bus, self._clock = config, bus, clock
        self._channels = channels(config.channels)

    async def read(self) -> Answer:
        """Convert each input; a loop that is faulty is missing, and named in the remark."""
        now, found, remarks = self._clock.now(), [], []
        raws = Raws(self._config)
        for name, channel in self._channels.items():
            _, value, fault = await self._input(name)
            if fault:
                remarks.append(f"input {name}: {fault}")
            found.append(
                Observation(
                    datastream=self._config.key(channel.property),
                    phenomenon_time=now,
                    result=None if fault else raws.convert(channel, value),
                    quality=Quality.MISSING if fault else Quality.UNCHECKED,
                )
            )
        return Answer(found, ", ".join(remarks), raw=raws.take())

    async def _input(self, name: str) -> tuple[int, float, str]:
        """Return (word, value [mA or V], what is wrong with it)."""
        config = self._config
        word = await self._bus.convert(config.station, config.address, int(name), config.range_v)
        voltage = volts(word, config.range_v)
        if config.shunt_ohm is None:
            return word, round(voltage, 9), ""
        return word, *milliamperes(voltage, config.shunt_ohm)

    async def probe(self) -> list[Shown]:
        """Return the inputs raw and converted."""
        shown, unit = [], "V" if self._config.shunt_ohm is None else "mA"
        for name, channel in self._channels.items():
            word, value, fault = await self._input(name)
            told = f"missing: {fault}" if fault else f"{channel.convert(value):g}"
            raw = f"0x{word:04X} = {value:.4g} {unit}"
            shown.append(
                Shown(f"input {name}", raw, f"{self._config.key(channel.property)} = {told}")
            )
        return shown

    async def aclose(self) -> None:
        """Let go of the bus."""
        self._bus.close()
