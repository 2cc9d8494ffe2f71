"""Simulated instruments with registers of their own: totals, triggers, bits, garbage."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import DriverError
from edge.drivers.contract import Driver
from edge.drivers.modbus.config import ModbusConfig
from edge.drivers.modbus.driver import open_line
from edge.drivers.modbus.output import ModbusOutputConfig, open_output
from edge.drivers.modbus.totals import RunningTotal
from forewarn.domain.clock import REAL, Clock, ManualClock
from simulators.line import SerialLine
from simulators.modbus import SerialBus, TcpBus, Unit
from simulators.register_map import RegisterMap
from simulators.siren import Siren
from tests.edge.instruments import PROFILES, floats, lines

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
TEN = timedelta(minutes=10)


@asynccontextmanager
async def serving(kind: str, unit: Unit) -> AsyncIterator[str]:
    """Serve `unit` as number 1 on TCP or on a pseudo-terminal; yield the URL."""
    bus, line = TcpBus({1: unit}), SerialLine("bus")
    try:
        if kind == "serial":
            SerialBus(line, {1: unit})
            yield line.url()
        else:
            yield await bus.open()
    finally:
        line.close()
        await bus.close()


def instrument(
    url: str, profile: str, channels: dict[str, Any], *, clock: Clock = REAL, **more: Any
) -> Driver:
    config = ModbusConfig(
        device="bus",
        station="hill",
        interval=TEN,
        unit=1,
        **{"profile": profile, "channels": channels} | more,
    )
    assert list(config.mistakes(PROFILES)) == []
    return open_line("bus", [config], lines(0.2, bus=url), clock, PROFILES)[0]


def test_a_gauge_that_counts_for_ever_gives_the_rain_of_each_interval() -> None:
    async def run() -> None:
        gauge, clock = RegisterMap(holdings={0: 65530}), ManualClock(NOON)
        async with serving("tcp", gauge) as url:
            driver = instrument(
                url, "rika_rk400_01", {"rain_total": "rain"}, clock=clock, increases=("rain_total",)
            )
            seen = []
            for count in (65530, 65535, 4, 4):  # begins again at 0 after 65535
                gauge.holdings[0] = count
                answer = await driver.read()
                seen += [(o.phenomenon_time, o.result) for o in answer.observations]
                assert (await driver.read()).observations == []  # asked more often: nothing new
                await clock.advance(TEN)
            await driver.aclose()
        assert seen == [(NOON + TEN, 0.5), (NOON + 2 * TEN, 0.5), (NOON + 3 * TEN, 0.0)]

    asyncio.run(run())


def test_rain_over_a_silence_belongs_to_no_interval() -> None:
    async def run() -> None:
        gauge, clock = RegisterMap(inputs=dict.fromkeys(range(6, 12), 0)), ManualClock(NOON)
        async with serving("tcp", gauge) as url:
            driver = instrument(
                url,
                "dfrobot_sen0575",
                {"tips": "tips", "rain_total": "rain"},
                clock=clock,
                increases=("rain_total",),
            )
            assert [o.datastream for o in (await driver.read()).observations] == ["hill/tips"]
            await clock.advance(3 * TEN)
            gauge.inputs[8] = 20_000
            answer = await driver.read()
            assert answer.remark == "rain_total grew by 2 in 0:30:00: no interval"
            assert [o.datastream for o in answer.observations] == ["hill/tips"]
            await clock.advance(TEN)
            gauge.inputs[8] = 26_000
            answer = await driver.read()
            assert (answer.observations[1].result, answer.remark) == (0.6, "")
            await clock.advance(TEN)
            gauge.inputs[8] = 0  # the gauge was switched off and on
            assert "went back from 2.6 to 0" in (await driver.read()).remark
            await driver.aclose()

    asyncio.run(run())


@settings(max_examples=40)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=40), st.integers(0, 255))
def test_the_increases_add_up_to_what_fell(fallen: list[int], start: int) -> None:
    total, count, found = RunningTotal(TEN, modulus=256.0), start, 0.0
    for place, more in enumerate([0, *fallen]):
        count = (count + more) % 256
        increase = total.take(float(count), NOON + place * TEN + timedelta(seconds=place))
        assert (increase is None) == (place == 0)
        found += increase.amount if increase else 0.0
    assert found == sum(fallen)


def test_a_trigger_is_written_before_each_question() -> None:
    async def run() -> None:
        string = RegisterMap(holdings={0x102: 0xC87C, 0x103: 0x4628, 0x118: 0})
        async with serving("serial", string) as url:
            driver = instrument(url, "geokon_3810a", {"temperature": "soil_temperature"})
            answer = await driver.read()
            await driver.aclose()
        assert string.holdings[0x118] == 1
        # GEOKON's table: 10,310 Ohm at -1 °C, 10,850 Ohm at -2 °C
        assert answer.observations[0].result == pytest.approx(-1.91, abs=0.05)

    asyncio.run(run())


@pytest.mark.parametrize("kind", ["tcp", "serial"])
def test_a_siren_is_read_and_switched_on_one_line(kind: str) -> None:
    async def run() -> None:
        passed_s = [0.0]
        siren = Siren(lambda: passed_s[0])
        siren.door_open = True
        async with serving(kind, siren) as url:
            line = lines(0.2, bus=url)
            config = ModbusConfig(
                device="bus",
                station="hill",
                interval=TEN,
                profile="siren_timed",
                channels={"supply": "supply", "door": "door"},
            )
            [driver] = open_line("bus", [config], line, REAL, PROFILES)
            horn = ModbusOutputConfig(
                device="bus", profile="siren_timed", output="siren", max_on_s=60.0
            )
            output = open_output(horn, line, PROFILES, who="alarm")
            assert [o.result for o in (await driver.read()).observations] == [24.1, 1.0]
            await output.set(True)
            assert siren.sounding
            passed_s[0] = 61.0  # the gateway has died: it stops by itself
            assert not siren.sounding
            assert await output.state() is False
            siren.failed = True
            with pytest.raises(DriverError, match="did not go on"):
                await output.set(True)
            assert (await driver.read()).remark == "driver of the horn has failed"
            await output.aclose()

    asyncio.run(run())


@pytest.mark.parametrize("kind", ["tcp", "serial"])
@pytest.mark.parametrize("trouble", ["silence", "garbage"])
def test_silence_and_garbage_are_errors_and_the_next_answer_counts(kind: str, trouble: str) -> None:
    async def run() -> None:
        radar = RegisterMap(inputs={2000: 0, 2001: 0} | floats(2002, 3.25, 8.5, 1.0))
        async with serving(kind, radar) as url:
            driver = instrument(url, "vega_vegapuls", {"pv": "stage"})
            radar.trouble = trouble
            with pytest.raises(DriverError, match=r"hill: unit 1 at .*no answer for registers"):
                await driver.read()
            radar.trouble = None
            assert (await driver.read()).observations[0].result == 3.25
            await driver.aclose()

    asyncio.run(run())


def test_increases_of_what_is_not_there_are_named() -> None:
    config = ModbusConfig(
        device="bus",
        station="hill",
        interval=TEN,
        profile="rika_rk400_01",
        channels={"rain_total": "rain"},
        increases=("rain_totl",),
    )
    [mistake] = config.mistakes(PROFILES)
    assert "no channel `rain_totl`. Did you mean `rain_total`" in mistake
