"""Mistakes of a gateway.toml that only show beside the profiles and the site."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from edge import address
from edge.alarm.mistakes import of_alarms
from edge.drivers.contract import InstrumentConfig, suggest
from edge.drivers.registry import instrument_names, kind
from edge.sampling.mistakes import of_sampling
from edge.settings import GatewayConfig
from forewarn.domain.station import Site


def mistakes(config: GatewayConfig, profiles: Path, site: Site | None = None) -> list[str]:
    """Return every mistake of `config`, each in a line that says where and what would help.

    Without `site`, stations and properties are not looked up.
    """
    found = list(_of_lines(config))
    for name, instrument in zip(instrument_names(config), config.instruments, strict=True):
        found += [f"{name}: {mistake}" for mistake in instrument.mistakes(profiles)]
        if site:
            found += [f"{name}: {mistake}" for mistake in _of_station(instrument, site)]
    if site:
        found += _of_gateway(config, site)
    keys = Counter(i.key(name) for i in config.instruments for name in i.properties())
    found += [f"datastream `{key}` is fed {n} times" for key, n in keys.items() if n > 1]
    found += of_alarms(config, profiles, list(keys), site)
    found += of_sampling(config, list(keys), site)
    return found


def not_observed(config: GatewayConfig, site: Site) -> list[str]:
    """Return the datastreams of this gateway's stations that none of its instruments feeds."""
    fed = {i.key(name) for i in config.instruments for name in i.properties()}
    stations = {instrument.station for instrument in config.instruments}
    return [k for k, station, _ in site.datastreams() if station.id in stations and k not in fed]


def _of_lines(config: GatewayConfig) -> Iterator[str]:
    switched = {getattr(output, "device", "") for output in config.outputs.values()}
    for device in config.devices:
        users = [i for i in config.instruments if i.device == device]
        kinds = sorted({kind(user) for user in users})
        if not users and device not in switched:
            yield f"device `{device}` has no instrument and no output"
        if len(kinds) > 1:
            yield f"device `{device}` cannot serve {' and '.join(kinds)} at once"
        if len(users) > 1 and len(kinds) == 1 and not users[0].shares_line:
            yield f"device `{device}` has {len(users)} instruments; a {kinds[0]} needs its own line"
        scheme = address.parse(config.devices[device].url).scheme
        for user in users[:1]:
            if scheme not in user.schemes:
                fits = " or ".join(f"{known}://" for known in user.schemes)
                yield f"device `{device}`: a {kinds[0]} cannot hang on {scheme}://; write {fits}"
                continue
            for mistake in user.line_mistakes(config.devices[device].url):
                yield f"device `{device}`: {mistake}"
    for name, instrument in zip(instrument_names(config), config.instruments, strict=True):
        if instrument.device not in config.devices:
            known = suggest(instrument.device, config.devices)
            yield f"{name}: no [device.{instrument.device}]{known}"


def _of_station(instrument: InstrumentConfig, site: Site) -> Iterator[str]:
    stations = {station.id: station for station in site.stations}
    station = stations.get(instrument.station)
    if station is None:
        near = suggest(instrument.station, stations)
        yield f"no station `{instrument.station}` at {site.id}{near}"
        return
    known = [datastream.property for datastream in station.datastreams]
    for name in instrument.properties():
        if name not in known:
            yield f"station `{station.id}` has no `{name}`{suggest(name, known)}"
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
            f"would be refused{suggest(config.gateway, site.gateways)}"
        )
