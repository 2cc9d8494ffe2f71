"""`driver = "lorawan"` in gateway.toml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, field

from edge.drivers.contract import ChannelMap, InstrumentConfig, channels, suggest
from edge.drivers.lorawan.codecs.makers import CODECS

SIGNAL = ("rssi", "snr")
"""Names of the reception itself: RSSI [dBm] and SNR [dB] of the best LoRaWAN gateway."""


class LorawanConfig(InstrumentConfig, frozen=True, kw_only=True, tag="lorawan"):
    """One LoRaWAN device, heard through a network server.

    `device` is the network server: `mqtt://user:password@host:1883`, `mqtts://…`, or
    `listen://0.0.0.0:8090/uplink?token=secret` for its HTTP integration.
    """

    schemes: ClassVar[tuple[str, ...]] = ("mqtt", "mqtts", "listen")
    shares_line: ClassVar[bool] = True

    eui: Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{16}$")]
    """Device EUI, 16 hexadecimal digits."""
    values: ChannelMap
    """Name of the value, as the codec calls it, or `rssi`, `snr` → property."""
    codec: Literal["milesight", "decentlab", "dragino", "network"] = "network"
    """Who understands the payload; `network`: the network server, with a decoder of its own."""
    model: str = ""
    """Device type, as the codec calls it, e.g. `em310-tilt` or `DL-CTD10`."""
    parameters: dict[str, float] = field(default_factory=dict)
    """Calibration values of this very device, e.g. `{ Pmin = 0.0, Pmax = 1.0 }`."""
    network: Literal["chirpstack", "tts"] = "chirpstack"
    """Whose MQTT topics to subscribe to; over HTTP both are understood."""
    silent_after: Annotated[int, Meta(ge=2)] = 3
    """Intervals without an uplink after which the status says that it is silent."""
    low_battery: float | None = None
    """`battery` or `Battery voltage` below this is told, in the codec's unit (%, V)."""

    def properties(self) -> list[str]:
        """Return the observed properties that this instrument feeds."""
        return [channel.property for channel in channels(self.values).values()]

    def mistakes(self, profiles: Path) -> Iterator[str]:
        """Yield models, values and parameters that the codec does not know."""
        if not self.values:
            yield "`values` is empty"
        if self.codec == "network":
            if self.model or self.parameters:
                yield '`model` and `parameters` are of no use with `codec = "network"`'
            return
        codec = CODECS[self.codec]
        if self.model not in codec.models():
            yield f"{self.codec}: no model `{self.model}`{suggest(self.model, codec.models())}"
            return
        known = [*codec.names(self.model), *SIGNAL]
        for name in self.values:
            if name not in known:
                yield f"a {self.model} has no `{name}`{suggest(name, known)}"
        needed = codec.parameters(self.model)
        for name in sorted(self.parameters.keys() - needed.keys()):
            yield f"a {self.model} has no parameter `{name}`{suggest(name, needed)}"
        if missing := sorted(needed.keys() - self.parameters.keys()):
            yield f"a {self.model} needs `parameters`: {', '.join(missing)}, from its certificate"


CONFIG = LorawanConfig
