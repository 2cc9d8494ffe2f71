"""The Modbus driver over real Modbus, on TCP and on a serial line, whole and broken."""

import asyncio
import struct
from contextlib import suppress
from datetime import timedelta
from math import nan
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge import DriverError
from edge.drivers.contract import ChannelMap, Driver
from edge.drivers.modbus.config import ModbusConfig
from edge.drivers.modbus.decode import Decoder, blocks, shortest
from edge.drivers.modbus.driver import open_line
from edge.drivers.modbus.profile import Profile, RegisterValue, load_profile
from forewarn.domain.clock import REAL
from forewarn.domain.config import convert
from forewarn.domain.errors import ConfigError
from forewarn.domain.observation import Quality
from tests.edge.instruments import PROFILES, Registers, floats, lines, modbus_rtu, modbus_tcp

MINUTE = timedelta(minutes=1)
STAGE: ChannelMap = {"distance": "stage"}


def instrument(
    url: str, channels: ChannelMap = STAGE, *, profile: str = "radar_level", unit: int = 1
) -> Driver:
    config = ModbusConfig(
        device="bus",
        station="weir",
        interval=MINUTE,
        unit=unit,
        profile=profile,
        channels=channels,
    )
    return open_line("bus", [config], lines(bus=url), REAL, PROFILES)[0]


@pytest.mark.parametrize("serve", [modbus_tcp, modbus_rtu])
def test_reads_distance_as_stage_above_datum(serve: object) -> None:
    async def run() -> None:
        channel = {"distance": {"property": "stage", "scale": -1.0, "offset": 12.5}}
        async with serve({7: floats(0, 7.31) | {2: 0}}) as url:  # type: ignore[operator]
            driver = instrument(url, convert(channel, ChannelMap, source="test"), unit=7)
            before = REAL.now()
            answer = await driver.read()
            await driver.aclose()
        [stage] = answer.observations
        assert (stage.datastream, stage.result, stage.quality) == ("weir/stage", 5.19, 2)
        assert before <= stage.phenomenon_time <= REAL.now()
        assert answer.remark == ""

    asyncio.run(run())


def test_lost_echo_is_missing_and_named_not_zero() -> None:
    async def run() -> None:
        async with modbus_tcp({1: floats(0, 7.5) | {2: 1}}) as url:
            driver = instrument(url)
            answer = await driver.read()
            await driver.aclose()
        [stage] = answer.observations
        assert (stage.result, stage.quality) == (None, Quality.MISSING)
        assert answer.remark == "echo lost"

    asyncio.run(run())


def test_not_a_number_is_missing() -> None:
    async def run() -> None:
        async with modbus_tcp({1: floats(0, nan) | {2: 0}}) as url:
            driver = instrument(url)
            answer = await driver.read()
            await driver.aclose()
        assert answer.observations[0].quality is Quality.MISSING

    asyncio.run(run())


def test_integers_scales_and_faults_of_a_pressure_transducer() -> None:
    registers: Registers = {4: 2345, 5: 0xFF9C}

    async def run() -> None:
        async with modbus_rtu({9: registers}) as url:
            wanted: ChannelMap = {"level": "stage", "temperature": "water_temperature"}
            driver = instrument(url, wanted, profile="pressure_level", unit=9)
            first = await driver.read()
            registers[4] = 0x7FFF
            second = await driver.read()
            await driver.aclose()
        assert [o.result for o in first.observations] == [2.345, -10.0]
        assert [o.result for o in second.observations] == [None, -10.0]

    asyncio.run(run())


@pytest.mark.parametrize("serve", [modbus_tcp, modbus_rtu])
def test_a_silent_unit_is_named_and_its_neighbour_answers(serve: object) -> None:
    async def run() -> None:
        async with serve({1: floats(0, 7.5) | {2: 0}}) as url:  # type: ignore[operator]
            configs = [
                ModbusConfig(
                    device="bus",
                    station=station,
                    interval=MINUTE,
                    unit=unit,
                    profile="radar_level",
                    channels=STAGE,
                )
                for station, unit in (("upper", 1), ("lower", 2))
            ]
            line = lines(bus=url, timeout_s=0.15)
            upper, lower = open_line("bus", configs, line, REAL, PROFILES)
            for _ in range(2):
                with pytest.raises(DriverError, match=r"lower: unit 2 at .*: (no answer|refused)"):
                    await lower.read()
                assert (await upper.read()).observations[0].result == 7.5
            await upper.aclose()

    asyncio.run(run())


def test_nobody_there_is_named() -> None:
    async def run() -> None:
        async with modbus_tcp({1: {}}) as url:
            pass
        with pytest.raises(DriverError, match="weir: nobody there at 127"):
            await instrument(url).read()
        with pytest.raises(DriverError, match="weir: nobody there at /dev/not-there"):
            await instrument("serial:///dev/not-there").read()

    asyncio.run(run())


def test_a_refusal_says_why() -> None:
    async def run() -> None:
        async with modbus_tcp({1: {-1: 1}}) as url:
            driver = instrument(url)
            with pytest.raises(DriverError, match="refused registers 0–2: it has failed"):
                await driver.read()
            await driver.aclose()

    asyncio.run(run())


def test_an_instrument_that_comes_back_is_read_again() -> None:
    async def run() -> None:
        async with modbus_tcp({1: floats(0, 1.0) | {2: 0}}) as url:
            driver = instrument(url)
            await driver.read()
        with pytest.raises(DriverError):
            await driver.read()
        async with modbus_tcp({1: floats(0, 2.0) | {2: 0}}, int(url.rpartition(":")[2])):
            assert (await driver.read()).observations[0].result == 2.0
            await driver.aclose()

    asyncio.run(run())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.binary(max_size=300), max_size=4), st.booleans())
def test_random_bytes_instead_of_a_reply_are_an_error_and_no_observation(
    chunks: list[bytes], keep_header: bool
) -> None:
    async def run() -> None:
        babbling: list[asyncio.Task[None] | None] = []

        async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            babbling.append(asyncio.current_task())
            request = await reader.read(260)
            for chunk in chunks:
                head = request[:2] + b"\0\0" + len(chunk).to_bytes(2, "big")
                writer.write(head + chunk if keep_header else chunk)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)
        server = await asyncio.start_server(babble, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        config = ModbusConfig(
            device="bus", station="weir", interval=MINUTE, profile="radar_level", channels=STAGE
        )
        line = lines(bus=f"tcp://127.0.0.1:{port}", timeout_s=0.05)
        [driver] = open_line("bus", [config], line, REAL, PROFILES)
        try:
            answer = await driver.read()
        except DriverError:
            pass
        else:  # hypothesis found a reply that is a true one
            assert any(_is_reply(chunk) for chunk in chunks)
            assert len(answer.observations) == 1
        await driver.aclose()
        server.close()
        await asyncio.gather(server.wait_closed(), *[task for task in babbling if task])

    asyncio.run(run())


def _is_reply(chunk: bytes) -> bool:
    return b"\x04\x06" in chunk


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_shortest_is_the_same_float32(single: float) -> None:
    assert struct.pack(">f", shortest(single)) == struct.pack(">f", single)


@given(st.integers(-99_999, 99_999), st.integers(0, 3))
def test_a_decimal_crosses_the_wire_unchanged(digits: int, places: int) -> None:
    written = digits / 10**places
    (single,) = struct.unpack(">f", struct.pack(">f", written))
    assert shortest(single) == written


@pytest.mark.parametrize(
    ("kind", "order", "words", "expected"),
    [
        ("float32", "ABCD", [0x40F0, 0x0000], 7.5),
        ("float32", "CDAB", [0x0000, 0x40F0], 7.5),
        ("float32", "BADC", [0xF040, 0x0000], 7.5),
        ("float32", "DCBA", [0x0000, 0xF040], 7.5),
        ("int32", "ABCD", [0xFFFF, 0xFFFE], -2),
        ("int32", "CDAB", [0xFFFE, 0xFFFF], -2),
        ("uint32", "ABCD", [0x0001, 0x0000], 65536),
        ("uint32", "DCBA", [0x0000, 0x0100], 65536),
        ("int16", "ABCD", [0xFF9C], -100),
        ("int16", "BADC", [0x9CFF], -100),
        ("uint16", "ABCD", [0xFF9C], 65436),
        ("uint16", "DCBA", [0x0100], 1),
        ("float32", "ABCD", [0x7FC0, 0x0000], None),
        ("float32", "ABCD", [0x7F80, 0x0000], None),
    ],
)
def test_word_and_byte_orders(
    kind: str, order: str, words: list[int], expected: float | None
) -> None:
    raw = {"name": "x", "register": 0, "type": kind, "order": order, "unit": "m"}
    value = convert(raw, RegisterValue, source="test")
    profile = Profile(title="t", datasheet="d", values=(value,))
    assert Decoder(profile, ["x"]).decode([words]).values == [expected]


def test_neighbouring_registers_are_asked_for_at_once_others_are_not() -> None:
    profile = _profile("flow_meter")
    assert [(b.start, b.count) for b in blocks(profile, ["discharge", "velocity", "volume"])] == [
        (0, 7)
    ]
    assert [(b.start, b.count) for b in blocks(profile, ["volume"])] == [(4, 3)]
    assert [(b.start, b.count) for b in blocks(profile, ["discharge"])] == [(0, 2), (6, 1)]


def test_a_missing_number_and_a_complaint_make_a_value_missing() -> None:
    decoder = Decoder(_profile("flow_meter"), ["discharge", "velocity"])
    assert [(block.start, block.count) for block in decoder.blocks] == [(0, 4), (6, 1)]
    decoded = decoder.decode([[0, 0x4120, 0, 0x8000], [0]])
    assert (decoded.values, decoded.complaints) == ([10.0, None], [])
    decoded = decoder.decode([[0, 0x4120, 0, 0], [4]])
    assert (decoded.values[0], decoded.complaints) == (None, ["pipe empty or signal too weak"])


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_profile_is_valid(path: Path) -> None:
    profile = _profile(path.stem)
    assert profile.channel_names() or profile.outputs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "either"),
        (
            '[[value]]\nname="a"\nregister=0\ntype="int16"\nunit="m"\n' * 2,
            "value `a` is there twice",
        ),
        (
            '[[value]]\nname="a"\nregister=65535\ntype="int32"\nunit="m"\n',
            "past register 65535",
        ),
        (
            '[[value]]\nname="a"\nregister=0\ntype="int16"\nunit="m"\n'
            '[[status]]\nregister=1\nmask=1\nmeaning="no echo"\nmissing=["b"]\n',
            "status `no echo`: no value `b`",
        ),
    ],
)
def test_a_bad_profile_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.toml").write_text(f'title = "t"\ndatasheet = "d"\n{text}')
    with pytest.raises(ConfigError, match=r"bad\.toml: .*" + message):
        load_profile(tmp_path, "bad")


def _profile(name: str) -> Profile:
    return load_profile(PROFILES, name)
