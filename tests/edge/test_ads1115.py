"""4–20 mA loops through the register model of an ADS1115."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import DriverError
from edge.drivers.ads1115.config import Ads1115Config
from edge.drivers.ads1115.decode import RANGES, configuration, volts
from edge.drivers.ads1115.driver import Ads1115, open_line
from edge.drivers.contract import Channel
from forewarn.domain.clock import REAL
from forewarn.domain.observation import Quality
from simulators.ads1115 import Ads1115Bus
from tests.edge.instruments import PROFILES, lines

smbus2 = pytest.importorskip("smbus2")

STAGE = Channel(property="stage", scale=0.625, offset=-2.5)


def converter(
    monkeypatch: pytest.MonkeyPatch, bus: Ads1115Bus, **more: Any
) -> tuple[Ads1115, list[int]]:
    opened: list[int] = []

    def open_bus(number: int) -> Ads1115Bus:
        opened.append(number)
        return bus

    monkeypatch.setattr(smbus2, "SMBus", open_bus)
    options = {"channels": {"0": STAGE, "1": "level"}, "shunt_ohm": 100.0} | more
    config = Ads1115Config(device="i2c", station="weir", interval=timedelta(minutes=1), **options)
    [driver] = open_line("i2c", [config], lines(i2c="i2c:///1"), REAL, PROFILES)
    assert isinstance(driver, Ads1115)
    return driver, opened


def test_a_loop_becomes_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    current = {0: 0.0120, 1: 0.0040}  # A
    bus = Ads1115Bus(lambda place: 100.0 * current[place])
    driver, opened = converter(monkeypatch, bus)
    bus.busy_for = 2

    async def run() -> None:
        answer = await driver.read()
        stage, level = answer.observations
        assert stage.result == pytest.approx(5.0, abs=0.001)  # one step is 0.8 mm
        assert level.result == pytest.approx(4.0, abs=0.002)
        assert answer.remark == ""
        await driver.aclose()

    asyncio.run(run())
    assert (opened, bus.closed) == ([1], True)


@pytest.mark.parametrize(
    ("milliamperes", "word"),
    [(0.0, "wire or sensor broken"), (3.5, "NAMUR NE 43"), (21.5, "short or sensor fault")],
)
def test_a_faulty_loop_is_missing_and_named(
    monkeypatch: pytest.MonkeyPatch, milliamperes: float, word: str
) -> None:
    current = {0: milliamperes / 1000, 1: 0.008}
    driver, _ = converter(monkeypatch, Ads1115Bus(lambda place: 100.0 * current[place]))

    async def run() -> None:
        answer = await driver.read()
        shown = await driver.probe()
        stage, level = answer.observations
        assert (stage.result, stage.quality) == (None, Quality.MISSING)
        assert level.result == pytest.approx(8.0, abs=0.002)
        assert answer.remark.startswith("input 0: ")
        assert word in answer.remark
        assert "missing" in shown[0].result
        assert shown[1].raw.endswith(" mA")

    asyncio.run(run())


def test_volts_without_a_shunt(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = Ads1115Bus(lambda _: 1.25, address=0x4B)
    channels = {"3": "battery"}
    driver, _ = converter(monkeypatch, bus, shunt_ohm=None, address=0x4B, channels=channels)

    async def run() -> None:
        [battery] = (await driver.read()).observations
        assert battery.result == pytest.approx(1.25, abs=1e-4)

    asyncio.run(run())


def test_nobody_at_the_address_and_a_converter_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bus = Ads1115Bus(lambda _: 1.2, address=0x49)
    driver, opened = converter(monkeypatch, bus)
    hung = Ads1115Bus(lambda _: 1.2)
    hung.busy_for = 1000

    async def run() -> None:
        with pytest.raises(DriverError, match=r"weir: ADS1115 0x48 at i2c:///1: .*Remote I/O"):
            await driver.read()
        other, _ = converter(monkeypatch, hung)
        with pytest.raises(DriverError, match=r"input 0: not done after 0\.09 s"):
            await other.read()
        hung.busy_for = 0
        assert len((await other.read()).observations) == 2

    asyncio.run(run())
    assert opened == [1]


def test_no_bus_at_all_is_named() -> None:
    config = Ads1115Config(
        device="i2c", station="weir", interval=timedelta(minutes=1), channels={"0": "stage"}
    )
    [driver] = open_line("i2c", [config], lines(i2c="i2c:///99"), REAL, PROFILES)
    with pytest.raises(DriverError, match=r"weir: ADS1115 0x48 at i2c:///99: .*i2c-99"):
        asyncio.run(driver.read())


def test_mistakes_are_explained() -> None:
    config = Ads1115Config(
        device="i2c",
        station="weir",
        interval=timedelta(minutes=1),
        shunt_ohm=250.0,
        channels={"4": "stage"},
    )
    inputs, fault = config.mistakes(PROFILES)
    assert "no input `4`" in inputs
    assert "5.25 V, over range_v = 4.096" in fault
    assert ["i2c:///1" in mistake for mistake in config.line_mistakes("i2c://1")] == [True]
    assert list(config.line_mistakes("i2c:///1")) == []


def test_the_words_of_the_datasheet() -> None:
    """SBAS444 table 8-3: the reset value 0x8583 is AIN0 against AIN1, ±2.048 V, single shot."""
    assert configuration(0, "2.048") == 0x8583 | 0x4000
    assert volts(0x7FFF, "2.048") == pytest.approx(2.048 * 32767 / 32768)
    assert volts(0x8000, "2.048") == -2.048
    assert volts(0xFFFF, "4.096") == pytest.approx(-125e-6)  # table 8-1: one step is 125 µV


@given(st.sampled_from(sorted(RANGES)), st.integers(0, 3), st.floats(-7, 7))
def test_what_is_at_an_input_comes_back_within_a_step(
    range_v: str, place: int, voltage: float
) -> None:
    bus = Ads1115Bus(lambda asked: voltage if asked == place else 0.0)
    bus.write_i2c_block_data(0x48, 1, list(configuration(place, range_v).to_bytes(2, "big")))
    word = int.from_bytes(bytes(bus.read_i2c_block_data(0x48, 0, 2)), "big")
    full = RANGES[range_v][1]
    expected = max(min(voltage, full), -full)
    assert volts(word, range_v) == pytest.approx(expected, abs=1.01 * full / 32768)
