"""The agent on the gateway: asks instruments, keeps what they said on disk, publishes it.

Errors form one small tree under `forewarn.domain.ForewarnError`::

    EdgeError                what a technician can mend at the gateway
    +-- DriverError          an instrument or its line: names station, address and what was wrong
    +-- OutboxError          the disk outbox cannot be used: names the file
    ConfigError              (of the domain) a mistake in gateway.toml or a profile
"""

from forewarn.domain.errors import ForewarnError


class EdgeError(ForewarnError):
    """What a technician can mend at the gateway."""


class DriverError(EdgeError):
    """An instrument that did not answer, or answered nonsense; names station and address."""


class OutboxError(EdgeError):
    """A disk outbox that cannot be used; names the file and what would help."""
