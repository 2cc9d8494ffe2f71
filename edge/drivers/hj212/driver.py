"""Data loggers that send HJ 212-2017 messages to this gateway."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from msgspec import Struct

from edge import DriverError
from edge.drivers.contract import Answer, Driver, Raws, Shown, channels
from edge.drivers.hj212.config import Hj212Config
from edge.drivers.hj212.decode import (
    DOUBTFUL_FLAGS,
    Message,
    MessageBuffer,
    Value,
    answer,
    time_of,
    values,
    write,
)
from edge.lines import Lines
from edge.links import Links, Send
from forewarn.domain.clock import Clock
from forewarn.domain.observation import Observation, Quality

log = logging.getLogger("edge.hj212")

WAITING = 500
"""Messages of one logger that may wait to be handed over; beyond it they are not answered."""

MAX_NAMES = 200
"""Factors that are not configured of which the newest value is kept to be shown; a logger that
babbles may make up many."""

DATA = frozenset({"2011", "2031", "2041", "2051", "2061", "3020"})
"""Commands whose messages carry values."""


def open_line(
    name: str, configs: Sequence[Hj212Config], lines: Lines, clock: Clock, profiles: Path
) -> list[Driver]:
    """Return a driver for each of `configs`, whose loggers all come over device `name`."""
    desk = Desk(name, lines, clock)
    drivers = [Hj212Driver(config, desk, clock) for config in configs]
    desk.loggers = {driver.mn: driver for driver in drivers}
    return list(drivers)


class Desk:
    """What the instruments on one device share: the line, and who gets what."""

    def __init__(self, name: str, lines: Lines, clock: Clock) -> None:
        self.links = Links(name, lines, clock, self._meet)
        self.loggers: dict[str, Hj212Driver] = {}
        self.came = 0
        self.refused = 0
        self.trouble = ""
        self.users = 0

    def _meet(self, send: Send, peer: str) -> "_Talk":
        return _Talk(self, send, peer)

    def refuse(self, why: str) -> None:
        """Count and remember what was refused."""
        self.refused += 1
        if why != self.trouble:
            log.warning("%s", why)
        self.trouble = why

    def take(self, message: Message, send: Send, peer: str) -> None:
        """Hand a message to its logger's instrument."""
        self.came += 1
        logger = self.loggers.get(message.fields["MN"])
        if logger is None:
            self.refuse(f"logger {message.fields['MN']} at {peer} is not configured")
        elif why := logger.take(message, send):
            self.refuse(why)


class _Talk:
    """The talk on one connection."""

    def __init__(self, desk: Desk, send: Send, peer: str) -> None:
        self._desk, self._send, self._peer = desk, send, peer
        self._buffer = MessageBuffer()

    def feed(self, chunk: bytes) -> None:
        for found in self._buffer.feed(chunk):
            self._take(found)

    def idle(self) -> None:
        for found in self._buffer.idle():
            self._take(found)

    def closed(self) -> None:
        pass

    def _take(self, found: Message | str) -> None:
        if isinstance(found, str):
            self._desk.refuse(f"{self._peer}: {found}")
        else:
            self._desk.take(found, self._send, self._peer)


class Waiting(Struct, frozen=True):
    """What waits to be handed over of one message."""

    observations: list[Observation]
    reply: Callable[[], None]
    at: datetime | None


class Hj212Driver:
    """The instruments of one data logger."""

    remembers = False

    def __init__(self, config: Hj212Config, desk: Desk, clock: Clock) -> None:
        self._config, self._desk, self._clock = config, desk, clock
        self._zone = timezone(config.ahead)
        self._channels = channels(config.factors)
        self._raws = Raws(config)
        self._waiting: list[Waiting] = []
        self._last: dict[str, Value] = {}
        self._data_time: dict[str, datetime] = {}
        self._heard_at: datetime | None = None
        self._flags = ""
        self.mn = config.mn
        desk.users += 1

    def take(self, message: Message, send: Send) -> str:
        """Take a message; return why not, where it is not taken."""
        if self._config.password and message.fields.get("PW") != self._config.password:
            return f"{self.mn}: a message with another password"
        if len(self._waiting) >= WAITING:
            return f"{self.mn}: {WAITING} messages wait to be handed over"
        self._heard_at = self._clock.now()

        def reply() -> None:
            if message.wants_answer:
                send(write(answer(message)))

        found = self._values(message) if message.fields["CN"] in DATA else []
        for value in found:
            self._remember(value)
        odd = {f"{v.name} is flagged {v.flag}" for v in found if v.flag not in ("", "N")}
        self._flags = ", ".join(sorted(odd)[:3])
        observations = [self._observation(v) for v in found if v.name in self._channels]
        if observations:
            sent = time_of(message.fields.get("QN", ""))
            self._waiting.append(Waiting(observations, reply, self._aware(sent) if sent else None))
        else:
            reply()
        return ""

    def _remember(self, value: Value) -> None:
        """Keep the newest value of a factor, so that it can be shown."""
        known = value.name in self._last or value.name in self._channels
        if known or len(self._last.keys() - self._channels.keys()) < MAX_NAMES:
            self._last[value.name] = value

    def _values(self, message: Message) -> list[Value]:
        """Return the values; of several packets only the first may say of what time they are."""
        qn = message.fields.get("QN", "")
        found = values(message, fallback=self._data_time.get(qn))
        if message.flag & 2 and found:
            self._data_time = {qn: found[0].at}
        return found

    async def read(self) -> Answer:
        """Hand over what came since; DriverError if the line is lost and nothing waits."""
        links = self._desk.links
        await links.start()
        waiting, self._waiting = self._waiting, []
        if links.up_since is None and not waiting:
            raise DriverError(f"{self._config.station}: {links.trouble}")

        def kept() -> None:
            for each in waiting:
                each.reply()

        return Answer(
            [o for each in waiting for o in each.observations],
            self._remark(),
            instrument_time=max((each.at for each in waiting if each.at), default=None),
            kept=kept if waiting else None,
            raw=self._raws.take(),
        )

    def _remark(self) -> str:
        links, now = self._desk.links, self._clock.now()
        if links.up_since is None:
            return links.trouble
        since = max(links.up_since, self._heard_at or links.up_since)
        if now - since > self._config.silent_after:
            refused = f"; refused: {self._desk.trouble}" if self._desk.refused else ""
            return f"no message of {self.mn} since {since:%H:%M}{refused}"
        return self._flags

    def _observation(self, value: Value) -> Observation:
        channel = self._channels[value.name]
        quality = Quality.SUSPECT if value.flag in DOUBTFUL_FLAGS else Quality.UNCHECKED
        return Observation(
            datastream=self._config.key(channel.property),
            phenomenon_time=self._aware(value.at),
            result=None if value.value is None else self._raws.convert(channel, value.value),
            quality=Quality.MISSING if value.value is None else quality,
        )

    def _aware(self, at: datetime) -> datetime:
        return at.replace(tzinfo=self._zone)

    async def probe(self) -> list[Shown]:
        """Return the newest value of each factor, and what came; nothing is answered."""
        await self._desk.links.start()
        trouble = f": {self._desk.trouble}" if self._desk.trouble else ""
        shown = [
            Shown("line", f"{self._desk.came} messages", f"{self._desk.refused} refused{trouble}")
        ]
        for name in dict.fromkeys((*self._channels, *self._last)):
            value, channel = self._last.get(name), self._channels.get(name)
            raw = "silent" if value is None else f"{value.value} {value.flag}".strip()
            if channel is None:
                shown.append(Shown(name, raw, "not configured"))
                continue
            result = "missing"
            if value is not None and value.value is not None:
                result = f"{channel.convert(value.value):g}"
            shown.append(Shown(name, raw, f"{self._config.key(channel.property)} = {result}"))
        return shown

    async def aclose(self) -> None:
        """Let go of the line, the last instrument for good."""
        self._desk.users -= 1
        if self._desk.users <= 0:
            await self._desk.links.aclose()
