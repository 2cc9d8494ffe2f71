"""HJ 212-2017: messages read and written, and a logger that is answered once they are kept."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.contract import Shown
from edge.drivers.hj212.config import Hj212Config
from edge.drivers.hj212.decode import (
    Message,
    MessageBuffer,
    MessageError,
    answer,
    checksum,
    read,
    values,
    write,
)
from edge.drivers.hj212.driver import MAX_NAMES, Hj212Driver, open_line
from forewarn.domain.clock import ManualClock
from forewarn.domain.observation import Quality
from simulators.faults import Fault, Faults
from simulators.hj212_logger import Hj212Logger, packet
from tests.edge.instruments import PROFILES, Talker, lines, until

NOON = datetime(2024, 8, 1, 4, 0, tzinfo=UTC)
STANDARD = (
    b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;"
    b"Flag=5;CP=&&RtdInterval=30&&1C80\r\n"
)
"""The example of the standard."""

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (STANDARD[6:-6], "1C80"),
        (b"QN=20260706103512345;ST=91;CN=9014;PW=123456;MN=A110000_0001;Flag=8;CP=&&&&", "0140"),
        (b"QN=20201008154743635;ST=91;CN=9014;PW=123456;MN=SD000001;Flag=9;CP=&&QnRtn=1&&", "71C0"),
    ],
)
def test_the_checksum_of_published_messages(text: bytes, told: str) -> None:
    assert checksum(text) == told


def test_the_message_of_the_standard_is_read_and_written_again() -> None:
    [message] = MessageBuffer().feed(STANDARD)
    assert isinstance(message, Message)
    assert message.wants_answer
    assert message.groups == ({"RtdInterval": "30"},)
    assert write(message) == STANDARD
    assert answer(message).fields["Flag"] == "4"


def test_values_have_their_own_times_and_flags() -> None:
    text = (
        b"QN=20240801120000001;ST=21;CN=2011;PW=1;MN=M;Flag=5;CP=&&DataTime=20240801120000;"
        b"w01010-Rtd=21.5,w01010-Flag=N;w01001-Rtd=7.1,w01001-Flag=T;w00000-Rtd=0,w00000-Flag=D;"
        b"a-SampleTime=20240801113000,a-Avg=2;b-Rtd=1e5;c-Rtd=-3&&"
    )
    found = {value.name: value for value in values(read(text))}
    assert [found[name].value for name in ("w01010-Rtd", "w01001-Rtd", "w00000-Rtd", "a-Avg")] == [
        *(21.5, 7.1),
        *(None, 2.0),
    ]
    assert found["a-Avg"].at.hour == 11
    assert "b-Rtd" not in found
    assert found["c-Rtd"].value == -3.0


@given(st.dictionaries(names, st.integers(-999, 999).map(str), min_size=1, max_size=6), st.data())
def test_any_message_comes_back_from_a_torn_stream(cp: dict[str, str], data: st.DataObject) -> None:
    message = Message(fields={"QN": "1", "CN": "2011", "MN": "M", "Flag": "4"}, groups=(cp,))
    noise = data.draw(st.binary(max_size=30).filter(lambda noise: b"#" not in noise))
    stream = noise + write(message) + noise + write(message)
    step = data.draw(st.integers(1, 40))
    buffer = MessageBuffer()
    found = [m for at in range(0, len(stream), step) for m in buffer.feed(stream[at : at + step])]
    assert found == [message, message]


@given(st.binary(max_size=300))
def test_garbage_never_raises(noise: bytes) -> None:
    buffer = MessageBuffer()
    found = list(buffer.feed(b"##" + noise)) + list(buffer.idle())
    assert all(isinstance(each, (str, Message)) for each in found)


def test_what_is_no_message_is_told() -> None:
    bad = STANDARD.replace(b"=30", b"=31")
    found = list(MessageBuffer().feed(b"##12##" + bad + STANDARD))
    assert "1C80" in str(found[0])
    assert isinstance(found[-1], Message)
    with pytest.raises(MessageError, match="CP"):
        read(b"ST=21;CN=2011;MN=1")
    with pytest.raises(MessageError, match="CN nor MN"):
        read(b"ST=21;CP=&&a=1&&")
    assert list(MessageBuffer().feed(b"##9999" + bytes(50))) == []


class Brook:
    """A world whose water has 21.5 degrees and whose discharge is not known."""

    first, last = 0.0, 4e9

    def current(self, datastream: str, at: float) -> float:
        return 21.5 if datastream.endswith("temperature") else float("nan")

    recorded = current

    def fallen(self, datastream: str, at: float) -> float:
        return 0.0


def config(**more: object) -> Hj212Config:
    fields: dict[str, object] = {
        "device": "loggers",
        "station": "brook",
        "interval": timedelta(seconds=5),
        "mn": "M1",
        "factors": {"w01010-Rtd": "water_temperature", "w00000-Rtd": "discharge"},
        **more,
    }
    return Hj212Config(**fields)  # type: ignore[arg-type]


def driver(url: str, clock: ManualClock, **more: object) -> Hj212Driver:
    [found] = open_line("loggers", [config(**more)], lines(loggers=url), clock, PROFILES)
    assert isinstance(found, Hj212Driver)
    return found


def test_a_logger_that_dials_in_is_answered_once_its_values_are_kept() -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        instrument = driver("listen://127.0.0.1:0", clock)
        assert (await instrument.read()).observations == []
        reader, writer = await asyncio.open_connection("127.0.0.1", instrument._desk.links.port)
        logger = Hj212Logger(
            "brook",
            {"w01010": "water_temperature", "w00000": "discharge"},
            mn="M1",
            send=writer.write,
            world=Brook(),  # type: ignore[arg-type]
            faults=Faults([Fault("brook", "garbage", 0.0, NOON.timestamp() + 60, 1e11)]),
        )
        logger.report(NOON)
        logger.report(NOON + timedelta(minutes=2))  # garbage
        await until(lambda: instrument._desk.came)
        result = await instrument.read()
        assert [(o.datastream, o.result, o.quality) for o in result.observations] == [
            ("brook/water_temperature", 21.5, Quality.UNCHECKED),
            ("brook/discharge", None, Quality.MISSING),
        ]
        assert result.observations[0].phenomenon_time == NOON
        assert result.remark == "w00000-Rtd is flagged D"
        assert list(logger.unanswered) == ["20240801120000000"]
        assert result.kept is not None
        result.kept()
        logger.receive(await reader.read(200))
        assert logger.unanswered == {}
        writer.close()
        await writer.wait_closed()
        await instrument.aclose()

    asyncio.run(run())


def test_over_a_serial_line_with_packets_a_stranger_and_silence(talker: Talker) -> None:
    async def run() -> None:
        clock = ManualClock(NOON)
        instrument = driver(talker.url, clock, password="1")
        await instrument.read()
        head = "QN=20240801120000001;ST=21;CN=2051;PW=1;MN=M1;Flag=6;PNUM=2;PNO="
        talker.say(packet(head + "1;CP=&&DataTime=20240801115900;x-Avg=1&&"))
        talker.say(packet(head + "2;CP=&&w01010-Rtd=3.5,w01010-Flag=C&&"))
        talker.say(packet("CN=2011;PW=1;MN=M2;CP=&&DataTime=20240801115900;x-Avg=1&&"))
        talker.say(packet("CN=2011;PW=2;MN=M1;CP=&&DataTime=20240801115900;x-Avg=1&&"))
        await until(lambda: instrument._desk.came == 4)
        [value] = (await instrument.read()).observations
        assert (value.result, value.quality) == (3.5, Quality.SUSPECT)
        assert value.phenomenon_time == NOON - timedelta(minutes=1)
        assert instrument._desk.refused == 2
        await clock.advance(timedelta(minutes=6))
        assert "no message of M1 since 04:00; refused: M1" in (await instrument.read()).remark
        shown = await instrument.probe()
        assert ("x-Avg", "not configured") in [(line.name, line.result) for line in shown]
        await instrument.aclose()

    asyncio.run(run())


def test_a_logger_that_makes_up_names_fills_no_memory() -> None:
    instrument = driver("listen://127.0.0.1:0", ManualClock(NOON))

    def say(name: str, number: float) -> None:
        text = f"CN=2011;MN=M1;CP=&&DataTime=20240801120000;{name}={number:g}&&"
        assert instrument.take(read(text.encode()), lambda _: None) == ""

    for number in range(3 * MAX_NAMES):
        say(f"made{number}-Rtd", number)
    say("w01010-Rtd", 21.5)  # configured: always shown
    say("made0-Rtd", 99)
    shown = {line.name: line.raw for line in asyncio.run(probed(instrument))}
    assert len([name for name in shown if name.startswith("made")]) == MAX_NAMES
    assert (shown["made0-Rtd"], shown["w01010-Rtd"]) == ("99.0", "21.5")
    assert shown["w00000-Rtd"] == "silent"


async def probed(instrument: Hj212Driver) -> list[Shown]:
    shown = await instrument.probe()
    await instrument.aclose()
    return shown


def test_mistakes_of_a_configuration_are_explained() -> None:
    wrong = config(factors={"w01010": "a", "w01010-Flag": "b"})
    found = list(wrong.mistakes(PROFILES))
    assert "needs its kind, e.g. `w01010-Rtd`" in found[0]
    assert "is no value" in found[1]
    assert list(config(factors={}).mistakes(PROFILES)) == ["`factors` is empty"]
