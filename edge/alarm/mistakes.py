"""Mistakes in `[[alarm]]` and `[output.NAME]` that show beside instruments, profiles and site."""

from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from edge import address
from edge.alarm.settings import AlarmConfig, GpioOutputConfig, MqttOutputConfig
from edge.drivers.contract import suggest
from edge.drivers.modbus.config import ModbusConfig, ModbusOutputConfig
from edge.settings import GatewayConfig
from forewarn.domain.station import Site

MODBUS = ("tcp", "rtu+tcp", "serial")


def of_alarms(
    config: GatewayConfig, profiles: Path, fed: Sequence[str], site: Site | None
) -> Iterator[str]:
    """Yield every mistake of alarms and outputs; `fed` are the datastreams of the instruments."""
    for name, count in Counter(alarm.name for alarm in config.alarms).items():
        if count > 1:
            yield f"alarm `{name}` is there {count} times"
    for alarm in config.alarms:
        yield from (f"alarm {alarm.name}: {mistake}" for mistake in _of_alarm(alarm, config, fed))
        if site:
            yield from (f"alarm {alarm.name}: {mistake}" for mistake in _at_site(alarm, fed, site))
    used = {name for alarm in config.alarms for name in alarm.outputs}
    for name in config.outputs:
        if name not in used:
            yield f"output {name}: no alarm uses it"
        yield from (f"output {name}: {mistake}" for mistake in _of_output(name, config, profiles))


def _of_alarm(alarm: AlarmConfig, config: GatewayConfig, fed: Sequence[str]) -> Iterator[str]:
    if alarm.datastream not in fed:
        yield (
            f"no instrument of this gateway feeds `{alarm.datastream}`"
            f"{suggest(alarm.datastream, fed)}"
        )
    for name in alarm.outputs:
        if name not in config.outputs:
            yield f"no [output.{name}]{suggest(name, config.outputs)}"
    for name in {name for name in alarm.outputs if alarm.outputs.count(name) > 1}:
        yield f"output `{name}` is there {alarm.outputs.count(name)} times"


def _at_site(alarm: AlarmConfig, fed: Sequence[str], site: Site) -> Iterator[str]:
    known = {key: datastream for key, _, datastream in site.datastreams()}
    if alarm.reported_as and alarm.reported_as not in known:
        near = suggest(alarm.reported_as, known) if len(known) < 20 else ""
        yield f"reported_as: no datastream `{alarm.reported_as}` at {site.id}{near}"
    if alarm.reported_as and alarm.reported_as in fed:
        yield f"reported_as: an instrument feeds `{alarm.reported_as}` already"
    datastream = known.get(alarm.datastream)
    limits = datastream.limits.fail if datastream else None
    if limits and not limits[0] <= alarm.threshold <= limits[1]:
        assert datastream is not None
        yield (
            f"threshold {alarm.threshold:g} lies outside [{limits[0]:g}, {limits[1]:g}] "
            f"{datastream.unit}, the range that the site believes of `{alarm.datastream}`"
        )


def _of_output(name: str, config: GatewayConfig, profiles: Path) -> Iterator[str]:
    output = config.outputs[name]
    if isinstance(output, GpioOutputConfig):
        if find_spec("gpiozero") is None:
            yield "gpio needs gpiozero: `pip install 'forewarn[pi]'`"
        others = [
            other
            for other, found in config.outputs.items()
            if isinstance(found, GpioOutputConfig) and found.pin == output.pin and other < name
        ]
        for other in others:
            yield f"GPIO {output.pin} is that of output {other} already"
    elif isinstance(output, ModbusOutputConfig):
        yield from _of_modbus(output, config, profiles)
    elif isinstance(output, MqttOutputConfig) and output.url == config.mqtt.url:
        yield (
            f"{output.url} is the city's broker, which is gone just when this siren is needed: "
            "give one on this gateway or in its local network"
        )


def _of_modbus(output: ModbusOutputConfig, config: GatewayConfig, profiles: Path) -> Iterator[str]:
    yield from output.mistakes(profiles)
    device = config.devices.get(output.device)
    if device is None:
        yield f"no [device.{output.device}]{suggest(output.device, config.devices)}"
        return
    scheme = address.parse(device.url).scheme
    if scheme not in MODBUS:
        yield f"device `{output.device}` is {scheme}://; Modbus needs tcp://, rtu+tcp:// or serial://"
    foreign = [
        instrument
        for instrument in config.instruments
        if instrument.device == output.device and not isinstance(instrument, ModbusConfig)
    ]
    if foreign:
        yield f"device `{output.device}` carries {foreign[0].__struct_config__.tag}, not Modbus"
