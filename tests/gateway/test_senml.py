"""SenML packs: the examples of RFC 8428, and what is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forewarn.domain import topics
from forewarn.domain.errors import CodecError
from gateway.decode import topic_for
from gateway.foreign.plan import Foreign, Target
from gateway.foreign.receive import receive_senml
from gateway.foreign.senml import MAX_RECORDS, resolve
from gateway.foreign.units import UNITS, converted
from gateway.registry import Registry

NOW = datetime(2011, 10, 31, 14, tzinfo=UTC)
NOW_S = NOW.timestamp()
TOPIC = topics.senml("yj-foreign")
REGISTRY = Registry(
    site="lab", gateways=frozenset({"yj-foreign"}), datastreams=frozenset({"a/stage", "a/rain"})
)
OW = "urn:dev:ow:10e2073a01080063"


def pack(*records: dict[str, Any]) -> bytes:
    return json.dumps(records).encode()


def seen(*records: dict[str, Any]) -> list[tuple[str, float, str, float | None]]:
    return [(r.name, r.time_s, r.unit, r.value) for r in resolve(pack(*records), NOW_S)]


def test_rfc_8428_single_datapoint() -> None:
    """Section 5.1.1: no time is now."""
    assert seen({"n": OW, "u": "Cel", "v": 23.1}) == [(OW, NOW_S, "Cel", 23.1)]


def test_rfc_8428_multiple_datapoints() -> None:
    """Section 5.1.2: base name, base time and base unit; times relative to the base."""
    records: list[dict[str, Any]] = [
        {"bn": f"{OW}:", "bt": 1.276020076001e9, "bu": "A", "bver": 5}
        | {"n": "voltage", "u": "V", "v": 120.1},
        *({"n": "current", "t": t, "v": v} for t, v in [(-5, 1.2), (-4, 1.3), (-1, 1.6)]),
        {"n": "current", "v": 1.7},
    ]
    base = 1276020076.001
    assert seen(*records) == [
        (f"{OW}:voltage", base, "V", 120.1),
        (f"{OW}:current", base - 5, "A", 1.2),
        (f"{OW}:current", base - 4, "A", 1.3),
        (f"{OW}:current", base - 1, "A", 1.6),
        (f"{OW}:current", base, "A", 1.7),
    ]


def test_rfc_8428_moving_sensor_and_its_resolved_form() -> None:
    """Sections 5.1.3 and 5.1.4: a pack and its resolved form say the same."""
    short: list[dict[str, Any]] = [
        {"bn": OW, "bt": 1.320067464e9, "bu": "%RH", "v": 20},
        {"u": "lon", "v": 24.30621},
        {"u": "lat", "v": 60.07965},
        {"t": 60, "v": 20.3},
        {"u": "lon", "t": 60, "v": 24.30622},
        {"u": "lat", "t": 60, "v": 60.07965},
    ]
    units, values = ("%RH", "lon", "lat"), (20, 24.30621, 60.07965, 20.3, 24.30622, 60.07965)
    long = [
        {"n": OW, "u": units[i % 3], "t": 1.320067464e9 + 60 * (i // 3), "v": value}
        for i, value in enumerate(values)
    ]
    assert seen(*short) == seen(*long)
    assert seen(*long)[-1] == (OW, 1320067524.0, "lat", 60.07965)


def test_rfc_8428_multiple_data_types() -> None:
    """Section 5.1.5: text and data have no number, false is 0."""
    records = resolve(
        pack(
            {"bn": f"{OW}:", "n": "temp", "u": "Cel", "v": 23.1},
            {"n": "label", "vs": "Machine Room"},
            {"n": "open", "vb": False},
            {"n": "nfc-reader", "vd": "aGkgCg"},
        ),
        NOW_S,
    )
    assert [(r.value, r.text) for r in records] == [
        (23.1, None),
        (None, "Machine Room"),
        (0.0, None),
        (None, "aGkgCg"),
    ]


def test_rfc_8428_collection_of_resources() -> None:
    """Section 5.1.6: a base name stands until the next."""
    found = seen(
        {"bn": "2001:db8::2/", "bt": 1.320078429e9, "n": "temperature", "u": "Cel", "v": 25.2},
        {"n": "humidity", "u": "%RH", "v": 30},
        {"bn": "2001:db8::1/", "n": "temperature", "u": "Cel", "v": 12.3},
        {"n": "humidity", "u": "%RH", "v": 67},
    )
    assert [(name, value) for name, _, _, value in found] == [
        ("2001:db8::2/temperature", 25.2),
        ("2001:db8::2/humidity", 30),
        ("2001:db8::1/temperature", 12.3),
        ("2001:db8::1/humidity", 67),
    ]


def test_base_values_and_base_sums_are_added() -> None:
    first, second = resolve(
        pack({"bn": "a", "bv": 20, "bs": 100, "v": 0.5, "s": 7}, {"n": "b", "s": 8}), NOW_S
    )
    assert (first.value, first.sum) == (20.5, 107)
    assert (second.value, second.sum) == (None, 108)


def test_relative_times_count_from_now_and_a_header_record_says_nothing() -> None:
    found = seen({"bn": "x", "bt": -600, "bv": 3}, {"t": 60, "v": 1}, {"t": 2**28 + 600, "v": 1})
    assert [time for _, time, _, _ in found] == [NOW_S - 540, 2.0**28]


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (b"{}", "array"),
        (b'[{"n":"a","v":1},7]', "object"),
        (pack({"n": "a"}), "`a` has no value"),
        (pack({"v": 1}), "name ``"),
        (pack({"n": "-a", "v": 1}), "name `-a`"),
        (pack({"n": "a", "v": 1, "vb": True}), "2 values"),
        (pack({"n": "a", "v": "1"}), "record 0"),
        (pack({"bver": 11, "n": "a", "v": 1}), "version 11"),
        (pack({"n": "a", "v": 1, "must_": 1}), "`must_` must be understood"),
        (pack(*[{"n": "a", "v": 1}] * (MAX_RECORDS + 1)), "at most 500"),
        (pack({"n": "a", "v": 1, "t": 1e300}), "time"),
    ],
)
def test_a_pack_that_breaks_the_rules_is_refused_whole(payload: bytes, says: str) -> None:
    with pytest.raises(CodecError, match=says):
        resolve(payload, NOW_S)


FOREIGN = Foreign(
    senml={
        "yj-foreign": {
            "level": Target(datastream="a/stage"),
            "echo": Target(datastream="a/stage", scale=-0.001, offset=12.5),
            "rain": Target(datastream="a/rain", sum=True),
        }
    },
    units={"a/stage": "m", "a/rain": "mm"},
)


@pytest.mark.parametrize(
    ("record", "row", "reason"),
    [
        ({"n": "level", "u": "cm", "v": 231}, ("a/stage", 2.31), None),
        ({"n": "level", "v": 2.31}, ("a/stage", 2.31), None),
        ({"n": "echo", "u": "mm", "v": 10_000}, ("a/stage", 2.5), None),
        ({"n": "rain", "u": "mm", "v": 1, "s": 7.2}, ("a/rain", 7.2), None),
        ({"n": "level", "u": "Cel", "v": 2}, None, "unit does not fit"),
        ({"n": "level", "u": "furlong", "v": 2}, None, "unit does not fit"),
        ({"n": "level", "vs": "high"}, None, "no number"),
        ({"n": "rain", "v": 1}, None, "no number"),
        ({"n": "wind", "v": 1}, None, "unknown name"),
        ({"n": "level", "v": 2, "t": NOW_S - 90_000}, None, "time out of bounds"),
        ({"n": "echo", "v": 1.7e308, "bv": 1.7e308}, None, "not finite"),
        ({"n": "level"}, None, "torn payload"),
    ],
)
def test_records_become_observations_or_rejections(
    record: dict[str, Any], row: tuple[str, float] | None, reason: str | None
) -> None:
    out = receive_senml(TOPIC, pack(record), FOREIGN, REGISTRY, NOW)
    assert [(key, value) for key, _, value, _ in out.columns.rows()] == ([row] if row else [])
    assert [r.reason for r in out.rejected] == ([reason] if reason else [])
    assert topic_for(out) == (topics.REJECTED if reason else topics.RAW)
    assert (out.boot_id, out.seq) == (None, None)


def test_a_pack_under_a_gateway_that_nobody_knows_is_refused() -> None:
    out = receive_senml(topics.senml("other"), pack({"n": "a", "v": 1}), FOREIGN, REGISTRY, NOW)
    assert [r.reason for r in out.rejected] == ["unknown gateway"]


@given(
    st.binary(max_size=200)
    | st.lists(
        st.dictionaries(
            st.sampled_from(["bn", "bt", "bv", "bs", "n", "u", "v", "vs", "vb", "s", "t", "x_"]),
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(max_size=5),
            max_size=5,
        ),
        max_size=4,
    ).map(lambda r: json.dumps(r).encode())
)
def test_no_payload_breaks_it(payload: bytes) -> None:
    out = receive_senml(TOPIC, payload, FOREIGN, REGISTRY, NOW)
    assert all(len(r.detail) <= 500 for r in out.rejected)


@given(st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)), st.floats(-1e4, 1e4))
def test_units_convert_there_and_back(unit: str, other: str, value: float) -> None:
    there = converted(value, unit, other)
    if there is not None:
        back = converted(there, other, unit)
        scale = max(1.0, UNITS[other][1] / UNITS[unit][1])
        assert back is not None
        assert abs(back - value) <= 1e-6 * scale + 1e-9 * abs(value)
