"""The server's side of Modbus on a bad line: garbage before, between and instead of requests."""

import asyncio
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.modbus import GARBAGE, Refusal, SerialBus, TcpBus, crc16, respond

READ = bytes.fromhex("01 04 00 00 00 01")


class Seven:
    """A unit whose only register is 7."""

    def __init__(self, fault: str | None = None) -> None:
        self._fault = fault

    def registers(self, address: int, count: int) -> list[int]:
        if (address, count) != (0, 1):
            raise Refusal(2)
        return [7]

    def fault(self) -> str | None:
        return self._fault


class Wire:
    """A serial line whose far end is a list."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def on_bytes(self, reader: Callable[[bytes], None]) -> None:
        self.hear = reader

    def write(self, message: bytes) -> None:
        self.sent.append(message)


def wired(*units: int, fault: str | None = None) -> Any:
    wire: Any = Wire()
    SerialBus(wire, {unit: Seven(fault) for unit in units})
    return wire


def test_crc_of_published_frames() -> None:
    """Examples of the serial line guide's algorithm, as printed by common CRC calculators."""
    assert crc16(bytes.fromhex("01 04 00 00 00 01")) == bytes.fromhex("31 CA")
    assert crc16(bytes.fromhex("11 03 00 6B 00 03")) == bytes.fromhex("76 87")
    assert crc16(b"123456789") == bytes.fromhex("37 4B")  # check value of CRC-16/MODBUS


@given(st.binary(max_size=300))
def test_any_request_has_an_answer_that_names_its_function(body: bytes) -> None:
    request = bytes([4]) + body
    answer = respond(request, Seven())
    assert answer[0] in (0x04, 0x84)
    assert len(answer) == (2 if answer[0] == 0x84 else 2 + answer[1])


@given(st.binary(max_size=40))
def test_a_request_is_answered_whatever_came_before(noise: bytes) -> None:
    wire = wired(1)
    request = READ + crc16(READ)
    wire.hear(noise)
    for byte in request * 2:  # the first may have been eaten with the noise before it
        wire.hear(bytes([byte]))
    answer = bytes.fromhex("01 04 02 00 07")
    assert wire.sent[-1] == answer + crc16(answer)


def test_nobody_answers_for_another_unit_or_a_bad_checksum() -> None:
    wire = wired(2)
    wire.hear(READ + crc16(READ))
    wire.hear(bytes.fromhex("02 04 00 00 00 01 00 00"))
    assert wire.sent == []


@pytest.mark.parametrize(("fault", "sent"), [("silence", []), ("garbage", [GARBAGE])])
def test_faults_on_a_serial_line(fault: str, sent: list[bytes]) -> None:
    wire = wired(1, fault=fault)
    wire.hear(READ + crc16(READ))
    assert wire.sent == sent


def test_faults_on_tcp_leave_the_neighbour_alone(raw_tcp: Callable[[str], Any]) -> None:
    async def talk() -> tuple[bytes, bytes, bytes]:
        bus = TcpBus({1: Seven("silence"), 2: Seven("garbage"), 3: Seven()})
        client = await asyncio.to_thread(raw_tcp, await bus.open())
        requests = [struct.pack(">HHHB", 1, 0, 6, unit) + READ[1:] for unit in (1, 2, 3)]
        try:
            answers = [await asyncio.to_thread(client.exchange, r) for r in requests]
        finally:
            await bus.close()
        return answers[0], answers[1], answers[2]

    silent, garbage, good = asyncio.run(talk())
    assert (silent, garbage) == (b"", GARBAGE)
    assert good == bytes.fromhex("0001 0000 0005 03 04 02 0007")


def test_a_client_that_speaks_no_modbus_is_hung_up_on(raw_tcp: Callable[[str], Any]) -> None:
    async def talk() -> tuple[bytes, bytes]:
        bus = TcpBus({1: Seven()})
        url = await bus.open()
        stranger = await asyncio.to_thread(raw_tcp, url)
        friend = await asyncio.to_thread(raw_tcp, url)
        try:
            gone = await asyncio.to_thread(stranger.exchange, b"GET / HTTP/1.1\r\n\r\n")
            answer = await asyncio.to_thread(friend.read, 1, 0, 1)
        finally:
            await bus.close()
        return gone, answer

    assert asyncio.run(talk()) == (b"", b"\x00\x07")
