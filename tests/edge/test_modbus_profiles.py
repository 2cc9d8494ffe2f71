"""The register maps in firmware_configs/profiles: all valid, and true to what manuals print."""

import re
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.drivers.contract import Channel
from edge.drivers.modbus.decode import Decoder
from edge.drivers.modbus.profile import WIDTH, Profile, RegisterValue, load_profile
from forewarn.domain.errors import ConfigError
from tests.edge.instruments import PROFILES

NAMES = sorted(path.stem for path in PROFILES.glob("*.toml"))

ATOMS = "m|s|g|A|K|Cel|deg|Pa|bar|V|Ohm|Hz|L|min|h|d|1"
UCUM = re.compile(rf"(%|[kMmuhc]?({ATOMS})\d?([./][kMmuhc]?({ATOMS})\d?)*)")
"""Enough of the Unified Code for Units of Measure for what instruments show."""


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_is_valid_and_says_where_it_comes_from(name: str) -> None:
    profile = load_profile(PROFILES, name)
    assert profile.channel_names() or profile.outputs
    assert profile.title
    assert re.search("no device was at hand|generic|invented", profile.datasheet)
    for value in profile.values:
        assert UCUM.fullmatch(value.unit), f"{value.name}: `{value.unit}` is not UCUM"
        assert re.fullmatch("[a-z][a-z0-9_]*", value.name)
    if profile.values:  # what it asks for can be asked
        decoder = Decoder(profile, profile.channel_names())
        assert all(block.count <= profile.max_registers for block in decoder.blocks)


def test_the_kinds_of_devices_that_a_city_has_are_there() -> None:
    titles = " ".join(load_profile(PROFILES, name).title for name in NAMES).lower()
    kinds = "rain gauge|radar|pressure|flow|anemometer|tilt|crack|soil moisture|piezometer|siren"
    assert [kind for kind in kinds.split("|") if kind not in titles] == []


def test_every_profile_is_listed() -> None:
    listed = (PROFILES / "README.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"| `{name}` |" not in listed] == []


def decoded(name: str, table: dict[int, int], *names: str) -> list[float | None]:
    """Return the values `names` of a profile from its registers, 0 where none is given."""
    decoder = Decoder(load_profile(PROFILES, name), names)
    answers = [
        [table.get(address, 0) for address in range(block.start, block.start + block.count)]
        for block in decoder.blocks
    ]
    return decoder.decode(answers).values


def test_answers_that_manuals_print() -> None:
    answer = [0x0000, 0x3B21, 0x3E1B, 0x0000, 0x41DB, 0xE336]  # Encardio-rite ESM-40S, 8.6
    table = dict(enumerate(answer, start=0x012C))
    displacement, temperature = decoded("encardio_esm", table, "displacement", "temperature")
    assert displacement == pytest.approx(0.002460, abs=5e-7)
    assert temperature == pytest.approx(27.485, abs=5e-3)

    table = {0x0102: 0xC87C, 0x0103: 0x4628}  # GEOKON 3810A, table 5
    [resistance] = decoded("geokon_3810a", table, "resistance")
    assert resistance == pytest.approx(10802.12, abs=5e-3)

    [distance] = decoded("witmotion_wt53r", {0x34: 0x070B}, "distance")  # WT53R-485, 6.2
    assert distance == 1.803


def test_a_thermistor_follows_its_table() -> None:
    """GEOKON's table for the 3 kOhm thermistor: 3000 Ohm is 25 °C, 9796 Ohm is 0 °C."""
    for ohms, celsius in ((3000.0, 25.0), (9796.0, 0.0)):
        high, low = struct.unpack(">HH", struct.pack(">f", ohms))
        [temperature] = decoded("geokon_3810a", {0x102: low, 0x103: high}, "temperature")
        assert temperature == pytest.approx(celsius, abs=0.05)


def test_a_vibrating_wire_becomes_pore_pressure_by_its_calibration_sheet() -> None:
    high, low = struct.unpack(">HH", struct.pack(">f", 2900.0))
    [digits] = decoded("vibrating_wire", {0x100: low, 0x101: high}, "digits")
    assert digits == 8410.0
    channel = Channel(property="pore_pressure", polynomial=(1012.4, -0.11, -3.2e-8))
    expected = 1012.4 - 0.11 * 8410 - 3.2e-8 * 8410**2
    assert channel.convert(digits) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("microamperes", "expected", "told"),
    [
        (4000, 4.0, False),
        (3600, 3.6, False),
        (21000, 21.0, False),
        (3599, None, True),  # NAMUR NE 43: a fault
        (0, None, True),  # the wire is broken
        (21500, None, True),
    ],
)
def test_a_current_loop_that_is_broken_is_missing_and_named(
    microamperes: int, expected: float | None, told: bool
) -> None:
    decoder = Decoder(load_profile(PROFILES, "waveshare_analog8"), ["current_1", "current_2"])
    found = decoder.decode([[microamperes, 12_000]])
    assert found.values == [expected, 12.0]
    assert len(found.complaints) == told
    assert all("current_1" in told and "NE 43" in told for told in found.complaints)


def test_invalid_values_of_a_radar_are_missing() -> None:
    high, low = struct.unpack(">HH", struct.pack(">f", 3.25))
    table = {2001: 0, 2002: high, 2003: low}
    assert decoded("vega_vegapuls", table, "pv") == [3.25]
    assert decoded("vega_vegapuls", table | {2001: 1}, "pv") == [None]


LIMITS = {"int16": 15, "uint16": 16, "int32": 31, "uint32": 32, "int64": 63, "uint64": 64}


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, float]:
    kind = draw(st.sampled_from([*LIMITS, "float32", "float64"]))
    if kind.startswith("float"):
        width = 32 if kind == "float32" else 64
        return kind, draw(st.floats(width=width, allow_nan=False, allow_infinity=False))
    low = 0 if kind.startswith("u") else -(1 << LIMITS[kind])
    return kind, draw(st.integers(low, (1 << LIMITS[kind]) - 1))


def on_the_wire(kind: str, order: str, number: float) -> list[int]:
    """Return the registers of `number` as a device writes them, by the letters of its order."""
    letter = {"int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "int64": "q"}
    letter |= {"uint64": "Q", "float32": "f", "float64": "d"}
    raw = struct.pack(">" + letter[kind], number)
    words = [raw[place : place + 2] for place in range(0, len(raw), 2)]
    if order[0] in "CD" and len(words) > 1:  # the low word first
        words.reverse()
    if order in ("BADC", "DCBA"):  # the low byte of each word first
        words = [word[::-1] for word in words]
    return [int.from_bytes(word, "big") for word in words]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(numbers(), st.sampled_from(["ABCD", "CDAB", "BADC", "DCBA"]), st.integers(0, 2)),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_a_device_writes_in_one_block_comes_back(
    drawn: list[tuple[tuple[str, float], str, int]],
) -> None:
    values, wire, address = [], {}, 0
    for place, ((kind, number), order, gap) in enumerate(drawn):
        address += gap
        values.append(
            RegisterValue(
                name=f"v{place}",
                register=address,
                type=kind,  # type: ignore[arg-type]
                order=order,  # type: ignore[arg-type]
                unit="1",
            )
        )
        wire.update(enumerate(on_the_wire(kind, order, number), start=address))
        address += WIDTH[kind]
    decoder = Decoder(Profile(title="t", datasheet="d", values=tuple(values)), map(_name, values))
    answers = [
        [wire.get(place, 0xFFFF) for place in range(block.start, block.start + block.count)]
        for block in decoder.blocks
    ]
    for value, ((kind, number), _, _) in zip(decoder.decode(answers).values, drawn, strict=True):
        assert value is not None
        if kind == "float32":
            assert struct.pack(">f", value) == struct.pack(">f", number)
        else:
            assert value == float(number)


def _name(value: RegisterValue) -> str:
    return value.name


def test_bits_masks_and_order_of_names() -> None:
    text = """
title = "t"
datasheet = "d"
[[value]]
name = "code"
register = 5
type = "uint16"
mask = 0x0FF0
unit = "1"
[[value]]
name = "door"
register = 3
table = "discrete"
type = "bit"
unit = "1"
"""
    profile = _profile_of(text)
    decoder = Decoder(profile, ["door", "code"])
    asked = [(block.table, block.start, block.count) for block in decoder.blocks]
    assert asked == [("discrete", 3, 1), ("input", 5, 1)]
    assert decoder.decode([[1], [0x0352]]).values == [1.0, 53.0]


def _profile_of(text: str) -> Profile:
    import tomllib

    from forewarn.domain.config import convert

    return convert(tomllib.loads(text), Profile, source="test")


VALUE = '[[value]]\nname="a"\nregister=0\ntype="uint32"\nunit="m"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (VALUE + VALUE.replace('"a"', '"b"').replace("=0", "=1"), "`a` and `b` overlap"),
        (VALUE + 'table="coil"\n', "`bit` goes with"),
        (VALUE.replace("uint32", "bit"), "`bit` goes with"),
        (VALUE.replace("uint32", "int16") + "mask=3\n", "a mask goes with an unsigned"),
        (VALUE + "polynomial=[1]\nthermistor=[1,2,3]\n", "either `thermistor` or `polynomial`"),
        ('[[output]]\nname="o"\nregister=0\non=2\n', "a coil has 0 and 1"),
        ('[[output]]\nname="o"\nregister=0\n' * 2, "output `o` is there twice"),
    ],
)
def test_a_profile_that_cannot_be_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.toml").write_text(f'title = "t"\ndatasheet = "d"\n{text}')
    with pytest.raises(ConfigError, match=r"bad\.toml: .*" + re.escape(message)):
        load_profile(tmp_path, "bad")
