"""The verdicts of quality control: those of ioos_qc where we want them, and where we do not."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from forewarn.domain.observation import Columns
from forewarn.domain.station import Datastream, Limits
from stream.flatline import CAPACITY, FlatLine
from stream.lane import BELIEVE_AFTER
from stream.qc import QualityControl

KEY = "a/stage"
MINUTE = 60_000
REFERENCE = json.loads((Path(__file__).parent / "reference/ioos_qc_3.0.0.json").read_text())

Value = float | None


def control(interval_s: float = 60, **limits: Any) -> QualityControl:
    stream = Datastream(
        property="stage",
        unit="m",
        interval=timedelta(seconds=interval_s),
        limits=Limits(**limits),
    )
    return QualityControl({KEY: stream})


def columns(*rows: tuple[int, Value], key: str = KEY) -> Columns:
    return Columns(
        datastreams=[key],
        of=[0] * len(rows),
        time=[time for time, _ in rows],
        result=[result for _, result in rows],
        quality=[9 if result is None else 2 for _, result in rows],
    )


def judge(qc: QualityControl, *rows: tuple[int, Value]) -> list[int]:
    """Return the flag of each row in the end, as the database would hold it."""
    flags: dict[int, int] = {}
    for row in rows:  # one at a time, as a live network has them
        judged = qc.judge(columns(row))
        flags.setdefault(row[0], judged.quality[0])
        flags |= {revision.time: revision.quality for revision in judged.revisions}
    return [flags[time] for time, _ in rows]


def regular(values: list[Value], step_ms: int = MINUTE) -> list[tuple[int, Value]]:
    return [(i * step_ms, value) for i, value in enumerate(values)]


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["kind"])
@pytest.mark.parametrize("test", ["gross_range", "spike", "flat_line"])
def test_one_value_at_a_time_gives_the_flags_that_ioos_qc_gives_the_whole(
    case: dict[str, Any], test: str
) -> None:
    known = REFERENCE["limits"]
    limits: dict[str, dict[str, Any]] = {
        "gross_range": {"fail": tuple(known["fail"]), "suspect": tuple(known["suspect"])},
        "spike": {key: known[key] for key in ("spike_suspect", "spike_fail")},
        "flat_line": {
            "flat_after": timedelta(seconds=known["flat_after_s"]),
            "flat_fail_after": timedelta(seconds=known["flat_fail_after_s"]),
            "flat_tolerance": known["flat_tolerance"],
        },
    }
    step_s = REFERENCE["step_s"]
    rows = regular(case["values"], step_s * 1000)
    assert judge(control(step_s, **limits[test]), *rows) == case[test]


def test_spike_by_the_average_of_the_neighbours() -> None:
    qc = control(spike_suspect=1.0, spike_fail=2.0)
    assert judge(qc, *regular([0.0, 0.0, 3.0, 0.0, 0.0])) == [2, 3, 4, 3, 2]


def test_a_spike_threshold_of_0_is_no_test() -> None:
    assert judge(control(spike_suspect=0.0), *regular([0.0, 9.0, 0.0])) == [2, 2, 2]


def test_a_neighbour_refused_by_another_test_does_not_testify() -> None:
    qc = control(spike_suspect=1.0, fail=(-1.0, 10.0))
    assert judge(qc, *regular([0.0, 0.0, 99.0, 0.0, 0.0, 0.0])) == [1, 1, 4, 1, 1, 1]


def test_the_spike_test_interpolates_in_time_where_the_grid_is_irregular() -> None:
    qc = control(spike_suspect=0.1, fail=(-1.0, 10.0))
    ramp = [(0, 0.0), (MINUTE, 1.0), (3 * MINUTE, 3.0), (4 * MINUTE, 4.0)]
    assert judge(qc, *ramp) == [1, 1, 1, 1]


def test_bounds_pass_and_infinity_fails() -> None:
    qc = control(fail=(0.0, 10.0), suspect=(1.0, 9.0))
    values: list[Value] = [1.0, 9.0, 0.0, 10.0, 10.001, float("inf"), float("-inf"), None]
    assert judge(qc, *regular(values)) == [1, 1, 3, 3, 4, 4, 4, 9]


def test_not_a_number_is_missing() -> None:
    assert judge(control(fail=(0.0, 1.0)), (0, float("nan"))) == [9]


def test_without_limits_nothing_is_called_good() -> None:
    assert judge(control(), (0, 1.0), (MINUTE, None)) == [2, 9]


def test_the_rate_is_strict_and_the_first_value_passes() -> None:
    qc = control(max_rate_per_s=0.5)
    assert judge(qc, (0, 0.0), (1000, 0.5), (2000, 1.001)) == [1, 1, 3]


def test_values_that_come_more_often_than_expected_are_judged_no_harder() -> None:
    """A gauge with 5 mm of noise, asked each 2 s instead of each minute, still tells a spike."""
    qc = control(spike_suspect=0.08, spike_fail=0.6, max_rate_per_s=0.002)
    noise = [0.005 * (-1) ** place + 0.0001 * place for place in range(60)]
    noise[40] += 0.5
    flags = judge(qc, *regular([*noise], step_ms=2000))
    assert [place for place, flag in enumerate(flags) if flag != 1] == [40]


def test_the_return_from_a_spike_is_no_spike() -> None:
    qc = control(max_rate_per_s=0.01)
    assert judge(qc, *regular([1.0, 5.0, 1.02])) == [1, 3, 1]


def test_a_value_after_a_missing_one_is_judged_by_the_last_trusted() -> None:
    qc = control(max_rate_per_s=0.01)
    assert judge(qc, *regular([1.0, None, 1.1, None, 9.0])) == [1, 9, 1, 9, 3]


def test_tolerance_grows_with_time_until_a_step_is_believed() -> None:
    qc = control(max_rate_per_s=0.01)
    assert judge(qc, (0, 0.0), (MINUTE, 2.0), (4 * MINUTE, 2.0)) == [1, 3, 1]


def test_values_that_agree_with_each_other_are_believed_in_the_end() -> None:
    qc = control(max_rate_per_s=0.001)
    flags = judge(qc, *regular([0.0] + [50.0] * (BELIEVE_AFTER + 2)))
    assert flags == [1] + [3] * (BELIEVE_AFTER - 1) + [1, 1, 1]


def test_noise_far_from_trust_is_never_believed() -> None:
    qc = control(max_rate_per_s=0.001)
    assert judge(qc, *regular([0.0, 50.0, -40.0, 70.0, -60.0, 50.0, -90.0, 80.0]))[1:] == [3] * 7


def test_less_than_a_second_is_not_infinitely_fast() -> None:
    qc = control(interval_s=0.1, max_rate_per_s=0.5)
    assert judge(qc, (0, 1.0), (100, 1.02), (101, 1.03), (102, 2.5)) == [1, 1, 1, 3]


def test_trust_goes_back_to_before_a_spike_that_the_rate_let_pass() -> None:
    """Slow up, fast down: the return is too fast from the spike, not from before it."""
    qc = control(max_rate_per_s=0.01, spike_suspect=0.2, spike_fail=2.0)
    rows = [(0, 1.0), (MINUTE, 1.0), (2 * MINUTE, 1.5), (2 * MINUTE + 20_000, 1.0)]
    assert judge(qc, *rows)[2:] == [3, 1]


def test_a_stuck_gauge_is_suspect_then_fails() -> None:
    qc = control(
        flat_after=timedelta(minutes=3), flat_fail_after=timedelta(minutes=5), flat_tolerance=0.01
    )
    assert judge(qc, *regular([1.0, 2.0] + [3.0] * 7)) == [1, 1, 1, 1, 1, 3, 3, 4, 4]


def test_a_tolerance_of_0_means_exactly_the_same_value() -> None:
    qc = control(flat_after=timedelta(minutes=2))
    assert judge(qc, *regular([1.0, 1.0, 1.0, 1.0001, 1.0001])) == [1, 1, 3, 1, 1]


def test_a_single_value_among_missing_ones_is_not_flat() -> None:
    qc = control(flat_after=timedelta(minutes=3), flat_tolerance=0.01)
    assert judge(qc, *regular([1.0, 2.0, None, None, None, None, 2.0]))[-1] == 1


def test_a_gap_separates_what_lies_on_its_sides_and_blames_nobody() -> None:
    qc = control(fail=(-9.0, 9.0), spike_suspect=0.1, flat_after=timedelta(minutes=30))
    before, after = regular([1.0, 1.0]), [(100 * MINUTE, 1.0), (101 * MINUTE, 1.0)]
    assert judge(qc, *before, *after) == [1, 1, 1, 1]


def test_a_device_that_doubts_its_own_value_is_heard() -> None:
    qc = control(fail=(0.0, 9.0))
    doubtful = Columns(datastreams=[KEY], of=[0, 0], time=[0, 1], result=[1.0, 1.0], quality=[3, 4])
    assert qc.judge(doubtful).quality == [3, 4]


def test_only_quality_control_says_good() -> None:
    boasting = Columns(datastreams=[KEY], of=[0], time=[0], result=[1.0], quality=[1])
    assert control().judge(boasting).quality == [2]


def test_an_unknown_datastream_passes_as_it_is_and_is_not_remembered() -> None:
    qc = control(fail=(0.0, 1.0))
    assert qc.judge(columns((0, 50.0), key="b/stage")).quality == [2]
    assert qc.memories() == {timedelta(minutes=6): [KEY]}


def test_a_latecomer_is_judged_but_does_not_displace_what_is_newer() -> None:
    qc = control(max_rate_per_s=0.001)
    rows = [(0, 1.0), (2 * MINUTE, 5.0), (3 * MINUTE, 1.02), (MINUTE, 1.01)]
    assert judge(qc, *rows) == [1, 3, 1, 1]
    assert judge(qc, (4 * MINUTE, 1.03)) == [1]


def test_a_repeated_value_gets_the_same_flag_again() -> None:
    qc = control(max_rate_per_s=0.001)
    assert [qc.judge(columns(row)).quality for row in [(0, 1.0), (MINUTE, 9.0), (MINUTE, 9.0)]] == [
        [1],
        [3],
        [3],
    ]


def test_a_backlog_beside_live_values_is_judged_by_the_same_tests() -> None:
    """Ten hours arrive after the live values, live ones in between: the spike is still found."""
    qc = control(fail=(0.0, 9.0), spike_suspect=0.3, max_rate_per_s=0.05)
    live = [(minute * MINUTE, 2.0) for minute in range(600, 640)]
    backlog: list[tuple[int, Value]] = [(minute * MINUTE, 1.0) for minute in range(40)]
    backlog[20] = (20 * MINUTE, 1.9)
    mixed = [row for pair in zip(live, backlog, strict=True) for row in pair]
    flags = dict(zip(mixed, judge(qc, *mixed), strict=True))
    assert {time // MINUTE for (time, _), flag in flags.items() if flag == 3} == {19, 20, 21}


def test_memory_rebuilt_from_stored_values_judges_as_if_nothing_had_happened() -> None:
    limits = {"max_rate_per_s": 0.01, "spike_suspect": 0.3, "spike_fail": 2.0}
    rows = regular([1.0, 1.1, 9.0, 1.2, 1.7, 1.2, 1.2, 1.3])
    whole = judge(control(**limits), *rows)
    for cut in range(2, len(rows)):
        before, after = rows[:cut], rows[cut:]
        stored = judge(control(**limits), *before)
        fresh = control(**limits)
        fresh.warm({KEY: [(*row, flag) for row, flag in zip(before, stored, strict=True)]})
        assert judge(fresh, *after) == whole[cut:], f"restarted before row {cut}"


def test_the_memory_of_a_flat_line_is_bounded_and_never_cries_wolf() -> None:
    flat = FlatLine(tolerance=1.0)
    span = 0
    for i in range(10 * CAPACITY):  # ever narrower around 0.5: nothing would be forgotten
        swing = 0.499 * (1 - i / (20 * CAPACITY)) * (1 if i % 2 else -1)
        span = flat.step(i, 0.5 + swing)
    assert len(flat._high) <= CAPACITY
    assert len(flat._low) <= CAPACITY
    assert span <= 10 * CAPACITY
    assert flat.step(10 * CAPACITY, 50.0) == 1
