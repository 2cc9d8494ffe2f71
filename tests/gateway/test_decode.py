"""Any payload becomes exactly one message; every row is accepted or refused, once."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forewarn.domain import topics
from forewarn.domain.codec import decode, encode
from forewarn.domain.guest import GATEWAY
from forewarn.domain.observation import Batch, Columns, ReceivedBatch, to_milliseconds
from gateway.decode import MAX_PAYLOAD_BYTES, MAX_VALUES, receive, topic_for
from gateway.registry import Registry

NOW = datetime(2020, 8, 5, 12, tzinfo=UTC)
MS = to_milliseconds(NOW)
HOUR = 3_600_000
REGISTRY = Registry(
    site="han",
    gateways=frozenset({"han-river"}),
    datastreams=frozenset({"hangang/stage", "paldang/discharge"}),
)
TOPIC = topics.observations("han-river")
KAFKA_LIMIT = 1_000_000


def batch(rows: list[tuple[str, int, float | None, int]], **changes: object) -> Batch:
    keys = list(dict.fromkeys(key for key, *_ in rows))
    columns = Columns(
        datastreams=keys,
        of=[keys.index(key) for key, *_ in rows],
        time=[time for _, time, _, _ in rows],
        result=[result for _, _, result, _ in rows],
        quality=[quality for *_, quality in rows],
    )
    plain = Batch(gateway="han-river", boot_id="b1", seq=7, created=MS, columns=columns)
    return msgspec.structs.replace(plain, **changes)


def received(message: Batch, topic: str = TOPIC) -> ReceivedBatch:
    return receive(topic, encode(message), REGISTRY, NOW)


def test_a_good_batch_goes_on_whole_to_raw() -> None:
    sent = batch([("hangang/stage", MS, 2.5, 2), ("paldang/discharge", MS, None, 9)])
    out = received(sent)
    assert (out.columns, out.rejected) == (sent.columns, [])
    assert (out.gateway, out.boot_id, out.seq, out.received) == ("han-river", "b1", 7, NOW)
    assert topic_for(out) == topics.RAW


def test_a_batch_without_rows_goes_on_so_that_it_is_acked() -> None:
    out = received(batch([]))
    assert (out.seq, len(out.columns), out.rejected) == (7, 0, [])


@pytest.mark.parametrize(
    ("row", "reason", "detail"),
    [
        (("hangang/fog", MS, 1.0, 2), "unknown datastream", "`hangang/fog` is not a datastream"),
        (("hangang/stage", MS + 25 * HOUR, 1.0, 2), "time out of bounds", "+25.0 h"),
        (("hangang/stage", MS - 25 * HOUR, 1.0, 2), "time out of bounds", "-25.0 h"),
        (("hangang/stage", MS, None, 2), "not finite", "result None with quality 2"),
        (("hangang/stage", MS, 1.0, 9), "not finite", "result 1.0 with quality 9"),
    ],
)
def test_one_bad_row_is_refused_and_the_others_go_on(
    row: tuple[str, int, float | None, int], reason: str, detail: str
) -> None:
    good = ("paldang/discharge", MS - 24 * HOUR, 800.0, 2)
    out = received(batch([row, good]))
    assert list(out.columns.rows()) == [good]
    assert out.columns.datastreams == ["paldang/discharge"]
    [refused] = out.rejected
    assert (refused.reason, refused.datastream, refused.time, refused.result) == (reason, *row[:3])
    assert detail in refused.detail
    assert (out.seq, topic_for(out)) == (7, topics.REJECTED)


def test_a_name_without_rows_is_not_passed_on() -> None:
    sent = batch([("hangang/stage", MS, 1.0, 2)])
    named = msgspec.structs.replace(sent.columns, datastreams=["hangang/stage", "nowhere/stage"])
    out = received(msgspec.structs.replace(sent, columns=named))
    assert (out.columns.datastreams, out.rejected) == (["hangang/stage"], [])


def test_every_row_of_an_unknown_gateway_is_kept_as_evidence_and_acked() -> None:
    stranger = batch([("hangang/stage", MS, 1.0, 2)] * 2, gateway="mars")
    out = received(stranger, topics.observations("mars"))
    assert [refused.reason for refused in out.rejected] == ["unknown gateway"] * 2
    assert (out.gateway, out.seq, len(out.columns)) == ("mars", 7, 0)


@pytest.mark.parametrize(("hours", "accepted"), [(-99 * 24, True), (-101 * 24, False), (25, False)])
def test_a_backlog_is_believed_for_100_days_and_a_future_for_a_day(
    hours: int, accepted: bool
) -> None:
    created = MS + hours * HOUR
    out = received(batch([("hangang/stage", created, 1.0, 2)], created=created))
    reasons = [] if accepted else ["time out of bounds"]
    assert [refused.reason for refused in out.rejected] == reasons


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        encode(batch([("hangang/stage", MS, 1.0, 2)]))[:-3],
        encode(batch([], gateway="another")),
        encode(batch([], seq=0)),
        encode(batch([], seq=2**70)),
        encode(batch([], created=10**30)),
        encode(batch([], boot_id="a\0b")),
        encode(batch([("hangang/stage", 10**40, 1.0, 2)])),
        encode(batch([("hangang/stage", MS, 1.0, 7)])),
        encode(batch([("hangang/stage", MS, 1.0, 2)] * (MAX_VALUES + 1))),
        encode(batch([("hangang/stage", MS, 1.0, 2)])).replace(b"1.0", b"1e999"),
        encode(batch([("hangang/stage", MS, 1.0, 2)])).replace(b"1.0", b"NaN"),
        encode(batch([], boot_id="X")).replace(b'"X"', b'"\\ud800"'),
        b"[" * 50_000,
        b"9" * 50_000,
        b" " * (MAX_PAYLOAD_BYTES + 1),
    ],
)
def test_what_cannot_be_decoded_is_kept_and_never_acked(payload: bytes) -> None:
    out = receive(TOPIC, payload, REGISTRY, NOW)
    [refused] = out.rejected
    assert (refused.reason, refused.payload) == ("torn payload", payload[:4096])
    assert (out.boot_id, out.seq, len(out.columns)) == (None, None, 0)
    assert refused.detail
    assert decode(encode(out), ReceivedBatch) == out


rows = st.lists(
    st.tuples(
        st.sampled_from(["hangang/stage", "paldang/discharge", "nowhere/stage", "\0", "ü/☃"]),
        st.integers(MS - 40 * HOUR, MS + 40 * HOUR),
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from([1, 2, 3, 4, 9]),
    ),
    max_size=30,
)


@given(rows, st.integers(MS - 40 * 24 * HOUR, MS + 40 * HOUR))
def test_every_row_is_accepted_or_refused_exactly_once(
    sent: list[tuple[str, int, float | None, int]], created: int
) -> None:
    out = received(batch(sent, created=created))
    refused = [(r.datastream, r.time, r.result) for r in out.rejected]
    accepted = [row[:3] for row in out.columns.rows()]
    assert sorted(map(repr, refused + accepted)) == sorted(repr(row[:3]) for row in sent)
    assert all(key in REGISTRY.datastreams for key in out.columns.datastreams)
    assert all(abs(time - created) <= 24 * HOUR for _, time, _, _ in out.columns.rows())
    assert decode(encode(out), ReceivedBatch) == out


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
almost = st.fixed_dictionaries(
    {
        "gateway": st.just("han-river") | json_values,
        "boot_id": st.text(max_size=3) | json_values,
        "seq": st.integers(-1, 3) | json_values,
        "created": st.just(MS) | json_values,
        "columns": st.fixed_dictionaries(
            {
                "datastreams": st.lists(st.text(max_size=3), max_size=2) | json_values,
                "of": st.lists(st.integers(-2, 2), max_size=2) | json_values,
                "time": st.lists(st.integers(), max_size=2) | json_values,
                "result": st.lists(st.none() | st.floats(), max_size=2) | json_values,
                "quality": st.lists(st.integers(0, 10), max_size=2) | json_values,
            }
        )
        | json_values,
    }
).map(lambda value: json.dumps(value).encode())


@given(st.text(max_size=40) | st.just(TOPIC), st.binary(max_size=300) | almost)
def test_any_bytes_become_exactly_one_message(topic: str, payload: bytes) -> None:
    out = receive(topic, payload, REGISTRY, NOW)
    assert decode(encode(out), ReceivedBatch) == out
    assert topic_for(out) == (topics.REJECTED if out.rejected else topics.RAW)
    assert (out.seq is None) == any(r.reason == "torn payload" for r in out.rejected)


def test_the_largest_refusal_still_fits_into_kafka() -> None:
    key = "\0" * 2000
    worst = batch([(key, MS + i, -1.2345678901234567e-100, 2) for i in range(MAX_VALUES)])
    assert len(encode(worst)) < MAX_PAYLOAD_BYTES
    out = received(worst)
    assert len(out.rejected) == MAX_VALUES
    assert len(encode(out)) < KAFKA_LIMIT


def test_world_time_decides_not_the_time_of_the_machine() -> None:
    out = receive(TOPIC, encode(batch([])), REGISTRY, NOW + timedelta(days=110))
    assert out.rejected == []
    late = batch([("hangang/stage", MS, 1.0, 2)])
    out = receive(TOPIC, encode(late), REGISTRY, NOW + timedelta(days=110))
    assert [refused.reason for refused in out.rejected] == ["time out of bounds"]


def test_datastreams_of_guests_come_from_the_data_api_alone_and_may_be_years_old() -> None:
    site = Registry(
        site="han", gateways=frozenset({"han-river", GATEWAY}), datastreams=REGISTRY.datastreams
    )
    rows: list[tuple[str, int, float | None, int]] = [
        ("guest-7/dew", MS - 50_000 * HOUR, 1.5, 2),
        ("hangang/stage", MS - 25 * HOUR, 2.5, 2),
        ("guest-7/dew", MS + 25 * HOUR, 2.0, 2),
        ("guest-7/Dew", MS, 2.0, 2),
    ]
    topic = topics.observations(GATEWAY)
    told = receive(topic, encode(batch(rows, gateway=GATEWAY)), site, NOW)
    assert told.columns.time == [MS - 50_000 * HOUR]
    assert [refused.reason for refused in told.rejected] == [
        "time out of bounds",
        "time out of bounds",
        "unknown datastream",
    ]
    other = receive(TOPIC, encode(batch(rows[:1])), site, NOW)
    assert [refused.reason for refused in other.rejected] == ["unknown datastream"]
