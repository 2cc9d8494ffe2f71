"""Relays over real Modbus: switched, read back, ahead of questions that wait."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from pymodbus import FramerType
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge import DriverError
from edge.drivers.contract import Output
from edge.drivers.modbus.config import ModbusConfig
from edge.drivers.modbus.driver import open_line
from edge.drivers.modbus.output import ModbusOutputConfig, open_output
from edge.lines import Lines
from forewarn.domain.clock import REAL
from forewarn.domain.errors import ConfigError
from simulators.modbus import TcpBus
from simulators.register_map import RegisterMap
from simulators.siren import Siren
from tests.edge.instruments import PROFILES, floats, lines, modbus_tcp, null_modem

RELAY = """
title = "relay board"
datasheet = "invented for tests"
[[output]]
name = "siren"
register = 3
[[output]]
name = "lamp"
table = "holding"
register = 10
on = 0x0100
off = 0x0200
seen = { table = "holding", register = 20 }
limit = { register = 11, per_s = 10, max_s = 600 }
"""


class Relays:
    """A board whose coils and registers a test can see and spoil."""

    def __init__(self) -> None:
        self.coils = [False] * 16
        self.registers = [0] * 32
        self.stuck = False
        self.delay_s = 0.0
        self.asked: list[tuple[int, int]] = []

    async def act(
        self, function: int, start: int, address: int, count: int, current: Any, written: Any
    ) -> ExcCodes | None:
        self.asked.append((function, address))
        await asyncio.sleep(self.delay_s)
        if written is not None and not self.stuck:
            if function == 5:
                self.coils[address] = bool(written[0])
            else:
                self.registers[address] = written[0]
                if address == 10:
                    self.registers[20] = int(written[0] == 0x0100)
        if function in (1, 5):
            bits = sum(on << place for place, on in enumerate(self.coils))
            current[0] = bits
        else:
            for place in range(address, address + count):
                current[place - start] = self.registers[place]
        return None

    def device(self, unit: int) -> SimDevice:
        bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
        words = [SimData(0, values=[0] * 32, datatype=DataType.REGISTERS)]
        return SimDevice(unit, simdata=(bits, bits, words, words), action=self.act)


@asynccontextmanager
async def on_tcp(relays: Relays) -> AsyncIterator[str]:
    server = ModbusTcpServer([relays.device(9)], address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    try:
        port = cast(asyncio.Server, server.transport).sockets[0].getsockname()[1]
        yield f"tcp://127.0.0.1:{port}"
    finally:
        await server.shutdown()


@asynccontextmanager
async def on_serial(relays: Relays) -> AsyncIterator[str]:
    with null_modem() as (mine, yours):
        server = ModbusSerialServer(
            [relays.device(9)], framer=FramerType.RTU, port=mine, baudrate=9600
        )
        await server.serve_forever(background=True)
        try:
            yield f"serial://{yours}?baud=9600"
        finally:
            await server.shutdown()


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    (tmp_path / "relay.toml").write_text(RELAY)
    (tmp_path / "radar_level.toml").write_text((PROFILES / "radar_level.toml").read_text())
    return tmp_path


def relay(line: Lines, profiles: Path, name: str = "siren", **more: Any) -> Output:
    config = ModbusOutputConfig(device="bus", unit=9, profile="relay", output=name, **more)
    return open_output(config, line, profiles, who="alarm")


Serve = Callable[[Relays], AbstractAsyncContextManager[str]]


@pytest.mark.parametrize("serve", [on_tcp, on_serial])
def test_a_coil_is_switched_and_read_back(serve: Serve, profiles: Path) -> None:
    async def run() -> None:
        board = Relays()
        async with serve(board) as url:
            siren = relay(lines(bus=url), profiles)
            assert await siren.state() is False
            await siren.set(True)
            assert board.coils[3]
            assert await siren.state() is True
            await siren.set(False)
            assert not any(board.coils)
            await siren.aclose()

    asyncio.run(run())


def test_a_register_with_another_place_to_look_and_a_limit(profiles: Path) -> None:
    async def run() -> None:
        board = Relays()
        async with on_tcp(board) as url:
            lamp = relay(lines(bus=url), profiles, "lamp", max_on_s=90.0)
            await lamp.set(True)
            assert (board.registers[10], board.registers[11], board.registers[20]) == (256, 900, 1)
            board.registers[11] = 0
            await lamp.set(False)
            assert (board.registers[10], board.registers[11], board.registers[20]) == (512, 0, 0)
            await lamp.aclose()

    asyncio.run(run())


def test_a_relay_that_does_not_move_is_an_error(profiles: Path) -> None:
    async def run() -> None:
        board = Relays()
        async with on_tcp(board) as url:
            siren = relay(lines(bus=url), profiles)
            board.stuck = True
            with pytest.raises(DriverError, match="alarm: unit 9: `siren` did not go on"):
                await siren.set(True)
            lamp = relay(lines(bus=url), profiles, "lamp")
            board.registers[20] = 7
            with pytest.raises(DriverError, match="shows 7 in holding 20, neither on"):
                await lamp.state()
            await siren.aclose()
            await lamp.aclose()

    asyncio.run(run())


def test_nobody_there_and_silence_are_errors(profiles: Path) -> None:
    async def run() -> None:
        board = Relays()
        async with on_tcp(board) as url:
            board.delay_s = 0.5
            siren = relay(lines(0.1, bus=url), profiles)
            with pytest.raises(
                DriverError, match=r"no answer for writing 1 to coil 3 within 0\.1 s"
            ):
                await siren.set(True)
            await siren.aclose()
        with pytest.raises(DriverError, match="alarm: nobody there"):
            await relay(lines(0.1, bus=url), profiles).set(True)

    asyncio.run(run())


def test_a_command_goes_ahead_of_questions_that_wait(profiles: Path) -> None:
    async def run() -> None:
        board = Relays()
        async with on_tcp(board) as url:
            line = lines(2.0, bus=url)
            configs = [
                ModbusConfig(
                    device="bus",
                    station=f"s{number}",
                    interval=timedelta(minutes=1),
                    unit=9,
                    profile="radar_level",
                    channels={"distance": "stage"},
                )
                for number in range(5)
            ]
            drivers = open_line("bus", configs, line, REAL, profiles)
            siren = relay(line, profiles)
            await siren.state()
            board.asked.clear()
            board.delay_s = 0.01
            polls = [asyncio.create_task(driver.read()) for driver in drivers]
            await asyncio.sleep(0.005)
            await siren.set(True)
            await asyncio.gather(*polls)
            await siren.aclose()
        functions = [function for function, _ in board.asked]
        while functions.count(5) > 1:  # the server acts again to answer a write
            functions.remove(5)
        assert functions == [4, 5, 1, 4, 4, 4, 4]

    asyncio.run(run())


def test_a_command_does_not_wait_for_a_unit_that_is_silent(profiles: Path) -> None:
    async def run() -> None:
        siren, radar = Siren(lambda: 0.0), RegisterMap()
        radar.trouble = "silence"
        bus = TcpBus({1: radar, 9: siren})
        line = lines(10.0, bus=await bus.open())
        config = ModbusConfig(
            device="bus",
            station="weir",
            interval=timedelta(minutes=1),
            profile="radar_level",
            channels={"distance": "stage"},
        )
        drivers = open_line("bus", [config] * 3, line, REAL, profiles)
        (profiles / "siren.toml").write_text((PROFILES / "siren_timed.toml").read_text())
        horn = ModbusOutputConfig(device="bus", unit=9, profile="siren", output="siren")
        output = open_output(horn, line, profiles)
        polls = [asyncio.create_task(driver.read()) for driver in drivers]
        await asyncio.sleep(0.01)
        began = asyncio.get_running_loop().time()
        await output.set(True)
        assert asyncio.get_running_loop().time() - began < 1.0
        assert siren.sounding
        with pytest.raises(DriverError, match=r"weir: unit 1 at .* gave way to a command"):
            await polls[0]
        for poll in polls[1:]:
            poll.cancel()
        await asyncio.gather(*polls, return_exceptions=True)
        await output.aclose()
        await bus.close()

    asyncio.run(run())


def test_instruments_and_outputs_share_one_connection(profiles: Path) -> None:
    async def run() -> None:
        async with modbus_tcp({9: floats(0, 7.5) | {2: 0}}) as url:
            line = lines(bus=url)
            first = relay(line, profiles)
            second = relay(line, profiles, "lamp")
            assert first._bus is second._bus  # type: ignore[attr-defined]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "limit_s", "message"),
    [
        ("sirene", None, "no output `sirene`. Did you mean `siren`"),
        ("siren", 60.0, "`siren` has no `limit`"),
        ("lamp", 900.0, "max_on_s = 900 is over the 600 s"),
    ],
)
def test_what_the_profile_does_not_have_is_named(
    profiles: Path, name: str, limit_s: float | None, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        relay(lines(bus="tcp://127.0.0.1:1"), profiles, name, max_on_s=limit_s)
