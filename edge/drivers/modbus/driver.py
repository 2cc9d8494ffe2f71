"""Modbus instruments: register maps, and loggers that remember."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from edge import DriverError
from edge.drivers.contract import Answer, Channel, Driver, Raws, Shown, channels
from edge.drivers.modbus.bus import Bus
from edge.drivers.modbus.config import ModbusConfig
from edge.drivers.modbus.decode import Decoder
from edge.drivers.modbus.logger import Header, Record, chunks, current, header
from edge.drivers.modbus.logger import records as records_of
from edge.drivers.modbus.profile import LoggerLayout, Profile, load_profile
from edge.drivers.modbus.totals import RunningTotal
from edge.lines import Lines
from edge.timekeeping import is_stamp
from forewarn.domain.clock import Clock
from forewarn.domain.observation import Observation, Quality, from_milliseconds


def open_line(
    name: str, configs: Sequence[ModbusConfig], lines: Lines, clock: Clock, profiles: Path
) -> list[Driver]:
    """Return a driver for each of `configs`, which all hang on device `name`."""
    bus = lines.shared(name, Bus)
    known = {used: load_profile(profiles, used) for used in {c.profile for c in configs}}
    drivers: list[Driver] = []
    for config in configs:
        profile = known[config.profile]
        if profile.logger:
            drivers.append(LoggerDriver(config, profile.logger, bus, clock))
        else:
            drivers.append(RegisterDriver(config, profile, bus, clock))
    return drivers


class RegisterDriver:
    """An instrument that shows its present values in registers."""

    remembers = False

    def __init__(self, config: ModbusConfig, profile: Profile, bus: Bus, clock: Clock) -> None:
        self._config, self._profile, self._bus, self._clock = config, profile, bus, clock
        self._channels = tuple(channels(config.channels))
        self._raws = Raws(config)
        self._feeds = feeds(config)
        self._decoder = Decoder(profile, self._channels)
        moduli = {value.name: value.modulus for value in profile.values}
        self._totals = {
            place: RunningTotal(config.interval, moduli[name])
            for place, name in enumerate(self._channels)
            if name in config.increases
        }

    async def read(self) -> Answer:
        """Ask for the present values, stamped with the time of asking."""
        now = self._clock.now()
        decoded = self._decoder.decode(await self._answers())
        found = observations(self._feeds, decoded.values, now, self._raws)
        if not self._totals:
            return Answer(found, ", ".join(decoded.complaints), raw=self._raws.take())
        others = [o for place, o in enumerate(found) if place not in self._totals]
        grown, troubles = self._increases(decoded.values)
        remark = ", ".join([*decoded.complaints, *troubles])
        return Answer([*others, *grown], remark, raw=self._raws.take())

    def _increases(self, values: Sequence[float | None]) -> tuple[list[Observation], list[str]]:
        """Return what the running totals grew by in the interval that ended, and what is odd."""
        now, grown = self._clock.now(), []
        for place, total in self._totals.items():
            increase = total.take(values[place], now)
            if increase:
                key, channel = self._feeds[place]
                result = channel.convert(increase.amount)
                grown.append(
                    Observation(datastream=key, phenomenon_time=increase.end, result=result)
                )
        places = [place for place, total in self._totals.items() if total.trouble]
        return grown, [f"{self._channels[p]} {self._totals[p].trouble}" for p in places]

    async def _answers(self) -> list[list[int]]:
        who, unit, trigger = self._config.station, self._config.unit, self._profile.trigger
        if trigger:
            await self._bus.write(who, unit, "holding", trigger.register, trigger.value)
            await asyncio.sleep(trigger.wait_s)
        return [
            await self._bus.read(who, unit, block.table, block.start, block.count)
            for block in self._decoder.blocks
        ]

    async def probe(self) -> list[Shown]:
        """Return the values as registers and converted."""
        answers = await self._answers()
        decoded = self._decoder.decode(answers)
        raw = [
            Shown(f"register {address} ({block.table})", f"0x{word:04X} = {word}", "")
            for block, words in zip(self._decoder.blocks, answers, strict=True)
            for address, word in enumerate(words, start=block.start)
        ]
        units = {value.name: value.unit for value in self._profile.values}
        shown = _shown(self._channels, self._feeds, decoded.values, units)
        return [*raw, *shown, *(Shown("complaint", "", told) for told in decoded.complaints)]

    async def aclose(self) -> None:
        """Let go of the line."""
        self._bus.close()


class LoggerDriver:
    """A logger of the FW-L8 kind: every record in its memory is fetched once per start.

    A gateway that was off loses nothing that the logger remembers, and a restart repeats
    what it remembers: the database keeps each observation once.
    """

    remembers = True

    def __init__(self, config: ModbusConfig, layout: LoggerLayout, bus: Bus, clock: Clock) -> None:
        self._config, self._layout, self._bus, self._clock = config, layout, bus, clock
        self._channels = tuple(channels(config.channels))
        self._raws = Raws(config)
        self._feeds = feeds(config)
        self._taken = 0
        self._taken_time = 0

    async def read(self) -> Answer:
        """Fetch the records that are newer than those fetched before, at their own times."""
        found = await self._header()
        if found.status & self._layout.clock_unset_mask:
            return await self._present(found)
        taken = self._taken
        if found.newest_number < taken or found.time_of(taken) != self._taken_time:
            taken = 0  # its memory was cleared, or its clock was set
        results: list[Observation] = []
        torn = 0
        trouble = ""
        try:
            for chunk in chunks(self._layout, found, taken):
                words = await self._ask(chunk.address, chunk.registers)
                for record in records_of(chunk, words, found.channels):
                    if record.time == found.time_of(record.number):
                        results += self._of_record(record)
                    else:
                        torn += 1  # overwritten by a newer record meanwhile
                taken = chunk.first + chunk.records - 1
        except DriverError as error:
            if not results:
                raise
            trouble = str(error)
        self._taken, self._taken_time = taken, found.time_of(taken)
        newest = from_milliseconds(found.newest_time * 1000)
        remark = trouble or self._remark(found, torn)
        return Answer(results, remark, newest, raw=self._raws.take())

    async def _present(self, found: Header) -> Answer:
        now = self._clock.now()
        values = self._chosen(await self._current(found))
        return Answer(
            observations(self._feeds, values, now, self._raws),
            "its clock is not set: present values only, none of its records",
            raw=self._raws.take(),
        )

    def _remark(self, found: Header, torn: int) -> str:
        remarks = []
        if found.status & self._layout.battery_low_mask:
            remarks.append("battery low")
        now = self._clock.now()
        off = from_milliseconds(found.newest_time * 1000) - now
        if abs(off) > timedelta(days=1) and not is_stamp(now):
            remarks.append(f"its clock is {off / timedelta(days=1):+.1f} days off: set it")
        if torn:
            remarks.append(f"{torn} records do not carry the time they should")
        return ", ".join(remarks)

    def _of_record(self, record: Record) -> list[Observation]:
        at = from_milliseconds(record.time * 1000)
        return observations(self._feeds, self._chosen(record.values), at, self._raws)

    def _chosen(self, values: Sequence[float | None]) -> list[float | None]:
        return [values[int(name)] for name in self._channels]

    async def _header(self) -> Header:
        words = await self._ask(*self._layout.header())
        try:
            found = header(self._layout, words)
            lacking = [name for name in self._channels if int(name) >= found.channels]
            if lacking:
                raise ValueError(f"has {found.channels} channels, `{lacking[0]}` is not there")
        except ValueError as error:
            raise DriverError(
                f"{self._config.station}: unit {self._config.unit} {error}: is it this profile?"
            ) from error
        return found

    async def _current(self, found: Header) -> tuple[float | None, ...]:
        words = await self._ask(self._layout.current, 2 * found.channels)
        return current(words, found.channels)

    async def _ask(self, address: int, count: int) -> list[int]:
        config, table = self._config, self._layout.table
        return await self._bus.read(config.station, config.unit, table, address, count)

    async def probe(self) -> list[Shown]:
        """Return the header and the present values."""
        found = await self._header()
        newest = from_milliseconds(found.newest_time * 1000)
        shown = [
            Shown("status", f"0x{found.status:04X}", self._remark(found, 0) or "ok"),
            Shown("interval", f"{found.interval_s}", f"{found.interval_s} s"),
            Shown("memory", f"{found.depth}", f"{found.depth} records"),
            Shown("newest record", f"{found.newest_number}", f"{newest.isoformat()}"),
        ]
        values = self._chosen(await self._current(found))
        return shown + _shown(self._channels, self._feeds, values, {})

    async def aclose(self) -> None:
        """Let go of the line."""
        self._bus.close()


Feeds = Sequence[tuple[str, Channel]]
"""(key of a datastream, its channel) in the order of an instrument's `channels`."""


def feeds(config: ModbusConfig) -> Feeds:
    """Return what the channels of `config` feed."""
    return [(config.key(c.property), c) for c in channels(config.channels).values()]


def observations(
    fed: Feeds, values: Iterable[float | None], at: datetime, raws: Raws
) -> list[Observation]:
    """Return the observations of one instant; a value of None is a missing observation."""
    return [
        Observation(
            datastream=key,
            phenomenon_time=at,
            result=None if raw is None else raws.convert(channel, raw),
            quality=Quality.MISSING if raw is None else Quality.UNCHECKED,
        )
        for (key, channel), raw in zip(fed, values, strict=True)
    ]


def _shown(
    names: Iterable[str], fed: Feeds, values: Sequence[float | None], units: Mapping[str, str]
) -> list[Shown]:
    lines = []
    for name, (key, channel), raw in zip(names, fed, values, strict=True):
        result = "missing" if raw is None else f"{channel.convert(raw):g}"
        said = "none" if raw is None else f"{raw:g} {units.get(name, '')}".rstrip()
        lines.append(Shown(name, said, f"{key} = {result}"))
    return lines
