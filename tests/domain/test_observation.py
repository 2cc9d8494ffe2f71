from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forewarn.domain import CodecError
from forewarn.domain.codec import ENVELOPE_BYTES, decode, encode, split
from forewarn.domain.observation import (
    MAX_BATCH_BYTES,
    MAX_BATCH_VALUES,
    Batch,
    Columns,
    Observation,
    Quality,
    from_milliseconds,
    to_milliseconds,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

times = st.integers(0, 4_000_000_000_000).map(from_milliseconds)
finite = st.floats(allow_nan=False, allow_infinity=False)
observed = st.builds(
    Observation, datastream=st.text(min_size=1, max_size=200), phenomenon_time=times, result=finite
)
absent = st.builds(
    Observation,
    datastream=st.just("weir/stage"),
    phenomenon_time=times,
    result=st.none(),
    quality=st.just(Quality.MISSING),
)


def test_a_value_that_failed_is_missing_not_nan() -> None:
    with pytest.raises(ValueError, match="missing, not NaN"):
        Observation(datastream="weir/stage", phenomenon_time=NOON, result=float("nan"))
    with pytest.raises(ValueError, match="exactly when"):
        Observation(datastream="weir/stage", phenomenon_time=NOON, result=None)
    with pytest.raises(ValueError, match="exactly when"):
        Observation(
            datastream="weir/stage", phenomenon_time=NOON, result=1.0, quality=Quality.MISSING
        )


@given(st.lists(observed | absent, max_size=250))
def test_splitting_and_the_wire_keep_every_observation_in_order(
    observations: list[Observation],
) -> None:
    back: list[tuple[str, int, float | None, int]] = []
    for columns in split(observations):
        batch = Batch(gateway="g" * 63, boot_id="b" * 32, seq=10**12, created=0, columns=columns)
        payload = encode(batch)
        assert len(columns) <= MAX_BATCH_VALUES
        assert len(payload) < MAX_BATCH_BYTES + ENVELOPE_BYTES or len(columns) == 1
        back += decode(payload, Batch).columns.rows()
    assert back == [
        (o.datastream, to_milliseconds(o.phenomenon_time), o.result, int(o.quality))
        for o in observations
    ]


@given(st.binary())
def test_garbage_says_that_it_is_not_a_batch(payload: bytes) -> None:
    with pytest.raises(CodecError, match="not a Batch"):
        decode(payload, Batch)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"datastreams": ["a"], "of": [0], "time": [], "result": [1.0], "quality": [2]}, "length"),
        (
            {"datastreams": ["a"], "of": [1], "time": [0], "result": [1.0], "quality": [2]},
            "outside",
        ),
        (
            {"datastreams": ["a"], "of": [-1], "time": [0], "result": [1.0], "quality": [2]},
            "outside",
        ),
    ],
)
def test_columns_that_do_not_fit_together_are_refused(
    columns: dict[str, list[object]], reason: str
) -> None:
    with pytest.raises(CodecError, match=reason):
        decode(encode(columns), Columns)


def test_selecting_rows_keeps_their_datastreams() -> None:
    columns = Columns(
        datastreams=["a", "b"],
        of=[0, 1, 0],
        time=[1, 2, 3],
        result=[1.0, None, 3.0],
        quality=[2, 9, 2],
    )
    assert list(columns.select([1, 2]).rows()) == [("b", 2, None, 9), ("a", 3, 3.0, 2)]
