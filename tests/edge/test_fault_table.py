"""The peer's faults, one short run each, and some days of backlog: slow, in `make test-system`."""

import asyncio

import pytest

from benchmarks.backlog import INSTRUMENTS, LIVE_S, measure
from benchmarks.faults import FAULTS, Fault, excuse, one_run

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_nothing_is_lost_that_was_shown_and_could_be_kept(fault: Fault) -> None:
    tally = asyncio.run(one_run(fault, seed=11, outage_s=5.0, resend_s=1.0))
    assert tally.shown > 50
    assert excuse(fault, tally) == ""


def test_live_observations_do_not_wait_for_the_backlog() -> None:
    found = asyncio.run(measure(2.0, within_s=240))
    assert found.batches == 2880
    assert found.stored == found.expected == 2880 * INSTRUMENTS
    assert found.latencies_s[int(len(found.latencies_s) * 0.99)] < LIVE_S
