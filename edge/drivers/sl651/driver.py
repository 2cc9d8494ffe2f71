"""Remote stations that send SL 651-2014 telegrams to this gateway."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from msgspec import Struct

from edge import DriverError
from edge.drivers.contract import Answer, Driver, Raws, Shown, channels
from edge.drivers.sl651.config import Sl651Config
from edge.drivers.sl651.pictures import save_picture
from edge.drivers.sl651.reception import Receipt, Reception
from edge.lines import Lines
from edge.links import Links
from edge.sl651 import FUNCTIONS, Blob, Observed, TimeMark, alarms
from edge.sl651.centre import Arrival, Centre
from forewarn.domain.clock import Clock
from forewarn.domain.observation import Observation, Quality

WAITING = 500
"""Telegrams of one station that may wait to be handed over; beyond it the station keeps them."""

CLOCK_LIMIT = timedelta(minutes=5)
"""A station's clock further off than this is told of (section 6.6.4.24)."""

TEST_REPORT = 0x30


def open_line(
    name: str, configs: Sequence[Sl651Config], lines: Lines, clock: Clock, profiles: Path
) -> list[Driver]:
    """Return a driver for each of `configs`, whose stations all come over device `name`."""
    desk = Desk(name, configs[0], lines, clock)
    drivers = [Sl651Driver(config, desk, clock) for config in configs]
    desk.reception.takers = {driver.address: driver for driver in drivers}
    return list(drivers)


class Desk:
    """What the instruments on one device share: the line, the centre, who gets what."""

    def __init__(self, name: str, config: Sl651Config, lines: Lines, clock: Clock) -> None:
        zone = timezone(config.ahead)
        self.reception = Reception()
        self.centre = Centre(
            now=lambda: clock.now().astimezone(zone).replace(tzinfo=None),
            on_arrival=self.reception.arrive,
            on_trouble=self.reception.refuse,
            knows=lambda station: station in self.reception.takers,
            stay_online=config.stay_online,
        )
        self.links = Links(name, lines, clock, self.centre.meet)
        self._users = 0

    async def start(self) -> None:
        """Open the line."""
        await self.links.start()

    def join(self) -> None:
        """Count one more instrument."""
        self._users += 1

    async def leave(self) -> None:
        """Close the line when the last instrument leaves."""
        self._users -= 1
        if self._users <= 0:
            await self.links.aclose()


class Kept(Struct, frozen=True):
    """What waits to be handed over of one telegram."""

    observations: list[Observation]
    receipt: Receipt
    sent: datetime


class Sl651Driver:
    """The instruments of one remote station."""

    remembers = False

    def __init__(self, config: Sl651Config, desk: Desk, clock: Clock) -> None:
        self._config, self._desk, self._clock = config, desk, clock
        self._zone = timezone(config.ahead)
        self._channels = channels(config.elements)
        self._raws = Raws(config)
        self._waiting: list[Kept] = []
        self._last: dict[str, Observed] = {}
        self._heard_at: datetime | None = None
        self._ahead = timedelta()
        self._function = ""
        self._trouble = ""
        self.address = config.address
        desk.join()

    def refusal(self, arrival: Arrival) -> str:
        """Return why a telegram is not taken; empty where it is."""
        frame = arrival.telegram.frame
        wanted = self._config.password
        if wanted and frame.password != int(wanted, 16):
            return f"{self.address}: a telegram with another password"
        if self._config.centre and frame.centre != self._config.centre:
            return f"{self.address}: a telegram to centre {frame.centre}"
        if len(self._waiting) >= WAITING:
            return f"{self.address}: {WAITING} telegrams wait to be handed over"
        return ""

    def note(self, trouble: str) -> None:
        """Remember what is wrong with a telegram, for the status."""
        self._trouble = trouble

    def take(self, arrival: Arrival, values: list[Observed], receipt: Receipt) -> bool:
        """Take what a telegram says of this station; False where it holds nothing to keep."""
        body = arrival.telegram.body
        self._heard_at = self._clock.now()
        sent = self._aware(body.sent) if body else self._heard_at
        self._ahead = sent - self._heard_at
        states = [int(value.value) for value in values if value.symbol == "ZT" and value.value]
        told = [*(body.faults if body else ()), *(alarms(states[-1]) if states else ())]
        self._trouble = ", ".join(told[:4])
        self._function = FUNCTIONS.get(arrival.telegram.frame.function, "not of the standard")
        self._last.update({value.symbol: value for value in values})
        if arrival.telegram.frame.function == TEST_REPORT and not self._config.test_reports:
            self._trouble = "the last telegram was a test report"
            return False
        found = [self._observation(v) for v in values if v.symbol in self._channels]
        if found:
            self._waiting.append(Kept(found, receipt, sent))
        return bool(found)

    def take_picture(self, arrival: Arrival, picture: Blob, at: TimeMark | None) -> None:
        """Save a picture in the configured folder; without one it is dropped."""
        self._heard_at = self._clock.now()
        if not self._config.pictures:
            return
        body = arrival.telegram.body
        taken = at.at if at else body.sent if body else self._heard_at
        limit = int(self._config.pictures_mb * 1e6)
        try:
            save_picture(
                Path(self._config.pictures), self.address, taken, picture.raw, limit_bytes=limit
            )
        except OSError as error:
            self._trouble = f"a picture is lost: {error}"

    async def read(self) -> Answer:
        """Hand over what came since; DriverError if the line is lost and nothing waits.

        The stations are acknowledged when the answer's `kept` is called.
        """
        links = self._desk.links
        await self._desk.start()
        waiting, self._waiting = self._waiting, []
        if links.up_since is None and not waiting:
            raise DriverError(f"{self._config.station}: {links.trouble}")
        observations = [o for kept in waiting for o in kept.observations]

        def kept() -> None:
            for each in waiting:
                each.receipt.done(self.address)

        return Answer(
            observations,
            self._remark(),
            instrument_time=max((each.sent for each in waiting), default=None),
            kept=kept if waiting else None,
            raw=self._raws.take(),
        )

    def _remark(self) -> str:
        links, now = self._desk.links, self._clock.now()
        since = max(filter(None, (links.up_since, self._heard_at)), default=None)
        if links.up_since is None:
            return links.trouble
        if since is not None and now - since > self._config.silent_after:
            alive = self._desk.centre.alive.get(self.address)
            heard = f", though it keeps its link since {alive:%H:%M}" if alive else ""
            refused = f"; refused: {self._desk.reception.trouble}"
            return f"no telegram of {self.address} since {since:%H:%M}{heard}" + (
                refused if self._desk.reception.refused else ""
            )
        if abs(self._ahead) > CLOCK_LIMIT:
            side = "ahead" if self._ahead > timedelta() else "behind"
            return f"its clock is {abs(self._ahead).total_seconds() / 60:.0f} min {side}"
        return self._trouble

    def _observation(self, value: Observed) -> Observation:
        channel = self._channels[value.symbol]
        return Observation(
            datastream=self._config.key(channel.property),
            phenomenon_time=self._aware(value.at),
            result=None if value.value is None else self._raws.convert(channel, value.value),
            quality=Quality.MISSING if value.value is None else Quality.UNCHECKED,
        )

    def _aware(self, at: datetime) -> datetime:
        return at.replace(tzinfo=self._zone)

    async def probe(self) -> list[Shown]:
        """Return the newest value of each element, and what came; nothing is acknowledged."""
        await self._desk.start()
        reception = self._desk.reception
        trouble = f": {reception.trouble}" if reception.trouble else ""
        count = f"{reception.came} telegrams"
        shown = [Shown("line", count, f"{reception.refused} refused{trouble}")]
        if self._function:
            shown.append(Shown("last telegram", self._function, self._remark()))
        for symbol in dict.fromkeys((*self._channels, *self._last)):
            value, channel = self._last.get(symbol), self._channels.get(symbol)
            raw = "silent" if value is None else _shown(value.value)
            if channel is None:
                shown.append(Shown(symbol, raw, "not configured"))
                continue
            result = "missing"
            if value is not None and value.value is not None:
                result = f"{channel.convert(value.value):g} at {value.at:%d %H:%M}"
            shown.append(Shown(symbol, raw, f"{self._config.key(channel.property)} = {result}"))
        return shown

    async def aclose(self) -> None:
        """Let go of the line."""
        await self._desk.leave()


def _shown(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"
