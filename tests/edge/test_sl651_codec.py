"""SL 651-2014: what is read can be written again, and what is no telegram is refused."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.sl651 import (
    KINDS,
    Asked,
    Assembler,
    Blob,
    Body,
    BodyError,
    ChecksumError,
    Coding,
    Element,
    End,
    Frame,
    FrameBuffer,
    FrameError,
    Item,
    Packet,
    Parameter,
    Refused,
    Series,
    Span,
    StationMark,
    Step,
    Telegram,
    TelegramError,
    TimeMark,
    acknowledgement,
    alarms,
    decode,
    encode,
    event_counts,
    observed,
    question,
    read_telegram,
    split,
)
from edge.sl651.digits import crc16, read_number, write_number
from edge.sl651.elements import HOURLY, code_of, symbol_of
from edge.sl651.frames import MAX_FRAME, decode_frame, encode_frame
from tests.edge.sl651_frames import ASCII, FIELD, FROST, GROUNDWATER, KEEP_ALIVE, TEST_REPORT


def local(*fields: int) -> datetime:
    """Return a time of the station's zone, which telegrams do not name."""
    return datetime(*fields, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[misc, arg-type]


AT = local(2024, 8, 1, 8, 0)
SENT = local(2024, 8, 1, 8, 0, 12)


def report(items: tuple[Item, ...], function: int = 0x32, coding: Coding = Coding.HEX) -> Telegram:
    frame = Frame(station="0012345678", function=function, coding=coding, password=0x1234)
    marks = (StationMark("0012345678", "H"), TimeMark(AT))
    return Telegram(frame=frame, body=Body(serial=7, sent=SENT, items=(*marks, *items)))


@pytest.mark.recorded
def test_all_recorded_frames_are_read_and_written_again_or_refused(recorded_data: Path) -> None:
    with (recorded_data / "protocol/sl651/sl651_frames.csv").open() as file:
        rows = list(csv.DictReader(file))
    picture, assembler = None, Assembler(100_000)
    for row in rows:
        message = bytes.fromhex(row["hex"])
        if row["crc_ok"] != "True":
            with pytest.raises(TelegramError):
                decode(message)
            continue
        telegram = decode(message)
        assert encode(telegram) == message
        assert telegram.frame.function == int(row["function_code"], 16)
        if telegram.body is None:
            picture = assembler.add(telegram.frame) or picture
        else:
            assert telegram.body.faults == ()
    assert len(rows) == 33
    assert picture is not None
    body = read_telegram(picture, whole=True).body
    assert body is not None
    *_, jpeg = body.items
    assert isinstance(jpeg, Blob)
    assert jpeg.raw.startswith(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    assert jpeg.raw.rstrip(b"\x00\xb7").endswith(b"\xff\xd9")


def test_a_telegram_of_the_field_with_a_makers_own_elements() -> None:
    telegram = decode(bytes.fromhex(FIELD))
    found = {value.symbol: value.value for value in observed(telegram)}
    assert found == {"PJ": 0.0, "PT": 0.0, "Z": 0.075, "VT": 12.08, "7A": 29.0, "FFA0": 28.8}
    assert {value.at for value in observed(telegram)} == {local(2020, 11, 26, 14, 27)}


def test_a_groundwater_station_and_a_sign_that_is_counted() -> None:
    telegram = decode(bytes.fromhex(GROUNDWATER))
    found = {value.symbol: value.value for value in observed(telegram)}
    assert found == {"H": 49.96, "C": 16.7, "ZT": 0x480, "VT": 13.94, "FF02": 27.0}
    assert alarms(0x480) == []  # the door is closed and the pumps stand
    assert encode(telegram) == bytes.fromhex(GROUNDWATER)
    frost = encode_frame(Frame(station="0030960357", function=0x37, text=FROST))
    assert [(v.symbol, v.value) for v in observed(decode(frost))] == [
        ("Z", None),
        ("AI", -26.6),
        ("VT", 13.42),
    ]


def test_an_ascii_telegram_of_another_implementation() -> None:
    telegram = decode(bytes.fromhex(ASCII))
    assert telegram.frame.coding is Coding.ASCII
    assert [(v.station, v.symbol, v.value) for v in observed(telegram)] == [
        ("5010123456", "Z", 6.38),
        ("5010123456", "VT", 12.5),
    ]
    assert encode(telegram) == bytes.fromhex(ASCII)


def test_the_checksum_is_the_published_one() -> None:
    assert crc16(b"123456789") == 0x4B37  # CRC-16/MODBUS in the catalogue of CRCs
    assert crc16(b"") == 0xFFFF


def test_annex_c_is_whole() -> None:
    """Table C.1 has 131 rows with an identifier; four of them mark and do not measure."""
    assert len(KINDS) == 131 - 6  # without TT, ST, RGZS, PIC, DATA and the time step
    assert len({kind.code for kind in KINDS.values()}) == len(KINDS)
    assert (KINDS["Z"].code, KINDS["Z"].digits, KINDS["Z"].decimals) == ("39", 7, 3)
    assert (KINDS["Q8"].code, KINDS["SBL1"].code, KINDS["DRZ8"].code) == ("2F", "68", "FC")


def test_every_identifier_has_a_symbol_of_its_own() -> None:
    codes = [f"{n:02X}" for n in range(0xFF)] + [f"FF{n:02X}" for n in range(0x100)]
    symbols = [symbol_of(code) for code in codes]
    assert [code_of(symbol) for symbol in symbols] == codes
    assert len(set(symbols)) == len(codes)
    assert (symbol_of("CD"), symbol_of("55"), symbol_of("7A")) == ("0xCD", "CD", "7A")


@pytest.mark.parametrize(
    ("symbol", "why"),
    [
        ("39", "element 39 is called `Z`, not `39`"),
        ("0x7A", "element 7A is called `7A`, not `0x7A`"),
        ("FF", "no element"),  # FF begins an identifier of two bytes
        ("0xcd", "no element"),
        ("", "no element"),
    ],
)
def test_an_element_has_one_name(symbol: str, why: str) -> None:
    with pytest.raises(BodyError, match=why):
        code_of(symbol)


@pytest.mark.parametrize("flip", range(0, 60, 3))
def test_one_wrong_bit_is_found(flip: int) -> None:
    message = bytearray.fromhex(TEST_REPORT)
    message[flip] ^= 0x10
    with pytest.raises(FrameError):
        decode(bytes(message))


def test_a_wrong_checksum_says_which_would_be_right() -> None:
    with pytest.raises(ChecksumError, match="'20FB' is wrong, 20FA would be right"):
        decode(bytes.fromhex(TEST_REPORT[:-1] + "B"))
    with pytest.raises(FrameError, match="58 bytes of 60"):
        decode(bytes.fromhex(TEST_REPORT[:-4]))


@pytest.mark.parametrize(
    ("value", "width", "decimals", "raw"),
    [
        (28.96, 4, 3, "00028960"),
        (-1.234, 5, 3, "FF00001234"),  # an odd number of digits: FF0 before them
        (-12.34, 3, 2, "FF1234"),  # an even number: FF
        (None, 4, 3, "FFFFFFFF"),
        (0.0, 2, 2, "0000"),
    ],
)
def test_numbers_as_in_section_6_6_3_3(
    value: float | None, width: int, decimals: int, raw: str
) -> None:
    assert write_number(value, width, decimals) == bytes.fromhex(raw)
    assert read_number(bytes.fromhex(raw), decimals) == value


@given(st.integers(-9_999_999, 9_999_999), st.sampled_from(sorted(set(KINDS) - set(HOURLY))))
def test_what_fits_an_element_comes_back(number: int, symbol: str) -> None:
    kind = KINDS[symbol]
    if symbol in ("ZT", "DT"):
        return
    value = number % 10**kind.digits / 10**kind.decimals * (1 if number >= 0 else -1)
    for coding in Coding:
        element = Element.of(symbol, value, coding=coding)
        [back] = decode(encode(report((element,), coding=coding))).body.items[2:]  # type: ignore[union-attr]
        assert isinstance(back, Element)
        assert back.values == (pytest.approx(value, abs=1e-9),)
        assert Element.of(symbol, None, coding=coding).values == (None,)


hours = st.lists(st.none() | st.integers(0, 254), min_size=12, max_size=12)


@given(hours, st.sampled_from(list(Coding)))
def test_twelve_values_of_an_hour_have_their_own_times(
    tenths: list[int | None], coding: Coding
) -> None:
    values = [None if tenth is None else tenth / 10 for tenth in tenths]
    telegram = report((Element.of_hour("DRP", values, coding=coding),), 0x34, coding)
    found = observed(decode(encode(telegram)))
    assert [value.value for value in found] == values
    assert [value.at for value in found] == [AT + n * timedelta(minutes=5) for n in range(12)]


items = st.one_of(
    st.builds(
        TimeMark,
        st.datetimes(local(2000, 1, 1), local(2099, 12, 31)).map(
            lambda at: at.replace(second=0, microsecond=0)
        ),
    ),
    st.builds(
        lambda s, n: Element.of(s, n / 10),
        st.sampled_from(["Z", "PJ", "VT", "AI", "FFA0", "7A"]),
        st.integers(-99, 999),
    ),
    st.builds(lambda: StationMark("00ABCDEF12", "P")),
)


@given(st.lists(items, max_size=8), st.integers(0, 65_535))
def test_any_text_comes_back(parts: list[Item], serial: int) -> None:
    telegram = report(tuple(parts))
    assert telegram.body is not None
    again = decode(encode(telegram))
    assert again.body is not None
    assert again.body.items == telegram.body.items
    assert again.body.faults == ()
    assert encode(again) == encode(telegram)


@given(st.binary(max_size=200), st.booleans(), st.sampled_from(list(Coding)), st.integers(0, 255))
@example(text=b"\xcd\x00", down=False, coding=Coding.HEX, function=0)  # CD is cadmium's symbol too
def test_any_text_in_a_whole_frame_is_kept_to_the_last_byte(
    text: bytes, down: bool, coding: Coding, function: int
) -> None:
    head = (1).to_bytes(2, "big") + bytes.fromhex("240801080012")
    if coding is Coding.ASCII:
        head = b"0001240801080012"
    frame = Frame(
        station="0012345678", function=function, text=head + text, coding=coding, down=down
    )
    message = encode_frame(frame)
    telegram = decode(message)
    observed(telegram)
    assert encode(telegram) == message


def test_a_uniform_report_has_one_element_and_many_times() -> None:
    """The layout of a report of Fujian's rules, 12 values 5 minutes apart (table 30)."""
    text = "2F7E221205110019F1F1100000000648F0F0221205100504180000053923" + "00028960" * 11
    frame = Frame(
        station="1000000006", function=0x31, text=bytes.fromhex(text + "FFFFFFFF"), password=0
    )
    found = observed(decode(encode_frame(frame)))
    assert [value.value for value in found] == [28.96] * 11 + [None]
    assert found[0].at == local(2022, 12, 5, 10, 5)
    assert found[-1].at == local(2022, 12, 5, 11, 0)


def test_an_ascii_uniform_report_has_several_elements() -> None:
    frame = Frame(station="0012345678", function=0x31, coding=Coding.ASCII)
    text = b"0004260909080000ST 0012345678 H TT 2609090800 DRH01 Z Q 6.30 12.5 M -0.6 "
    found = observed(decode(encode_frame(Frame(**{**_fields(frame), "text": text}))))
    assert [(v.symbol, v.value, v.at.hour) for v in found] == [
        ("Z", 6.3, 8),
        ("Q", 12.5, 8),
        ("Z", None, 9),
        ("Q", -0.6, 9),
    ]


def _fields(frame: Frame) -> dict[str, object]:
    return {name: getattr(frame, name) for name in frame.__struct_fields__}


def test_a_sign_that_is_not_counted_is_read_too() -> None:
    """By the standard the length counts the sign; some stations send FF and all the digits."""
    text = "0001240801080012F1F1001234567848F0F024080108003923FF0000123438121250"
    frame = Frame(station="0012345678", function=0x32, text=bytes.fromhex(text))
    assert [v.value for v in observed(decode(encode_frame(frame)))] == [-1.234, 12.5]


def test_what_cannot_be_read_is_named_and_the_rest_stands() -> None:
    text = "0001240801080012F1F1001234567848F0F024080108003923000012343812AB50"
    telegram = decode(
        encode_frame(Frame(station="0012345678", function=0x32, text=bytes.fromhex(text)))
    )
    assert telegram.body is not None
    assert telegram.body.faults == ("byte 29 of the text: VT: AB50 is no BCD",)
    assert [value.value for value in observed(telegram)] == [1.234]
    with pytest.raises(BodyError, match="8"):
        decode(encode_frame(Frame(station="0012345678", function=0x32, text=b"\x00\x01\x24")))
    with pytest.raises(BodyError, match="no time"):
        decode(
            encode_frame(
                Frame(station="0012345678", function=0x32, text=bytes.fromhex("0001249901080012"))
            )
        )


@pytest.mark.parametrize("coding", list(Coding))
@pytest.mark.parametrize(
    ("function", "asked"),
    [
        (0x38, (Span(AT, AT + timedelta(hours=9)), Step(hours=1), Asked("39", 0x23))),
        (0x3A, (Asked("20", 0x19), Asked("39", 0x23))),
        (0x41, (Asked("0C", 0x08),)),
        (0x42, (Parameter("20", b"\x01", 0x08),)),
        (0x47, (Asked("97", 0),)),
        (0x4C, (Blob("pumps", b"\x01\x05"),)),
        (0x4B, (Element("ZT", bytes(4), 0x20),)),
        (0x37, ()),
    ],
)
def test_questions_and_commands_come_back(
    function: int, asked: tuple[Item, ...], coding: Coding
) -> None:
    if coding is Coding.ASCII:
        asked = tuple(_as_text(item) for item in asked)
    body = Body(serial=0, sent=SENT, items=asked)
    telegram = question("0012345678", function, now=SENT, body=body, coding=coding)
    again = decode(encode(telegram))
    assert again.frame.end is End.ENQ
    assert again.frame.down
    assert again.body is not None
    assert (again.body.items, again.body.faults) == (asked, ())


def _as_text(item: Item) -> Item:
    if isinstance(item, Asked):
        return Asked(item.code)
    if isinstance(item, Parameter):
        return Parameter(item.code, b"1")
    return Element("ZT", b"00000000") if isinstance(item, Element) else item


def test_acknowledgements_end_as_the_standard_wants() -> None:
    last = report(())
    more = Telegram(frame=Frame(station="0012345678", function=0x32, end=End.ETB), body=last.body)
    assert acknowledgement(last, now=SENT).end is End.ESC
    assert acknowledgement(last, now=SENT, stay_online=False).end is End.EOT
    reply = acknowledgement(more, now=SENT)
    assert reply.end is End.ACK
    assert reply.text == bytes.fromhex("0007240801080012")  # the number of the telegram
    assert encode_frame(reply)[2:8] == bytes.fromhex("001234567801")  # station first, then centre
    part = Telegram(
        frame=Frame(station="0012345678", function=0x36, packet=Packet(3, 3)), body=last.body
    )
    assert acknowledgement(part, now=SENT).packet == Packet(3, 3)


@given(st.binary(min_size=1, max_size=3000), st.integers(100, 400), st.randoms())
def test_packets_in_any_order_become_the_text_again(text: bytes, size: int, random: object) -> None:
    frame = Frame(station="0012345678", function=0x36, text=text)
    packets = split(frame, size=size)
    random.shuffle(packets)  # type: ignore[attr-defined]
    assembler = Assembler(10_000)
    wholes = [assembler.add(decode_frame(encode_frame(packet))) for packet in packets]
    assert [whole is not None for whole in wholes] == [False] * (len(packets) - 1) + [True]
    assert wholes[-1] is not None
    assert wholes[-1].text == text
    assert list(assembler.waiting()) == []


def test_a_text_beyond_the_limit_is_given_up() -> None:
    packets = split(Frame(station="0012345678", function=0x36, text=bytes(4000)))
    assembler = Assembler(1000)
    for packet in packets[:4]:
        assembler.add(packet)
    with pytest.raises(FrameError, match="more than 1000 bytes"):
        assembler.add(packets[4])
    assert list(assembler.waiting()) == []


@given(st.lists(st.binary(max_size=40), max_size=6), st.integers(1, 50))
def test_frames_are_found_between_garbage(noise: list[bytes], step: int) -> None:
    frames = [bytes.fromhex(KEEP_ALIVE), bytes.fromhex(TEST_REPORT), bytes.fromhex(ASCII)]
    stream = b"".join(part + frames[n % 3] for n, part in enumerate(noise))
    buffer = FrameBuffer()
    found: list[Frame | Refused] = []
    for at in range(0, len(stream), step):
        found += buffer.feed(stream[at : at + step])
    found += buffer.idle()
    texts = [frame.text for frame in found if isinstance(frame, Frame)]
    wanted = [decode_frame(frames[n % 3]).text for n in range(len(noise))]
    assert [text for text in texts if text in wanted] == wanted
    assert not buffer.waiting


def test_a_hostile_length_holds_back_little() -> None:
    buffer = FrameBuffer()
    claim = bytes.fromhex("7E7E010012345678123432") + bytes.fromhex("0FFF") + b"\x02"
    assert list(buffer.feed(claim + bytes.fromhex(TEST_REPORT))) == []
    [frame] = buffer.idle()
    assert isinstance(frame, Frame)
    assert frame.function == 0x30
    for _ in range(20):
        assert list(buffer.feed(b"\xff" * 4096)) == []
    assert len(buffer._rest) <= MAX_FRAME


def test_fields_that_do_not_fit_are_refused() -> None:
    good = Frame(station="0012345678", function=0x32)
    for wrong, why in (
        ({"station": "123"}, "10 digits"),
        ({"centre": 256}, "centre"),
        ({"packet": Packet(1, 2)}, "packet"),
        ({"text": bytes(4096)}, "4095 fit"),
    ):
        with pytest.raises(FrameError, match=why):
            encode_frame(Frame(**{**_fields(good), **wrong}))  # type: ignore[arg-type]
    with pytest.raises(BodyError, match="does not fit"):
        Element.of("VT", 123.4)
    with pytest.raises(BodyError, match="no element"):
        Element.of("XYZ", 1.0)
    with pytest.raises(BodyError, match="not between"):
        Element.of_hour("DRP", [25.5] + [0.0] * 11)


def test_series_with_values_missing_from_a_group() -> None:
    series = Series((("Z", 0x23),), (b"\x00\x00\x12\x34", b"\xff" * 4))
    assert [[e.values for e in group] for group in series.groups()] == [[(1.234,)], [(None,)]]


def test_states_and_events_are_put_in_words() -> None:
    assert alarms(0b1000_0011) == ["mains failed", "battery low"]  # the closed door is no alarm
    assert alarms(0) == []
    counts = event_counts(bytes([0, 1, 0, 2]) + bytes(60))
    assert (counts["memory initialised"], counts["parameters changed"]) == (1, 2)
    assert len(counts) == 18
    assert event_counts(b"") == {}
