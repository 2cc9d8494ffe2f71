"""SDI-12 over a pseudo-terminal, with sensors written from the specification."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from math import isfinite, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import DriverError
from edge.drivers.contract import Channel
from edge.drivers.sdi12.config import Sdi12Config
from edge.drivers.sdi12.decode import crc, promise, values
from edge.drivers.sdi12.driver import Sdi12Sensor as Driver
from edge.drivers.sdi12.driver import open_line
from forewarn.domain.clock import REAL
from forewarn.domain.observation import Quality
from simulators.line import SerialLine
from simulators.sdi12 import Sdi12Bus, Sdi12Sensor, checksum, written
from tests.edge.instruments import PROFILES, lines

TEN = timedelta(minutes=10)
SOIL = (0.312, 17.25, 0.41)


@asynccontextmanager
async def line_with(*sensors: Sdi12Sensor) -> AsyncIterator[tuple[str, Sdi12Bus]]:
    line = SerialLine("sdi")
    try:
        yield line.url(), Sdi12Bus(line, sensors)
    finally:
        line.close()


def drivers(url: str, *options: dict[str, Any], timeout_s: float = 0.3) -> list[Driver]:
    configs = [
        Sdi12Config(
            device="sdi",
            station="slope",
            interval=TEN,
            **({"channels": {"0": "water_content", "1": "soil_temperature"}} | more),
        )
        for more in options
    ]
    opened = open_line("sdi", configs, lines(timeout_s, sdi=url), REAL, PROFILES)
    return [driver for driver in opened if isinstance(driver, Driver)]


def results(driver: Driver) -> Any:
    async def read() -> list[float | None]:
        return [o.result for o in (await driver.read()).observations]

    return read()


@pytest.mark.parametrize("measurement", ["M", "M3", "C", "C9", "R0"])
@pytest.mark.parametrize("checked", [True, False])
def test_every_kind_of_measurement_gives_the_values(measurement: str, checked: bool) -> None:
    async def run() -> None:
        async with line_with(Sdi12Sensor("3", lambda: SOIL)) as (url, bus):
            [driver] = drivers(url, {"address": "3", "measurement": measurement, "crc": checked})
            assert await results(driver) == [0.312, 17.25]
            await driver.aclose()
            kind, number = measurement[0], measurement[1:]
            assert bus.commands[0] == f"3{kind}{'C' if checked else ''}{number}!"

    asyncio.run(run())


def test_a_service_request_ends_the_wait() -> None:
    async def run() -> None:
        async with line_with(Sdi12Sensor("0", lambda: SOIL, wait_s=1)) as (url, _):
            [driver] = drivers(url, {})
            began = asyncio.get_running_loop().time()
            assert await results(driver) == [0.312, 17.25]
            assert asyncio.get_running_loop().time() - began < 0.8
            await driver.aclose()

    asyncio.run(run())


@pytest.mark.soak
def test_without_a_service_request_the_time_ends_the_wait() -> None:
    async def run() -> None:
        sensor = Sdi12Sensor("0", lambda: SOIL, wait_s=1)
        sensor.trouble = "lazy"
        async with line_with(sensor) as (url, _):
            [driver] = drivers(url, {})
            began = asyncio.get_running_loop().time()
            assert await results(driver) == [0.312, 17.25]
            assert asyncio.get_running_loop().time() - began > 1.0
            await driver.aclose()

    asyncio.run(run())


def test_concurrent_measurements_overlap_and_others_do_not() -> None:
    async def run() -> None:
        sensors = [Sdi12Sensor(address, lambda: SOIL, wait_s=1) for address in "01"]
        async with line_with(*sensors) as (url, bus):
            both = drivers(url, *[{"address": a, "measurement": "C"} for a in "01"])
            began = asyncio.get_running_loop().time()
            await asyncio.gather(*map(results, both))
            assert asyncio.get_running_loop().time() - began < 1.6
            assert bus.commands == ["0CC!", "1CC!", "0D0!", "1D0!"]
            bus.commands.clear()
            alone = drivers(url, *[{"address": a} for a in "01"])
            await both[0].aclose()
            await asyncio.gather(*map(results, alone))
            assert bus.commands == ["0MC!", "0D0!", "1MC!", "1D0!"]
            await alone[0].aclose()

    asyncio.run(run())


def test_many_values_are_fetched_in_several_answers() -> None:
    many = [100.125 + place for place in range(20)]

    async def run() -> None:
        async with line_with(Sdi12Sensor("0", lambda: many)) as (url, bus):
            wanted = {"channels": {"19": "last", "0": "first"}, "measurement": "C"}
            [driver] = drivers(url, wanted)
            assert await results(driver) == [119.125, 100.125]
            await driver.aclose()
            assert bus.commands == ["0CC!", "0D0!", "0D1!", "0D2!"]

    asyncio.run(run())


def test_a_number_that_means_nothing_is_missing() -> None:
    async def run() -> None:
        async with line_with(Sdi12Sensor("0", lambda: (nan, 17.25))) as (url, _):
            [driver] = drivers(url, {"missing": (-9999.0,)})
            answer = await driver.read()
            await driver.aclose()
        assert [o.result for o in answer.observations] == [None, 17.25]
        assert answer.observations[0].quality is Quality.MISSING

    asyncio.run(run())


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        ("silence", r"slope: SDI-12 sensor 0 on `sdi`: `0MC!` 3 times: no answer within 0\.05 s"),
        ("garbage", r"`0MC!` 3 times: answered `.*@@`, not `0tttn`"),
        ("checksum", r"`0D0!` 3 times: answered `.*@@@`, whose checksum is wrong"),
    ],
)
def test_faults_are_named_after_three_tries(trouble: str, message: str) -> None:
    async def run() -> None:
        sensor = Sdi12Sensor("0", lambda: SOIL)
        sensor.trouble = trouble
        async with line_with(sensor) as (url, bus):
            [driver] = drivers(url, {}, timeout_s=0.05)
            with pytest.raises(DriverError, match=message):
                await driver.read()
            assert len(bus.commands) == (4 if trouble == "checksum" else 3)
            sensor.trouble = None
            assert await results(driver) == [0.312, 17.25]
            await driver.aclose()

    asyncio.run(run())


def test_a_line_that_is_not_there_is_named() -> None:
    async def run() -> None:
        [driver] = drivers("serial:///dev/not-there", {})
        with pytest.raises(DriverError, match=r"slope: SDI-12 sensor 0 on `sdi`: .*not-there"):
            await driver.read()
        await driver.aclose()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("given_values", "channels", "message"),
    [
        ((), {"0": "stage"}, "has no values for M"),
        ((1.5,), {"2": "stage"}, "gave 1 values for M: there is no channel `2`"),
    ],
)
def test_values_that_do_not_come_are_named(
    given_values: Sequence[float], channels: dict[str, str], message: str
) -> None:
    async def run() -> None:
        async with line_with(Sdi12Sensor("0", lambda: given_values)) as (url, _):
            [driver] = drivers(url, {"channels": channels})
            with pytest.raises(DriverError, match=message):
                await driver.read()
            await driver.aclose()

    asyncio.run(run())


def test_probe_shows_who_it_is_and_all_values() -> None:
    async def run() -> None:
        async with line_with(Sdi12Sensor("0", lambda: SOIL)) as (url, _):
            [driver] = drivers(url, {})
            shown = [(line.name, line.raw, line.result) for line in await driver.probe()]
            await driver.aclose()
        assert shown == [
            ("identity", "14FOREWARNSIM012001", "answers 0MC!"),
            ("value 0", "0.312", "slope/water_content = 0.312"),
            ("value 1", "17.25", "slope/soil_temperature = 17.25"),
            ("value 2", "0.41", "not used"),
        ]

    asyncio.run(run())


def test_mistakes_are_explained() -> None:
    config = Sdi12Config(
        device="sdi", station="slope", interval=TEN, channels={"9": "a", "first": "b"}
    )
    assert len(list(config.mistakes(PROFILES))) == 2
    assert "no place in the answer to M" in next(config.mistakes(PROFILES))
    empty = Sdi12Config(device="sdi", station="slope", interval=TEN, channels={})
    assert list(empty.mistakes(PROFILES)) == ["`channels` is empty"]


def test_the_checksum_of_the_specification() -> None:
    assert crc("0+3.14") == checksum("0+3.14") == "OqZ"
    assert values("0+3.14OqZ", "0", checked=True) == [3.14]
    with pytest.raises(ValueError, match="checksum is wrong"):
        values("0+3.15OqZ", "0", checked=True)


@given(
    st.lists(st.floats(-9_999_999, 9_999_999), max_size=5), st.sampled_from("09Az"), st.booleans()
)
def test_what_a_sensor_writes_is_read(numbers: list[float], address: str, checked: bool) -> None:
    texts = [written(number) for number in numbers]
    answer = address + "".join(texts)
    answer += checksum(answer) if checked else ""
    assert values(answer, address, checked=checked) == [float(text) for text in texts]
    for number, text in zip(numbers, texts, strict=True):
        assert float(text) == pytest.approx(number, rel=1e-6, abs=1e-4)


@given(st.text(max_size=40), st.booleans())
def test_any_text_is_values_or_a_value_error(reply: str, checked: bool) -> None:
    with suppress(ValueError):
        assert 0 <= promise(reply, "0").values <= 99
    with suppress(ValueError):
        assert all(map(isfinite, values(reply, "0", checked=checked)))


def test_what_the_sensor_gave_goes_beside_what_it_means() -> None:
    async def run() -> None:
        async with line_with(Sdi12Sensor("0", lambda: (0.312, -9999.0, 0.41))) as (url, _):
            scaled = Channel(property="water_content", scale=100.0, offset=-1.0)
            [driver] = drivers(
                url, {"channels": {"0": scaled, "1": "soil_temperature"}, "missing": (-9999.0,)}
            )
            answer = await driver.read()
            assert [o.result for o in answer.observations] == [30.2, None]
            assert answer.raw == {"slope/water_content": (0.312, "×100 -1")}
            await driver.aclose()

    asyncio.run(run())
