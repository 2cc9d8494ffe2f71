"""Payloads of LoRaWAN devices: recorded vectors, published examples, torn and strange ones."""

import json
import math
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.lorawan.codecs.decoded import Decoded, PayloadError
from edge.drivers.lorawan.codecs.formula import evaluate
from edge.drivers.lorawan.codecs.makers import CODECS
from edge.drivers.lorawan.codecs.network import flattened


def decode(maker: str, model: str, payload: str, port: int = 2, **parameters: float) -> Decoded:
    return CODECS[maker].decode(model, bytes.fromhex(payload), port, parameters)


def as_recorded(out: Decoded) -> dict[str, Any]:
    history = [{"timestamp": time, **values} for time, values in out.history]
    return {**out.values, **({"history": history} if history else {})}


@pytest.mark.recorded
def test_every_recorded_milesight_payload_is_right(recorded_data: Path) -> None:
    path = recorded_data / "protocol" / "lorawan" / "milesight_uplink_examples.json"
    vectors = json.loads(path.read_text(encoding="utf-8"))
    for vector in vectors:
        out = decode("milesight", vector["device"], vector["payload_hex"], vector["fport"])
        assert (as_recorded(out), out.complaint) == (vector["decoded"], "")
    assert len(vectors) >= 10


@pytest.mark.recorded
def test_every_recorded_decentlab_payload_is_right(recorded_data: Path) -> None:
    path = recorded_data / "protocol" / "lorawan" / "decentlab_uplink_examples.json"
    vectors = json.loads(path.read_text(encoding="utf-8"))
    for vector in vectors:
        given_ = re.findall(r"(\w+)=([\d.e+-]+)(?=[,)])", vector["variant"])
        parameters = {name: float(value) for name, value in given_}
        out = decode("decentlab", vector["device"], vector["payload_hex"], **parameters)
        wanted = {
            name: value["value"] if isinstance(value, dict) else value
            for name, value in vector["decoded"].items()
        }
        assert out.values == pytest.approx(wanted, rel=1e-12)
        assert out.complaint == ""
    assert len(vectors) >= 15


@pytest.mark.parametrize(
    ("model", "payload", "expected"),
    [
        ("em500-udl", "01756403821E00", {"battery": 100, "distance": 30}),
        ("em500-swl", "01756403770200", {"battery": 100, "water_level": 2}),
        ("em500-pp", "017564037B0A00", {"battery": 100, "pressure": 10}),
        (
            "em500-smtc",
            "01756403671901046873057FF000",
            {"battery": 100, "temperature": 28.1, "moisture": 57.5, "ec": 240},
        ),
        (
            "em310-udl",
            "01755C03824408040001",
            {"battery": 92, "distance": 2116, "position": "tilt"},
        ),
        (
            "em300-th",
            "01755C03673401046865",
            {"battery": 92, "temperature": 30.8, "humidity": 50.5},
        ),
        (
            "em300-th",
            "20CE9E74466310015D00",
            {"history": [{"timestamp": 1665561758, "temperature": 27.2, "humidity": 46.5}]},
        ),
        ("em300-th", "FF0B01FF166136B4000000FFFF01755C", {"battery": 92}),
    ],
)
def test_examples_of_milesights_readmes(model: str, payload: str, expected: dict[str, Any]) -> None:
    if payload.startswith("FF"):
        payload = "FF0B01" + "FF16" + "6136B40000000000" + "01755C"
    assert as_recorded(decode("milesight", model, payload)) == expected


@pytest.mark.parametrize(
    ("model", "layout", "fields", "expected"),
    [
        (
            "ldds75",
            ">HHBhB",
            (0x0D33, 2500, 0, 0x7FFF, 1),
            {"battery": 3.379, "distance": 2500, "interrupt": 0},
        ),
        (
            "lse01",
            ">HhHhHB",
            (3300, -55, 3125, -250, 120, 0x10),
            {
                "battery": 3.3,
                "soil_moisture": 31.25,
                "soil_temperature": -2.5,
                "conductivity": 120,
                "probe_temperature": -5.5,
            },
        ),
        (
            "ps-lb",
            ">HBBHHB",
            (3600, 0, 5, 12000, 0, 0),
            {"battery": 3.6, "current": 12.0, "voltage": 0.0, "depth": 2.5},
        ),
        (
            "lds12-lb",
            ">HhHHBbB",
            (3300, 251, 1234, 900, 0, -3, 1),
            {
                "battery": 3.3,
                "probe_temperature": 25.1,
                "distance": 123.4,
                "signal": 900,
                "lidar_temperature": -3,
                "interrupt": 0,
            },
        ),
    ],
)
def test_layouts_of_dragino(
    model: str, layout: str, fields: tuple[int, ...], expected: dict[str, float]
) -> None:
    out = decode("dragino", model, struct.pack(layout, *fields).hex())
    assert (out.values, out.complaint) == (expected, "")


def test_a_dragino_weather_station_names_its_sensors() -> None:
    out = decode("dragino", "wsc1-l", "0602ff9c 0107 0032 0046 0028 03 0802 2751 0902 0007 f001 00")
    assert out.values == {
        "temperature": -10.0,
        "wind_speed": 5.0,
        "wind_speed_max": 7.0,
        "wind_speed_mean": 4.0,
        "pressure": 1006.5,
        "rain": 0.7,
    }
    assert out.complaint == "sensor 0xf0 is not known"


def test_a_published_example_of_a_dragino_weather_station() -> None:
    """Of a decoder in use; the third byte of wind speed and direction is a grade and a point."""
    out = decode(
        "dragino",
        "wsc1-l",
        "0103000000 02030b250d 03020029 040100 05020204 0602008a 070203b1 08021e26 09020062"
        "0a020068 0b020085 0d020014",
    )
    assert out.values == {
        "wind_speed": 0,
        "wind_direction": 285.3,
        "illumination": 410,
        "rain_or_snow": 0,
        "co2": 516,
        "temperature": 13.8,
        "humidity": 94.5,
        "pressure": 771.8,
        "rain": 9.8,
        "pm2_5": 104,
        "pm10": 133,
        "radiation": 2,
    }
    assert (out.missing, out.complaint) == ((), "")


@given(st.integers(0, 0xFFFF), st.integers(0, 255))
def test_a_broken_current_loop_has_no_depth(current: int, span: int) -> None:
    """NAMUR NE 43: a loop measures between 3.6 and 21 mA; beyond, it is broken."""
    out = decode("dragino", "ps-lb", struct.pack(">HBBHHB", 3600, 0, span, current, 0, 0).hex())
    whole = 3600 <= current <= 21_000 and span > 0
    assert ("depth" in out.values) == whole
    assert out.missing == (() if whole else ("depth",))
    assert bool(out.complaint) != whole
    assert out.values["current"] == current / 1000
    if whole:
        assert out.values["depth"] == pytest.approx(max(0, (current / 1000 - 4) * span / 16))


def test_a_loop_that_measures_no_depth_is_not_judged_by_it() -> None:
    out = decode("dragino", "ps-lb", struct.pack(">HBBHHB", 3600, 1, 4, 0, 900, 0).hex())
    assert (out.values["voltage"], out.missing, out.complaint) == (0.9, (), "")


@pytest.mark.parametrize(
    ("distance", "signal", "says"),
    [
        (0, 900, "nothing was measured"),
        (0xFFFF, 900, "nothing was measured"),
        (1234, 100, r"signal of 100 \(at most 100\)"),
        (1234, 0, "signal of 0"),
        (1234, 0xFFFF, "overexposed"),
        (99, 900, "it sees 10 to 1200"),
        (12_001, 900, "it sees 10 to 1200"),
        (100, 101, ""),
        (12_000, 0xFFFE, ""),
    ],
)
def test_a_lidar_says_no_distance_that_it_did_not_measure(
    distance: int, signal: int, says: str
) -> None:
    fields = struct.pack(">HhHHBbB", 3300, 251, distance, signal, 0, 20, 1)
    out = decode("dragino", "lds12-lb", fields.hex())
    assert out.values.get("distance") == (None if says else distance / 10)
    assert out.missing == (("distance",) if says else ())
    assert re.search(says, out.complaint)
    assert bool(out.complaint) == bool(says)
    assert out.values["signal"] == signal


@pytest.mark.parametrize(
    ("payload", "missing", "says"),
    [
        ("0102ffff", "wind_speed", "`wind_speed` is 0xffff: no sensor"),
        ("0202ffff", "wind_direction", "0xffff"),
        ("0902ffff", "rain", "0xffff"),
        ("0502ffff", "co2", "0xffff"),
        ("0106003204d80028", "wind_speed_max", "124 is outside 0 to 113.2"),
        ("01020600", "wind_speed", "153.6 is outside 0 to 113.2"),
        ("02020e11", "wind_direction", "360.1 is outside 0 to 360"),
        ("0902ea60", "rain", "6000 is outside 0 to 1825"),
        ("06027fff", "temperature", "3276.7 is outside"),
        ("070203e9", "humidity", "100.1 is outside"),
    ],
)
def test_what_no_weather_is_is_missing(payload: str, missing: str, says: str) -> None:
    out = decode("dragino", "wsc1-l", payload + "000233a0")
    assert out.missing == (missing,)
    assert missing not in out.values
    assert says in out.complaint
    assert out.values["battery"] == 13.216
    frost = decode("dragino", "wsc1-l", "0602ffff")
    assert (frost.values, frost.complaint) == ({"temperature": -0.1}, "")


@pytest.mark.parametrize(
    ("maker", "model", "payload", "says", "kept"),
    [
        ("milesight", "wts506", "0175640367ff", "torn within channel `0367`", {"battery": 100}),
        ("milesight", "wts506", "017564abcd00", "channel `abcd` at byte 3", {"battery": 100}),
        ("milesight", "wts506", "017564ff16", "torn within an attribute", {"battery": 100}),
        (
            "decentlab",
            "DL-MBX",
            "02012f000304d2",
            "torn: 1 of 2 words of group 0",
            {"Device ID": 303, "Protocol version": 2},
        ),
        ("dragino", "ldds75", "0d3300000000fa00", "no sensor", {"battery": 3.379}),
        ("dragino", "ldds75", "0d33006400000000", "nearer than it sees", {"battery": 3.379}),
        ("dragino", "wsc1-l", "0602ff9c080227", "torn within `pressure`", {"temperature": -10.0}),
    ],
)
def test_what_is_torn_is_named_and_what_was_read_is_kept(
    maker: str, model: str, payload: str, says: str, kept: dict[str, float]
) -> None:
    out = decode(maker, model, payload)
    assert says in out.complaint
    assert kept.items() <= out.values.items()


@pytest.mark.parametrize(
    ("maker", "model", "payload", "port", "says"),
    [
        ("milesight", "wts506", "abcd", 85, "channel `abcd`"),
        ("milesight", "wts506", "01", 85, "channel `01`"),
        ("decentlab", "DL-MBX", "0201", 1, "2 bytes"),
        ("decentlab", "DL-MBX", "01012f000304d200010bb1", 1, "protocol version 1"),
        ("dragino", "ldds75", "0d33", 2, "torn: 2 bytes; a ldds75 sends 8"),
        ("dragino", "ldds75", "0d3301", 5, "port 5"),
        ("dragino", "lse01", "0ce4000000000000000080", 2, "MOD 1"),
        ("dragino", "wsc1-l", "", 2, "empty"),
    ],
)
def test_a_payload_that_says_nothing_is_refused(
    maker: str, model: str, payload: str, port: int, says: str
) -> None:
    with pytest.raises(PayloadError, match=says):
        decode(maker, model, payload, port)


@pytest.mark.parametrize(("maker", "codec"), CODECS.items())
def test_every_device_names_its_values(maker: str, codec: Any) -> None:
    for model in codec.models():
        names = codec.names(model)
        assert names
        assert len(set(names)) == len(names), model


@given(st.sampled_from(sorted(CODECS)), st.data(), st.binary(max_size=60), st.booleans())
def test_no_payload_breaks_a_codec(maker: str, data: Any, payload: bytes, plausible: bool) -> None:
    codec = CODECS[maker]
    model = data.draw(st.sampled_from(codec.models()))
    if plausible and maker == "decentlab":
        payload = b"\x02" + payload
    try:
        out = codec.decode(model, payload, 2, codec.parameters(model))
    except PayloadError:
        return
    assert all(isinstance(v, str) or not math.isnan(v) for v in out.values.values())


def test_formulas_are_arithmetic_and_nothing_else() -> None:
    assert evaluate("(w0 - 32768) / 100 + power(2, 3) * log(1)", {"w0": 33268}) == 5
    assert evaluate("1 / w0", {"w0": 0}) is None
    assert evaluate("log(w0)", {"w0": 0}) is None
    for formula in ("__import__('os')", "w1", "w0.real", "[1]", "w0 if w0 else 1", "1 +"):
        with pytest.raises(ValueError, match=r"arithmetic|comparison|formula"):
            evaluate(formula, {"w0": 1})


def test_what_a_network_server_decoded_is_flattened() -> None:
    out = flattened({"soil": [{"moisture": 31.5, "ok": True}], "note": "x", "none": None})
    assert out.values == {"soil.0.moisture": 31.5, "soil.0.ok": 1.0, "note": "x"}
    for nothing in (None, {}, [1], "x"):
        with pytest.raises(PayloadError, match="decoded nothing"):
            flattened(nothing)
