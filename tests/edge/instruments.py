"""Instruments for the edge's tests: real Modbus servers, pseudo-terminals, a real broker."""

import asyncio
import os
import struct
import tty
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

from pymodbus import FramerType
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.lines import Lines
from edge.settings import Device

PROFILES = Path(__file__).resolve().parents[2] / "firmware_configs" / "profiles"

Registers = dict[int, int]
"""Address → word of one unit; changes show at the next request. With the key -1 the unit
answers every question with a failure, with -2 those that reach beyond that address."""


def floats(address: int, *values: float) -> Registers:
    """Return `values` as float32 ABCD from `address` on."""
    raw = b"".join(struct.pack(">f", value) for value in values)
    words = struct.unpack(f">{2 * len(values)}H", raw)
    return {address + place: word for place, word in enumerate(words)}


def device(unit: int, registers: Registers, *, size: int = 2000) -> SimDevice:
    """Return a Modbus unit that shows `registers` as they are at each request; 0 elsewhere."""

    async def show(
        function: int, start: int, address: int, count: int, current: list[int], _: Any
    ) -> ExcCodes | None:
        if -1 in registers or address + count > registers.get(-2, 65536):
            return ExcCodes.DEVICE_FAILURE
        for place in range(address, address + count):
            current[place - start] = registers.get(place, 0)
        return None

    data = [SimData(0, values=[0] * size, datatype=DataType.REGISTERS)]
    return SimDevice(unit, simdata=data, action=show)


@asynccontextmanager
async def modbus_tcp(units: Mapping[int, Registers], port: int = 0) -> AsyncIterator[str]:
    """Serve `units` over Modbus TCP on a free port, or on `port`; yield the URL."""
    devices = [device(unit, registers) for unit, registers in units.items()]
    server = ModbusTcpServer(devices, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    try:
        port = cast(asyncio.Server, server.transport).sockets[0].getsockname()[1]
        yield f"tcp://127.0.0.1:{port}"
    finally:
        await server.shutdown()


@asynccontextmanager
async def modbus_rtu(units: Mapping[int, Registers]) -> AsyncIterator[str]:
    """Serve `units` over Modbus RTU on a pseudo-terminal; yield the URL of the other end."""
    devices = [device(unit, registers) for unit, registers in units.items()]
    with null_modem() as (mine, yours):
        server = ModbusSerialServer(devices, framer=FramerType.RTU, port=mine, baudrate=9600)
        await server.serve_forever(background=True)
        try:
            yield f"serial://{yours}?baud=9600"
        finally:
            await server.shutdown()


@contextmanager
def null_modem() -> Iterator[tuple[str, str]]:
    """Yield the paths of two serial ports that are wired to each other."""
    loop = asyncio.get_running_loop()
    (left, left_slave), (right, right_slave) = os.openpty(), os.openpty()
    for descriptor in (left, right, left_slave, right_slave):
        tty.setraw(descriptor)
    loop.add_reader(left, lambda: os.write(right, os.read(left, 4096)))
    loop.add_reader(right, lambda: os.write(left, os.read(right, 4096)))
    try:
        yield os.ttyname(left_slave), os.ttyname(right_slave)
    finally:
        for descriptor in (left, right):
            loop.remove_reader(descriptor)
        for descriptor in (left, right, left_slave, right_slave):
            os.close(descriptor)


class Talker:
    """The far end of a serial line, in the hands of a test."""

    def __init__(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.url = f"serial://{os.ttyname(slave)}?baud=4800"
        os.close(slave)

    def say(self, chunk: bytes) -> None:
        os.write(self._master, chunk)

    def hang_up(self) -> None:
        if self._master >= 0:
            os.close(self._master)
            self._master = -1


def lines(timeout_s: float = 0.3, **urls: str) -> Lines:
    """Return the lines of devices with these URLs."""
    return Lines({name: Device(url=url, timeout_s=timeout_s) for name, url in urls.items()})


async def until(condition: Callable[[], object], *, within_s: float = 5.0) -> None:
    """Wait until `condition` holds; fail after a while."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "waited in vain"
        await asyncio.sleep(0.01)


def sentence(body: str) -> bytes:
    """Return `body` as an NMEA sentence with its checksum."""
    total = 0
    for byte in body.encode():
        total ^= byte
    return f"${body}*{total:02X}\r\n".encode()
