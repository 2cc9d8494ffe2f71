"""AIS: stations' weather and buoys' places, against published decodings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.nmea.ais import Assembler, Message, understand
from edge.drivers.nmea.decode import Outcome, Reader
from edge.drivers.nmea.fields import KNOT


def values(line: bytes) -> dict[str, float | None]:
    heard = Reader().read(line)
    assert heard.outcome is Outcome.DECODED
    return {name.rpartition(".")[2]: value for name, value in heard.values.items()}


def test_weather_of_vinga_by_fi_31() -> None:
    """Line and values as published with the ggencoder package (msg8_001_31_2)."""
    line = b"!AIVDM,1,1,,A,8@2R5Ph0GhEUJiaWPFkt4RqUdf06EuFPB22p1Pd3S@h>:WwwsAwwnS@vwvwt,0*57"
    found = values(line)
    assert found["latitude"] == pytest.approx(57.6811, abs=1e-4)
    assert found["longitude"] == pytest.approx(11.7881, abs=1e-4)
    assert found["wind_speed"] == pytest.approx(36 * KNOT, abs=1e-6)
    assert (found["wind_direction"], found["water_temperature"]) == (203, 6.2)
    assert (found["water_level"], found["air_temperature"]) == (0.47, None)


def test_weather_of_vinga_by_fi_11() -> None:
    """Line and values as published with the ggencoder package (msg8_001_11)."""
    line = b"!AIVDM,1,1,,A,802R5Ph0BkCwP0E<>jGaPPTHS7wwwwwwwk6wwwwwwwwwwwwwwwwwwtPwwwt,2*72"
    found = values(line)
    assert found["latitude"] == pytest.approx(57.888, abs=1e-4)
    assert found["longitude"] == pytest.approx(11.573167, abs=1e-4)
    assert found["wind_speed"] == pytest.approx(2 * KNOT, abs=1e-6)
    assert found["wind_direction"] == 280
    assert found["wave_height"] is None
    assert "water_temperature" not in found  # raw 131: published as 13.1 and as 3.1


def test_a_station_that_measures_nothing_says_so() -> None:
    """gpsd's sample of FI 31: a place, and every quantity absent."""
    line = b"!AIVDM,1,1,1,B,8>h8nkP0Glr=<hFI0D6??wvlFR06EuOwgwl?wnSwe7wvlOw?sAwwnSGmwvh0,0*17"
    found = values(line)
    assert (found.pop("latitude"), found.pop("longitude")) == (12.2283, 171.5985)
    assert set(found.values()) == {None}


def aid(off: str, second: int) -> str:
    """Return the bits of a message 21 at 54° N, 6° E."""
    bits = f"{21:06b}00{992471105:030b}" + "0" * 126
    bits += f"{6 * 600_000:028b}{54 * 600_000:027b}" + "0" * 34
    return (bits + f"{second:06b}{off}").ljust(272, "0")


@pytest.mark.parametrize(
    ("off", "second", "flag"), [("1", 10, 1.0), ("0", 10, 0.0), ("1", 60, None)]
)
def test_a_buoy_says_whether_it_is_off_its_place(off: str, second: int, flag: float | None) -> None:
    """The flag counts only beside a time (ITU-R M.1371-5, table 73)."""
    found = understand(aid(off, second)).values
    assert found == {
        "AIS.992471105.latitude": 54.0,
        "AIS.992471105.longitude": 6.0,
        "AIS.992471105.off_position": flag,
    }


def test_a_message_in_two_sentences_is_put_together() -> None:
    """gpsd's sample of message 5."""
    reader = Reader()
    first = b"!AIVDM,2,1,0,A,58wt8Ui`g??r21`7S=:22058<v05Htp000000015>8OA;0sk,0*7B"
    second = b"!AIVDM,2,2,0,A,eQ8823mDm3kP00000000000,2*5D"
    assert reader.read(first).name == "AIS part"
    assert reader.read(second).name == "AIS 5"
    assert "first sentence was not heard" in reader.read(second).why


@given(st.lists(st.lists(st.text("0123456789AB`w<@", max_size=70), max_size=7), max_size=5))
def test_no_fields_break_the_assembler(sentences: list[list[str]]) -> None:
    assembler = Assembler()
    for fields in sentences:
        assert isinstance(assembler.take(tuple(fields)), Message)


@given(st.text("01", max_size=420))
def test_no_bits_break_the_decoder(bits: str) -> None:
    for kind in (8, 21):
        understand(f"{kind:06b}" + bits)
    understand(f"{8:06b}" + "0" * 34 + f"{1:010b}{31:06b}" + bits)
