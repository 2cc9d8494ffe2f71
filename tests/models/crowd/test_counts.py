"""Occupancy, outlook and the counters' faults, on days whose truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.models.crowd.balance import complaints, frozen_for, shares, silent_for, stuck
from stream.models.crowd.occupancy import CountErrors, estimate
from stream.models.crowd.outlook import (
    RECENT,
    Lately,
    Planned,
    first_passage,
    outlook,
    quantiles,
)

Day = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def day(seed: int, minutes: int = 600) -> Day:
    """Return persons, and what gates (1 in 30 missed) and camera (8 % noise) count each minute."""
    random = np.random.default_rng(seed)
    mood = np.convolve(random.normal(size=minutes + 120), np.hanning(60) / 22, "valid")[:minutes]
    rate = 12 * np.exp(0.4 * np.sin(np.arange(minutes) / 60 + seed) + mood)
    came = random.poisson(rate)
    persons, left = np.zeros(minutes), np.zeros(minutes, dtype=int)
    there = 0
    for t in range(minutes):
        left[t] = random.binomial(there, 1 / 60)
        there += int(came[t] - left[t])
        persons[t] = there
    seen = [random.binomial(flow, 0.97).astype(float) for flow in (came, left)]
    camera = np.round(persons * (1 + 0.08 * random.normal(size=minutes)))
    return persons, seen[0], seen[1], camera


# ---------------------------------------------------------------- occupancy


def test_gates_and_camera_together_beat_each_alone() -> None:
    persons, came, left, camera = day(1)
    errors = CountErrors()
    empty = np.arange(len(persons)) == 0
    none = np.full(len(persons), np.nan)
    both = estimate(came, left, camera, errors).persons[60:]
    gates = estimate(came, left, none, errors, empty=empty).persons[60:]
    truth = persons[60:]
    wrong = [np.sqrt(np.mean((x - truth) ** 2)) for x in (both, gates, camera[60:])]
    assert wrong[0] < 0.5 * min(wrong[1:])


def test_the_interval_holds_the_truth() -> None:
    inside = []
    for seed in range(6):
        persons, came, left, camera = day(seed)
        found = estimate(came, left, camera, CountErrors())
        inside.append(np.abs(found.persons - persons)[60:] <= 1.645 * found.sd[60:])
    assert np.mean(inside) >= 0.85


def test_perfect_gates_are_conservation() -> None:
    came, left = np.array([5.0, 3, 0, 2]), np.array([0.0, 1, 2, 0])
    exact = CountErrors(gate=1e-12, gate_drift=1e-12, camera_bias=0.0)
    start = np.array([True, False, False, False])
    found = estimate(came, left, np.full(4, np.nan), exact, empty=start)
    assert found.persons == pytest.approx([0.0, 2.0, 0.0, 2.0])


def test_gates_that_slip_are_found_out() -> None:
    persons, came, left, camera = day(2, 1200)
    slipping = estimate(came, np.round(left * 0.9), camera, CountErrors())
    assert slipping.drift < -0.02
    assert np.mean(np.abs(slipping.persons - persons)[300:]) < 0.08 * persons[300:].mean()


def test_a_silent_gate_widens_and_a_lone_wild_count_is_not_believed() -> None:
    persons, came, left, camera = day(3)
    came[500:], left[500:] = np.nan, np.nan
    camera[500:] = np.nan
    blind = estimate(came, left, camera, CountErrors())
    assert blind.sd[-1] > 4 * blind.sd[490]
    assert (blind.flow_ago, blind.counted_ago) == (100, 100)
    persons, came, left, camera = day(3)
    camera[-1] = 10 * persons[-1]
    wild = estimate(came, left, camera, CountErrors())
    assert wild.refused == 1
    assert wild.persons[-1] == pytest.approx(persons[-1], rel=0.1)


def test_a_count_that_stays_different_is_believed_in_the_end() -> None:
    persons, came, left, camera = day(4)
    camera[-30:] = persons[-30:] + 2000
    assert estimate(came, left, camera, CountErrors()).persons[-1] > 1500


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 1))
def test_never_negative_and_never_without_doubt(seed: int, gaps: float) -> None:
    random = np.random.default_rng(seed)
    rows = random.poisson(5, (3, 60)).astype(float)
    rows[random.random((3, 60)) < gaps] = np.nan
    found = estimate(*rows, CountErrors())
    known = np.isfinite(found.persons)
    assert np.all(found.persons[known] >= 0)
    assert np.all(found.sd[known] > 0) or not known.any()


def test_nothing_counted_is_nothing_known() -> None:
    none = np.full(10, np.nan)
    found = estimate(none, none, none, CountErrors())
    assert np.isnan(found.persons).all()
    assert (found.counted_ago, found.flow_ago) == (None, None)


# ---------------------------------------------------------------- outlook


def test_the_half_hour_ahead_is_calibrated() -> None:
    """Of days it has not seen, the 80 % interval holds 70 to 92 % at each lead."""
    leads, hits = (5, 15, 30), []
    for seed in range(20, 26):
        persons, came, left, camera = day(seed)
        found = estimate(came, left, camera, CountErrors())
        for t in range(120, 560, 11):
            ahead = outlook(
                Lately(
                    found.persons[t],
                    found.sd[t],
                    came[: t + 1],
                    left[: t + 1],
                ),
                random=np.random.default_rng(t),
            )
            low, high = quantiles(ahead, leads, (0.1, 0.9)).T
            later = persons[[t + lead for lead in leads]]
            hits.append((low <= later) & (later <= high))
    assert np.all((np.mean(hits, axis=0) >= 0.7) & (np.mean(hits, axis=0) <= 0.95))


def test_a_scheduled_event_is_foreseen_before_anybody_comes() -> None:
    arrivals = np.concatenate([np.zeros(RECENT), np.full(30, 20.0)])
    quiet = Lately(0.0, 1.0, np.zeros(30), np.zeros(30))
    random = np.random.default_rng(1)
    planned = Planned(arrivals, np.zeros(RECENT + 30))
    ahead = outlook(quiet, planned=planned, members=2000, random=random)
    assert np.median(ahead[:, -1]) == pytest.approx(600, rel=0.25)
    low, high = np.quantile(ahead[:, -1], (0.1, 0.9))
    assert high > 2 * low


def test_exits_let_no_more_out_than_they_can_and_bays_hold_no_more() -> None:
    leaving = Lately(1000.0, 0.0, np.zeros(30), np.full(30, 100.0))
    slow = outlook(leaving, most_out=10.0, members=300, random=np.random.default_rng(1))
    assert np.mean(slow[:, -1]) == pytest.approx(1000 - 300, abs=10)
    filling = Lately(95.0, 0.0, np.full(30, 8.0), np.zeros(30))
    cars = outlook(filling, room=100.0, random=np.random.default_rng(1))
    assert cars.max() == 100.0
    assert np.all(first_passage(cars, 100.0) <= 5)
    assert np.all(np.isinf(first_passage(cars, 101.0)))


# ---------------------------------------------------------------- faults of counters


def test_shares_find_a_gate_that_counts_twice() -> None:
    for who, expected in (("in", (0.5, 1.0)), ("out", (1.0, 0.5)), ("none", (1.0, 1.0))):
        found = []
        for seed in range(4):
            _, came, left, camera = day(seed, 360)
            came = came * 2 if who == "in" else came
            left = left * 2 if who == "out" else left
            fitted = shares(came, left, camera)
            assert fitted is not None
            found.append((fitted.came, fitted.left))
        assert np.mean(found, axis=0) == pytest.approx(expected, abs=0.2)


def test_complaints_are_in_words_and_silent_where_all_is_well() -> None:
    persons, came, left, _ = day(7, 360)
    said = complaints(shares(came * 2, left, persons, camera=0.01))
    assert len(said) == 1
    assert said[0].startswith("a gate counts those who come in 1.9") or "2.0 times" in said[0]
    quiet = [complaints(shares(*day(seed, 360)[1:])) for seed in range(12)]
    assert sum(map(len, quiet)) <= 1
    assert complaints(None) == []


def test_nothing_is_said_of_a_night_or_an_hour() -> None:
    none = np.zeros(360)
    assert shares(none, none, none) is None
    assert shares(none[:30], none[:30], none[:30]) is None
    assert shares(none * np.nan, none, none) is None


def test_frozen_and_silent() -> None:
    values = np.array([3.0, 5.0, 5.0, np.nan, 5.0])
    assert frozen_for(values) == 3
    assert silent_for(values) == 0
    assert silent_for(np.array([1.0, np.nan, np.nan])) == 2
    assert (frozen_for(values * np.nan), silent_for(values * np.nan)) == (0, 5)


def test_a_flow_of_none_is_named_where_others_move() -> None:
    """Two gates: the second lets nobody in while the first lets 300 in, and 300 leave by both."""
    calm, nobody = np.full(60, 5.0), np.zeros(60)
    counts = np.full(60, 500.0)
    two = np.array([[calm, calm / 2], [nobody, calm / 2]])
    assert stuck(two, counts) == [(2, "300 passed the other gates that way")]
    assert stuck(two / 10, counts) == []
    [(row, reason)] = stuck(np.array([[calm, nobody]]), counts)
    assert (row, reason) == (1, "the cameras call for 225 who passed")
    assert stuck(np.array([[calm, nobody]]), 5.0 * np.arange(60)) == []
    [(row, _)] = stuck(np.array([[nobody, calm / 5]]), 5.0 * np.arange(60))
    assert row == 0
    assert stuck(np.array([[calm, nobody]]), np.full(60, np.nan)) == []
    assert stuck(np.full((1, 2, 60), np.nan), counts) == []
