"""Mistakes in `[sampling]` that show beside instruments and site."""

from collections.abc import Iterator, Sequence

from edge.drivers.contract import suggest
from edge.settings import GatewayConfig
from forewarn.domain.station import Site

SILENT_AFTER = 3
"""Intervals of the site after which a datastream counts as silent."""


def of_sampling(config: GatewayConfig, fed: Sequence[str], site: Site | None) -> Iterator[str]:
    """Yield every mistake of `[sampling]`; `fed` are the datastreams of the instruments."""
    sampling = config.sampling
    for rise in sampling.rise:
        if rise.datastream not in fed:
            near = suggest(rise.datastream, fed)
            yield f"sampling.rise: no instrument of this gateway feeds `{rise.datastream}`{near}"
        for instrument in config.instruments:
            key_of = [instrument.key(name) for name in instrument.properties()]
            if rise.datastream in key_of and 6 * instrument.interval > rise.over:
                yield (
                    f"sampling.rise: six values of `{rise.datastream}` take "
                    f"{5 * instrument.interval}: "
                    f"`over` = {rise.over} is too short to tell a rise from a spike"
                )
    if sampling.battery and sampling.battery not in fed:
        near = suggest(sampling.battery, fed)
        yield f"sampling.battery: no instrument of this gateway feeds `{sampling.battery}`{near}"
    properties = {name for instrument in config.instruments for name in instrument.properties()}
    for name in sampling.never:
        if sampling.never != type(sampling)().never and name not in properties:
            yield f"sampling.never: no instrument feeds a `{name}`{suggest(name, properties)}"
    if site:
        yield from _at_site(config, site)


def _at_site(config: GatewayConfig, site: Site) -> Iterator[str]:
    sampling, areas = config.sampling, [area.id for area in site.areas]
    for area in sampling.alerts:
        if area not in areas:
            yield f"sampling.alerts: no area `{area}` at {site.id}{suggest(area, areas)}"
    if not sampling.battery:
        return
    expected = {key: datastream.interval for key, _, datastream in site.datastreams()}
    for instrument in config.instruments:
        for name in instrument.properties():
            interval = expected.get(instrument.key(name))
            slow = instrument.interval * sampling.slow
            if interval and slow > SILENT_AFTER * interval and name not in sampling.never:
                yield (
                    f"sampling.slow = {sampling.slow:g}: on a low battery `{instrument.key(name)}` "
                    f"would come every {slow}, which the site takes for silence (it expects "
                    f"{interval})"
                )
