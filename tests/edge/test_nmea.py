"""NMEA 0183: what is heard and what is not believed, over a real serial line."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import DriverError
from edge.drivers.contract import Channel, ChannelMap
from edge.drivers.nmea.config import NmeaConfig
from edge.drivers.nmea.decode import LineBuffer, is_known, parse, values
from edge.drivers.nmea.driver import NmeaDriver, open_line
from forewarn.domain.clock import ManualClock
from forewarn.domain.observation import Quality
from tests.edge.instruments import PROFILES, Talker, lines, sentence, until

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
WIND: ChannelMap = {"MWV.speed_true": "wind_speed"}


def listener(url: str, clock: ManualClock, fields: ChannelMap = WIND, **more: object) -> NmeaDriver:
    config = NmeaConfig(
        device="nmea",
        station="buoy",
        interval=timedelta(minutes=1),
        fields=fields,
        **more,  # type: ignore[arg-type]
    )
    [driver] = open_line("nmea", [config], lines(nmea=url), clock, PROFILES)
    assert isinstance(driver, NmeaDriver)
    return driver


def test_the_last_value_of_each_interval_at_the_time_it_was_heard(talker: Talker) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        fields: ChannelMap = {
            "MWV.speed_true": "wind_speed",
            "XDR.BARO": Channel(property="pressure", scale=0.01),
        }
        driver = listener(talker.url, clock, fields)
        assert (await driver.read()).observations == []
        for speed in ("3.0", "4.5"):
            talker.say(sentence(f"WIMWV,270.0,T,{speed},M,A"))
        talker.say(sentence("IIXDR,P,1.0132,B,BARO"))
        await until(lambda: driver._talker.tally.decoded == 3)
        assert (await driver.read()).observations == []  # the minute is not over
        await clock.advance(timedelta(minutes=1))
        answer = await driver.read()
        await driver.aclose()
        assert [(o.datastream, o.result, o.phenomenon_time) for o in answer.observations] == [
            ("buoy/wind_speed", 4.5, NOON),
            ("buoy/pressure", 1013.2, NOON),
        ]
        assert answer.remark == ""

    asyncio.run(run())


def test_a_void_value_is_missing_and_silence_is_nothing(talker: Talker) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        driver = listener(talker.url, clock)
        await driver.read()
        talker.say(sentence("WIMWV,270.0,T,3.0,M,V"))
        await until(lambda: driver._talker.tally.decoded == 1)
        await clock.advance(timedelta(minutes=1))
        [void] = (await driver.read()).observations
        await clock.advance(timedelta(minutes=3))
        silence = await driver.read()
        await driver.aclose()
        assert (void.result, void.quality) == (None, Quality.MISSING)
        assert silence.observations == []
        assert silence.remark == "nothing heard of MWV.speed_true"

    asyncio.run(run())


def test_garbage_between_sentences_is_stepped_over(talker: Talker) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        driver = listener(talker.url, clock)
        await driver.read()
        good = sentence("WIMWV,270.0,T,3.0,M,A")
        talker.say(bytes(range(128, 255)) * 5)
        talker.say(good[:12] + good)  # cut off, then whole
        talker.say(good.replace(b"3.0", b"9.0"))  # wrong checksum
        talker.say(b"WIMWV,270.0,T,8.0,M,A\r\n")
        await until(lambda: driver._talker.tally.bad == 2)
        await clock.advance(timedelta(minutes=1))
        [wind] = (await driver.read()).observations
        await driver.aclose()
        assert wind.result == 3.0

    asyncio.run(run())


def test_a_line_that_hangs_up_is_named_and_opened_again(talker: Talker) -> None:
    async def run() -> None:
        driver = listener(talker.url, ManualClock(NOON))
        await driver.read()
        talker.hang_up()
        await until(lambda: driver._talker.line.up_since is None)
        with pytest.raises(DriverError, match="buoy: "):
            await driver.read()
        await driver.aclose()

    asyncio.run(run())


def test_a_silent_line_is_opened_anew(talker: Talker) -> None:
    async def run() -> None:
        driver = listener(talker.url, ManualClock(NOON), silent_after_s=0.1)
        await driver.read()
        await until(lambda: driver._talker.line.trouble == "silent for 0.1 s")
        await until(lambda: driver._talker.line.trouble == "")
        await driver.aclose()

    asyncio.run(run())


def test_only_the_chosen_talker_is_heard(talker: Talker) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        driver = listener(talker.url, clock, talker="WI")
        await driver.read()
        talker.say(sentence("WIMWV,270.0,T,3.0,M,A") + sentence("IIMWV,270.0,T,9.0,M,A"))
        await until(lambda: driver._talker.tally.decoded == 2)
        await clock.advance(timedelta(minutes=1))
        [wind] = (await driver.read()).observations
        await driver.aclose()
        assert wind.result == 3.0

    asyncio.run(run())


def test_a_talker_on_tcp_is_heard_as_well() -> None:
    async def run() -> None:
        async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(sentence("SDDPT,4.25,0.5"))
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        clock = ManualClock(NOON)
        driver = listener(f"tcp://127.0.0.1:{port}", clock, {"DPT.depth": "depth"})
        await driver.read()
        await until(lambda: driver._talker.tally.decoded == 1)
        await until(lambda: driver._talker.line.up_since is None)
        await clock.advance(timedelta(minutes=1))
        answer = await driver.read()
        await driver.aclose()
        server.close()
        await server.wait_closed()
        assert answer.observations[0].result == 4.25
        assert answer.remark == "the other side closed the connection"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("WIMWV,297.5,T,5.6,N,A", {"MWV.direction_true": 297.5, "MWV.speed_true": 2.880888889}),
        ("WIMWV,12,R,36,K,A", {"MWV.direction_relative": 12.0, "MWV.speed_relative": 10.0}),
        ("WIMWV,,T,,,V", {"MWV.direction_true": None, "MWV.speed_true": None}),
        (
            "WIMWD,125.3,T,124.6,M,5.6,N,2.9,M",
            {"MWD.direction_true": 125.3, "MWD.direction_magnetic": 124.6, "MWD.speed": 2.9},
        ),
        (
            "IIMWD,,,,,08.16,N,,M",
            {
                "MWD.direction_true": None,
                "MWD.direction_magnetic": None,
                "MWD.speed": 4.197866667,
            },
        ),
        ("INMTW,17.9,C", {"MTW.temperature": 17.9}),
        ("SDDPT,0.5,0.5,", {"DPT.depth": 0.5, "DPT.offset": 0.5}),
        ("SDDPT,,0.5", {"DPT.depth": None, "DPT.offset": 0.5}),
        ("SDDBT,7.7,f,2.3,M,1.3,F", {"DBT.depth": 2.3}),
        ("IIXDR,C,10.7,C,AIR,P,1.026,B,BARO", {"XDR.AIR": 10.7, "XDR.BARO": 102600.0}),
        ("IIXDR,C,C,10.7,C,AIR,A,0.5,D,HEEL", {}),  # as recorded: one field too many
        ("IIXDR,A,-1.-3,D,TRIM", {}),
        (
            "WIMDA,29.7544,I,1.0076,B,35.5,C,17.5,C,42.1,,20.6,C,116.4,T,107.7,M,1.2,N,0.6,M",
            {
                "MDA.pressure": 100760.0,
                "MDA.air_temperature": 35.5,
                "MDA.water_temperature": 17.5,
                "MDA.humidity": 42.1,
                "MDA.dew_point": 20.6,
                "MDA.wind_direction_true": 116.4,
                "MDA.wind_direction_magnetic": 107.7,
                "MDA.wind_speed": 0.6,
            },
        ),
        ("WIMWV,1e5,T,nan,N,A", {}),
        ("WIMWV,1,T", {}),
        ("GPGLL,4426.1130,N,07140.5579,W,194102,A", {}),
    ],
)
def test_sentences_in_si_units(body: str, expected: dict[str, float | None]) -> None:
    heard = parse(sentence(body).strip())
    assert heard is not None
    assert values(heard) == expected


@given(st.binary(max_size=400))
def test_no_line_breaks_the_parser(line: bytes) -> None:
    heard = parse(line)
    if heard is not None:
        values(heard)


@given(st.text(alphabet="$!*,.0123456789ABCDEFMNTVWXR-", max_size=80))
def test_no_body_with_a_right_checksum_breaks_the_decoder(body: str) -> None:
    for head in ("WIMWV,", "WIMWD,", "INMTW,", "SDDPT,", "SDDBT,", "IIXDR,", "WIMDA,", ""):
        heard = parse(sentence(head + body).strip())
        if heard is not None:
            found = values(heard)
            assert all(value is None or abs(value) < 1e300 for value in found.values())


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(0, 60))
def test_a_sentence_after_any_garbage_is_found_however_it_is_cut(
    garbage: list[bytes], cut: int
) -> None:
    good = sentence("WIMWV,270.0,T,3.0,M,A")
    stream = b"".join(garbage) + b"\n" + good
    buffer = LineBuffer()
    found = (
        [*buffer.feed(stream[:-cut]), *buffer.feed(stream[-cut:])]
        if cut
        else [*buffer.feed(stream)]
    )
    assert found[-1] == good.strip()


def test_a_stream_without_line_ends_does_not_fill_the_memory() -> None:
    buffer = LineBuffer()
    for _ in range(1000):
        assert list(buffer.feed(b"x" * 100)) == []
    assert len(buffer._rest) <= 400
    good = sentence("INMTW,17.9,C")
    assert list(buffer.feed(b"\n" + good))[-1] == good.strip()


@pytest.mark.recorded
def test_recorded_logs_of_real_devices(recorded_data: Path) -> None:
    """Bad are 142 lines of one chart plotter, which repeats `$SDVLW` within a sentence."""
    decoded = ignored = bad = comments = 0
    heard: dict[str, list[float]] = {}
    for log in sorted((recorded_data / "protocol" / "nmea0183").glob("*.log")):
        for line in LineBuffer().feed(log.read_bytes() + b"\n"):
            found = parse(line)
            if found is None:
                comments += line.startswith(b"#")
                bad += not line.startswith(b"#")
            elif is_known(found):
                decoded += 1
                for name, value in values(found).items():
                    if value is not None:
                        heard.setdefault(name, []).append(value)
            else:
                ignored += 1
    assert (decoded, ignored, bad, comments) == (2858, 12726, 142, 26)
    assert 0 < min(heard["MTW.temperature"]) <= max(heard["MTW.temperature"]) < 30
    assert max(heard["MWV.speed_true"]) < 40
    assert max(heard["DBT.depth"]) < 200
