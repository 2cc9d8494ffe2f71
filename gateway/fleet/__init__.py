"""The fleet: gateways get their certificate, their configuration and their commands from here.

One folder holds the authority (`forewarn fleet init`): its certificate and key, the key that signs
configurations and commands, the tokens that were given out. Whoever has it owns the gateways.

Errors::

    ForewarnError
    +-- FleetError      a token that is spent, a folder that holds no authority, a refused request
"""

from forewarn.domain.errors import ForewarnError


class FleetError(ForewarnError):
    """Something that the authority refuses or cannot do; says what would help."""


__all__ = ["FleetError"]
