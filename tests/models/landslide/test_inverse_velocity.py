"""Failure times: on Fukuzono's law with noise, steps and outliers; never on creep that is steady.

No openly licensed series of creep to failure was at hand: all here is made up.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.models.landslide.inverse_velocity import failure, line, steps

HOUR = 3600.0
ALPHAS = (1.8, 2.0, 2.2)


def creep(
    random: np.random.Generator,
    *,
    fails_h: float = 12.0,
    noise: float = 0.5,
    alpha: float = 2.0,
    count: int = 120,
) -> tuple[np.ndarray, np.ndarray]:
    """Return times over 10 h and displacement [mm] of a slope that fails at `fails_h`."""
    fine = np.linspace(0, 10, 5001)
    speed = 20 * (fails_h - fine) ** (-1 / (alpha - 1))
    moved = np.concatenate(([0.0], np.cumsum((speed[1:] + speed[:-1]) / 2) * 0.002))
    times = np.linspace(0, 10, count)
    return times * HOUR, np.interp(times, fine, moved) + noise * random.standard_normal(count)


def hits(random: np.random.Generator, runs: int, *, jump: float = 0.0, **law: float) -> float:
    """Return the share of 90 % intervals that hold the failure."""
    exponents = (2.0,) if law.get("alpha", 2.0) == 2.0 else ALPHAS
    inside = 0
    for _ in range(runs):
        times, moved = creep(random, **law)
        moved[len(moved) // 3 :] += jump
        found = failure(times, moved, exponents=exponents)
        assert found.accelerating > 0.95
        truth = law.get("fails_h", 12.0) * HOUR
        inside += found.quantile(0.05) <= truth <= found.quantile(0.95)
    return inside / runs


def test_intervals_hold_the_failure() -> None:
    random = np.random.default_rng(3)
    assert 0.8 <= hits(random, 25) <= 1.0
    assert 0.8 <= hits(random, 25, fails_h=10.5) <= 1.0
    assert 0.8 <= hits(random, 25, jump=40.0) <= 1.0


@pytest.mark.parametrize("alpha", [1.85, 2.15])
def test_with_other_exponents_in_mind_the_interval_holds_them(alpha: float) -> None:
    assert hits(np.random.default_rng(4), 15, alpha=alpha) >= 0.7


@pytest.mark.parametrize(
    "calm",
    [
        lambda r, t: 0.5 * r.standard_normal(len(t)),
        lambda r, t: 5 * t / HOUR + 0.5 * r.standard_normal(len(t)),
        lambda r, t: 20 * np.log1p(t / HOUR) + 0.5 * r.standard_normal(len(t)),
        lambda r, t: np.cumsum(r.standard_normal(len(t))),
        lambda r, t: np.where(t > 5 * HOUR, 30.0, 0.0) + 0.5 * r.standard_normal(len(t)),
    ],
    ids=["still", "steady", "slowing", "random walk", "one step"],
)
def test_what_does_not_accelerate_does_not_fail(calm) -> None:
    random, times = np.random.default_rng(5), np.linspace(0, 10 * HOUR, 120)
    sure = [failure(times, calm(random, times)).accelerating > 0.95 for _ in range(25)]
    assert np.mean(sure) <= 0.05


def test_outliers_and_gaps_move_it_little() -> None:
    random = np.random.default_rng(6)
    times, moved = creep(random)
    moved[[20, 57, 90]] += [80.0, -60.0, 200.0]
    moved[30:45] = np.nan
    found = failure(times, moved)
    assert found.quantile(0.5) == pytest.approx(12 * HOUR, abs=0.8 * HOUR)


@settings(max_examples=8)
@given(st.floats(0.01, 100), st.floats(-1e3, 1e3), st.booleans())
def test_unit_zero_and_sign_do_not_matter(scale: float, zero: float, down: bool) -> None:
    times, moved = creep(np.random.default_rng(7))
    plain = failure(times, moved)
    other = failure(times, (-scale if down else scale) * moved + zero)
    assert other.quantile(0.5) == pytest.approx(plain.quantile(0.5), rel=1e-6)


def test_the_probability_grows_with_time() -> None:
    found = failure(*creep(np.random.default_rng(8)))
    before = found.before(np.array([10.0, 11.5, 12.0, 12.5, 40.0]) * HOUR)
    assert (np.diff(before) >= 0).all()
    assert before[0] < 0.01
    assert before[-1] > 0.95


def test_too_little_to_say_anything() -> None:
    found = failure(np.arange(5.0), np.arange(5.0) ** 2)
    assert found.accelerating == 0
    assert np.isnan(found.quantile(0.5))
    assert found.before(np.array([1.0]))[0] == 0
    assert len(steps(np.zeros(20))) == 0
    with pytest.raises(ValueError, match="must be"):
        failure(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="above 1"):
        failure(np.zeros(3), np.zeros(3), exponents=(1.0,))


def test_the_straight_line_of_the_classics() -> None:
    times = np.linspace(0, 10, 40) * HOUR
    low, fails, high = line(times, 1 / (2e-4 * (12 * HOUR - times)))
    assert fails == pytest.approx(12 * HOUR)
    assert low == pytest.approx(12 * HOUR, rel=1e-4)
    assert high == pytest.approx(12 * HOUR, rel=1e-4)
    noisy = 1 / (2e-4 * (12 * HOUR - times) * np.random.default_rng(1).uniform(0.8, 1.2, 40))
    low, fails, high = line(times, noisy)
    assert low < fails < high
    assert np.isnan(line(times, np.linspace(2, 1, 40))[1])


@pytest.mark.parametrize("noise", [0.05, 0.5, 2.0])
def test_the_line_holds_with_noise_on_the_velocity(noise: float) -> None:
    """v = 1/(A(t_f − t)) + noise; with noise 2 the first velocities are as often negative."""
    random, times, inside = np.random.default_rng(2), np.linspace(0, 10, 80), 0
    for _ in range(60):
        velocity = 20 / (12 - times) + noise * random.standard_normal(80)
        low, _, high = line(times * HOUR, velocity)
        inside += low <= 12 * HOUR <= high
    assert 0.8 <= inside / 60 <= 1.0


def test_the_line_says_nothing_of_slowing_still_or_too_few() -> None:
    times = np.linspace(0, 10, 40) * HOUR
    for velocity in (np.linspace(3, 1, 40), np.zeros(40), np.full(40, -1.0)):
        assert np.isnan(line(times, velocity)[1])
    assert np.isnan(line(times[:3], np.ones(3))[1])
