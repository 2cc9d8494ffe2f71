"""Densities, doors and queues against published numbers, laws and odd inputs."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.models.crowd.capacity import (
    Exit,
    clearance_min,
    exit_rate,
    fill_min,
    safe_capacity,
)
from stream.models.crowd.schedule import Gathering, expected_rates
from stream.models.crowd.service import service, service_by_density, service_by_flow
from stream.models.crowd.waiting import (
    erlang_c,
    mean_wait_min,
    posts_needed,
    queue_now,
    waits_ahead,
)

# ---------------------------------------------------------------- level of service


@pytest.mark.parametrize(
    ("flow", "level"),
    [(0, "A"), (22.9, "A"), (23, "B"), (40, "C"), (65, "D"), (81, "E"), (82, "F")],
)
def test_level_of_service_by_flow_is_fruins(flow: float, level: str) -> None:
    assert service_by_flow(flow) == level


@pytest.mark.parametrize(
    ("space", "level"), [(3.3, "A"), (2.4, "B"), (1.4, "C"), (1.0, "D"), (0.5, "E"), (0.4, "F")]
)
def test_level_of_service_by_space_is_fruins(space: float, level: str) -> None:
    assert service_by_density(1 / space) == level


def test_a_jam_that_hardly_flows_is_judged_by_its_density() -> None:
    assert service_by_flow(10.0) == "A"
    assert service(4.0, 10.0) == "F"


@given(st.floats(0, 20), st.floats(0, 20))
def test_more_people_are_never_a_better_level(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert service_by_density(low) <= service_by_density(high)


@pytest.mark.parametrize("odd", [nan, -1.0])
def test_no_level_of_service_of_nonsense(odd: float) -> None:
    with pytest.raises(ValueError, match="give 0 or more"):
        service_by_density(odd)
    with pytest.raises(ValueError, match="give 0 or more"):
        service_by_flow(odd)


# ---------------------------------------------------------------- doors


def test_the_green_guides_exit_rates() -> None:
    """Green Guide: 1.2 m wide, 82/m/min level and 66 on stairs; 8 minutes."""
    assert exit_rate([Exit(1.2)]) == pytest.approx(98.4)
    assert exit_rate([Exit(1.2, stairs=True)]) == pytest.approx(79.2)
    assert exit_rate([Exit(1.2), Exit(2.0, open=False)]) == pytest.approx(98.4)
    assert safe_capacity(10_000.0, [Exit(10.0)]) == (pytest.approx(6560.0), "exits")
    assert safe_capacity(100.0, [Exit(10.0)]) == (pytest.approx(470.0), "area")


def test_a_place_without_open_exits_never_empties() -> None:
    assert clearance_min(10.0, exit_rate([])) == inf
    assert clearance_min(0.0, 0.0) == 0.0
    assert clearance_min(656.0, 82.0) == 8.0


def test_time_to_full() -> None:
    assert fill_min(500.0, 1000.0, 25.0) == 20.0
    assert fill_min(1000.0, 1000.0, -5.0) == 0.0
    assert fill_min(500.0, 1000.0, 0.0) == inf


# ---------------------------------------------------------------- queues


def test_erlang_c_is_the_textbooks() -> None:
    """M/M/1 waits with probability rho; M/M/2 with a = 1: 1/3 (Gross & Harris 1998, 2.3)."""
    assert erlang_c(1, 0.7) == pytest.approx(0.7)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert erlang_c(2, 2.0) == 1.0
    assert erlang_c(0, 0.5) == 1.0


def test_mean_wait_of_one_post() -> None:
    """M/M/1: W = rho / (mu - lambda)."""
    assert mean_wait_min(1, 6.0, 8.0) == pytest.approx(0.75 / 2.0)
    assert mean_wait_min(1, 8.0, 8.0) == inf
    assert mean_wait_min(3, 0.0, 8.0) == 0.0


@given(st.floats(0.1, 200.0), st.floats(0.5, 20.0))
def test_enough_posts_and_not_one_too_many(arrivals: float, rate: float) -> None:
    posts = posts_needed(arrivals, rate, 2.0)
    assert mean_wait_min(posts, arrivals, rate) <= 2.0
    assert posts == 1 or mean_wait_min(posts - 1, arrivals, rate) > 2.0


def test_waiting_is_littles() -> None:
    queue = queue_now(40.0, 12.0, 2, 5.0)
    assert (queue.waiting_min, queue.balance) == (4.0, 2.0)
    assert queue_now(3.0, 0.0, 0, 5.0).waiting_min == inf
    assert queue_now(0.0, 0.0, 0, 5.0).waiting_min == 0.0


def test_a_queue_that_more_join_than_are_served_grows_as_the_balance() -> None:
    waits = waits_ahead(
        20.0, np.full(20, 12.0), 10.0, steps=30, members=4000, random=np.random.default_rng(1)
    )
    assert np.mean(waits[:, -1]) == pytest.approx((20 + 30 * 2) / 10, rel=0.1)
    assert np.all(np.isfinite(waits))


def test_nobody_served_is_an_endless_wait() -> None:
    waits = waits_ahead(
        5.0, np.full(3, np.nan), 0.0, steps=4, members=9, random=np.random.default_rng(1)
    )
    assert np.all(waits == inf)


# ---------------------------------------------------------------- schedule


def test_everybody_expected_arrives_around_the_start() -> None:
    event = Gathering(start_s=3 * 3600.0, end_s=5 * 3600.0, people=1000.0, arrive_min=60.0)
    times = 60.0 * np.arange(10 * 60)
    come, leave = expected_rates(times, [event])
    assert come.sum() == pytest.approx(1000.0, rel=1e-3)
    assert come[: 2 * 60].sum() == 0.0
    assert leave[: 5 * 60 + 1].max() == 0.0
    assert leave[5 * 60 + 1] == pytest.approx(1 / 20)
    assert expected_rates(times, [])[0].sum() == 0.0
