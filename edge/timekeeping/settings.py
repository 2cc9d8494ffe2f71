"""`[clock]` of gateway.toml: when this machine's time is believed."""

from datetime import timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct, field


class ClockSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[clock]`. All times are real, never the world's."""

    trust: Literal["auto", "ntp", "system"] = "auto"
    """`ntp`: only once the kernel says that it is synchronised. `system`: the system's clock as
    it is, always. `auto`: by NTP, or from the start where a battery-backed clock or the host of a
    virtual machine keeps the time without power; a Raspberry Pi has neither and waits for NTP."""
    max_error_s: Annotated[float, Meta(gt=0)] = 60.0
    """A time that may be wrong by more is not trusted; what it dates is flagged [s]."""
    drift_ppm: Annotated[float, Meta(ge=0, le=1000)] = 20.0
    """By how much the crystal may err where NTP is gone again. Worked example: 20 ppm and 60 s
    make 35 days without network. Uncalibrated crystals reach 50 to 100 ppm."""
    flagged_after: timedelta = field(default_factory=lambda: timedelta(minutes=15))
    """The broker is there but NTP is not: after so long observations go out by the time that the
    system's clock shows, with quality SUSPECT. Until then they wait in the outbox."""
    step_s: Annotated[float, Meta(gt=0)] = 1.0
    """A jump of the system's clock by more is a step, said in the status [s]."""
    settle_s: Annotated[float, Meta(ge=0)] = 5.0
    """A step must last so long before it is followed [s]."""

    def __post_init__(self) -> None:
        if self.flagged_after <= timedelta(0):
            raise ValueError("`flagged_after` must be above 0, e.g. `PT15M`")
