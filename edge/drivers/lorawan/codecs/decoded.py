"""What a payload says, and the error where it says nothing."""

from msgspec import Struct


class PayloadError(ValueError):
    """A payload that is not of its device, or torn: says where and what."""


class Decoded(Struct, frozen=True, kw_only=True):
    """What one payload says."""

    values: dict[str, float | str] = {}
    """Name → number in the maker's unit, or a text such as `threshold alarm`."""
    history: tuple[tuple[int, dict[str, float | str]], ...] = ()
    """Older values that the device kept: (Unix seconds, values)."""
    missing: tuple[str, ...] = ()
    """Names of what should have been measured and was not, e.g. of a broken current loop."""
    complaint: str = ""
    """What of the payload could not be read, where some of it could."""
