"""One Modbus line, shared by the instruments on it: one request at a time."""

import asyncio
from typing import Any

from pymodbus import FramerType, ModbusException
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient

from edge import DriverError
from edge.address import Line, TcpAddress
from edge.drivers.modbus.config import Table
from edge.lines import Lines

REFUSALS = {
    1: "it does not know the function",
    2: "it has no such register",
    3: "it does not give so many registers",
    4: "it has failed",
    6: "it is busy",
    10: "the converter has no path to it",
    11: "it does not answer the converter",
}

Client = AsyncModbusTcpClient | AsyncModbusSerialClient


class Bus:
    """A Modbus TCP connection or a serial port with one lock for all its instruments.

    After a request that was not answered in time the connection is closed: an answer that
    comes late must not pass for the answer to the next question.
    """

    def __init__(self, name: str, lines: Lines) -> None:
        self._name, self._lines = name, lines
        self._lock = asyncio.Lock()
        self._client: Client | None = None
        self._address: Line | None = None

    async def read(self, who: str, unit: int, table: Table, start: int, count: int) -> list[int]:
        """Return `count` registers of `unit` from `start`; DriverError begins with `who`."""
        async with self._lock:
            client = await self._connected(who)
            where = f"{who}: unit {unit} at {self._address}"
            read = client.read_input_registers
            if table == "holding":
                read = client.read_holding_registers
            whole = False
            try:
                reply = await read(start, count=count, device_id=unit)
                whole = reply.isError() or len(reply.registers) == count
            except (ModbusException, OSError, asyncio.InvalidStateError) as error:
                raise DriverError(
                    f"{where}: no answer for registers {start}–{start + count - 1} "
                    f"within {self._lines.timeout_s(self._name):g} s"
                ) from error
            finally:
                if not whole:
                    self.close()
        if reply.isError():
            code = reply.exception_code
            why = REFUSALS.get(code, f"exception {code}")
            raise DriverError(f"{where}: refused registers {start}–{start + count - 1}: {why}")
        if not whole or reply.function_code != (3 if table == "holding" else 4):
            raise DriverError(f"{where}: answered {len(reply.registers)} registers for {count}")
        return list(reply.registers)

    async def _connected(self, who: str) -> Client:
        address = self._lines.line(self._name)
        if self._client and self._client.connected and address == self._address:
            return self._client
        self.close()
        self._address = address
        client = _client(address, self._lines.timeout_s(self._name))
        self._client = client
        try:
            connected = await client.connect()
        except (OSError, ValueError) as error:
            raise DriverError(f"{who}: {address}: {error}") from error
        if not connected:
            raise DriverError(f"{who}: nobody there at {address}: cable, power or address?")
        return client

    def close(self) -> None:
        """Let go of the line; the next read opens it again."""
        if self._client:
            self._client.close()
            self._client = None


def _client(address: Line, timeout_s: float) -> Client:
    common: dict[str, Any] = {"timeout": timeout_s, "retries": 0, "reconnect_delay": 0}
    if isinstance(address, TcpAddress):
        framer = FramerType.RTU if address.rtu else FramerType.SOCKET
        return AsyncModbusTcpClient(address.host, port=address.port, framer=framer, **common)
    return AsyncModbusSerialClient(
        address.path,
        baudrate=address.baud,
        parity=address.parity,
        bytesize=address.bits,
        stopbits=address.stop,
        **common,
    )
