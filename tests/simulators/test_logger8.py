"""The FW-L8 logger against its datasheet, byte by byte, asked by a client of its own."""

import asyncio
import struct
from collections.abc import Callable
from datetime import timedelta
from math import isnan, nan
from typing import Any

import pytest

from forewarn.domain.clock import ManualClock
from forewarn.domain.errors import ConfigError
from simulators.faults import Fault, Faults
from simulators.line import SerialLine
from simulators.logger8 import Logger8
from simulators.modbus import SerialBus, TcpBus, crc16

NOON_S = 1_785_585_600  # 2026-08-01T12:00Z
NAN = bytes.fromhex("7FC00000")


def logger(
    clock: ManualClock, world: Any, *faults: Fault, channels: int = 2, depth: int = 720
) -> Logger8:
    names = [f"fenghua/{name}" for name in ("stage", "discharge", "c", "d", "e", "f", "g", "h")]
    return Logger8(
        "fenghua",
        names[:channels],
        interval_s=60,
        depth=depth,
        world=world,
        clock=clock,
        faults=Faults(faults),
    )


def words(logger: Logger8, address: int, count: int) -> bytes:
    return struct.pack(f">{count}H", *logger.registers(address, count))


def pass_time(clock: ManualClock, **step: float) -> None:
    asyncio.run(clock.advance(timedelta(**step)))


def test_header_current_values_and_records_are_those_of_the_datasheet(
    noon: ManualClock, ramp: Any, raw_tcp: Callable[[str], Any]
) -> None:
    pass_time(noon, minutes=6, seconds=59)

    async def talk() -> tuple[bytes, bytes, bytes]:
        bus = TcpBus({3: logger(noon, ramp)})
        url = await bus.open()
        client = await asyncio.to_thread(raw_tcp, url)
        try:
            return (
                await asyncio.to_thread(client.read, 3, 0, 14),
                await asyncio.to_thread(client.read, 3, 100, 12),
                await asyncio.to_thread(client.read, 3, 130, 12),
            )
        finally:
            await bus.close()

    header, oldest, newest = asyncio.run(talk())
    assert header == (
        bytes.fromhex("0000 0002 003C 02D0")  # status, channels, interval, depth
        + struct.pack(">I", NOON_S + 360)
        + bytes.fromhex("00000007 00000000")
        + struct.pack(">ff", 6.0, 6.0)
    )
    assert oldest == struct.pack(">IffIff", NOON_S, 0, 0, NOON_S + 60, 1, 1)
    assert newest == (
        struct.pack(">I", NOON_S + 300) + NAN + NAN + struct.pack(">Iff", NOON_S + 360, 6, 6)
    )


def test_ring_wraps_at_its_depth_and_record_times_follow_the_numbers(
    noon: ManualClock, ramp: Any
) -> None:
    pass_time(noon, minutes=99)
    box = logger(noon, ramp, channels=1, depth=7)
    newest, interval = 100, 60
    for number in range(94, 101):
        slot = (number - 1) % 7
        time, value = struct.unpack(">If", words(box, 100 + slot * 4, 4))
        assert time == NOON_S + 99 * 60 - (newest - number) * interval
        assert value == number - 1


def test_a_record_appears_at_its_time_and_not_before(noon: ManualClock, ramp: Any) -> None:
    box = logger(noon, ramp)
    numbers = []
    for _ in range(4):
        numbers.append(struct.unpack(">I", words(box, 6, 2))[0])
        pass_time(noon, seconds=30)
    assert numbers == [1, 1, 2, 2]


def test_before_the_world_begins_the_memory_is_empty(noon: ManualClock, ramp: Any) -> None:
    ramp.first = NOON_S + 3600
    box = logger(noon, ramp)
    assert words(box, 4, 4) == bytes(8)
    assert words(box, 10, 4) == NAN + NAN
    assert words(box, 100, 6) == bytes(12)


def test_after_the_world_ended_no_record_is_added(noon: ManualClock, ramp: Any) -> None:
    ramp.last = NOON_S + 600
    pass_time(noon, hours=5)
    assert logger(noon, ramp).newest(noon.now().timestamp()) == 11


def test_eight_channels_fill_the_memory_to_its_last_register(noon: ManualClock, ramp: Any) -> None:
    pass_time(noon, hours=12)
    box = logger(noon, ramp, channels=8)
    last = 100 + 720 * 18
    time, *values = struct.unpack(">I8f", words(box, last - 18, 18))
    assert (time, values) == (NOON_S + 719 * 60, [719.0] * 8)


@pytest.mark.parametrize(
    ("request_pdu", "answer"),
    [
        ("04 000E 0001", "84 02"),  # behind the current values of two channels
        ("04 0062 0004", "84 02"),  # into the ring from below
        ("04 1144 0001", "84 02"),  # first register behind the ring, 100 + 720 * 6
        ("04 FFFF 0002", "84 02"),  # past the address space
        ("04 0000 0000", "84 03"),  # nothing
        ("04 0000 007E", "84 03"),  # 126 registers
        ("04 0000", "84 03"),  # torn
        ("03 0000 0001", "83 01"),  # holding registers
        ("2B 0E 01 00", "AB 01"),  # device identification
    ],
)
def test_what_the_datasheet_does_not_know_is_refused(
    request_pdu: str, answer: str, noon: ManualClock, ramp: Any, raw_tcp: Callable[[str], Any]
) -> None:
    body = bytes.fromhex(request_pdu)

    async def talk() -> bytes:
        bus = TcpBus({1: logger(noon, ramp)})
        client = await asyncio.to_thread(raw_tcp, await bus.open())
        frame = struct.pack(">HHHB", 9, 0, len(body) + 1, 1) + body
        try:
            return bytes(await asyncio.to_thread(client.exchange, frame))
        finally:
            await bus.close()

    assert asyncio.run(talk()) == struct.pack(">HHHB", 9, 0, 3, 1) + bytes.fromhex(answer)


def test_a_unit_that_is_not_there_is_answered_by_the_gateway(
    noon: ManualClock, ramp: Any, raw_tcp: Callable[[str], Any]
) -> None:
    async def talk() -> bytes:
        bus = TcpBus({1: logger(noon, ramp)})
        client = await asyncio.to_thread(raw_tcp, await bus.open())
        frame = bytes.fromhex("0001 0000 0006 63 04 0000 0001")
        try:
            return bytes(await asyncio.to_thread(client.exchange, frame))
        finally:
            await bus.close()

    assert asyncio.run(talk()) == bytes.fromhex("0001 0000 0003 63 84 0B")


def test_the_same_registers_come_over_a_serial_line(
    noon: ManualClock, ramp: Any, raw_serial: Callable[[str], Any]
) -> None:
    async def talk() -> bytes:
        line = SerialLine("rs485")
        SerialBus(line, {5: logger(noon, ramp)})
        client = raw_serial(line.url())
        client.write(bytes.fromhex("05 04 0000 0004") + crc16(bytes.fromhex("05 04 0000 0004")))
        answer = bytes(await asyncio.to_thread(client.read))
        line.close()
        return answer

    answer = asyncio.run(talk())
    assert answer[:-2] == bytes.fromhex("05 04 08 0000 0002 003C 02D0")
    assert answer[-2:] == crc16(answer[:-2])


def test_a_late_logger_withholds_records_and_then_gives_them_all(
    noon: ManualClock, ramp: Any
) -> None:
    box = logger(noon, ramp, Fault("fenghua", "late", 600, NOON_S + 600, NOON_S + 3600))
    shown = []
    for _ in range(8):
        shown.append(box.newest(noon.now().timestamp()))
        pass_time(noon, minutes=10)
    assert shown == [1, 11, 11, 21, 31, 41, 61, 71]


def test_a_clock_that_jumps_moves_all_record_times_and_no_number(
    noon: ManualClock, ramp: Any
) -> None:
    box = logger(noon, ramp, Fault("fenghua", "clock", 7200, NOON_S + 600, NOON_S + 1200))
    pass_time(noon, minutes=15)
    assert struct.unpack(">II", words(box, 4, 4)) == (NOON_S + 900 + 7200, 16)
    assert struct.unpack(">I", words(box, 100, 2)) == (NOON_S + 7200,)
    pass_time(noon, minutes=15)
    assert struct.unpack(">II", words(box, 4, 4)) == (NOON_S + 1800, 31)


def test_a_sensor_fault_is_a_quiet_nan_and_its_neighbour_is_not(noon: ManualClock) -> None:
    class OneDead:
        first = last = float(NOON_S)

        def recorded(self, datastream: str, at: float) -> float:
            return nan if datastream == "fenghua/stage" else 2.5

        current = recorded
        fallen = recorded

    box = logger(noon, OneDead())
    assert words(box, 10, 4) == NAN + struct.pack(">f", 2.5)
    assert isnan(struct.unpack(">f", words(box, 102, 2))[0])


def test_impossible_loggers_are_refused_by_name(noon: ManualClock, ramp: Any) -> None:
    with pytest.raises(ConfigError, match="logger `fenghua`: 2 channels, 721 records"):
        logger(noon, ramp, depth=721)
    with pytest.raises(ConfigError, match="0 channels"):
        logger(noon, ramp, channels=0)
