"""One Modbus line, shared by the instruments on it: one request at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from pymodbus import FramerType, ModbusException
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.pdu import ModbusPDU

from edge import DriverError
from edge.address import Line, TcpAddress
from edge.drivers.modbus.table import FUNCTIONS, Table, is_bits
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

PATIENCE_S = 0.5
"""Real seconds that a command leaves to the question under way [s]."""

Client = AsyncModbusTcpClient | AsyncModbusSerialClient


T = TypeVar("T")


class RefusedError(DriverError):
    """The unit is there, and answers with an exception code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Bus:
    """A Modbus TCP connection or a serial port with one lock for all that hangs on it.

    After a request that was not answered in time the connection is closed: an answer that
    comes late must not pass for the answer to the next question. A command waits for the one
    question that is under way, half a second at most, never for those that queue behind it.
    """

    def __init__(self, name: str, lines: Lines) -> None:
        self._name, self._lines = name, lines
        self._lock = asyncio.Lock()
        self._queue = asyncio.Lock()
        """Held by the question that is asked or next: all others stand behind commands."""
        self._question: asyncio.Timeout | None = None
        """Of the question under way: a command may cut it short."""
        self._client: Client | None = None
        self._address: Line | None = None

    async def open(self, who: str) -> None:
        """Open the line, which `read` does by itself; DriverError where that fails."""
        async with self._lock:
            await self._connected(who)

    async def read(self, who: str, unit: int, table: Table, start: int, count: int) -> list[int]:
        """Return `count` registers or bits of `unit`; DriverError begins with `who`."""
        ask = partial(self._read, who, unit, table, start, count)
        return await self._in_turn(self._where(who, unit), ask)

    async def write(self, who: str, unit: int, table: Table, address: int, value: int) -> None:
        """Write one coil or holding register; DriverError begins with `who`."""
        ask = partial(self._write, who, unit, table, address, value)
        await self._in_turn(self._where(who, unit), ask)

    async def switch(
        self,
        who: str,
        unit: int,
        writes: Sequence[tuple[Table, int, int]],
        check: tuple[Table, int],
    ) -> int:
        """Write each (table, address, number) and return what then stands at `check`.

        It goes ahead of every waiting `read`, and nothing comes between its requests.
        """
        if self._question and self._question.when() is None:
            self._question.reschedule(asyncio.get_running_loop().time() + PATIENCE_S)
        async with self._lock:
            for table, address, value in writes:
                await self._write(who, unit, table, address, value)
            return (await self._read(who, unit, *check, 1))[0]

    async def _in_turn(self, where: str, ask: Callable[[], Awaitable[T]]) -> T:
        async with self._queue, self._lock:
            try:
                async with asyncio.timeout(None) as self._question:
                    return await ask()
            except TimeoutError as error:
                what = f"gave way to a command after {PATIENCE_S:g} s without an answer"
                raise DriverError(f"{where}: {what}") from error
            finally:
                self._question = None

    async def _read(self, who: str, unit: int, table: Table, start: int, count: int) -> list[int]:
        client = await self._connected(who)
        ask = {
            "coil": client.read_coils,
            "discrete": client.read_discrete_inputs,
            "holding": client.read_holding_registers,
            "input": client.read_input_registers,
        }[table]
        bits = is_bits(table)
        what = f"{'bits' if bits else 'registers'} {start}–{start + count - 1}"
        reply = await self._reply(who, unit, what, ask(start, count=count, device_id=unit))
        found = [int(bit) for bit in reply.bits[:count]] if bits else list(reply.registers)
        if len(found) != count or reply.function_code != FUNCTIONS[table]:
            self.close()
            where = self._where(who, unit)
            raise DriverError(f"{where}: answered {len(found)} for {count} of {what}")
        return found

    async def _write(self, who: str, unit: int, table: Table, address: int, value: int) -> None:
        client = await self._connected(who)
        what = f"writing {value} to {table} {address}"
        if table == "coil":
            asked = client.write_coil(address, bool(value), device_id=unit)
        else:
            asked = client.write_register(address, value, device_id=unit)
        await self._reply(who, unit, what, asked)

    async def _reply(
        self, who: str, unit: int, what: str, asked: Awaitable[ModbusPDU]
    ) -> ModbusPDU:
        whole = False
        try:
            reply = await asked
            whole = True
        except (ModbusException, OSError, asyncio.InvalidStateError) as error:
            raise DriverError(
                f"{self._where(who, unit)}: no answer for {what} "
                f"within {self._lines.timeout_s(self._name):g} s"
            ) from error
        finally:
            if not whole:
                self.close()
        if reply.isError():
            code = reply.exception_code
            why = REFUSALS.get(code, f"exception {code}")
            raise RefusedError(f"{self._where(who, unit)}: refused {what}: {why}", code)
        return reply

    def _where(self, who: str, unit: int) -> str:
        return f"{who}: unit {unit} at {self._address or f'`{self._name}`'}"

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
