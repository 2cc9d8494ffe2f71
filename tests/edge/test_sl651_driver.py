"""A remote station dials in: its values are handed over, then acknowledged, and not before."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge import DriverError
from edge.drivers.contract import Channel
from edge.drivers.sl651.config import Sl651Config
from edge.drivers.sl651.driver import Sl651Driver, open_line
from edge.sl651 import (
    Body,
    Coding,
    Element,
    Frame,
    StationMark,
    Telegram,
    TelegramError,
    TimeMark,
    encode,
    question,
)
from edge.sl651.frames import encode_frame
from forewarn.domain.clock import ManualClock
from forewarn.domain.observation import Quality
from simulators.faults import Faults
from simulators.sl651_station import Sl651Station, checksum
from tests.edge.instruments import PROFILES, Talker, lines, until

NOON = datetime(2024, 8, 1, 4, 0, tzinfo=UTC)  # noon in Beijing
ADDRESS = "0012345678"


class Pond:
    """A world whose stage stands at 2.345 m and whose battery is not known."""

    first, last = 0.0, 4e9

    def current(self, datastream: str, at: float) -> float:
        return {"stage": 2.345, "tide": -0.5, "battery": float("nan")}[datastream.split("/")[1]]

    recorded = current

    def fallen(self, datastream: str, at: float) -> float:
        return 0.0


def config(**more: object) -> Sl651Config:
    fields: dict[str, object] = {
        "device": "rtus",
        "station": "pond",
        "interval": timedelta(seconds=5),
        "address": ADDRESS,
        "elements": {"Z": "stage", "VT": "battery"},
        **more,
    }
    return Sl651Config(**fields)  # type: ignore[arg-type]


def drivers(url: str, clock: ManualClock, *configs: Sl651Config) -> list[Sl651Driver]:
    found = open_line("rtus", configs or (config(),), lines(rtus=url), clock, PROFILES)
    return [driver for driver in found if isinstance(driver, Sl651Driver)]


class Dialled:
    """A simulated station that is connected to the driver's port."""

    def __init__(self, clock: ManualClock, properties: tuple[str, ...] = ("stage", "battery")):
        self.clock = clock
        self.heard = b""
        self.station = Sl651Station(
            "pond",
            properties,
            address=ADDRESS,
            interval=timedelta(minutes=5),
            send=lambda message: self.writer.write(message),
            world=Pond(),  # type: ignore[arg-type]
            clock=clock,
            faults=Faults(),
        )

    async def dial(self, driver: Sl651Driver) -> "Dialled":
        await driver.read()
        port = driver._desk.links.port
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.task = asyncio.create_task(self._listen())
        return self

    async def _listen(self) -> None:
        while chunk := await self.reader.read(4096):
            self.heard += chunk
            self.station.receive(chunk)

    async def hang_up(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.writer.close()
        await self.writer.wait_closed()


async def came(driver: Sl651Driver, count: int = 1) -> None:
    await until(lambda: driver._desk.reception.came >= count)


def test_a_report_is_acknowledged_once_it_is_kept_and_not_before() -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        [driver] = drivers("listen://127.0.0.1:0", clock)
        rtu = await Dialled(clock).dial(driver)
        rtu.station.report(clock.now())
        await came(driver)
        answer = await driver.read()
        assert [(o.datastream, o.result, o.phenomenon_time) for o in answer.observations] == [
            ("pond/stage", 2.345, NOON),
            ("pond/battery", None, NOON),
        ]
        assert answer.observations[1].quality is Quality.MISSING
        assert answer.instrument_time == NOON
        assert list(rtu.station.kept) == [1]
        assert rtu.heard == b""
        rtu.station.send_again()  # impatient: the same telegram once more
        await came(driver, 2)
        assert (await driver.read()).observations == []
        assert answer.kept is not None
        answer.kept()
        await until(lambda: not rtu.station.kept)
        await rtu.hang_up()
        await driver.aclose()

    asyncio.run(run())


def test_what_was_kept_is_acknowledged_again_and_not_handed_over_again() -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        [driver] = drivers("listen://127.0.0.1:0", clock)
        rtu = await Dialled(clock).dial(driver)
        rtu.station.report(clock.now())
        message = rtu.station.kept[1][0]
        await came(driver)
        kept = (await driver.read()).kept
        assert kept is not None
        kept()
        await until(lambda: len(rtu.heard) == 25)
        rtu.writer.write(message)
        await until(lambda: len(rtu.heard) == 50)
        assert (await driver.read()).observations == []
        await rtu.hang_up()
        await driver.aclose()

    asyncio.run(run())


def test_over_a_serial_line_with_garbage_and_a_wrong_checksum(talker: Talker) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        [driver] = drivers(talker.url, clock)
        assert (await driver.read()).observations == []
        body = Body(
            serial=9,
            sent=NOON.replace(tzinfo=None) + timedelta(hours=8),
            items=(
                StationMark(ADDRESS, "T"),
                TimeMark(NOON.replace(tzinfo=None) + timedelta(hours=8, minutes=-5)),
                Element.of("Z", -1.5, coding=Coding.ASCII),
            ),
        )
        frame = Frame(station=ADDRESS, function=0x33, coding=Coding.ASCII)
        message = encode(Telegram(frame=frame, body=body))
        talker.say(b"\x7e\x7e\x00" + bytes(range(256)))
        talker.say(message[:-1] + b"X" + message)
        await came(driver)
        answer = await driver.read()
        assert [(o.result, o.phenomenon_time) for o in answer.observations] == [
            (-1.5, NOON - timedelta(minutes=5))
        ]
        assert driver._desk.reception.refused == 1
        assert "checksum" in driver._desk.reception.trouble
        shown = await driver.probe()
        assert ("Z", "-1.5") in [(line.name, line.raw) for line in shown]
        await driver.aclose()

    asyncio.run(run())


def test_silence_and_a_wrong_clock_show_in_the_status() -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        [driver] = drivers("listen://127.0.0.1:0", clock)
        rtu = await Dialled(clock).dial(driver)
        assert (await driver.read()).remark == ""
        await clock.advance(timedelta(minutes=66))
        assert "no telegram of 0012345678 since 04:00" in (await driver.read()).remark
        rtu.station.report(clock.now() + timedelta(minutes=30))
        await came(driver)
        assert (await driver.read()).remark == "its clock is 30 min ahead"
        await rtu.hang_up()
        await driver.aclose()

    asyncio.run(run())


def test_strangers_and_wrong_passwords_are_not_acknowledged() -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        first, second = drivers(
            "listen://127.0.0.1:0", clock, config(password="4321"), config(address="0000000002")
        )
        rtu = await Dialled(clock).dial(first)
        rtu.station.report(clock.now())
        await came(first)
        assert first._desk.reception.trouble == "0012345678: a telegram with another password"
        frame = Frame(station="0000000003", function=0x2F, text=bytes.fromhex("0001240801120000"))
        rtu.writer.write(encode_frame(frame))  # keep-alive of a stranger: noted
        whole = bytes.fromhex("7E7E010000000003123432000802000124080112000003")
        rtu.writer.write(whole + checksum(whole))
        await came(first, 2)
        assert "station 0000000003" in first._desk.reception.trouble
        assert (await first.read()).observations == (await second.read()).observations == []
        assert rtu.heard == b""
        await rtu.hang_up()
        await first.aclose()
        await second.aclose()

    asyncio.run(run())


def test_a_picture_with_a_lost_packet_is_asked_for_and_saved(tmp_path: Path) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        [driver] = drivers("listen://127.0.0.1:0", clock, config(pictures=str(tmp_path / "p")))
        rtu = await Dialled(clock).dial(driver)
        jpeg = b"\xff\xd8" + bytes(range(256)) * 4 + b"\xff\xd9"
        send, rtu.station._send = rtu.station._send, lambda message: None
        frames = rtu.station.send_picture(jpeg, clock.now())
        rtu.station._send = send
        assert len(frames) == 6
        for frame in (frames[0], frames[2], frames[3], frames[5]):
            rtu.writer.write(frame)
        await came(driver)
        [saved] = (tmp_path / "p").glob("*.jpg")
        assert saved.name == "0012345678-20240801T1200.jpg"
        assert saved.read_bytes() == jpeg
        await until(lambda: rtu.heard[-3:-2] == b"\x1b")  # ESC, for the whole
        assert rtu.heard.count(b"\x15") >= 2  # NAK of two packets
        await rtu.hang_up()
        await driver.aclose()

    asyncio.run(run())


def test_the_oldest_pictures_go_beyond_the_limit(tmp_path: Path) -> None:
    from edge.drivers.sl651.pictures import save_picture

    for minute in range(5):
        at = datetime(2024, 8, 1, 12, minute, tzinfo=UTC)
        save_picture(tmp_path, ADDRESS, at, bytes(1000), limit_bytes=2500)
    assert [path.name[-8:-4] for path in sorted(tmp_path.iterdir())] == ["1203", "1204"]


def test_a_question_is_answered_by_the_station() -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        [driver] = drivers("listen://127.0.0.1:0", clock)
        rtu = await Dialled(clock, ("tide",)).dial(driver)
        centre = driver._desk.centre
        ask = question(ADDRESS, 0x37, now=centre.now())
        with pytest.raises(TelegramError, match="not connected"):
            await centre.ask(ask, timeout_s=1)
        rtu.station.report(clock.now())
        await came(driver)
        answer = await centre.ask(ask, timeout_s=3)
        assert answer.body is not None
        assert answer.body.items[-1] == Element.of("Z", -0.5)
        await until(lambda: 2 not in rtu.station.kept)
        await rtu.hang_up()
        await driver.aclose()

    asyncio.run(run())


def test_a_port_that_is_taken_is_told() -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        [first] = drivers("listen://127.0.0.1:0", clock)
        await first.read()
        [second] = drivers(f"listen://127.0.0.1:{first._desk.links.port}", clock)
        with pytest.raises(DriverError, match=r"pond: cannot listen: .*in use"):
            await second.read()
        await second.aclose()
        await first.aclose()

    asyncio.run(run())


def test_mistakes_of_a_configuration_are_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    wrong = config(
        elements={"ZZ": Channel(property="stage")},
        interval=timedelta(minutes=5),
        pictures=str(tmp_path / "file"),
    )
    found = list(wrong.mistakes(PROFILES))
    assert len(found) == 3
    assert "`ZZ` is no element of annex C, nor an identifier such as `7A`" in found[0]
    assert 'give "PT5S"' in found[1]
    [wrong_name] = config(elements={"39": "stage"}).mistakes(PROFILES)
    assert wrong_name == "element 39 is called `Z`, not `39`"
    right = config(elements={"7A": "signal", "0xCD": "signal_2", "DRP": "rain"})
    assert list(right.mistakes(PROFILES)) == []
