"""Looks whether services that are not ours to start are there, before anything starts."""

import socket
from urllib.parse import urlsplit

from forewarn.domain.config import VARIABLES, Services
from forewarn.runtime.errors import EngineError

PORTS = {"mqtt": 1883, "mqtts": 8883, "kafka": 9092, "postgresql": 5432, "postgres": 5432}
TIMEOUT_S = 3.0


def check_reachable(given: Services) -> None:
    """Raise EngineError for the first given URL at which nobody listens."""
    for key in ("mqtt_url", "kafka_url", "database_url"):
        url: str = getattr(given, key)
        if url:
            _check(key, url)


def _check(key: str, url: str) -> None:
    parts = urlsplit(url)
    reasons = []
    for host_port in parts.netloc.rpartition("@")[2].split(","):
        place = urlsplit(f"//{host_port}")
        port = place.port or PORTS[parts.scheme]
        try:
            socket.create_connection((place.hostname or "", port), timeout=TIMEOUT_S).close()
            return
        except OSError as error:
            reasons.append(f"{place.hostname}:{port}: {error.strerror or error}")
    raise EngineError(
        f"{key}: nobody answers at {'; '.join(reasons)}. Start it, or mend {VARIABLES[key]} "
        "(or forewarn.toml); without a URL an embedded one is started"
    )


def without_password(url: str) -> str:
    """Return `url` as it may be shown: without user and password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
