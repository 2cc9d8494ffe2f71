"""Relays on a Modbus line: switched, and read back."""

from pathlib import Path

from edge import DriverError
from edge.drivers.modbus.bus import Bus
from edge.drivers.modbus.config import ModbusOutputConfig
from edge.drivers.modbus.profile import load_profile
from edge.drivers.modbus.switched import RegisterOutput
from edge.drivers.modbus.table import Table
from edge.lines import Lines
from forewarn.domain.errors import ConfigError


def open_output(
    config: ModbusOutputConfig, lines: Lines, profiles: Path, *, who: str = "output"
) -> "ModbusOutput":
    """Return the output of `config`; it shares the line with the instruments on its device.

    `lines` must be the one that the drivers were opened with. `who` begins its error messages.
    Raises ConfigError where the profile does not have it; nothing is sent yet.
    """
    problems = config.mistakes(profiles)
    if problems:
        raise ConfigError(f"{who}: {problems[0]}")
    output = load_profile(profiles, config.profile).output(config.output)
    return ModbusOutput(config, output, lines.shared(config.device, Bus), who)


class ModbusOutput:
    """One relay. A command goes ahead of all questions that wait for the line."""

    def __init__(
        self, config: ModbusOutputConfig, output: RegisterOutput, bus: Bus, who: str
    ) -> None:
        self._config, self._output, self._bus, self._who = config, output, bus, who

    async def set(self, on: bool) -> None:
        """Switch it and read back; DriverError unless the device then shows that state."""
        output, config = self._output, self._config
        writes: list[tuple[Table, int, int]] = []
        if on and output.limit and config.max_on_s:
            counts = round(config.max_on_s * output.limit.per_s)
            writes.append(("holding", output.limit.register, max(counts, 1)))
        writes.append((output.table, output.register, output.on if on else output.off))
        if await self._switch(writes) != on:
            raise DriverError(
                f"{self._who}: unit {config.unit}: `{output.name}` did not go "
                f"{'on' if on else 'off'}: it still shows {'off' if on else 'on'}"
            )

    async def state(self) -> bool:
        """Return whether it is on now; DriverError where the device does not say."""
        return await self._switch([])

    async def _switch(self, writes: list[tuple[Table, int, int]]) -> bool:
        seen, unit = self._output.shown(), self._config.unit
        found = await self._bus.switch(self._who, unit, writes, (seen.table, seen.register))
        if found not in (seen.on, seen.off):
            raise DriverError(
                f"{self._who}: unit {unit}: `{self._output.name}` shows {found} in {seen.table} "
                f"{seen.register}, neither on ({seen.on}) nor off ({seen.off})"
            )
        return found == seen.on

    async def aclose(self) -> None:
        """Let go of the line; the output stays as it is."""
        self._bus.close()
