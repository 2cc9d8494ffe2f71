"""A network server and all devices that are heard through it."""

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from edge import EdgeError
from edge.address import OtherAddress
from edge.drivers.lorawan.config import LorawanConfig
from edge.drivers.lorawan.mqtt import MqttSource
from edge.drivers.lorawan.uplink import TOPICS, Uplink, UplinkError, parse
from edge.drivers.lorawan.webhook import WebhookSource
from edge.lines import Lines

log = logging.getLogger("edge.lorawan")

FRAMES = 64
"""Frames remembered of each device: repeats come within a few."""
MAX_STRANGERS = 100


class Taker(Protocol):
    """Whoever wants the uplinks of one device."""

    eui: str

    def take(self, uplink: Uplink, kept: Callable[[], None]) -> None:
        """Take an uplink; `kept` is to be called once its observations are on disk."""
        ...


class Hub:
    """Takes uplinks apart, drops repeats, hands each to the instruments of its device."""

    def __init__(self, name: str, configs: Sequence[LorawanConfig], lines: Lines) -> None:
        self._name, self._lines = name, lines
        self._topics = sorted({TOPICS[config.network] for config in configs})
        self._client_id = f"forewarn-lorawan-{name}-{configs[0].station}"
        self._source: MqttSource | WebhookSource | None = None
        self._seen: dict[str, OrderedDict[tuple[str, int, bytes], None]] = {}
        self._users = 0
        self.takers: list[Taker] = []
        self.counts: Counter[str] = Counter()
        """`uplinks`, `repeats`, `unusable` → how many."""
        self.strangers: Counter[str] = Counter()
        """Device EUI that nobody waits for → uplinks."""
        self.unusable = ""
        """Why the last message was no uplink."""

    @property
    def trouble(self) -> str:
        """Return why nothing can be heard; empty where it can."""
        return self._source.trouble if self._source else "not opened yet"

    @property
    def port(self) -> int:
        """Return the port of the webhook; 0 where there is none."""
        return self._source.port if isinstance(self._source, WebhookSource) else 0

    def join(self, taker: Taker) -> None:
        """Count one more instrument."""
        self._users += 1
        self.takers.append(taker)

    async def start(self) -> None:
        """Begin to hear, if that has not begun yet."""
        if self._source is None:
            address = self._lines.address(self._name)
            if not isinstance(address, OtherAddress) or address.scheme not in LorawanConfig.schemes:
                raise EdgeError(f"device `{self._name}`: {address} is not mqtt:// or listen://")
            if address.scheme == "listen":
                self._source = WebhookSource(address.url, self.take)
            else:
                self._source = MqttSource(address.url, self._client_id, self._topics, self.take)
                await self._source.start()
        if isinstance(self._source, WebhookSource):
            await self._source.start()

    async def leave(self) -> None:
        """Let go of the network server when the last instrument leaves."""
        self._users -= 1
        if self._users <= 0 and self._source is not None:
            source, self._source = self._source, None
            await source.aclose()

    def take(self, text: bytes, kept: Callable[[], None]) -> None:
        """Take a message of the network server; never raises, whatever is in it.

        `kept` is called once: at once where nothing is to be kept of the message, so that the
        broker goes on to the next.
        """
        try:
            uplink = parse(text)
        except Exception as error:  # one message must not stop all that come after it
            self._refuse(error)
            kept()
            return
        self.counts["uplinks"] += 1
        wanted = [taker for taker in self.takers if taker.eui == uplink.eui]
        if not wanted:
            if uplink.eui in self.strangers or len(self.strangers) < MAX_STRANGERS:
                self.strangers[uplink.eui] += 1
            kept()
        elif self._again(uplink):
            self.counts["repeats"] += 1
            kept()
        else:
            self._hand_over(uplink, wanted, kept)

    def _hand_over(self, uplink: Uplink, wanted: Sequence[Taker], kept: Callable[[], None]) -> None:
        """Give the uplink to all who want it; `kept` is called once all of them have kept it."""
        waiting = set(range(len(wanted)))

        def one_kept(number: int) -> None:
            if number in waiting:
                waiting.discard(number)
                if not waiting:
                    kept()

        for number, taker in enumerate(wanted):
            done = partial(one_kept, number)
            try:
                taker.take(uplink, done)
            except Exception as error:  # as above; the other takers want it too
                self._refuse(error)
                done()

    def _refuse(self, error: Exception) -> None:
        self.counts["unusable"] += 1
        if isinstance(error, UplinkError):
            self.unusable = str(error)
        else:
            self.unusable = f"{type(error).__name__}: {error}"
            log.error("device `%s`: a message cannot be taken", self._name, exc_info=error)

    def _again(self, uplink: Uplink) -> bool:
        """Tell whether this very frame was heard before, in the same session."""
        seen = self._seen.setdefault(uplink.eui, OrderedDict())
        frame = uplink.address, uplink.counter, uplink.payload
        if frame in seen:
            return True
        seen[frame] = None
        while len(seen) > FRAMES:
            seen.popitem(last=False)
        return False
