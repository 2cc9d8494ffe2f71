"""Mistakes of a gateway.toml that only show beside the profiles and the site."""

from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from edge import address
from edge.drivers.contract import channels
from edge.drivers.modbus.config import ModbusConfig, Profile, load_profile
from edge.drivers.nmea.config import NmeaConfig
from edge.drivers.nmea.decode import FIELDS
from edge.drivers.registry import instrument_names, kind
from edge.drivers.tipping_bucket.config import TippingBucketConfig
from edge.settings import GatewayConfig, Instrument
from forewarn.domain.errors import ConfigError
from forewarn.domain.station import Site


def mistakes(config: GatewayConfig, profiles: Path, site: Site | None = None) -> list[str]:
    """Return every mistake of `config`, each in a line that says where and what would help.

    Without `site`, stations and properties are not looked up.
    """
    found = list(_of_lines(config))
    for name, instrument in zip(instrument_names(config), config.instruments, strict=True):
        found += [f"{name}: {mistake}" for mistake in _of_instrument(instrument, profiles)]
        if site:
            found += [f"{name}: {mistake}" for mistake in _of_station(instrument, site)]
    if site:
        found += _of_gateway(config, site)
    keys = Counter(i.key(name) for i in config.instruments for name in i.properties())
    found += [f"datastream `{key}` is fed {n} times" for key, n in keys.items() if n > 1]
    return found


def not_observed(config: GatewayConfig, site: Site) -> list[str]:
    """Return the datastreams of this gateway's stations that none of its instruments feeds."""
    fed = {i.key(name) for i in config.instruments for name in i.properties()}
    stations = {instrument.station for instrument in config.instruments}
    return [k for k, station, _ in site.datastreams() if station.id in stations and k not in fed]


def _of_lines(config: GatewayConfig) -> Iterator[str]:
    for device in config.devices:
        users = [i for i in config.instruments if i.device == device]
        kinds = sorted({kind(user) for user in users})
        if not users:
            yield f"device `{device}` has no instrument"
        if len(kinds) > 1:
            yield f"device `{device}` cannot serve {' and '.join(kinds)} at once"
        if len(users) > 1 and kinds == ["tipping_bucket"]:
            yield f"device `{device}` has {len(users)} tipping buckets; a line serves one"
        line = address.parse(config.devices[device].url)
        if isinstance(line, address.TcpAddress) and line.rtu and kinds not in ([], ["modbus"]):
            yield f"device `{device}`: rtu+tcp:// is for modbus; write tcp://{line}"
    for name, instrument in zip(instrument_names(config), config.instruments, strict=True):
        if instrument.device not in config.devices:
            known = _suggest(instrument.device, config.devices)
            yield f"{name}: no [device.{instrument.device}]{known}"


def _of_instrument(instrument: Instrument, profiles: Path) -> Iterator[str]:
    if isinstance(instrument, TippingBucketConfig):
        return
    if isinstance(instrument, NmeaConfig):
        for name in channels(instrument.fields):
            if name not in FIELDS and not (name.startswith("XDR.") and len(name) > 4):
                yield f"no field `{name}`{_suggest(name, (*FIELDS, 'XDR.<transducer>'))}"
        if not instrument.fields:
            yield "`fields` is empty"
        return
    try:
        profile = load_profile(profiles, instrument.profile)
    except ConfigError as error:
        yield str(error)
        return
    yield from _of_channels(instrument, profile)


def _of_channels(instrument: ModbusConfig, profile: Profile) -> Iterator[str]:
    known = profile.channel_names()
    for name in channels(instrument.channels):
        if name not in known:
            yield f"profile `{instrument.profile}` has no `{name}`{_suggest(name, known)}"
    if not instrument.channels:
        yield "`channels` is empty"


def _of_station(instrument: Instrument, site: Site) -> Iterator[str]:
    stations = {station.id: station for station in site.stations}
    station = stations.get(instrument.station)
    if station is None:
        near = _suggest(instrument.station, stations)
        yield f"no station `{instrument.station}` at {site.id}{near}"
        return
    known = [datastream.property for datastream in station.datastreams]
    for name in instrument.properties():
        if name not in known:
            yield f"station `{station.id}` has no `{name}`{_suggest(name, known)}"
    for datastream in station.datastreams:
        fed = datastream.property in instrument.properties()
        if fed and instrument.interval > datastream.interval:
            yield (
                f"interval {instrument.interval} is longer than the {datastream.interval} "
                f"that the site expects of `{datastream.property}`"
            )


def _of_gateway(config: GatewayConfig, site: Site) -> Iterator[str]:
    if config.site != site.id:
        yield f"site = `{config.site}`, but this is the site `{site.id}`"
    if config.gateway not in site.gateways:
        yield (
            f"gateway `{config.gateway}` is none of `gateways` in site.toml: its observations "
            f"would be refused{_suggest(config.gateway, site.gateways)}"
        )


def _suggest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return f". Did you mean `{close[0]}`?"
    return f"; there are: {', '.join(names)}" if names else ""
