"""The siren and the SDI-12 sensors, spoken to by hand."""

import asyncio
import struct
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from forewarn.domain.clock import ManualClock
from forewarn.domain.station import load_site
from simulators.faults import Fault, Faults
from simulators.line import SerialLine
from simulators.modbus import crc16, respond
from simulators.scenario import Instruments, Sdi12Plan, SirenPlan
from simulators.sdi12 import Sdi12Bus, Sdi12Sensor, checksum, written
from simulators.siren import Siren
from simulators.site import SimulatedSite


def answer(siren: Siren, function: int, address: int, value: int) -> bytes:
    return respond(struct.pack(">BHH", function, address, value), siren)


def test_a_siren_by_the_letters_of_the_protocol() -> None:
    """Requests and answers as in the Modbus Application Protocol V1.1b3, 6.1 to 6.6."""
    now = [0.0]
    siren = Siren(lambda: now[0])
    assert answer(siren, 1, 0, 1) == b"\x01\x01\x00"
    assert answer(siren, 5, 0, 0xFF00) == b"\x05\x00\x00\xff\x00"  # the echo
    assert siren.sounding
    assert answer(siren, 1, 0, 1) == b"\x01\x01\x01"
    assert answer(siren, 5, 0, 0x0000) == b"\x05\x00\x00\x00\x00"
    assert not siren.sounding
    assert answer(siren, 6, 0, 30) == b"\x06\x00\x00\x00\x1e"
    assert answer(siren, 3, 0, 1) == b"\x03\x02\x00\x1e"
    answer(siren, 5, 0, 0xFF00)
    now[0] = 29.9
    assert siren.sounding
    now[0] = 30.0
    assert not siren.sounding
    assert siren.blasts == 2
    siren.door_open = True
    assert answer(siren, 2, 0, 2) == b"\x02\x01\x01"
    assert answer(siren, 4, 0, 1) == b"\x04\x02" + (2410).to_bytes(2, "big")


@pytest.mark.parametrize(
    ("function", "address", "value", "code"),
    [(5, 0, 1, 3), (5, 1, 0xFF00, 2), (1, 0, 2, 2), (2, 1, 2, 2), (3, 1, 1, 2), (7, 0, 1, 1)],
)
def test_what_a_siren_refuses(function: int, address: int, value: int, code: int) -> None:
    refusal = bytes([function | 0x80, code])
    assert answer(Siren(lambda: 0.0), function, address, value) == refusal


def test_an_sdi12_conversation(raw_serial: Callable[[str], Any]) -> None:
    async def run() -> None:
        line = SerialLine("sdi")
        sensor = Sdi12Sensor("5", lambda: [3.14, -0.5], wait_s=0)
        Sdi12Bus(line, [sensor])
        port = raw_serial(line.url())

        async def say(command: str) -> str:
            port.write(command.encode())
            return (await asyncio.to_thread(port.read)).decode()

        assert await say("?!") == "5\r\n"
        assert await say("5I!") == f"5{sensor.identity}\r\n"
        assert await say("5M!") == "50002\r\n"
        assert await say("5D0!") == "5+3.14-0.5\r\n"
        assert await say("5CC!") == "500002\r\n"
        assert await say("5D0!") == f"5+3.14-0.5{checksum('5+3.14-0.5')}\r\n"
        assert await say("5D1!") == f"5{checksum('5')}\r\n"
        sensor.wait_s = 1
        assert await say("5M!") == "50012\r\n"
        assert (await asyncio.to_thread(port.read)).decode() == "5\r\n"  # its service request
        await say("5M!")
        assert await say("5D0!") == "5\r\n"  # asked too early: the measurement is broken off
        assert await say("9M!") == ""
        line.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "+0"), (-0.25, "-0.25"), (1234.5678, "+1234.568"), (9999999.0, "+9999999")],
)
def test_numbers_have_a_sign_and_seven_digits_at_most(value: float, text: str) -> None:
    assert written(value) == text


def test_a_site_shows_both_and_their_faults(
    noon: ManualClock,
    ramp: Any,
    root: Any,
    raw_serial: Callable[[str], Any],
    raw_tcp: Callable[[str], Any],
) -> None:
    site = load_site(root / "sites" / "han")
    station = site.stations[0]
    instruments = Instruments(
        device={"bus": "tcp", "sdi": "serial"},
        instruments=(
            SirenPlan(device="bus", unit=7, station=station.id),
            Sdi12Plan(device="sdi", station=station.id, address="0"),
            Sdi12Plan(device="sdi", station=site.stations[1].id, address="1"),
        ),
    )
    start = noon.now().timestamp()
    faults = Faults([Fault(station.id, "silence", 0.0, start + 600, start + 1200)])

    async def run() -> None:
        await noon.advance(timedelta(minutes=3))
        shown = SimulatedSite(site, instruments, world=ramp, clock=noon, faults=faults)
        async with shown.open() as urls:
            port, bus = raw_serial(urls["sdi"]), raw_tcp(urls["bus"])
            port.write(b"0R0!")
            said = await asyncio.to_thread(port.read)
            assert said == b"0" + b"+3" * len(station.datastreams) + b"\r\n"
            assert await asyncio.to_thread(bus.read, 7, 0, 1) == (2410).to_bytes(2, "big")
            await noon.advance(timedelta(minutes=10))
            port.write(b"0R0!1R0!")
            assert (await asyncio.to_thread(port.read))[:1] == b"1"
            request = struct.pack(">HHHBBHH", 1, 0, 6, 7, 4, 0, 1)
            assert await asyncio.to_thread(bus.exchange, request) == b""

    asyncio.run(run())


def test_requests_of_writing_have_the_length_of_reading_on_a_serial_line(
    raw_serial: Callable[[str], Any],
) -> None:
    from simulators.modbus import SerialBus

    async def run() -> None:
        line, siren = SerialLine("bus"), Siren(lambda: 0.0)
        SerialBus(line, {3: siren})
        port = raw_serial(line.url())
        request = b"\x03\x05\x00\x00\xff\x00"
        port.write(request + crc16(request))
        assert await asyncio.to_thread(port.read) == request + crc16(request)
        assert siren.sounding
        line.close()

    asyncio.run(run())
