"""`[sampling]` of gateway.toml."""

from datetime import timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from forewarn.domain.hazard import Level
from forewarn.domain.station import Name

Share = Annotated[float, Meta(ge=0, le=1)]


class Rise(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[sampling.rise]]`: a datastream that rises so fast calls for faster sampling.

    Worked example: `datastream = "hangang/stage"`, `per_hour = 0.3`, `over = "PT30M"`: a stage that
    gained 0.15 m within the last half hour.
    """

    datastream: str
    per_hour: Annotated[float, Meta(gt=0)]
    """In the datastream's unit per hour. It is over below half of it."""
    over: timedelta = field(default_factory=lambda: timedelta(minutes=30))
    """World time over which the slope is taken, between the medians of three values each."""

    def __post_init__(self) -> None:
        if self.over <= timedelta(0):
            raise ValueError("`over` must be above 0, e.g. `PT30M`")


class Sampling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[sampling]`: faster and slower than the instruments' own `interval`."""

    fast: Annotated[float, Meta(gt=1, le=600)] = 6.0
    """So many times as often while water rises, an alert stands or a local alarm is in doubt."""
    fastest: timedelta = field(default_factory=lambda: timedelta(seconds=1))
    """No instrument is asked more often than this because of `fast` (world time)."""
    slow: Annotated[float, Meta(gt=1, le=60)] = 2.0
    """So many times as rarely on a low battery. Above 3 the site would take it for silence."""
    never: tuple[Name, ...] = ("rain",)
    """Properties that are sums over the interval: their instruments keep their own."""
    hold: timedelta = field(default_factory=lambda: timedelta(minutes=30))
    """World time for which fast sampling goes on after its reason is gone."""
    rise: tuple[Rise, ...] = ()
    alerts: tuple[Name, ...] = ()
    """Areas whose standing alert calls for faster sampling."""
    alert_level: str = "blue"
    """The lowest level that does."""
    battery: str = ""
    """Datastream of the battery's charge [0–1] that an instrument of this gateway feeds."""
    battery_low: Share = 0.3
    """Below it instruments are asked more rarely, unless water rises …"""
    battery_recovered: Share = 0.45
    """… until it is above this again."""
    battery_critical: Share = 0.1
    """Below it they are asked more rarely even then: a gateway that dies sees nothing."""

    def __post_init__(self) -> None:
        if Level.parse(self.alert_level) is Level.NONE:
            raise ValueError("`alert_level` is blue, yellow, orange or red")
        if not self.battery_critical < self.battery_low < self.battery_recovered:
            raise ValueError(
                f"needs battery_critical ({self.battery_critical:g}) < battery_low "
                f"({self.battery_low:g}) < battery_recovered ({self.battery_recovered:g})"
            )
        if self.fastest <= timedelta(0) or self.hold < timedelta(0):
            raise ValueError("`fastest` must be above 0 and `hold` not negative, e.g. `PT1S`")


class Pace(Struct, frozen=True, kw_only=True):
    """A command from above: sample like this until then."""

    mode: Literal["normal", "fast", "slow"]
    until_s: float
    """On the sampler's steady world time [s]."""
