"""Who may report, and on what: taken from the site's configuration."""

from msgspec import Struct

from forewarn.domain.station import Site


class Registry(Struct, frozen=True, kw_only=True):
    """The gateways and datastreams of one site."""

    site: str
    gateways: frozenset[str]
    datastreams: frozenset[str]
    """Keys, `station/property`."""

    @classmethod
    def of(cls, site: Site) -> "Registry":
        """Return the registry of `site`."""
        return cls(
            site=site.id,
            gateways=frozenset(site.gateways),
            datastreams=frozenset(key for key, _, _ in site.datastreams()),
        )
