"""Received batches become the arguments of one transaction."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from forewarn.domain.codec import encode
from forewarn.domain.observation import Columns, ReceivedBatch, Rejection
from forewarn.domain.station import Datastream, Limits
from stream.qc import QualityControl
from stream.sink import CHECKED_ROWS, KEEP_BYTES, fold, read

NOON = datetime(2020, 8, 6, 12, tzinfo=UTC)
NOON_MS = 1_596_715_200_000
A, B = "a/stage", "b/stage"
LIMITS = Limits(fail=(0.0, 10.0), spike_suspect=0.5)
STREAM = Datastream(property="stage", unit="m", interval=timedelta(minutes=1), limits=LIMITS)
ROUTES = {A: ("up", "down"), B: ("down",)}


def batch(seq: int | None, *results: float | None, key: str = A, first: int = 0) -> ReceivedBatch:
    return ReceivedBatch(
        gateway="g",
        boot_id=None if seq is None else "boot",
        seq=seq,
        received=NOON,
        columns=Columns(
            datastreams=[key],
            of=[0] * len(results),
            time=[NOON_MS + (first + i) * 60_000 for i in range(len(results))],
            result=list(results),
            quality=[9 if result is None else 2 for result in results],
        ),
    )


def control() -> QualityControl:
    return QualityControl({A: STREAM, B: STREAM})


def test_rows_carry_the_verdict_and_when_they_were_received() -> None:
    intake = fold([batch(1, 1.0, 11.0, None)], control(), ROUTES)
    assert intake.rows == [
        (A, NOON_MS, 1.0, 1, NOON_MS, False),
        (A, NOON_MS + 60_000, 11.0, 4, NOON_MS, False),
        (A, NOON_MS + 120_000, None, 9, NOON_MS, False),
    ]
    assert intake.batches == [("g", "boot", 1)]


def test_a_verdict_that_comes_late_is_a_revision_behind_all_originals() -> None:
    intake = fold([batch(1, 1.0, 3.0), batch(2, 1.0, first=2)], control(), ROUTES)
    assert [(row[1] - NOON_MS, row[3], row[5]) for row in intake.rows] == [
        (0, 1, False),
        (60_000, 1, False),
        (120_000, 1, False),
        (60_000, 3, True),
    ]


def test_each_area_hears_of_what_it_wants() -> None:
    received = [batch(1, 1.0), batch(2, 2.0, key=B), batch(3, 3.0, key="nobody/knows")]
    checked = fold(received, control(), ROUTES).checked
    assert {news.area: news.columns.datastreams for news in checked} == {"up": [A], "down": [A, B]}


def test_a_large_take_is_told_in_several_messages() -> None:
    values = [1.0] * (CHECKED_ROWS + 1)
    checked = fold([batch(1, *values)], control(), {A: ("up",)}).checked
    assert [len(news.columns) for news in checked] == [CHECKED_ROWS, 1]


def test_rejections_are_kept_and_the_batch_still_counts_as_delivered() -> None:
    refused = Rejection(reason="unknown datastream", detail="x/y")
    received = ReceivedBatch(
        gateway="g",
        boot_id="boot",
        seq=7,
        received=NOON,
        columns=batch(7).columns,
        rejected=[refused],
    )
    intake = fold([received], control(), ROUTES)
    assert (intake.rejections, intake.batches) == ([("g", NOON, refused)], [("g", "boot", 7)])


def test_a_payload_without_a_number_is_never_acked() -> None:
    assert fold([batch(None, 1.0)], control(), ROUTES).batches == []


def test_what_was_sent_is_read() -> None:
    sent = batch(1, 1.0, None)
    assert read("g", encode(sent), NOON) == sent


@given(st.binary(max_size=200))
def test_garbage_becomes_a_rejection_with_its_bytes(garbage: bytes) -> None:
    received = read("g", garbage, NOON)
    [torn] = received.rejected
    assert (torn.reason, torn.payload, received.seq) == ("torn payload", garbage, None)
    assert fold([received], control(), ROUTES).rows == []


def test_of_a_large_torn_payload_the_beginning_is_kept() -> None:
    [torn] = read("g", b"x" * 10_000, NOON).rejected
    assert torn.payload == b"x" * KEEP_BYTES
