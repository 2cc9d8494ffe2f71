"""From gateway.toml to drivers; a driver's libraries are imported only where it is used."""

from importlib import import_module
from pathlib import Path

from edge.drivers.contract import Driver, InstrumentConfig
from edge.lines import Lines
from edge.settings import GatewayConfig
from forewarn.domain.clock import Clock
from forewarn.domain.errors import ConfigError


def open_drivers(
    config: GatewayConfig, lines: Lines, clock: Clock, profiles: Path
) -> list[tuple[str, InstrumentConfig, Driver]]:
    """Return (name, configuration, driver) of each instrument of `config`, in its order.

    The instruments on one device share its line. Names are `station/driver`, numbered
    where a station has several.
    """
    opened: dict[int, Driver] = {}
    for device in dict.fromkeys(instrument.device for instrument in config.instruments):
        places = [i for i, other in enumerate(config.instruments) if other.device == device]
        kinds = sorted({kind(config.instruments[place]) for place in places})
        if len(kinds) > 1 or device not in config.devices:
            raise ConfigError(
                f"device `{device}` "
                + (f"cannot serve {' and '.join(kinds)}" if len(kinds) > 1 else "is not configured")
            )
        module = import_module(f"edge.drivers.{kinds[0]}.driver")
        configs = [config.instruments[place] for place in places]
        drivers = module.open_line(device, configs, lines, clock, profiles)
        opened.update(zip(places, drivers, strict=True))
    names = instrument_names(config)
    return [(names[i], config.instruments[i], opened[i]) for i in sorted(opened)]


def kind(instrument: InstrumentConfig) -> str:
    """Return the name of the driver of `instrument`, as in gateway.toml."""
    return str(instrument.__struct_config__.tag)


def instrument_names(config: GatewayConfig) -> list[str]:
    """Return the name of each instrument, as the status shows it."""
    names: list[str] = []
    for instrument in config.instruments:
        name = plain = f"{instrument.station}/{kind(instrument)}"
        count = 1
        while name in names:
            count += 1
            name = f"{plain}-{count}"
        names.append(name)
    return names
