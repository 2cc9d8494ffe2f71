"""From `[output.NAME]` to something that can be switched; libraries only where they are used."""

from pathlib import Path

from edge.alarm.settings import GpioOutputConfig, MqttOutputConfig, OutputConfig
from edge.drivers.contract import Output
from edge.drivers.modbus.output import open_output
from edge.lines import Lines


def open_named(name: str, config: OutputConfig, lines: Lines, profiles: Path) -> Output:
    """Return the output of `config`; nothing is sent yet. Raises ConfigError."""
    if isinstance(config, MqttOutputConfig):
        from edge.alarm.mqtt import MqttOutput

        return MqttOutput(name, config)
    if isinstance(config, GpioOutputConfig):
        from edge.alarm.gpio import GpioOutput

        return GpioOutput(name, config)
    return open_output(config, lines, profiles, who=f"output {name}")
