"""What comes in over the data API: its gateway, and datastreams that no site file names."""

import re

GATEWAY = "things-api"
"""Every site has it without naming it: the console publishes under it as a device would."""

_KEY = re.compile(r"guest-[0-9]{1,9}/[a-z0-9][a-z0-9_-]{0,62}")


def guest_key(datastream: int, observed_property: str) -> str:
    """Return the key of a datastream that was created over the data API.

    Parameters
    ----------
    datastream : int
        Its id in the database.
    observed_property : str
        What the observed property is called there, any text: `Luminous flux` → `luminous-flux`.
    """
    plain = re.sub(r"[^a-z0-9_]+", "-", observed_property.lower()).strip("-_")[:63]
    return f"guest-{datastream}/{plain or 'property'}"


def is_guest(key: str) -> bool:
    """Return whether `key` is of a datastream that was created over the data API."""
    return _KEY.fullmatch(key) is not None
