"""Who may report, and on what: taken from the site's configuration."""

from msgspec import Struct

from forewarn.domain.guest import GATEWAY, is_guest
from forewarn.domain.station import Site


class Registry(Struct, frozen=True, kw_only=True):
    """The gateways and datastreams of one site, and those of the data API."""

    site: str
    gateways: frozenset[str]
    datastreams: frozenset[str]
    """Keys, `station/property`."""

    @classmethod
    def of(cls, site: Site) -> "Registry":
        """Return the registry of `site`."""
        return cls(
            site=site.id,
            gateways=frozenset({*site.gateways, GATEWAY}),
            datastreams=frozenset(key for key, _, _ in site.datastreams()),
        )

    def is_guest(self, gateway: str, key: str) -> bool:
        """Return whether `key` is no datastream of the site, but one of the data API itself."""
        return gateway == GATEWAY and key not in self.datastreams and is_guest(key)
