"""The server's side of Modbus, functions 1 to 6, on TCP and on a serial line.

Written from the Modbus Application Protocol Specification V1.1b3 and the Messaging on
TCP/IP (V1.0b) and Serial Line (V1.02) guides, without a library, so that it shares
nothing with the client that the edge uses.
"""

import asyncio
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol, runtime_checkable

from simulators.line import SerialLine

READ_COILS, READ_DISCRETE_INPUTS, READ_HOLDING_REGISTERS, READ_INPUT_REGISTERS = 1, 2, 3, 4
WRITE_COIL, WRITE_REGISTER = 5, 6
COIL_ON, COIL_OFF = 0xFF00, 0x0000
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, NO_TARGET = 1, 2, 3, 11
MOST_REGISTERS, MOST_BITS = 125, 2000
REQUEST_BYTES = 8
"""Length of a request of functions 1 to 6 on a serial line: unit, function, two words, CRC."""
GARBAGE = bytes.fromhex("ff00d5a5005aff7f3c")
"""What an instrument with the fault `garbage` answers: no frame of either kind."""


class Refusal(Exception):
    """A request that is answered with an exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception code {code}")
        self.code = code


class Unit(Protocol):
    """One instrument on the bus."""

    def registers(self, address: int, count: int) -> list[int]:
        """Return `count` input registers from `address` on; Refusal where there are none."""
        ...

    def fault(self) -> str | None:
        """Return `silence` or `garbage` while the instrument has that fault, else None."""
        ...


@runtime_checkable
class Board(Unit, Protocol):
    """A unit that has all four tables and can be written to."""

    def holding(self, address: int, count: int) -> list[int]:
        """Return `count` holding registers from `address` on; Refusal where there are none."""
        ...

    def bits(self, function: int, address: int, count: int) -> list[bool]:
        """Return coils (function 1) or discrete inputs (2); Refusal where there are none."""
        ...

    def write(self, function: int, address: int, value: int) -> None:
        """Switch a coil (function 5, value 0 or 1) or write a holding register (6); Refusal."""
        ...


def crc16(message: bytes) -> bytes:
    """Return the CRC of a serial frame, low byte first (Serial Line V1.02, sec. 6.2.2)."""
    crc = 0xFFFF
    for byte in message:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


def respond(request: bytes, unit: Unit) -> bytes:
    """Return the response PDU of `unit` to a request PDU (function code first)."""
    function = request[0]
    try:
        if function != READ_INPUT_REGISTERS and not (
            READ_COILS <= function <= WRITE_REGISTER and isinstance(unit, Board)
        ):
            raise Refusal(ILLEGAL_FUNCTION)
        if len(request) != 5:
            raise Refusal(ILLEGAL_VALUE)
        address, count = struct.unpack(">HH", request[1:])
        if function in (WRITE_COIL, WRITE_REGISTER) and isinstance(unit, Board):
            return _write(unit, function, address, count, request)
        most = MOST_BITS if function in (READ_COILS, READ_DISCRETE_INPUTS) else MOST_REGISTERS
        if not 1 <= count <= most:
            raise Refusal(ILLEGAL_VALUE)
        if address + count > 0x10000:
            raise Refusal(ILLEGAL_ADDRESS)
        if function == READ_INPUT_REGISTERS or not isinstance(unit, Board):
            words = unit.registers(address, count)
        elif function == READ_HOLDING_REGISTERS:
            words = unit.holding(address, count)
        else:
            return _bits(function, unit.bits(function, address, count))
    except Refusal as refusal:
        return bytes([function & 0x7F | 0x80, refusal.code])
    return struct.pack(f">BB{count}H", function, 2 * count, *words)


def _write(unit: Board, function: int, address: int, value: int, request: bytes) -> bytes:
    if function == WRITE_COIL:
        if value not in (COIL_ON, COIL_OFF):
            raise Refusal(ILLEGAL_VALUE)
        value = int(value == COIL_ON)
    unit.write(function, address, value)
    return request  # the answer to both is their echo


def _bits(function: int, bits: list[bool]) -> bytes:
    """Return the response PDU: the first bit is the lowest of the first byte (V1.1b3, 6.1)."""
    packed = bytearray((len(bits) + 7) // 8)
    for place, bit in enumerate(bits):
        packed[place // 8] |= bit << place % 8
    return bytes([function, len(packed)]) + packed


class SerialBus:
    """Modbus RTU: the units that hang on one serial line."""

    def __init__(self, line: SerialLine, units: Mapping[int, Unit]) -> None:
        self._line, self._units = line, units
        self._received = b""
        line.on_bytes(self.receive)

    def receive(self, message: bytes) -> None:
        """Take bytes from the line and answer each whole request; others' bytes are skipped."""
        self._received += message
        while len(self._received) >= REQUEST_BYTES:
            frame = self._received[:REQUEST_BYTES]
            if crc16(frame[:-2]) != frame[-2:]:
                self._received = self._received[1:]
                continue
            self._received = self._received[REQUEST_BYTES:]
            self._answer(frame[0], frame[1:-2])

    def _answer(self, number: int, request: bytes) -> None:
        unit = self._units.get(number)
        fault = unit.fault() if unit else "silence"
        if unit is None or fault == "silence":
            return
        answer = bytes([number]) + respond(request, unit)
        self._line.write(GARBAGE if fault == "garbage" else answer + crc16(answer))


class TcpBus:
    """Modbus TCP: many units behind one free port of loopback."""

    def __init__(self, units: Mapping[int, Unit]) -> None:
        self._units = units
        self._talks: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """Listen, and return the URL, `tcp://127.0.0.1:41235`."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        return f"tcp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Stop listening and hang up on every client."""
        if self._server is not None:
            self._server.close()
            for writer in list(self._talks):
                writer.close()
            await self._server.wait_closed()
            while self._talks:
                await asyncio.sleep(0)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talks.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                transaction, protocol, length = struct.unpack(">HHH", await reader.readexactly(6))
                if protocol != 0 or not 2 <= length <= 254:
                    break
                number, *request = await reader.readexactly(length)
                answer = _tcp_answer(transaction, number, bytes(request), self._units)
                if answer:
                    writer.write(answer)
                    await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        self._talks.discard(writer)


def _tcp_answer(
    transaction: int, number: int, request: bytes, units: Mapping[int, Unit]
) -> bytes | None:
    unit = units.get(number)
    fault = unit.fault() if unit else None
    if fault == "silence":
        return None
    if fault == "garbage":
        return GARBAGE
    answer = respond(request, unit) if unit else bytes([request[0] & 0x7F | 0x80, NO_TARGET])
    return struct.pack(">HHHB", transaction, 0, len(answer) + 1, number) + answer
