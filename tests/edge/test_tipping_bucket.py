"""Tips into rain: nothing counted twice, and silence of a lost line is not a dry hour."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import DriverError
from edge.drivers.contract import Answer
from edge.drivers.tipping_bucket.config import TippingBucketConfig
from edge.drivers.tipping_bucket.decode import Debounce, boundary_after, rain_mm
from edge.drivers.tipping_bucket.driver import TippingBucket, open_line
from forewarn.domain.clock import ManualClock
from forewarn.domain.errors import ConfigError
from tests.edge.instruments import PROFILES, Talker, lines, until

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
TEN = timedelta(minutes=10)


def bucket(url: str, clock: ManualClock, debounce_s: float = 0.0) -> TippingBucket:
    config = TippingBucketConfig(
        device="pulse", station="hill", interval=TEN, mm_per_tip=0.2, debounce_s=debounce_s
    )
    [driver] = open_line("pulse", [config], lines(pulse=url), clock, PROFILES)
    assert isinstance(driver, TippingBucket)
    return driver


def rain(answer: Answer) -> list[tuple[datetime, float | None]]:
    return [(o.phenomenon_time, o.result) for o in answer.observations]


def test_rain_of_each_interval_at_its_end_and_zero_when_dry(talker: Talker) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        driver = bucket(talker.url, clock)
        await driver.read()
        talker.say(b"TTT")
        await until(lambda: driver._total == 3)
        await clock.advance(TEN)
        talker.say(b"T")
        await until(lambda: driver._total == 4)
        first = await driver.read()
        await clock.advance(3 * TEN)
        second = await driver.read()
        await driver.aclose()
        assert rain(first) == [(NOON + TEN, 0.6)]
        assert rain(second) == [(NOON + 2 * TEN, 0.2), (NOON + 3 * TEN, 0.0), (NOON + 4 * TEN, 0.0)]

    asyncio.run(run())


def test_an_interval_that_began_before_the_line_was_open_has_no_value(talker: Talker) -> None:
    async def run() -> None:
        clock = ManualClock(NOON + timedelta(minutes=3))
        driver = bucket(talker.url, clock)
        await driver.read()
        talker.say(b"T")
        await until(lambda: driver._total == 1)
        await clock.advance(TEN)
        assert rain(await driver.read()) == []
        await clock.advance(TEN)
        assert rain(await driver.read()) == [(NOON + 2 * TEN, 0.0)]
        await driver.aclose()

    asyncio.run(run())


def test_a_lost_line_is_not_a_dry_hour(talker: Talker) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        driver = bucket(talker.url, clock)
        await driver.read()
        talker.say(b"T")
        await until(lambda: driver._total == 1)
        talker.hang_up()
        await until(lambda: driver._line.up_since is None)
        await clock.advance(6 * TEN)
        with pytest.raises(DriverError, match="hill: "):
            await driver.read()
        await driver.aclose()

    asyncio.run(run())


def test_bytes_that_are_no_tips_are_told_and_not_counted(talker: Talker) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        driver = bucket(talker.url, clock)
        await driver.read()
        talker.say(b"xT\x00\xffT?")
        await until(lambda: driver._total == 2)
        await clock.advance(TEN)
        answer = await driver.read()
        shown = await driver.probe()
        await driver.aclose()
        assert rain(answer) == [(NOON + TEN, 0.4)]
        assert answer.remark == "4 bytes were no tips"
        assert shown[1].raw == "2"

    asyncio.run(run())


def test_a_clock_that_is_set_makes_no_rain_and_no_drought(talker: Talker) -> None:
    class SetClock(ManualClock):
        speed = 1.0

    async def run() -> None:
        clock = SetClock(datetime(1970, 1, 2, tzinfo=UTC))
        driver = bucket(talker.url, clock)
        await driver.read()
        clock._now = NOON
        assert rain(await driver.read()) == []
        await driver.aclose()

    asyncio.run(run())


def test_two_buckets_on_one_line_are_refused() -> None:
    config = TippingBucketConfig(device="pulse", station="hill", interval=TEN)
    with pytest.raises(ConfigError, match="one tipping bucket a line, not 2"):
        open_line(
            "pulse", [config, config], lines(pulse="serial:///x"), ManualClock(NOON), PROFILES
        )


def test_bounces_are_not_tips() -> None:
    debounce = Debounce(0.1)
    assert debounce.count(b"TT", 10.0) == 1
    assert debounce.count(b"T", 10.05) == 0
    assert debounce.count(b"T", 10.15) == 1
    assert Debounce(0.0).count(b"TTTT", 1.0) == 4


@given(st.lists(st.floats(0, 3600), max_size=200))
def test_the_intervals_together_hold_every_tip_once(offsets: list[float]) -> None:
    tips = [NOON + timedelta(seconds=offset) for offset in offsets]
    total = sum(
        rain_mm(tips, NOON + i * TEN, NOON + (i + 1) * TEN, mm_per_tip=0.2) for i in range(7)
    )
    assert total == pytest.approx(0.2 * len(offsets))


@given(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)), st.integers(1, 86_400))  # noqa: DTZ001
def test_a_boundary_is_the_next_whole_interval(at: datetime, seconds: int) -> None:
    aware, interval = at.replace(tzinfo=UTC), timedelta(seconds=seconds)
    boundary = boundary_after(aware, interval)
    assert timedelta(0) <= boundary - aware < interval
    assert boundary.timestamp() % seconds == 0


@pytest.fixture
def pins() -> Iterator[Any]:
    """Return gpiozero's mock pins."""
    gpiozero = pytest.importorskip("gpiozero")
    from gpiozero.pins.mock import MockFactory

    before, gpiozero.Device.pin_factory = gpiozero.Device.pin_factory, MockFactory()
    yield gpiozero.Device.pin_factory
    gpiozero.Device.pin_factory.reset()
    gpiozero.Device.pin_factory = before


@pytest.mark.parametrize("pull", ["up", "down"])
def test_a_contact_on_a_pin_counts_like_a_line(pins: Any, pull: str) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        driver = bucket(f"gpio:///17?pull={pull}", clock)
        pin = pins.pin(17)
        close, open_ = (
            (pin.drive_low, pin.drive_high) if pull == "up" else (pin.drive_high, pin.drive_low)
        )
        await driver.read()
        for _ in range(3):
            close()
            open_()
        await until(lambda: driver._total == 3)
        await clock.advance(2 * TEN)
        answer = await driver.read()
        [_, shown] = await driver.probe()
        await driver.aclose()
        assert rain(answer) == [(NOON + TEN, 0.6), (NOON + 2 * TEN, 0.0)]
        assert shown.raw == "3"
        close()  # nobody listens any more

    asyncio.run(run())


def test_bounces_on_a_pin_are_timed_where_they_happen(pins: Any) -> None:
    async def run() -> None:
        driver = bucket("gpio:///17", ManualClock(NOON), debounce_s=0.03)
        await driver.read()
        pin = pins.pin(17)
        for pause_s in (0.0, 0.001, 0.05):  # the agent is busy meanwhile: all come at once
            time.sleep(pause_s)
            pin.drive_low()
            pin.drive_high()
        await until(lambda: driver._total == 2)
        await asyncio.sleep(0)
        assert driver._total == 2
        await driver.aclose()

    asyncio.run(run())


def test_a_pin_that_is_not_to_be_had_is_named_and_tried_again(pins: Any) -> None:
    import gpiozero

    async def run() -> None:
        other = gpiozero.DigitalInputDevice(17)
        driver = bucket("gpio:///17", ManualClock(NOON))
        with pytest.raises(DriverError, match=r"hill: gpio:///17: .*in use"):
            await driver.read()
        other.close()
        assert rain(await driver.read()) == []
        await driver.aclose()

    asyncio.run(run())


@pytest.mark.parametrize("url", ["gpio:///28", "gpio:///x", "gpio://17", "gpio:///17?pull=off"])
def test_a_url_that_is_no_pin_is_named_by_check(url: str) -> None:
    config = TippingBucketConfig(device="pulse", station="hill", interval=TEN)
    [mistake] = config.line_mistakes(url)
    assert "no pin 0 to 27; write e.g. `gpio:///17`" in mistake
    assert list(config.line_mistakes("gpio:///17")) == []
