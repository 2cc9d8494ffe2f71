"""LoRaWAN devices behind a network server."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path

from msgspec import Struct

from edge import DriverError
from edge.drivers.contract import Answer, Driver, Raws, Shown, channels
from edge.drivers.lorawan.codecs.decoded import Decoded, PayloadError
from edge.drivers.lorawan.codecs.makers import CODECS
from edge.drivers.lorawan.codecs.network import flattened
from edge.drivers.lorawan.config import LorawanConfig
from edge.drivers.lorawan.hub import Hub
from edge.drivers.lorawan.uplink import Uplink
from edge.lines import Lines
from forewarn.domain.clock import Clock
from forewarn.domain.observation import Observation, Quality

MAX_BEHIND = timedelta(hours=24)
MAX_AHEAD = timedelta(minutes=5)
"""An uplink's time outside these is not believed: it is dated by its arrival."""
HISTORY_BEHIND = timedelta(hours=23)
"""Older values that a device kept are passed over: the network takes none older than a day."""
WEAK_RSSI_DBM, WEAK_SNR_DB = -120.0, -15.0
KEPT = 5_000
"""Observations that wait to be handed over; beyond it the oldest go."""

BATTERIES = ("battery", "Battery voltage")


class Waiting(Struct, frozen=True):
    """What waits to be handed over of one uplink."""

    observations: list[Observation]
    kept: Callable[[], None]


def open_line(
    name: str, configs: Sequence[LorawanConfig], lines: Lines, clock: Clock, profiles: Path
) -> list[Driver]:
    """Return a driver for each of `configs`, which are all heard through device `name`."""
    hub = Hub(name, configs, lines)
    return [LorawanDriver(config, hub, clock) for config in configs]


class LorawanDriver:
    """One device: what its uplinks said since it was last asked."""

    remembers = False

    def __init__(self, config: LorawanConfig, hub: Hub, clock: Clock) -> None:
        self._config, self._hub, self._clock = config, hub, clock
        self.eui = config.eui.upper()
        self._channels = channels(config.values)
        self._raws = Raws(config)
        self._waiting: list[Waiting] = []
        self._heard_at: datetime | None = None
        self._since = clock.now()
        self._last: dict[str, float | str] = {}
        self._trouble = ""
        hub.join(self)

    def take(self, uplink: Uplink, kept: Callable[[], None]) -> None:
        """Take an uplink; a payload that says nothing is named in the status."""
        now = self._clock.now()
        self._heard_at = now
        try:
            decoded = self._decode(uplink)
        except PayloadError as error:
            self._trouble = f"payload {uplink.payload[:24].hex() or 'empty'}: {error}"
            kept()
            return
        at, clock_trouble = self._time(uplink, now)
        values = dict(decoded.values)
        if uplink.rssi_dbm is not None:
            values["rssi"] = uplink.rssi_dbm
        if uplink.snr_db is not None:
            values["snr"] = uplink.snr_db
        self._last = values
        remarks = [decoded.complaint, clock_trouble, *self._concerns(values)]
        self._trouble = "; ".join(remark for remark in remarks if remark)
        found = self._observations(values, at, decoded.missing)
        for seconds, older in decoded.history:
            past = datetime.fromtimestamp(seconds, UTC)
            if now - HISTORY_BEHIND < past <= now + MAX_AHEAD:
                found += self._observations(older, past)
        if not found:
            kept()
            return
        self._waiting.append(Waiting(found, kept))
        while sum(len(waiting.observations) for waiting in self._waiting) > KEPT:
            self._waiting.pop(0).kept()

    def _decode(self, uplink: Uplink) -> Decoded:
        config = self._config
        if config.codec == "network":
            return flattened(uplink.decoded)
        codec = CODECS[config.codec]
        return codec.decode(config.model, uplink.payload, uplink.port, config.parameters)

    def _time(self, uplink: Uplink, now: datetime) -> tuple[datetime, str]:
        """Return when the network heard the uplink, or its arrival and why."""
        if uplink.time is None:
            return now, ""
        if now - MAX_BEHIND < uplink.time <= now + MAX_AHEAD:
            return min(uplink.time, now), ""
        off = (uplink.time - now).total_seconds() / 3600
        return now, f"the network server's time is {off:+.1f} h off: dated by arrival"

    def _concerns(self, values: dict[str, float | str]) -> list[str]:
        """Return what a technician should know: texts, a low battery, a weak signal."""
        found = [
            f"{name}: {value}"
            for name, value in values.items()
            if isinstance(value, str) and name.endswith("alarm")
        ]
        low = self._config.low_battery
        for name in BATTERIES:
            value = values.get(name)
            if low is not None and isinstance(value, float | int) and value < low:
                found.append(f"battery low: {value:g}")
        rssi, snr = values.get("rssi"), values.get("snr")
        weak = isinstance(rssi, float) and rssi < WEAK_RSSI_DBM
        if weak or (isinstance(snr, float) and snr < WEAK_SNR_DB):
            found.append(f"weak signal: RSSI {rssi} dBm, SNR {snr} dB")
        return found

    def _observations(
        self, values: dict[str, float | str], at: datetime, missing: Collection[str] = ()
    ) -> list[Observation]:
        found = []
        for name, channel in self._channels.items():
            value = values.get(name)
            result = self._raws.convert(channel, value) if isinstance(value, float | int) else None
            if (result is None and name not in missing) or not isfinite(result or 0.0):
                continue
            found.append(
                Observation(
                    datastream=self._config.key(channel.property),
                    phenomenon_time=at,
                    result=result,
                    quality=Quality.MISSING if result is None else Quality.UNCHECKED,
                )
            )
        return found

    async def read(self) -> Answer:
        """Hand over what came since; DriverError if the network server is lost.

        The network server's broker is acknowledged once the outbox holds it.
        """
        await self._hub.start()
        waiting, self._waiting = self._waiting, []
        trouble = self._hub.trouble
        if trouble and not waiting:
            raise DriverError(f"{self._config.station}: {trouble}")
        found = [observation for uplink in waiting for observation in uplink.observations]

        def kept() -> None:
            for uplink in waiting:
                uplink.kept()

        remark = self._remark(trouble)
        return Answer(found, remark, kept=kept, raw=self._raws.take())

    def _remark(self, trouble: str) -> str:
        quiet = self._clock.now() - (self._heard_at or self._since)
        silent = ""
        if quiet > self._config.silent_after * self._config.interval:
            silent = f"no uplink of {self.eui} for {quiet.total_seconds() / 60:.0f} min"
        return "; ".join(part for part in (trouble, silent, self._trouble) if part)

    async def probe(self) -> list[Shown]:
        """Return the last uplink's values, and what came through the network server."""
        await self._hub.start()
        hub = self._hub
        counts = ", ".join(f"{n} {what}" for what, n in hub.counts.items()) or "nothing heard"
        shown = [Shown("network server", hub.trouble or "connected", counts)]
        for name, value in self._last.items():
            raw = value if isinstance(value, str) else f"{value:g}"
            channel = self._channels.get(name)
            result = "not mapped"
            if channel and not isinstance(value, str):
                result = f"{self._config.key(channel.property)} = {channel.convert(value):g}"
            shown.append(Shown(name, raw, result))
        if self._trouble or hub.unusable:
            shown.append(Shown("remark", "", self._trouble or hub.unusable))
        shown += [
            Shown(f"device {eui}", f"{n} uplinks", "not configured")
            for eui, n in hub.strangers.most_common()
        ]
        return shown

    async def aclose(self) -> None:
        """Let go of the network server."""
        await self._hub.leave()
