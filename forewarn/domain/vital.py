"""The vital signs of a city: indicators, and how near each is to its limit."""

from enum import StrEnum

from msgspec import Struct

from forewarn.domain.observation import AwareTime


class State(StrEnum):
    """How an indicator stands to its bounds."""

    NORMAL = "normal"
    NEAR = "near overload"
    OVERLOAD = "overload"
    UNKNOWN = "unknown"
    """Its inputs are missing: it never reads as normal."""


class VitalSign(Struct, frozen=True, kw_only=True):
    """One indicator at one minute."""

    indicator: str
    """Id of the indicator in vitals.toml."""
    name: str
    unit: str
    value: float | None
    """None where it cannot be computed."""
    state: State
    near: float | None = None
    """Bound from which it is near overload."""
    overload: float | None = None
    """Bound from which it is in overload; below `near` where low values are bad."""
    tell: list[str] = []
    """Groups who are told when it leaves `normal`."""
    reason: str = ""
    """Why it is unknown, or what it rests on less than usual."""


class Vitals(Struct, frozen=True, kw_only=True):
    """All indicators of one area at one minute, as on `vitals.v1`."""

    area: str
    time: AwareTime
    signs: list[VitalSign]
