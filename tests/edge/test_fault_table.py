"""The peer's faults, one short run each, and some days of backlog: slow, in `make test-system`."""

import asyncio

import pytest

from benchmarks.backlog import INSTRUMENTS, LIVE_S, measure
from benchmarks.fault_claims import in_vain, named_lacking, unsaid
from benchmarks.fault_rig import Tally
from benchmarks.faults import FAULTS, Fault, excuse, one_run

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_nothing_is_lost_that_was_shown_and_could_be_kept(fault: Fault) -> None:
    tally = asyncio.run(one_run(fault, seed=11, outage_s=5.0, resend_s=1.0))
    assert tally.shown > 50
    assert excuse(fault, tally) == ""


def test_only_lost_values_of_batches_that_are_named_count_as_said() -> None:
    finding = (
        "outbox.db was torn (malformed): 3 batches saved from it; from number 2 on 5 batches are "
        "lacking, number 3–5 (after 2026-11-21T10:00:00Z) (before 2026-11-21T10:00:01Z), 8–9 "
        "(before 2026-11-21T10:00:02Z): lost where the database had not acked them"
    )
    named = named_lacking([finding, "the clock is not set"])
    assert named == {3, 4, 5, 8, 9}
    held = {n: frozenset({10 * n, 10 * n + 1}) for n in range(2, 9)}
    assert unsaid([30, 31, 51, 80], held, named) == []
    assert unsaid([30, 60, 99], held, named) == [60, 99]  # in a batch not named, and in none
    assert in_vain([30, 31, 51, 80], held, named) == [4, 9]
    assert unsaid([30], held, named_lacking(["none is lacking"])) == [30]


def test_a_torn_row_fails_where_one_lost_value_is_not_said() -> None:
    torn = next(fault for fault in FAULTS if fault.tears)
    whole = next(fault for fault in FAULTS if not fault.tears)
    assert excuse(torn, Tally(shown=600, lost=300, in_hand=4, named=75)) == ""
    assert excuse(torn, Tally(shown=600, lost=300, in_hand=4, named=75, unsaid=1)) != ""
    assert excuse(torn, Tally(shown=600, lost=300, in_hand=4, named=175, named_in_vain=100)) != ""
    assert excuse(whole, Tally(shown=600, lost=5, in_hand=4)) != ""
    assert excuse(whole, Tally(shown=600, lost=4, in_hand=4)) == ""


def test_live_observations_do_not_wait_for_the_backlog() -> None:
    found = asyncio.run(measure(2.0, within_s=240))
    assert found.batches == 2880
    assert found.stored == found.expected == 2880 * INSTRUMENTS
    assert found.latencies_s[int(len(found.latencies_s) * 0.99)] < LIVE_S
