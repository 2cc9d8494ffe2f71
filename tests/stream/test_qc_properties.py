"""For every order and every repetition: no crash, and the same values in the end."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from forewarn.domain.observation import Columns, ReceivedBatch
from forewarn.domain.station import Datastream, Limits
from stream.qc import QualityControl
from stream.series import MinuteSeries
from stream.sink import fold

MINUTE = 60_000
KEYS = ["a/stage", "b/stage", "nobody/knows"]
LIMITS = Limits(
    fail=(-10.0, 10.0),
    suspect=(-8.0, 8.0),
    spike_suspect=0.5,
    spike_fail=2.0,
    max_rate_per_s=0.05,
    flat_after=timedelta(minutes=4),
    flat_fail_after=timedelta(minutes=8),
    flat_tolerance=0.01,
)
STREAM = Datastream(property="stage", unit="m", interval=timedelta(minutes=1), limits=LIMITS)
Row = tuple[int, int, float | None]
results = st.none() | st.floats(-12, 12) | st.sampled_from([1.0, 1.0, 1.0, 1.5])
rows = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60), results), max_size=60)


def control() -> QualityControl:
    return QualityControl(dict.fromkeys(KEYS[:2], STREAM))


def columns(rows: list[Row]) -> Columns:
    return Columns(
        datastreams=KEYS,
        of=[of for of, _, _ in rows],
        time=[minute * MINUTE for _, minute, _ in rows],
        result=[result for *_, result in rows],
        quality=[9 if result is None else 2 for *_, result in rows],
    )


@given(rows)
def test_every_value_gets_one_of_the_flags_and_missing_means_missing(rows: list[Row]) -> None:
    judged = control().judge(columns(rows))
    for (_, _, result), flag in zip(rows, judged.quality, strict=True):
        assert (flag == 9) == (result is None)
        assert flag in (1, 2, 3, 4, 9)
    for revision in judged.revisions:
        assert revision.quality in (1, 3, 4)
        assert (KEYS.index(revision.datastream), revision.time // MINUTE, revision.result) in rows


@given(
    st.lists(
        st.tuples(
            st.integers(-(1 << 62) + 1, 1 << 62),
            st.floats() | st.none(),
            st.integers(-5, 12),
        ),
        max_size=30,
    )
)
def test_quality_control_survives_any_number_and_any_time(
    rows: list[tuple[int, float | None, int]],
) -> None:
    wild = Columns(
        datastreams=KEYS[:1],
        of=[0] * len(rows),
        time=[time for time, _, _ in rows],
        result=[result for _, result, _ in rows],
        quality=[quality for *_, quality in rows],
    )
    assert len(control().judge(wild).quality) == len(rows)


def stored(batches: list[list[Row]]) -> dict[tuple[str, int], float | None]:
    """Return what the database would hold: the first value, or a real one for a missing one."""
    received = [
        ReceivedBatch(
            gateway="g",
            boot_id="b",
            seq=number,
            received=datetime(2020, 8, 5, tzinfo=UTC),
            columns=columns(batch),
        )
        for number, batch in enumerate(batches, start=1)
    ]
    held: dict[tuple[str, int], float | None] = {}
    for key, time, result, _, _, revision in fold(received, control(), {}).rows:
        if not revision and held.get((key, time)) is None:
            held[key, time] = result
    return held


def distinct(batches: list[list[Row]]) -> list[list[Row]]:
    """Give each (datastream, minute) one value: an instrument says one thing at one time."""
    said: dict[tuple[int, int], float | None] = {}
    return [
        [(of, at, said.setdefault((of, at), result)) for of, at, result in batch]
        for batch in batches
    ]


@given(st.lists(rows, max_size=5).map(distinct), st.data())
@settings(max_examples=50)
def test_any_order_and_any_repetition_of_batches_store_the_same_values(
    batches: list[list[Row]], data: Any
) -> None:
    shuffled = data.draw(st.permutations(batches))
    again = data.draw(st.lists(st.sampled_from(batches), max_size=3)) if batches else []
    assert stored([*shuffled, *again]) == stored(batches)


@given(rows, st.data())
def test_the_order_of_arrival_does_not_change_a_minute_series(rows: list[Row], data: Any) -> None:
    [rows] = distinct([rows])

    def grid(rows: list[Row]) -> str:
        series = MinuteSeries(KEYS, 120)
        series.add(columns(rows), not_after_ms=61 * MINUTE)
        return str(series.history(60, 60).tolist())

    assert grid(data.draw(st.permutations(rows))) == grid(rows)
