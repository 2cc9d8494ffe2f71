"""NMEA 0183: what is heard and what is not believed, over a real serial line."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edge.drivers.nmea.driver as driver_module
from edge import DriverError
from edge.drivers.contract import Channel, ChannelMap
from edge.drivers.nmea.accounting import account, main
from edge.drivers.nmea.ais import UNITS as AIS_UNITS
from edge.drivers.nmea.config import NmeaConfig
from edge.drivers.nmea.decode import DECODERS, UNITS, Heard, Outcome, Reader
from edge.drivers.nmea.driver import NmeaDriver, open_line
from edge.drivers.nmea.framing import LineBuffer
from edge.drivers.nmea.ignored import IGNORED
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
        ("IIXDR,C,C,10.7,C,AIR,A,0.5,D,HEEL", {"XDR.AIR": 10.7, "XDR.HEEL": 0.5}),  # as recorded
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
        ("IIVWT,039,L,08.10,N,04.17,M,,", {"VWT.angle": 321.0, "VWT.speed": 4.17}),
        ("IIVWR,75,R,1.0,N,0.51,M,1.85,K", {"VWR.angle": 75.0, "VWR.speed": 0.51}),
        (
            "GPGGA,092750.000,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,",
            {
                "GGA.latitude": 53.36133667,
                "GGA.longitude": -6.50562,
                "GGA.quality": 1.0,
                "GGA.satellites": 8.0,
                "GGA.hdop": 1.03,
                "GGA.altitude": 61.7,
                "GGA.separation": 55.2,
            },
        ),
        (
            "ECGLL,5119.881,N,00125.169,E,164326,A,D",
            {"GLL.latitude": 51.33135, "GLL.longitude": 1.41948333},
        ),
        (
            "GPGLL,4916.45,N,12311.12,W",
            {"GLL.latitude": 49.27416667, "GLL.longitude": -123.18533333},
        ),
        ("GPGLL,4916.45,N,12311.12,W,225444,A,E", {"GLL.latitude": None, "GLL.longitude": None}),
        ("GPGLL,9916.45,N,12361.12,W,225444,A", {}),
        (
            "GPRMC,194101,A,4426.1130,N,07140.5596,W,5.2,77.3,160906,15.8,W",
            {
                "RMC.latitude": 44.435216670,
                "RMC.longitude": -71.67599333,
                "RMC.speed": 2.675111111,
                "RMC.course_true": 77.3,
                "RMC.time": 1158435661.0,
            },
        ),
        ("INZDA,194104,16,09,2006,-05,00", {"ZDA.time": 1158435664.0}),
        ("GPZDA,195719,16,04,14,-02,00", {"ZDA.time": 1397678239.0}),
        ("GPZDA,,,,,,", {"ZDA.time": None}),
        ("GPZDA,246099,31,02,2006,00,00", {}),
        ("SDHDG,181.7,,,0.6,E", {"HDG.heading_magnetic": 181.7, "HDG.heading_true": 182.3}),
        ("IIHDT,,T", {"HDT.heading_true": None}),
        ("GPTHS,77.5,A", {"THS.heading_true": 77.5}),
        ("GPTHS,77.5,E", {"THS.heading_true": None}),
        (
            "SDVHW,182.4,T,181.7,M,,N,3.6,K",
            {"VHW.heading_true": 182.4, "VHW.heading_magnetic": 181.7, "VHW.speed": 1.0},
        ),
        (
            "INVTG,76.3,T,92.1,M,5.3,N,9.7,K",
            {"VTG.course_true": 76.3, "VTG.course_magnetic": 92.1, "VTG.speed": 2.726555556},
        ),
        (
            "GPVTG,054.7,034.4,005.5,010.2",
            {"VTG.course_true": 54.7, "VTG.course_magnetic": 34.4, "VTG.speed": 2.829444444},
        ),
        (
            "IIVDR,10.1,T,12.3,M,1.0,N",
            {"VDR.set_true": 10.1, "VDR.set_magnetic": 12.3, "VDR.drift": 0.514444444},
        ),
        ("SDDBS,10,f,,M,,F", {"DBS.depth": 3.048}),
        ("INDPT,2.1", {"DPT.depth": 2.1, "DPT.offset": None}),
    ],
)
def test_sentences_in_si_units(body: str, expected: dict[str, float | None]) -> None:
    heard = heard_of(body)
    assert (heard.outcome, heard.values) == (Outcome.DECODED, expected)


def heard_of(body: str) -> Heard:
    return Reader().read(sentence(body).strip())


@pytest.mark.parametrize(
    ("line", "outcome", "name", "why"),
    [
        (sentence("GPGSV,3,1,10,02,10,039,"), Outcome.IGNORED, "GPGSV", "satellites in view"),
        (sentence("PXYZ,1"), Outcome.IGNORED, "PXYZ", "proprietary"),
        (sentence("GPQQQ,1"), Outcome.IGNORED, "GPQQQ", "not known here"),
        (sentence("SDVLW,$SDVLW,,N"), Outcome.IGNORED, "SDVLW", "the talker wrote a `$`"),
        (sentence("WIMWV,1,T"), Outcome.REFUSED, "WIMWV", "too short"),
        (b"# a comment", Outcome.REFUSED, "line", "comment"),
        (b"noise", Outcome.REFUSED, "line", "no sentence"),
        (b"$WIMWV,270.0,T,3.0,M,A*00", Outcome.REFUSED, "line", "wrong checksum"),
        (b"$WIMWV,270.0,T,3.0,M,A", Outcome.REFUSED, "line", "no checksum"),
        (b"$WIMWV," + b"0" * 300, Outcome.REFUSED, "line", "too long"),
    ],
)
def test_what_is_not_decoded_is_named(line: bytes, outcome: Outcome, name: str, why: str) -> None:
    heard = Reader().read(line.strip())
    assert (heard.outcome, heard.name, heard.values) == (outcome, name, {})
    assert heard.why.startswith(why)


@given(st.binary(max_size=400))
def test_no_line_breaks_the_reader(line: bytes) -> None:
    assert Reader().read(line).outcome in Outcome


@given(
    st.sampled_from([*DECODERS, "VDM", "GSV", "ZZZ"]),
    st.lists(st.text("$!*.-0123456789ABCDEFMNTVWX", max_size=12), max_size=26),
)
def test_no_fields_with_a_right_checksum_break_a_decoder(kind: str, fields: list[str]) -> None:
    heard = heard_of(",".join([f"WI{kind}", *fields]))
    assert all(value is None or abs(value) < 1e300 for value in heard.values.values())


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
    """The accounting closes, nothing but comments is refused, and what is heard makes sense."""
    heard: dict[str, list[float]] = {}
    names: set[str] = set()
    for log in sorted((recorded_data / "protocol" / "nmea0183").glob("*.log")):
        raw, reader = log.read_bytes(), Reader()
        counts = account(raw)
        lines = [line for line in raw.replace(b"\r", b"\n").split(b"\n") if line]
        comments = sum(line.startswith(b"#") for line in lines)
        refused = {key: n for key, n in counts.items() if key[0] is Outcome.REFUSED}
        assert counts.total() == len(lines)
        assert sum(refused.values()) == comments
        assert all(why for outcome, _, why in counts if outcome is not Outcome.DECODED)
        names |= {name for outcome, name, _ in counts if outcome is Outcome.DECODED}
        for line in lines:
            for name, value in reader.read(line).values.items():
                if value is not None:
                    heard.setdefault(name, []).append(value)
    assert {"WIMWV", "WIMWD", "SDMTW", "INDPT", "SDDBT", "IIXDR", "ECGLL", "AIS 21"} <= names
    assert 0 < min(heard["MTW.temperature"]) <= max(heard["MTW.temperature"]) < 30
    assert max(heard["MWV.speed_true"]) < 40
    assert max(heard["DBT.depth"]) < 200
    assert set(heard["XDR.BARO"]) <= {102600.0, 102700.0}
    assert 1.15e9 < min(heard["ZDA.time"]) < max(heard["ZDA.time"]) < 1.4e9
    aids = [name for name in heard if name.startswith("AIS.") and name.endswith(".latitude")]
    assert len(aids) == 3
    assert all(50 < value < 54 for name in aids for value in heard[name])


def test_the_table_has_a_row_for_each_sentence_and_closes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"# note\r\n" + sentence("INMTW,17.9,C") * 2 + sentence("GPGSV,1"))
    assert main([str(log)]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        "| GPGSV |  | 1 |  | satellites in view |",
        "| INMTW | 2 |  |  |  |",
        "| line |  |  | 1 | comment |",
        "| **4 lines** | 2 | 1 | 1 | |",
    ]
    assert main([str(tmp_path / "b.log")]) == 1


def test_the_readme_names_every_field() -> None:
    readme = (Path(driver_module.__file__).parent / "README.md").read_text(encoding="utf-8")
    missing = [name for name in UNITS if f"`{name}`" not in readme]
    missing += [name for name in AIS_UNITS if f"`{name}`" not in readme]
    missing += [kind for kind in IGNORED if kind not in readme]
    assert missing == []
