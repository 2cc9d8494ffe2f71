"""The memory of a logger: every record once, at its own time, whatever happens between."""

import asyncio
import struct
from datetime import UTC, datetime, timedelta
from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import DriverError
from edge.drivers.contract import Answer, Driver
from edge.drivers.modbus.config import ModbusConfig
from edge.drivers.modbus.driver import open_line
from forewarn.domain.clock import ManualClock
from forewarn.domain.observation import from_milliseconds
from tests.edge.instruments import PROFILES, Registers, floats, lines, modbus_rtu, modbus_tcp

START = 1_596_585_600
"""2020-08-05T00:00:00Z."""


class Logger:
    """An FW-L8 as its datasheet says, held in registers that a test changes."""

    def __init__(self, *, channels: int = 2, interval_s: int = 600, depth: int = 20) -> None:
        self.registers: Registers = {}
        self.channels, self.interval_s, self.depth = channels, interval_s, depth
        self.number = 0
        self._head()

    def record(self, *values: float) -> None:
        self.number += 1
        slot = (self.number - 1) % self.depth
        address = 100 + slot * (2 + 2 * self.channels)
        self.registers |= _uint32(address, self.time) | floats(address + 2, *values)
        self.registers |= floats(10, *values)
        self._head()

    def clear(self) -> None:
        self.number = 0
        self._head()

    @property
    def time(self) -> int:
        return START + self.number * self.interval_s

    def _head(self) -> None:
        self.registers |= {0: 0, 1: self.channels, 2: self.interval_s, 3: self.depth}
        self.registers |= _uint32(4, self.time) | _uint32(6, self.number) | {8: 0, 9: 0}


def _uint32(address: int, value: int) -> Registers:
    high, low = struct.unpack(">HH", struct.pack(">I", value))
    return {address: high, address + 1: low}


def open_logger(url: str, channels: int = 2) -> Driver:
    names = ["stage", "discharge", "rain", "tide", "wind_speed", "a", "b", "c"]
    config = ModbusConfig(
        device="bus",
        station="weir",
        interval=timedelta(minutes=1),
        unit=3,
        profile="logger8",
        channels={str(place): names[place] for place in range(channels)},
    )
    return open_line(
        "bus", [config], lines(bus=url), ManualClock(from_milliseconds(START * 1000)), PROFILES
    )[0]


def stages(answer: Answer) -> list[tuple[int, float | None]]:
    """Return (record number, stage) of each record in `answer`."""
    return [
        (int(o.phenomenon_time.timestamp() - START) // 600, o.result)
        for o in answer.observations
        if o.datastream == "weir/stage"
    ]


@pytest.mark.parametrize("serve", [modbus_tcp, modbus_rtu])
def test_the_whole_memory_after_a_start_then_only_what_is_new(serve: object) -> None:
    logger = Logger()

    async def run() -> None:
        for value in range(1, 6):
            logger.record(value / 10, 100.0)
        async with serve({3: logger.registers}) as url:  # type: ignore[operator]
            driver = open_logger(url)
            first = await driver.read()
            nothing = await driver.read()
            logger.record(0.6, nan)
            second = await driver.read()
            await driver.aclose()
        assert stages(first) == [(1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4), (5, 0.5)]
        assert nothing.observations == []
        assert stages(second) == [(6, 0.6)]
        [stage, discharge] = second.observations
        assert stage.phenomenon_time == datetime.fromtimestamp(START + 3600, UTC)
        assert (discharge.result, discharge.quality) == (None, 9)

    asyncio.run(run())


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 8), st.integers(1, 60), st.lists(st.integers(0, 70), min_size=1, max_size=5))
def test_every_record_that_is_still_in_memory_is_read_once(
    channels: int, depth: int, steps: list[int]
) -> None:
    logger = Logger(channels=channels, depth=depth)
    heard: list[int] = []
    expected: list[int] = []

    async def run() -> None:
        async with modbus_tcp({3: logger.registers}) as url:
            driver = open_logger(url, channels)
            for step in steps:
                for _ in range(step):
                    logger.record(*[float(logger.number + 1)] * channels)
                expected.extend(range(logger.number - min(step, depth) + 1, logger.number + 1))
                answer = await driver.read()
                heard.extend(number for number, value in stages(answer) if value == number)
            await driver.aclose()

    asyncio.run(run())
    assert heard == expected


def test_a_cleared_memory_is_read_anew() -> None:
    logger = Logger()

    async def run() -> None:
        for value in range(1, 9):
            logger.record(float(value), 0.0)
        async with modbus_tcp({3: logger.registers}) as url:
            driver = open_logger(url)
            await driver.read()
            logger.clear()
            logger.record(1.5, 0.0)
            assert stages(await driver.read()) == [(1, 1.5)]
            for value in range(2, 12):  # more than were taken before: only the times tell
                logger.record(float(value), 0.0)
            assert [number for number, _ in stages(await driver.read())] == list(range(2, 12))
            await driver.aclose()

    asyncio.run(run())


def test_a_record_with_another_time_than_it_should_have_is_not_believed() -> None:
    logger = Logger()

    async def run() -> None:
        for value in range(1, 4):
            logger.record(float(value), 0.0)
        logger.registers |= _uint32(100 + 6, START + 5)
        async with modbus_tcp({3: logger.registers}) as url:
            driver = open_logger(url)
            answer = await driver.read()
            await driver.aclose()
        assert stages(answer) == [(1, 1.0), (3, 3.0)]
        assert answer.remark == "1 records do not carry the time they should"

    asyncio.run(run())


def test_what_was_read_before_a_fault_is_kept_and_the_rest_comes_later() -> None:
    logger = Logger(channels=8, depth=60)

    async def run() -> None:
        for value in range(1, 31):
            logger.record(*[float(value)] * 8)
        logger.registers[-2] = 100 + 13 * 18  # registers from here on cannot be read
        async with modbus_tcp({3: logger.registers}) as url:
            driver = open_logger(url, 8)
            first = await driver.read()
            with pytest.raises(DriverError, match="it has failed"):
                await driver.read()
            del logger.registers[-2]
            second = await driver.read()
            await driver.aclose()
        assert [number for number, _ in stages(first)] == list(range(1, 13))
        assert "it has failed" in first.remark
        assert [number for number, _ in stages(second)] == list(range(13, 31))

    asyncio.run(run())


def test_a_clock_that_is_days_off_is_told() -> None:
    logger = Logger(interval_s=43_200)
    for _ in range(6):
        logger.record(1.0, 2.0)

    async def run() -> None:
        async with modbus_tcp({3: logger.registers}) as url:
            driver = open_logger(url)
            answer = await driver.read()
            await driver.aclose()
        assert answer.remark == "its clock is +3.0 days off: set it"
        assert answer.instrument_time == from_milliseconds(logger.time * 1000)

    asyncio.run(run())


def test_a_logger_without_a_clock_gives_present_values_only() -> None:
    logger = Logger()

    async def run() -> None:
        logger.record(1.25, 30.0)
        logger.registers[0] = 0x0001
        async with modbus_tcp({3: logger.registers}) as url:
            driver = open_logger(url)
            answer = await driver.read()
            logger.registers[0] = 0x0002
            later = await driver.read()
            await driver.aclose()
        assert [o.result for o in answer.observations] == [1.25, 30.0]
        assert answer.observations[0].phenomenon_time == from_milliseconds(START * 1000)
        assert "clock is not set" in answer.remark
        assert stages(later) == [(1, 1.25)]
        assert later.remark == "battery low"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("registers", "message"),
    [
        ({1: 0}, "says it has 0 channels"),
        ({1: 9}, "says it has 9 channels"),
        ({1: 1}, "has 1 channels, `1` is not there"),
        ({2: 0}, "says that its logging interval is 0 s"),
        ({3: 721}, "says it keeps 721 records"),
    ],
)
def test_a_header_without_sense_is_named(registers: Registers, message: str) -> None:
    logger = Logger()

    async def run() -> None:
        logger.registers |= registers
        async with modbus_tcp({3: logger.registers}) as url:
            driver = open_logger(url)
            with pytest.raises(DriverError, match=f"weir: unit 3 {message}"):
                await driver.read()
            await driver.aclose()

    asyncio.run(run())


def test_a_probe_shows_header_and_present_values() -> None:
    logger = Logger()

    async def run() -> None:
        logger.record(1.25, nan)
        async with modbus_tcp({3: logger.registers}) as url:
            driver = open_logger(url)
            shown = {line.name: line.result for line in await driver.probe()}
            await driver.aclose()
        assert shown["newest record"] == "2020-08-05T00:10:00+00:00"
        assert shown["0"] == "weir/stage = 1.25"
        assert shown["1"] == "weir/discharge = missing"

    asyncio.run(run())
