"""`[[alarm]]`, `[output.NAME]` and `[network]` of gateway.toml."""

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct, field

from edge.drivers.modbus.config import ModbusOutputConfig
from forewarn.domain.station import Name

Seconds = Annotated[float, Meta(gt=0)]
"""Real seconds, never world time [s]."""


class MqttOutputConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A siren behind a broker of its own, on this gateway or in its local network."""

    url: str
    """`mqtt://[user:password@]host[:port]` of the local broker."""
    topic: str
    on: str = "on"
    off: str = "off"
    state_topic: str = ""
    """Where the siren says how it is, in the same words; empty: it does not, and the broker's
    acknowledgement stands for it."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "mqtt" or not parts.hostname:
            raise ValueError(f"url `{self.url}`: give e.g. `mqtt://127.0.0.1:1883`")
        if not self.topic or set("+#") & set(self.topic + self.state_topic):
            raise ValueError("`topic` and `state_topic` are plain topics without `+` and `#`")
        if self.on == self.off:
            raise ValueError("`on` and `off` must differ")


class GpioOutputConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A relay on a pin of a Raspberry Pi (`pip install 'forewarn[pi]'`)."""

    pin: Annotated[int, Meta(ge=0, le=27)]
    """Number of the GPIO (BCM), not of the header's pin."""
    active_high: bool = True
    """False for a relay board that switches on when the pin is low."""


OutputConfig = ModbusOutputConfig | MqttOutputConfig | GpioOutputConfig

KINDS: dict[str, type[OutputConfig]] = {
    "modbus": ModbusOutputConfig,
    "mqtt": MqttOutputConfig,
    "gpio": GpioOutputConfig,
}
"""`kind` of an `[output.NAME]`."""


class AlarmConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[alarm]]`: when this gateway itself sounds a siren.

    Worked example, an underpass whose sensor reports each 10 s::

        [[alarm]]
        name = "underpass"
        datastream = "underpass/depth"
        above = 0.30
        clear = 0.20
        range = [-0.1, 4.0]
        outputs = ["siren"]

    The second of three values above 0.30 m sounds it; two of three at or below 0.20 m end it.
    """

    name: Name
    datastream: str
    """One that an instrument of this gateway feeds, `station/property`."""
    above: float | None = None
    """It is beyond when a value is above this, in the datastream's unit; or …"""
    below: float | None = None
    """… below this. Exactly one of both."""
    clear: float
    """It is over when values are back on this side: at most `above`, at least `below`."""
    persist: timedelta = field(name="for", default_factory=timedelta)
    """World time for which it must be beyond before it sounds, by the values' own times."""
    range: tuple[float, float]
    """Gross range of the instrument: values outside count for nothing."""
    max_rate_per_s: Annotated[float, Meta(gt=0)] | None = None
    """A value that jumps faster from the last one counts for nothing, unless `agree` values in
    a row agree with each other: a wave is not an error for ever. In the unit per second."""
    agree: Annotated[int, Meta(ge=1, le=20)] = 2
    """So many of the last …"""
    of: Annotated[int, Meta(ge=1, le=20)] = 3
    """… so many values must agree, to sound it and to end it: one spike does neither."""
    when: Literal["network-lost", "always"] = "network-lost"
    """`network-lost`: sounds only while nobody above can warn (`[network]`)."""
    outputs: tuple[str, ...] = ()
    """Names of `[output.NAME]`; none: it shows in the status and the log alone."""
    max_on: timedelta = field(default_factory=lambda: timedelta(minutes=10))
    """Real time after which it falls silent though it is still beyond; it sounds again after it
    was over."""
    latch: bool = False
    """True: it goes on after it is over until somebody acknowledges it."""
    reported_as: str = ""
    """Datastream of the site, e.g. `underpass/alarm`, that gets 1 and 0 as it goes on and off."""

    def __post_init__(self) -> None:
        if (self.above is None) == (self.below is None):
            raise ValueError("give either `above` or `below`")
        if self.above is not None and self.clear > self.above:
            raise ValueError(
                f"`clear` ({self.clear:g}) lies above `above` ({self.above:g}): it would be over "
                "while it is beyond; give a lower one"
            )
        if self.below is not None and self.clear < self.below:
            raise ValueError(
                f"`clear` ({self.clear:g}) lies below `below` ({self.below:g}): it would be over "
                "while it is beyond; give a higher one"
            )
        low, high = self.range
        if not low <= self.threshold <= high or not low <= self.clear <= high:
            raise ValueError(
                f"threshold {self.threshold:g} and clear {self.clear:g} must lie within `range` "
                f"[{low:g}, {high:g}]: values outside it count for nothing"
            )
        if self.agree > self.of or 2 * self.agree <= self.of:
            raise ValueError(
                f"`agree` = {self.agree} of `of` = {self.of}: needs more than half, at most all"
            )
        if self.persist < timedelta(0) or self.max_on <= timedelta(0):
            raise ValueError("`for` must not be negative and `max_on` above 0, e.g. `PT10M`")

    @property
    def threshold(self) -> float:
        """Return the value beyond which it sounds, in the datastream's unit."""
        found = self.above if self.above is not None else self.below
        assert found is not None
        return found


class Network(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[network]`: when nobody above hears us. All times are real seconds."""

    lost_after_s: Seconds = 1.0
    """No connection to the broker for so long [s]."""
    unacked_after_s: Seconds = 30.0
    """Connected, but no durable ack for so long though batches are under way [s]."""
